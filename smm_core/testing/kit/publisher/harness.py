"""What a test does with a publisher: prepare, send, lose an answer, find, as core would. What crosses the boundary is stored
as JSON in between, as in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from smm_core.builtin.limits_check import check_limits
from smm_core.contracts import (
    CheckRequest,
    CompleteLoginRequest,
    DeleteRequest,
    EditRequest,
    FindRequest,
    Guarantees,
    HandOverRequest,
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
    ReplyRequest,
    ResumeRequest,
    SchedulesNatively,
    Scheduling,
    SendRequest,
    TakeBackRequest,
    VariesByServer,
    WentOutRequest,
)
from smm_core.errors import OutcomeUnknown
from smm_core.model import (
    Attachment,
    Brand,
    Level,
    Part,
    PostContent,
    Receipt,
    Variant,
    digest_of,
    from_json,
    sealed,
    to_json,
)
from smm_core.secrets import Secret
from smm_core.testing.kit.answers import ROWS, Row
from smm_core.testing.kit.publisher.calls import Calls
from smm_core.testing.kit.publisher.case import PublisherCase, Shown
from smm_core.testing.kit.publisher.kept import (
    Job,
    KeptHandles,
    failure_of,
    stored,
    stored_answer,
    stored_receipt,
)
from smm_core.testing.kit.publisher.pictures import picture_for
from smm_core.values import replace

SEND_WITHIN = timedelta(seconds=45)


class Harness(Calls):
    """One publisher before one imitation, for the length of one test. The clock stands still until it is moved.

    For tests of your own: `job` is something to publish, `publish` prepares and sends it, `lose_the_answer` sends it and
    never hears of it, `find` looks for it. What `prepare` gave is kept and handed on, also after `restart`.

    `untried` says why a test could not try what it is for (the ability is not claimed); `differences` holds what the
    case says is different about it, with the reasons.
    """

    def __init__(self, case: PublisherCase, folder: Path) -> None:
        super().__init__(case, folder)
        self.untried = ""
        self.differences: dict[str, str] = {}
        self._number = 0
        self._kept: dict[str, KeptHandles] = {}
        self._known: Mapping[str, Any] | None = None

    # ------------------------------------------------------------ what it is about

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
    def known_secrets(self) -> dict[str, str]:
        """Every secret that the publisher had, and what it is called: those of the case, and all that it stored itself."""
        stored = {put.value: f"ctx.credentials {put.name}" for put in self.credentials.puts}
        return {**{value: reference for reference, value in self.case.secrets.items()}, **stored}

    def restart(self) -> None:
        """As after a start of smm: the publisher remembers nothing, and what `prepare` gave is kept."""
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
        """A part to publish, under a key that was never used before. At least as many pictures as the platform wants.

        `more`: `media` (attachments, in place of so many pictures), `key`, `action`, `parent`, `root`.
        """
        self._number += 1
        count = max(pictures, self.limits.images.minimum)
        media = more.pop("media", None) or tuple(self.picture(number) for number in range(1, count + 1))
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

    def inspect(self) -> Inspected:
        """Ask who we are."""
        answer: Inspected = self.call("inspect", InspectRequest(profile=self.profile), Inspected)
        return answer

    def asks_to_inspect(self) -> bool:
        """Whether `inspect` makes a request."""
        before = self.requests
        self.inspect()
        return self.requests > before

    def prepare(self, job: Job, *, due_at: datetime | None = None) -> Prepared | Pending:
        """Ask the publisher to make it ready, for now or for later; what it gives is kept under the job's key.

        It is handed what core would hand it: the handles of a `Pending`, and such as have run out. Where neither is kept, it
        is asked as for the first time, as after a crash in the middle of it.
        """
        kept = self._kept.get(job.key)
        request = PrepareRequest(
            profile=self.profile,
            action=job.action,
            part=job.part,
            key=job.key,
            digest=job.digest,
            due_at=due_at or self.clock.now(),
            handles=kept.handles if kept and not kept.hold(self.clock.now()) else {},
            parent=job.parent,
            root=job.root,
        )
        answer: Prepared | Pending = self.call("prepare", request, (Prepared, Pending))
        answer = replace(answer, handles=stored(answer.handles))
        self._kept[job.key] = KeptHandles.of(answer)
        return answer

    def is_ready(self, job: Job) -> bool:
        """Whether it was prepared, and its handles have not run out."""
        kept = self._kept.get(job.key)
        return kept is not None and bool(kept.handles) and kept.hold(self.clock.now())

    def handles(self, job: Job) -> Mapping[str, Any]:
        """What is kept of the last `prepare`; nothing where there was none."""
        kept = self._kept.get(job.key)
        return kept.handles if kept else {}

    def find(self, job: Job, since: datetime) -> Receipt | None:
        """Look for what an attempt that began at `since` may have published: its receipt, or None when it is not there.

        As in core, the publisher is handed what `prepare` gave for the job; prepare it before.
        """
        request = FindRequest(
            profile=self.profile,
            action=job.action,
            part=job.part,
            key=job.key,
            digest=job.digest,
            since=since,
            handles=self.handles(job),
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

    def send(
        self, job: Job, handles: Any = None, *, row: Row | None = None, send_by: datetime | None = None
    ) -> Receipt | Pending:
        """The one request that makes it visible, and nothing before it. `handles`: others than those that are kept."""
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
            handles=self.handles(job) if handles is None else handles,
            parent=job.parent,
            root=job.root,
        )

    def publish(self, job: Job, *, row: Row | None = None) -> Receipt | Pending:
        """Prepare what is not ready, and send it: as core does, also for a second try under the same key."""
        if not self.is_ready(job):
            self.prepare(job)
        return self.send(job, row=row)

    def lose_the_answer(self, job: Job) -> None:
        """Prepare and send it, so that it is out and nobody heard of it."""
        if self.case.platform is not None:
            error = failure_of(lambda: self.publish(job, row=ROWS["lost answer"]))
            assert isinstance(error, OutcomeUnknown), f"a lost answer must stay an OutcomeUnknown: {error!r}"
        elif self.case.misbehave is not None and self.case.misbehave("lost answer"):
            failure_of(lambda: self.publish(job))
        else:
            self.published(job)

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

    def _send_by(self) -> datetime:
        return self.clock.now() + SEND_WITHIN
