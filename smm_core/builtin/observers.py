"""The observers that ship with smm: the terminal of the daemon, and a webhook. Both are made from `[events]`.

Core registers what `observers` gives, and calls each with a deadline; an observer that fails changes nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import sys
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import TextIO

from smm_core.config import EventsConfig
from smm_core.contracts import Context
from smm_core.errors import SecretError, SmmError
from smm_core.hookspecs import hookimpl
from smm_core.model import Event, digest_of, to_json
from smm_core.secrets import Secret, resolve


def observers(config: EventsConfig, root: Path, zone: tzinfo) -> Iterator[tuple[str, object]]:
    """The observers that the configuration asks for, each with the name to register it by.

    `root` is the workspace, against which a `file:` reference to the webhook's secret is read; in `zone` the terminal
    says when.
    """
    if config.terminal:
        yield "events-terminal", TerminalObserver(zone=zone)
    if config.webhook:
        yield "events-webhook", WebhookObserver(config.webhook, secret=config.webhook_secret, root=root)


class TerminalObserver:
    """One line on stderr for each event that waits for a person; the others are in the log.

    `stream` and `zone` replace stderr and the zone of this machine.
    """

    def __init__(self, *, stream: TextIO | None = None, zone: tzinfo | None = None) -> None:
        self._stream = stream
        self._zone = zone

    @hookimpl
    def smm_event(self, event: Event, ctx: Context) -> None:
        """Tell an urgent event."""
        if event.urgent:
            stream = self._stream or sys.stderr
            stream.write(self._line(event) + "\n")
            stream.flush()

    def _line(self, event: Event) -> str:
        number = event.data.get("delivery")
        delivery = f" [delivery {number}]" if isinstance(number, int) else ""
        client = f" {event.client}:" if event.client else ""
        line = f"{event.at.astimezone(self._zone):%H:%M} {event.kind}{client} {event.message}{delivery}"
        # A platform's words may hold line breaks, and escapes that a terminal would obey.
        return " ".join("".join(sign if sign.isprintable() else " " for sign in line).split())


class WebhookObserver:
    """Posts every event to the address in `[events]`, signed as Standard Webhooks has it, once.

    The body is `{"type": kind, "timestamp": …, "data": {…}}`; `webhook-id` is the same for the same event. What fails is
    a line in the log. `secret` is a reference; the secret is read for each event, so that a new one needs no restart.
    """

    def __init__(self, url: str, *, secret: str | None, root: Path, seconds: float = 10) -> None:
        self._url = url
        self._secret = secret
        self._root = root
        self._seconds = seconds

    @hookimpl
    def smm_event(self, event: Event, ctx: Context) -> None:
        """Post the event."""
        try:
            status = self._post(event, ctx)
        except SmmError as error:
            ctx.log.warning("event %s did not reach the webhook: %s", event.kind, error)
        else:
            if status >= 300:
                ctx.log.warning("event %s: the webhook answered %d", event.kind, status)

    def _post(self, event: Event, ctx: Context) -> int:
        from smm_core.http import Client

        key, at, body = f"evt_{digest_of(event)[:32]}", int(ctx.now().timestamp()), _body_of(event)
        headers = {"content-type": "application/json", "webhook-id": key, "webhook-timestamp": str(at)}
        if self._secret:
            secret = resolve(self._secret, self._root)
            headers["webhook-signature"] = _signature(secret, f"{key}.{at}.".encode() + body)
        # The user's own configuration names this address, so it may be one inside the house.
        with Client(allow_private=True, total_seconds=self._seconds, max_bytes=1_000_000) as client:
            return client.request("POST", self._url, headers=headers, content=body).status


def _body_of(event: Event) -> bytes:
    data = {
        "message": event.message,
        "client": event.client,
        "subject": event.subject,
        "urgent": event.urgent,
        "details": event.data,
    }
    return to_json({"type": event.kind, "timestamp": event.at, "data": data}).encode()


def _signature(secret: Secret, signed: bytes) -> str:
    """The signature of https://www.standardwebhooks.com (as of 2026-11-23): a `whsec_` secret is base64, others are text."""
    value = secret.reveal()
    try:
        key = base64.b64decode(value[6:], validate=True) if value.startswith("whsec_") else value.encode()
    except binascii.Error:
        raise SecretError("[events] webhook_secret: it begins with whsec_ but is not base64 behind it") from None
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
