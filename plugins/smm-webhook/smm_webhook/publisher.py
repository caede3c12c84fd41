"""The publisher `webhook`: one signed POST for each part of a post."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from smm_core import (
    ConfigError,
    Context,
    Guarantees,
    Inspected,
    InspectRequest,
    Limits,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Receipt,
    Rendering,
    Secret,
    SendRequest,
    render_plain,
)
from smm_webhook.answers import NOT_SENT, failure_of, receipt_of
from smm_webhook.payload import body_of, payload_of
from smm_webhook.settings import Settings, limits_of, settings_of
from smm_webhook.signing import signature_headers

_REFERENCES = ("env:", "file:", "keyring:")


class Webhook:
    """Posts signed JSON to the address in the profile's settings.

    It promises nothing beyond what an answer says: a receiver cannot be asked what became of a request, so a delivery
    whose answer was lost waits for a person. The key travels along, so a receiver can recognise a repetition.
    """

    name = "webhook"
    title = "Webhook"
    settings: type = Settings
    guarantees = Guarantees(not_sent=NOT_SENT)
    abilities: frozenset[type] = frozenset()

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Check that the settings lead somewhere. Nothing is sent: there is no question that changes nothing there."""
        target = _target(request.profile, ctx)
        return Inspected(account=urlsplit(target.url).hostname or "")

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """What the settings say."""
        return limits_of(settings_of(profile))

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """The text as it was written; the link travels in a field of its own."""
        return render_plain(post, profile, limits)

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        """Nothing to prepare, but what is missing in the settings shows ahead of the due time."""
        _target(request.profile, ctx)
        return Prepared()

    def send(self, request: SendRequest, ctx: Context) -> Receipt:
        """One POST. See `answers` for what the receiver's answer means."""
        target = _target(request.profile, ctx)
        inline = settings_of(request.profile).media == "inline"
        body = body_of(payload_of(request, ctx.media if inline else None))
        headers = target.headers | _own_headers(request.key, body, target.secret, ctx)
        response = ctx.http.request("POST", target.url, headers=headers, content=body)
        if 200 <= response.status < 300:
            return receipt_of(response, key=request.key, at=ctx.now())
        raise failure_of(response, at=ctx.now(), hidden=target.hidden)


def _own_headers(key: str, body: bytes, secret: Secret | None, ctx: Context) -> dict[str, str]:
    at = ctx.now()
    headers = {
        "content-type": "application/json",
        "idempotency-key": key,
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
    }
    return headers | (signature_headers(secret, key=key, at=at, body=body) if secret else {})


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class _Target:
    """The settings with every reference followed. Lives for one call and is never shown."""

    url: str
    secret: Secret | None
    headers: dict[str, str]

    @property
    def hidden(self) -> tuple[str, ...]:
        """What must not show in a message, even if the receiver says it back."""
        secret = (self.secret.reveal(),) if self.secret else ()
        tokens = (token for value in self.headers.values() for token in (value, *value.split()) if len(token) >= 6)
        return (*secret, self.url, *tokens)


def _target(profile: Profile, ctx: Context) -> _Target:
    settings = settings_of(profile)
    url = _follow(settings.url, ctx)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            "this is not an http or https address",
            where=f"smm.toml [profiles.{profile.name}.settings] url",
            hint='write it like url = "https://host/path", or as a reference such as "env:WEBHOOK_URL"',
        )
    return _Target(
        url=url,
        secret=Secret(settings.secret.reveal()) if settings.secret else None,
        headers={name.lower(): _follow(value, ctx) for name, value in settings.headers.items()},
    )


def _follow(value: str, ctx: Context) -> str:
    """The value itself, or the secret that it refers to."""
    return ctx.secret(value).reveal() if value.startswith(_REFERENCES) else value
