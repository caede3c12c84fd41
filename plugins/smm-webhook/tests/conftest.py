"""A context as core would give it, over a real client, and a receiver on loopback."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from smm_webhook.settings import Settings

from smm_core import ActionKind, Attachment, HttpClient, Part, Profile, Secret, SecretError, SendRequest, replace
from smm_core.http import Client
from smm_core.testing import Answer, Loopback, Received, Route, answer_json

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
PICTURE = b"\x89PNG\r\n\x1a\n not quite a picture"


class Pictures:
    """The media of the tests: one file."""

    def read(self, sha256: str) -> bytes:
        assert sha256 == hashlib.sha256(PICTURE).hexdigest()
        return PICTURE

    def path(self, sha256: str) -> Path:
        raise NotImplementedError

    def keep(self, body: bytes) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Ctx:
    """A context with secrets from a table."""

    http: HttpClient
    workspace: Path
    secrets: dict[str, str] = field(default_factory=dict)
    plugin: str = "webhook"
    deadline: datetime = NOW + timedelta(minutes=1)
    log: logging.LoggerAdapter[logging.Logger] = field(
        default_factory=lambda: logging.LoggerAdapter(logging.getLogger("test"), {})
    )
    media: Pictures = field(default_factory=Pictures)
    credentials: Any = None

    def now(self) -> datetime:
        return NOW

    def data_dir(self) -> Path:
        return self.workspace

    def secret(self, reference: str) -> Secret:
        if reference not in self.secrets:
            raise SecretError(f"secret {reference}: not set")
        return Secret(self.secrets[reference])

    def public_url(self, sha256: str, until: datetime) -> str:
        raise NotImplementedError


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    with Client(allow_private=True, connect_seconds=0.5, read_seconds=0.3, total_seconds=1) as client:
        yield client


@pytest.fixture
def make_ctx(client: Client, tmp_path: Path) -> Callable[..., Ctx]:
    """A context whose client lets one request leave, as for a `send`."""

    def make(**secrets: str) -> Ctx:
        once = client.once(send_by=NOW + timedelta(minutes=5), now=lambda: NOW)
        return Ctx(http=once, workspace=tmp_path, secrets={f"env:{name}": value for name, value in secrets.items()})

    return make


@pytest.fixture
def receiver() -> Iterator[Loopback]:
    def receive(request: Received) -> Answer:
        return answer_json({"id": 42, "url": "https://site.example/news/42"}, status=201)

    with Loopback(Route("POST", "/hook", receive)) as receiver:
        yield receiver


@pytest.fixture
def request_to(receiver: Loopback) -> Callable[..., SendRequest]:
    """A send of one part with a picture to the receiver; settings and fields of the request as wanted."""
    picture = Attachment(
        sha256=hashlib.sha256(PICTURE).hexdigest(), format="png", width=3, height=2, bytes=len(PICTURE), alt="Een brood"
    )

    def make(*, settings: dict[str, Any] | None = None, **changes: Any) -> SendRequest:
        known = Settings(**{"url": f"{receiver.url}/hook", **(settings or {})})
        request = SendRequest(
            profile=Profile(name="acme-site", client="acme", platform="webhook", settings=known),
            action=ActionKind.PUBLISH,
            part=Part(text="Vers brood 🥖 & meer", media=(picture,), link="https://acme.example/?utm_source=webhook"),
            key="key-1",
            digest="d" * 64,
            due_at=NOW,
            send_by=NOW + timedelta(minutes=5),
            title="Brood",
            campaign="winter",
            options={"section": "news"},
        )
        return replace(request, **changes)

    return make
