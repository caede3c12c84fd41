"""A test bench: the publisher with a context whose clock and media are the test's own."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from smm_sandbox.faults import Fault
from smm_sandbox.network import Network
from smm_sandbox.publisher import SandboxPublisher
from smm_sandbox.settings import SandboxSettings

from smm_core import (
    ActionKind,
    Attachment,
    FindRequest,
    MediaError,
    Part,
    PrepareRequest,
    Profile,
    Receipt,
    ResumeRequest,
    SendRequest,
)

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Media:
    """Pictures in a dictionary."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}

    def read(self, sha256: str) -> bytes:
        try:
            return self.bodies[sha256]
        except KeyError:
            raise MediaError(f"no picture {sha256}") from None

    def path(self, sha256: str) -> Path:
        raise MediaError("these pictures lie in memory")

    def keep(self, body: bytes) -> str:
        sha256 = hashlib.sha256(body).hexdigest()
        self.bodies[sha256] = body
        return sha256


@dataclass
class BenchContext:
    workspace: Path
    instant: datetime = START
    plugin: str = "sandbox"
    media: Media = field(default_factory=Media)
    http: Any = None
    credentials: Any = None
    deadline: datetime = START + timedelta(hours=1)
    log: Any = field(default_factory=lambda: logging.LoggerAdapter(logging.getLogger("test"), {}))

    def now(self) -> datetime:
        return self.instant

    def data_dir(self) -> Path:
        return self.workspace / ".smm" / "sandbox"

    def secret(self, reference: str) -> Any:
        raise AssertionError("the sandbox has no secrets")

    def public_url(self, sha256: str, until: datetime) -> str:
        raise AssertionError("the sandbox needs no public address")


class Bench:
    """Short ways to do what core does with a publisher."""

    def __init__(self, folder: Path) -> None:
        self.ctx = BenchContext(folder)
        self.publisher = SandboxPublisher()
        self.network = Network(self.ctx.data_dir())

    def profile(self, imitates: str | None = "microblog", **settings: Any) -> Profile:
        return Profile(
            name="acme",
            client="acme",
            platform="sandbox",
            title="Acme Bakery",
            handle="@acme",
            zone="Europe/Amsterdam",
            imitates=imitates,
            settings=SandboxSettings(**settings),
        )

    def picture(
        self, width: int = 800, height: int = 800, *, kind: str = "JPEG", alt: str = "A loaf", colour: str = "#c08040"
    ) -> Attachment:
        out = io.BytesIO()
        Image.new("RGB", (width, height), colour).save(out, kind)
        body = out.getvalue()
        return Attachment(
            sha256=self.ctx.media.keep(body),
            format=kind.lower(),
            width=width,
            height=height,
            bytes=len(body),
            alt=alt,
        )

    def prepare(self, part: Part, profile: Profile | None = None) -> Any:
        request = PrepareRequest(
            profile=profile or self.profile(),
            action=ActionKind.PUBLISH,
            part=part,
            key="k",
            digest="d",
            due_at=self.ctx.instant,
        )
        return self.publisher.prepare(request, self.ctx)

    def send(
        self,
        part: Part | str,
        *,
        key: str = "k1",
        profile: Profile | None = None,
        parent: Receipt | None = None,
        action: ActionKind = ActionKind.PUBLISH,
        send_by: datetime | None = None,
    ) -> Any:
        part = Part(text=part) if isinstance(part, str) else part
        profile = profile or self.profile()
        if part.media:
            self.prepare(part, profile)
        request = SendRequest(
            profile=profile,
            action=action,
            part=part,
            key=key,
            digest="d",
            due_at=self.ctx.instant,
            send_by=send_by or self.ctx.instant + timedelta(minutes=1),
            parent=parent,
        )
        return self.publisher.send(request, self.ctx)

    def find(self, key: str = "k1", profile: Profile | None = None) -> Receipt | None:
        request = FindRequest(
            profile=profile or self.profile(),
            action=ActionKind.PUBLISH,
            part=Part(text=""),
            key=key,
            digest="d",
            since=START,
        )
        return self.publisher.find(request, self.ctx)

    def resume(self, key: str = "k1") -> Any:
        request = ResumeRequest(profile=self.profile(), action=ActionKind.PUBLISH, part=Part(text=""), key=key)
        return self.publisher.resume(request, self.ctx)

    def faults(self, *words: str) -> None:
        with self.network.writing() as session:
            session.plan_faults("acme", tuple(Fault.parse(word) for word in words))

    def posts(self) -> tuple[Any, ...]:
        """What is visible now."""
        with self.network.reading() as session:
            return session.visible("acme", self.ctx.instant)

    def advance(self, **span: float) -> None:
        self.ctx.instant += timedelta(**span)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def new_bench(tmp_path: Path) -> Callable[[str], Bench]:
    """Further benches, each in a folder of its own."""
    return lambda name: Bench(tmp_path / name)
