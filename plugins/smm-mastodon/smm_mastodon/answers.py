"""What an answer of the server means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from smm_core import NeedsLogin, OutcomeUnknown, PluginError, Receipt, Rejected, Response, TryLater, retry_after

REFUSED = frozenset({400, 403, 404, 405, 410, 413, 415, 422})
"""Answers after which nothing was done, and nothing will be, however often it is asked."""

NOT_SENT = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422, 429})
"""Answers that prove that nothing was published."""

_DUPLICATE = "duplicate idempotency key"
_OF_THE_LOGIN = (
    "scope",
    "disabled",
    "suspended",
    "token",
    "unconfirmed",
    "confirm your",
    "pending approval",
    "functional",
)
_LONGEST_WAIT = timedelta(days=1)
_MOST_WORDS = 300


def refusal_of(response: Response, *, at: datetime, hidden: tuple[str, ...] = ()) -> PluginError:
    """What an answer other than 2xx means for what was sent."""
    status, words = response.status, words_of(response, hidden)
    said = f"the server answered {status}{f': {words}' if words else ''}"
    if status == 401 or (status == 403 and _is_of_the_login(words)):
        return _logged_out(said)
    if status == 429:
        return TryLater(said, after=wait_of(response, at))
    if status == 400 and _DUPLICATE in words.lower():
        return OutcomeUnknown(f"{said}: it has taken this before", hint="smm looks for it among the account's posts")
    if status in REFUSED:
        return Rejected(said)
    hint = "this does not prove that nothing was published; smm looks for it among the account's posts"
    return OutcomeUnknown(said, hint=hint)


def trouble_of(response: Response, *, at: datetime, hidden: tuple[str, ...] = ()) -> PluginError:
    """What an answer other than 2xx means for a question, or for what nobody sees."""
    status, words = response.status, words_of(response, hidden)
    said = f"the server answered {status}{f': {words}' if words else ''}"
    if status in (401, 403):
        return _logged_out(said)
    if status == 429 or status >= 500:
        return TryLater(said, after=wait_of(response, at))
    if 300 <= status < 400:
        return PluginError(f"{said}, a redirect", hint="put the server's own address into the profile's settings")
    return PluginError(said, hint="is this a server with Mastodon's API?")


def upload_refusal_of(response: Response, *, at: datetime, hidden: tuple[str, ...] = ()) -> PluginError:
    """What an answer other than 2xx means for a picture that was uploaded."""
    if response.status in (400, 413, 415, 422):
        return Rejected(f"the server does not take a picture: {response.status} {words_of(response, hidden)}".rstrip())
    return trouble_of(response, at=at, hidden=hidden)


def unreadable(what: str) -> TryLater:
    """A 2xx answer to a question that is not what was asked for."""
    return TryLater(f"the server's answer to {what} could not be read")


def receipt_of(status: Mapping[str, Any], *, now: datetime, extra: Mapping[str, Any] | None = None) -> Receipt:
    """The receipt of a status. Servers may say that it is from another time; from the future it cannot be."""
    written = instant_of(status.get("created_at"))
    return Receipt(
        remote_id=str(status["id"]),
        url=web_address(status.get("url")) or web_address(status.get("uri")),
        at=min(written, now) if written else now,
        extra=dict(extra or {}),
    )


def is_status(answer: object) -> bool:
    """Whether an answer is a status that is out."""
    return isinstance(answer, Mapping) and bool(id_in(answer)) and "scheduled_at" not in answer and "content" in answer


def is_schedule(answer: object) -> bool:
    """Whether an answer is a status that waits for its time."""
    return isinstance(answer, Mapping) and bool(id_in(answer)) and bool(answer.get("scheduled_at"))


def id_in(answer: Mapping[str, Any]) -> str:
    """The id in an answer; empty where there is none."""
    found = answer.get("id")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def wait_of(response: Response, now: datetime) -> timedelta | None:
    """How long the server asks to wait: `Retry-After`, or else until `X-RateLimit-Reset`, which is an instant."""
    said = retry_after(response, now)
    if said is not None:
        return said
    until = instant_of(response.headers.get("x-ratelimit-reset"))
    if until is None or response.headers.get("x-ratelimit-remaining", "0").strip() != "0":
        return None
    return min(max(until - now, timedelta(0)), _LONGEST_WAIT)


def instant_of(written: object) -> datetime | None:
    """An ISO instant as an aware one in UTC; None for what is none."""
    if not isinstance(written, str):
        return None
    try:
        instant = datetime.fromisoformat(written.strip())
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def words_of(response: Response, hidden: tuple[str, ...] = ()) -> str:
    """What the server says, on one line and not too long, without `hidden` values, markup or control characters."""
    answer = object_in(response)
    spoken = next(
        (answer[name] for name in ("error_description", "error", "message") if isinstance(answer.get(name), str)), None
    )
    words = spoken if spoken is not None else re.sub(r"<[^>]*>", " ", response.text[:20_000])
    for value in sorted(filter(None, hidden), key=len, reverse=True):
        words = words.replace(value, "•••")
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1] + "…"


def json_in(response: Response) -> Any:
    """The answer's JSON; None where it has none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def object_in(response: Response) -> Mapping[str, Any]:
    """The answer's JSON object; empty where it is something else."""
    answer = json_in(response)
    return answer if isinstance(answer, dict) else {}


def web_address(address: object) -> str | None:
    """The address when it is one that can be shown as a link."""
    if not isinstance(address, str) or not address or len(address) > 2000:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname and not parts.username else None


def _logged_out(said: str) -> NeedsLogin:
    return NeedsLogin(said, hint="log in again with `smm profiles login`, or renew the token in the settings")


def _is_of_the_login(words: str) -> bool:
    return any(sign in words.lower() for sign in _OF_THE_LOGIN)
