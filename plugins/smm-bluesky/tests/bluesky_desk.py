"""A profile on a real server, and short ways to do with it what core does."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bluesky_server import Account
from PIL import Image
from smm_bluesky.metrics import BlueskyMetrics
from smm_bluesky.publisher import Bluesky
from smm_bluesky.settings import Settings

from smm_core import (
    ActionKind,
    Attachment,
    DeleteRequest,
    FindRequest,
    HttpClient,
    InspectRequest,
    Interaction,
    ListenRequest,
    MetricsRequest,
    Part,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Receipt,
    ReplyRequest,
    Secret,
    SendRequest,
    Subject,
    SubjectKind,
    digest_of,
    replace,
)
from smm_core.context import PluginContext
from smm_core.http import Client
from smm_core.media import MediaStore
from smm_core.secrets import CredentialsFile


class Desk:
    """One profile. Its clock goes as the machine's does, plus `ahead`."""

    def __init__(
        self, folder: Path, account: Account, client: Client, *, password: str = "", service: str = "", **profile: Any
    ) -> None:
        self.folder = folder
        self.account = account
        self.client = client
        self.publisher = Bluesky()
        self.ahead = timedelta(0)
        self.media = MediaStore(folder / ".smm" / "media")
        self.credentials = CredentialsFile(folder / ".smm" / "credentials" / "acme.json")
        settings = Settings(
            handle=account.handle,
            app_password=Secret(password or account.app_password()),
            service=service or account.server,
        )
        given = {"name": "acme", "client": "acme", "language": "nl", **profile}
        self.profile = Profile(platform="bluesky", allow_private=True, settings=settings, **given)
        self._number = 0

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC) + self.ahead

    def ctx(self, http: HttpClient | None = None) -> PluginContext:
        """The context of one call."""
        return PluginContext(
            plugin="bluesky",
            workspace=self.folder,
            deadline=self.now() + timedelta(minutes=1),
            log=logging.LoggerAdapter(logging.getLogger("test"), {}),
            http=http or self.client,
            media=self.media,
            credentials=self.credentials,
            clock=self.now,
        )

    # ---- things to publish

    def picture(
        self, width: int = 800, height: int = 450, *, alt: str = "A loaf", colour: str = "#c08040"
    ) -> Attachment:
        """A picture, kept."""
        out = io.BytesIO()
        Image.new("RGB", (width, height), colour).save(out, "JPEG")
        body = out.getvalue()
        sha256 = self.media.keep(body)
        return Attachment(sha256=sha256, format="jpeg", width=width, height=height, bytes=len(body), alt=alt)

    def job(self, part: Part | str, *, key: str = "", **more: Any) -> PrepareRequest:
        """A part to publish; under a key that was never used before, unless one is given."""
        self._number += 1
        part = Part(text=part) if isinstance(part, str) else part
        key = key or digest_of([self.account.did, self._number])[:32]
        given = {"action": ActionKind.PUBLISH, "digest": "d" * 64, "due_at": self.now(), **more}
        return PrepareRequest(profile=self.profile, part=part, key=key, **given)

    # ---- what core does

    def prepare(self, job: PrepareRequest) -> PrepareRequest:
        """The job with its handles."""
        made = self.publisher.prepare(job, self.ctx())
        assert isinstance(made, Prepared), made
        return replace(job, handles=made.handles)

    def send(self, job: PrepareRequest) -> Receipt:
        """The one request."""
        names = ("profile", "action", "part", "key", "digest", "due_at", "handles", "parent", "root", "options")
        fields = {name: getattr(job, name) for name in names}
        request = SendRequest(**fields, send_by=self.now() + timedelta(seconds=45))
        return self._once(lambda ctx: self.publisher.send(request, ctx), request.send_by)

    def publish(self, part: Part | str | PrepareRequest, **more: Any) -> Receipt:
        """Prepare and send."""
        return self.send(self.prepare(part if isinstance(part, PrepareRequest) else self.job(part, **more)))

    def reply(self, to: Receipt, text: str) -> Receipt:
        """Answer something."""
        job = self.prepare(self.job(text, action=ActionKind.REPLY, parent=to))
        names = ("profile", "part", "key", "digest", "handles")
        request = ReplyRequest(
            **{name: getattr(job, name) for name in names}, to=to, send_by=self.now() + timedelta(seconds=45)
        )
        return self._once(lambda ctx: self.publisher.reply(request, ctx), request.send_by)

    def delete(self, receipt: Receipt) -> Receipt:
        """Take it off."""
        self.prepare(self.job("", action=ActionKind.DELETE))
        request = DeleteRequest(
            profile=self.profile, receipt=receipt, key="k", send_by=self.now() + timedelta(seconds=45)
        )
        return self._once(lambda ctx: self.publisher.delete(request, ctx), request.send_by)

    def find(self, job: PrepareRequest) -> Receipt | None:
        """What an attempt may have published."""
        request = FindRequest(
            profile=self.profile, action=job.action, part=job.part, key=job.key, digest=job.digest, since=self.now()
        )
        return self.publisher.find(request, self.ctx())

    def inspect(self) -> Any:
        """Who we are."""
        return self.publisher.inspect(InspectRequest(profile=self.profile), self.ctx())

    def listen(self, cursor: str = "") -> tuple[list[Interaction], str]:
        """All that is new, and where it stops."""
        heard: list[Interaction] = []
        while True:
            page = self.publisher.listen(ListenRequest(profile=self.profile, cursor=cursor), self.ctx())
            heard += page.interactions
            cursor = page.cursor
            if not page.more:
                return heard, cursor

    def numbers(self, *receipts: Receipt) -> dict[tuple[str, str], float]:
        """The numbers of posts and of the profile."""
        posts = [Subject(kind=SubjectKind.POST, id=one.remote_id, receipt=one) for one in receipts]
        request = MetricsRequest(
            profile=self.profile, subjects=(*posts, Subject(kind=SubjectKind.PROFILE, id="profile"))
        )
        return {(one.subject.id, one.metric): one.value for one in BlueskyMetrics().read(request, self.ctx())}

    def rendered(self, content: PostContent) -> Any:
        """What the plugin makes of a post."""
        return self.publisher.render(content, self.profile, self.publisher.limits(self.profile, {}))

    def record(self, receipt: Receipt) -> dict[str, Any]:
        """What lies in the repository."""
        repo, collection, rkey = receipt.remote_id.removeprefix("at://").split("/")
        found = self.account.ask("com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=rkey)
        value: dict[str, Any] = found["value"]
        return value

    def _once(self, call: Callable[[PluginContext], Receipt], send_by: datetime) -> Receipt:
        return call(self.ctx(self.client.once(send_by=send_by, now=self.now)))
