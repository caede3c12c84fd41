"""The observers: what the terminal says, and what the webhook is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smm_core.builtin.observers import TerminalObserver, WebhookObserver, observers
from smm_core.config import EventsConfig
from smm_core.context import PluginContext
from smm_core.model import Event
from smm_core.testing import (
    Answer,
    Drip,
    DropAfterAccepting,
    DropBeforeReading,
    Fault,
    Loopback,
    NotHttp,
    Received,
    Route,
    Status,
)

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
CANARY = "canary-77d02b4c"
HELD = Event(
    kind="delivery.held",
    at=datetime(2026, 12, 1, 8, 30, tzinfo=UTC),
    message="bread → acme-social is held: it was too late",
    client="acme",
    subject="post:7",
    urgent=True,
    data={"delivery": 12},
)


class NoNetwork:
    """The context's own client reaches only the open internet; the observer has its own."""

    def request(self, *args: object, **kwargs: object) -> object:
        raise AssertionError("the observer used the client for content")


@pytest.fixture
def ctx(tmp_path: Path) -> PluginContext:
    return PluginContext(
        plugin="observers",
        workspace=tmp_path,
        deadline=NOW + timedelta(seconds=15),
        log=logging.LoggerAdapter(logging.getLogger("smm.plugin.observers"), {}),
        http=NoNetwork(),  # type: ignore[arg-type]
        media=None,  # type: ignore[arg-type]
        credentials=None,  # type: ignore[arg-type]
        clock=lambda: NOW,
    )


@pytest.fixture
def receiver() -> Iterator[Loopback]:
    def receive(request: Received) -> Answer:
        return Answer(status=204)

    with Loopback(Route("POST", "/{path}", receive)) as receiver:
        yield receiver


# ---------------------------------------------------------------- which there are


@pytest.mark.parametrize(
    ("terminal", "webhook", "kinds"),
    [
        (True, None, [TerminalObserver]),
        (True, "https://hooks.example/x", [TerminalObserver, WebhookObserver]),
        (False, None, []),
    ],
)
def test_the_configuration_says_which_there_are(
    tmp_path: Path, terminal: bool, webhook: str | None, kinds: list[type]
) -> None:
    config = EventsConfig(terminal=terminal, webhook=webhook, webhook_secret=None)
    made = list(observers(config, tmp_path, UTC))
    assert [type(observer) for _, observer in made] == kinds
    assert len({name for name, _ in made}) == len(made)


def test_they_answer_the_hook(
    tmp_path: Path, ctx: PluginContext, receiver: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    import pluggy

    from smm_core import hookspecs

    manager = pluggy.PluginManager("smm")
    manager.add_hookspecs(hookspecs)
    config = EventsConfig(terminal=True, webhook=f"{receiver.url}/events", webhook_secret=None)
    for name, observer in observers(config, tmp_path, ZoneInfo("Europe/Amsterdam")):
        manager.register(observer, name)
    manager.check_pending()
    manager.hook.smm_event(event=HELD, ctx=ctx)
    assert capsys.readouterr().err.startswith("09:30 delivery.held"), "in the zone of the workspace"
    assert len(receiver.requests) == 1


# ---------------------------------------------------------------- the terminal


def said(event: Event, ctx: PluginContext) -> str:
    stream = io.StringIO()
    TerminalObserver(stream=stream, zone=ZoneInfo("Europe/Amsterdam")).smm_event(event, ctx)
    return stream.getvalue()


def test_what_waits_for_a_person_is_one_line(ctx: PluginContext) -> None:
    assert said(HELD, ctx) == "09:30 delivery.held acme: bread → acme-social is held: it was too late [delivery 12]\n"


def test_what_waits_for_nobody_is_not_told(ctx: PluginContext) -> None:
    assert said(Event(kind="delivery.published", at=NOW, message="out"), ctx) == ""


def test_words_from_outside_cannot_take_over_the_terminal(ctx: PluginContext) -> None:
    event = Event(kind="delivery.refused", at=NOW, message="no:\r\n\x1b]0;title\x07\x1b[2Jgone\u202eback", urgent=True)
    line = said(event, ctx)
    assert line == "10:00 delivery.refused no: ]0;title [2Jgone back\n"


# ---------------------------------------------------------------- the webhook


def private_file(folder: Path, text: str) -> str:
    (folder / "secret.txt").write_text(text)
    (folder / "secret.txt").chmod(0o600)
    return "file:secret.txt"


def test_an_event_is_posted_with_all_it_says(tmp_path: Path, ctx: PluginContext, receiver: Loopback) -> None:
    WebhookObserver(f"{receiver.url}/events", secret=None, root=tmp_path).smm_event(HELD, ctx)
    (sent,) = receiver.requests
    assert sent.json() == {
        "type": "delivery.held",
        "timestamp": "2026-12-01T08:30:00Z",
        "data": {
            "message": "bread → acme-social is held: it was too late",
            "client": "acme",
            "subject": "post:7",
            "urgent": True,
            "details": {"delivery": 12},
        },
    }
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert "webhook-signature" not in sent.headers


@pytest.mark.parametrize("secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "een wachtzin"])
def test_the_signature_covers_id_time_and_body(
    tmp_path: Path, ctx: PluginContext, receiver: Loopback, secret: str
) -> None:
    reference = private_file(tmp_path, secret)
    WebhookObserver(f"{receiver.url}/events", secret=reference, root=tmp_path).smm_event(HELD, ctx)
    (sent,) = receiver.requests
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = f"{sent.headers['webhook-id']}.{sent.headers['webhook-timestamp']}.".encode() + sent.body
    mac = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert sent.headers["webhook-signature"] == f"v1,{mac}"


def test_the_same_event_has_the_same_id_and_another_one_does_not(
    tmp_path: Path, ctx: PluginContext, receiver: Loopback
) -> None:
    observer = WebhookObserver(f"{receiver.url}/events", secret=None, root=tmp_path)
    for event in (HELD, HELD, Event(kind="delivery.held", at=NOW, message="another")):
        observer.smm_event(event, ctx)
    first, again, other = (request.headers["webhook-id"] for request in receiver.requests)
    assert first == again != other


@pytest.mark.parametrize(
    "fault",
    [Status(code=500), Status(code=302, headers={"location": "/x"}), DropBeforeReading(), DropAfterAccepting(), NotHttp(), Drip(seconds=0.05)],
    ids=lambda fault: f"{type(fault).__name__}{getattr(fault, 'code', '')}",
)  # fmt: skip
def test_what_fails_is_a_line_in_the_log_and_quick(
    tmp_path: Path, ctx: PluginContext, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    def receive(request: Received) -> Answer:
        return Answer(body=b"x" * 1000)

    started = time.monotonic()
    with Loopback(Route("POST", "/{path}", receive)) as receiver:
        receiver.fault(fault)
        url = f"{receiver.url}/{CANARY}?token={CANARY}"
        WebhookObserver(url, secret=None, root=tmp_path, seconds=0.3).smm_event(HELD, ctx)
        assert len(receiver.requests) <= 1
    (record,) = [record for record in caplog.records if record.name == "smm.plugin.observers"]
    assert record.levelname == "WARNING"
    assert "delivery.held" in record.getMessage()
    assert CANARY not in caplog.text
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("stored", [None, "whsec_" + CANARY + "!"])
def test_a_secret_that_does_not_work_is_told_without_it(
    tmp_path: Path, ctx: PluginContext, receiver: Loopback, caplog: pytest.LogCaptureFixture, stored: str | None
) -> None:
    reference = private_file(tmp_path, stored) if stored else "file:missing.txt"
    WebhookObserver(f"{receiver.url}/events", secret=reference, root=tmp_path).smm_event(HELD, ctx)
    assert receiver.requests == ()
    assert "did not reach the webhook" in caplog.text
    assert CANARY not in caplog.text
