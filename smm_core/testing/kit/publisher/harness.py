"""Calls a publisher the way core does: through the engine, with a context, a guarded client, and one request for what
cannot be taken back. What crosses the boundary is stored as JSON in between, as in the database."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from smm_core.builtin.limits_check import check_limits
from smm_core.config import decode_settings
from smm_core.context import PluginContext
from smm_core.contracts import (
    CheckRequest,
    CompleteLoginRequest,
    DeleteRequest,
    EditRequest,
    FindRequest,
    Guarantees,
    HandOverRequest,
    HttpClient,
    Inspected,
    InspectRequest,
    ListenPage,
    ListenRequest,
    LoggedIn,
    LoginBegun,
    LoginRequest,
    Pending,
    Prepared,
    PrepareRequest,
    Publisher,
    ReplyRequest,
    ResumeRequest,
    SchedulesNatively,
    Scheduling,
    SendRequest,
    TakeBackRequest,
    VariesByServer,
    WentOutRequest,
)
from smm_core.engine import Call, Engine
from smm_core.http import Client
from smm_core.media import MediaStore
from smm_core.model import (
    Attachment,
    Brand,
    Level,
    Part,
    PostContent,
    Profile,
    Receipt,
    Variant,
    digest_of,
    from_json,
    sealed,
    to_json,
)
from smm_core.secrets import CredentialsFile, Secret
from smm_core.testing.faults import Status
from smm_core.testing.kit.answers import Network, Row
from smm_core.testing.kit.publisher.case import PublisherCase, Shown
from smm_core.testing.kit.publisher.kept import Job, Secrets, stored, stored_answer, stored_receipt
from smm_core.testing.kit.publisher.listening import Listening
from smm_core.testing.kit.publisher.pictures import picture_for

SEND_WITHIN = timedelta(seconds=45)
_DEADLINE = timedelta(seconds=30)
_READ_SECONDS = 0.3


class Harness:
    """One publisher before one imitation, for the length of one test. The clock stands still until it is moved.

    `untried` says why a test could not try what it is for (the ability is not claimed); `differences` holds what the
    case says is different about it, with the reasons.
    """

    def __init__(self, case: PublisherCase, folder: Path) -> None:
        self.case = case
        self.folder = case.workspace or folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clock = case.clock
        self.publisher: Publisher = case.publisher()
        self.untried = ""
        self.differences: dict[str, str] = {}
        self.heard = Listening()
        self.secrets = Secrets(case.secrets, self.folder)
        self.media = MediaStore(self.folder / ".smm" / "media")
        self._engine = Engine(_DEADLINE)
        self._client = self._new_client(total_seconds=5.0)
        self._number = 0
        self._known: Mapping[str, Any] | None = None
        self.heard.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened, and put the environment back."""
        self.heard.stop()
        self._client.close()
        self.secrets.take_away()

    def _new_client(self, *, total_seconds: float) -> Client:
        return Client(allow_private=True, connect_seconds=1.0, read_seconds=_READ_SECONDS, total_seconds=total_seconds)

    # ------------------------------------------------------------ what it is about

    @property
    def profile(self) -> Profile:
        """The profile, with its settings decoded into the type that the publisher declares."""
        settings = decode_settings(
            self.publisher.settings, dict(self.case.settings), where="smm.toml", root=self.folder
        )
        fields = {"name": "kit", "client": "acme", "title": "Acme", "handle": "@acme", **self.case.profile}
        return Profile(platform=self.publisher.name, allow_private=True, settings=settings, **fields)

    @property
    def limits(self) -> Any:
        """What the profile accepts, as far as is known without asking."""
        return self.publisher.limits(self.profile, {})

    @property
    def guarantees(self) -> Guarantees:
        """What is promised about the server before us, after it was asked who it is."""
        if isinstance(self.publisher, VariesByServer):
            return self.publisher.guarantees_for(self.profile, self._known_of_server())
        return self.publisher.guarantees

    @property
    def scheduling(self) -> Scheduling:
        """What the server's scheduler takes."""
        assert isinstance(self.publisher, SchedulesNatively)
        takes: Scheduling | None = self.publisher.scheduling
        if isinstance(self.publisher, VariesByServer):
            takes = self.publisher.scheduling_for(self.profile, self._known_of_server())
        assert takes is not None, "it claims SchedulesNatively: let the imitation be a server that schedules"
        return takes

    def _known_of_server(self) -> Mapping[str, Any]:
        if self._known is None:
            self._known = stored(self.inspect().known)
        return self._known

    def has(self, ability: type) -> bool:
        """Whether the publisher claims an ability; when not, the test has nothing to try."""
        if ability in self.publisher.abilities:
            return True
        self.untried = f"does not claim {ability.__name__}"
        return False

    def speaks_http(self) -> bool:
        """Whether there is a loopback platform that can misbehave; when not, the test has nothing to try."""
        if self.case.platform is None:
            self.untried = "speaks no HTTP"
        return self.case.platform is not None

    def posts(self) -> list[Shown]:
        """What the platform shows now, oldest first."""
        return list(self.case.posts())

    @property
    def requests(self) -> int:
        """How many requests have reached the platform so far."""
        return len(self.case.platform.requests) if self.case.platform else 0

    def restart(self) -> None:
        """As after a start of smm: nothing is left in memory."""
        self.publisher = self.case.publisher()

    def let_time_pass(self, span: timedelta) -> None:
        """The clock goes on, and the platform finishes what it had begun."""
        self.clock.advance(span)
        self.case.ready()

    def flood(self, count: int) -> None:
        """So many newer posts in the same account."""
        assert self.case.flood is not None, (
            "what is published is to be found below hundreds of newer posts too:"
            " give the case `flood=`, a function that makes so many newer posts at the imitation"
        )
        self.case.flood(count)

    # ------------------------------------------------------------ things to publish

    def picture(self, number: int = 1) -> Attachment:
        """A picture that the limits allow; another one for every number."""
        body, width, height, kind = picture_for(self.limits.images, number)
        alt = f"Loaf number {number}, “fresh” & warm"
        return Attachment(
            sha256=self.media.keep(body), format=kind, width=width, height=height, bytes=len(body), alt=alt
        )

    def job(self, text: str, *, pictures: int = 0, **more: Any) -> Job:
        """A part to publish, under a key that was never used before. At least as many pictures as the platform wants."""
        self._number += 1
        count = max(pictures, self.limits.images.minimum)
        media = tuple(self.picture(number) for number in range(1, count + 1))
        key = digest_of([text, self._number])
        return Job(part=Part(text=text, media=media), **{"key": key, **more})

    def problems(self, content: PostContent, variant: Variant) -> list[str]:
        """What core's own check of the limits would stop."""
        request = CheckRequest(
            content=content, variant=variant, profile=self.profile, limits=self.limits, brand=Brand(name="Acme")
        )
        return [problem.message for problem in check_limits(request) if problem.level is Level.BLOCK]

    def passes(self, part: Part) -> bool:
        """Whether core would let a post of this one part through."""
        variant = sealed(Variant(profile=self.profile.name, parts=(part,)))
        return not self.problems(PostContent(parts=(part.text,)), variant)

    # ------------------------------------------------------------ calls that may be repeated

    def call(self, method: str, request: Any, expect: Any, http: HttpClient | None = None) -> Any:
        """One call through the engine."""
        subject = self.profile.name
        log = logging.LoggerAdapter(logging.getLogger(f"smm.plugin.{self.case.plugin}"), {"subject": subject})
        ctx = PluginContext(
            plugin=self.case.plugin,
            workspace=self.folder,
            deadline=self.clock.now() + _DEADLINE,
            log=log,
            http=http or self._client,
            media=self.media,
            credentials=self.credentials(),
            clock=self.clock.now,
        )
        function = getattr(self.publisher, method)
        return self._engine.run(
            Call(plugin=self.case.plugin, method=method, subject=subject),
            lambda: self.heard.during(lambda: function(request, ctx)),
            expect=expect,
        )

    def inspect(self) -> Inspected:
        """Ask who we are."""
        answer: Inspected = self.call("inspect", InspectRequest(profile=self.profile), Inspected)
        return answer

    def asks_to_inspect(self) -> bool:
        """Whether `inspect` makes a request."""
        before = self.requests
        self.inspect()
        return self.requests > before

    def prepare(self, job: Job) -> Prepared | Pending:
        """Upload and make ready."""
        request = PrepareRequest(
            profile=self.profile,
            action=job.action,
            part=job.part,
            key=job.key,
            digest=job.digest,
            due_at=self.clock.now(),
            parent=job.parent,
            root=job.root,
        )
        answer: Prepared | Pending = self.call("prepare", request, (Prepared, Pending))
        return replace(answer, handles=stored(answer.handles))

    def find(self, job: Job, since: datetime, handles: Any = None) -> Receipt | None:
        """Look for what an attempt may have published."""
        request = FindRequest(
            profile=self.profile,
            action=job.action,
            part=job.part,
            key=job.key,
            digest=job.digest,
            since=since,
            handles=handles or {},
            parent=job.parent,
        )
        answer: Receipt | None = self.call("find", request, (Receipt, type(None)))
        return stored_receipt(answer) if answer else None

    def resume(self, job: Job, handles: Any) -> Receipt | Pending:
        """Ask what became of a pending answer."""
        request = ResumeRequest(profile=self.profile, action=job.action, part=job.part, key=job.key, handles=handles)
        return stored_answer(self.call("resume", request, (Receipt, Pending)))

    def went_out(self, job: Job, schedule: Receipt, at: datetime) -> Receipt | Pending | None:
        """Ask what became of a schedule."""
        request = WentOutRequest(profile=self.profile, schedule=schedule, part=job.part, at=at, key=job.key)
        answer: Receipt | Pending | None = self.call("went_out", request, (Receipt, Pending, type(None)))
        return answer

    def listen(self, cursor: str = "") -> ListenPage:
        """Ask what others said, as core does with what it has kept."""
        page: ListenPage = self.call("listen", ListenRequest(profile=self.profile, cursor=cursor), ListenPage)
        try:
            return from_json(to_json(page), ListenPage)
        except (TypeError, ValueError) as error:
            raise AssertionError(f"what was heard must go to JSON and back: {error}") from error

    # ------------------------------------------------------------ calls that cannot be taken back

    def act(self, method: str, request: Any, *, row: Row | None = None) -> Receipt | Pending:
        """One guarded call: one request, and none after `send_by`. With a `row` that goes wrong in its way."""
        network = self._go_wrong(row) if row else None
        slow = self._new_client(total_seconds=0.0) if network is Network.SLOW else None
        once = (slow or self._client).once(send_by=request.send_by, now=self.clock.now)
        try:
            return stored_answer(self.call(method, request, (Receipt, Pending), once))
        finally:
            once.revoke()
            if slow is not None:
                slow.close()

    def _go_wrong(self, row: Row) -> Network | None:
        platform = self.case.platform
        assert platform is not None, "there is no loopback platform that could misbehave"
        fault = row.fault(self.clock.now())
        if fault is Network.REFUSED:
            platform.close()
        if isinstance(fault, Network):
            return fault
        if isinstance(fault, Status):
            fault = replace(fault, body=self.case.refusal("The oven is broken"))
        platform.fault(fault)
        return None

    def send(
        self, job: Job, handles: Any = None, *, row: Row | None = None, send_by: datetime | None = None
    ) -> Receipt | Pending:
        """The one request that makes it visible, and nothing before it."""
        return self.act("send", self.send_request(job, handles, send_by), row=row)

    def send_request(self, job: Job, handles: Any = None, send_by: datetime | None = None) -> SendRequest:
        """What `send` is asked with."""
        return SendRequest(
            profile=self.profile,
            action=job.action,
            part=job.part,
            key=job.key,
            digest=job.digest,
            due_at=self.clock.now(),
            send_by=send_by or self.clock.now() + SEND_WITHIN,
            number=self._number,
            handles=handles or {},
            parent=job.parent,
            root=job.root,
        )

    def publish(self, job: Job, *, row: Row | None = None) -> Receipt | Pending:
        """Prepare and send."""
        return self.send(job, self.prepare(job).handles, row=row)

    def published(self, job: Job) -> Receipt:
        """Prepare and send what must be out at once."""
        answer = self.publish(job)
        assert isinstance(answer, Receipt), f"send answered {answer}; where nothing is slow it must be a Receipt"
        return answer

    def delete(self, receipt: Receipt, key: str, *, row: Row | None = None) -> Receipt | Pending:
        """Take it off the platform."""
        request = DeleteRequest(profile=self.profile, receipt=receipt, key=key, send_by=self._send_by())
        return self.act("delete", request, row=row)

    def edit(self, receipt: Receipt, job: Job, *, row: Row | None = None) -> Receipt | Pending:
        """Make it look like another part."""
        handles = self.prepare(job).handles
        request = EditRequest(
            profile=self.profile,
            receipt=receipt,
            part=job.part,
            key=job.key,
            digest=job.digest,
            send_by=self._send_by(),
            handles=handles,
        )
        return self.act("edit", request, row=row)

    def reply(self, to: Receipt, job: Job) -> Receipt | Pending:
        """Reply below something."""
        handles = self.prepare(job).handles
        request = ReplyRequest(
            profile=self.profile,
            to=to,
            part=job.part,
            key=job.key,
            digest=job.digest,
            send_by=self._send_by(),
            handles=handles,
        )
        return self.act("reply", request)

    def hand_over(self, job: Job, at: datetime) -> Receipt | Pending:
        """Give it to the platform's scheduler."""
        handles = self.prepare(job).handles
        request = HandOverRequest(
            profile=self.profile,
            part=job.part,
            at=at,
            key=job.key,
            digest=job.digest,
            send_by=self._send_by(),
            handles=handles,
        )
        return self.act("hand_over", request)

    def take_back(self, schedule: Receipt, key: str) -> Receipt | Pending:
        """Have the platform forget a schedule."""
        request = TakeBackRequest(profile=self.profile, schedule=schedule, key=key, send_by=self._send_by())
        return self.act("take_back", request)

    # ------------------------------------------------------------ logging in

    def begin_login(self, redirect: str = "") -> LoginBegun:
        """Ask for the address that a person opens."""
        answer: LoginBegun = self.call("begin_login", LoginRequest(profile=self.profile, redirect=redirect), LoginBegun)
        return answer

    def complete_login(self, code: str, redirect: str = "") -> LoggedIn:
        """Make tokens of a code."""
        request = CompleteLoginRequest(profile=self.profile, code=Secret(code), redirect=redirect)
        answer: LoggedIn = self.call("complete_login", request, LoggedIn)
        return answer

    def credentials(self) -> CredentialsFile:
        """Where the plugin keeps its tokens."""
        return CredentialsFile(self.folder / ".smm" / "credentials" / f"{self.profile.name}.json")

    def _send_by(self) -> datetime:
        return self.clock.now() + SEND_WITHIN
