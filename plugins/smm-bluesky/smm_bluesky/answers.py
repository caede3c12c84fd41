"""What an answer of a server means. Servers say what is wrong as `{"error": "Word", "message": "…"}` (atproto.com/specs/xrpc)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from smm_core import NeedsLogin, OutcomeUnknown, PluginError, Rejected, Response, TryLater, retry_after

NOT_SENT = frozenset({400, 401, 403, 404, 413, 415, 422, 429})
"""Answers after which a server has surely written nothing."""

_LONGEST_WAIT = timedelta(days=1)
_OVER = frozenset({"ExpiredToken", "InvalidToken"})
_CLOSED = frozenset({"AccountTakedown", "AccountSuspended", "AccountDeactivated"})
_MOST_WORDS = 300


class SessionOver(TryLater):
    """The access token no longer holds. Nothing was done; the session can be renewed."""


def checked(response: Response, *, now: datetime, hidden: Iterable[str], written: bool = False) -> dict[str, Any]:
    """The JSON of a good answer; any other answer as the error that says what can be done about it.

    `hidden` are tokens that must not show, even if the server says them back. `written`: the request was one that makes
    something visible, so an answer that says nothing clear leaves open whether it did; otherwise it can be asked again.
    """
    status, word = response.status, error_of(response)
    said = f"the server answered {status}{_words(response, hidden)}"
    if status == 429:
        raise TryLater(said, after=_wait(response, now))
    if word in _OVER and status in (400, 401):
        raise SessionOver(f"the session is over: {said}")
    if word in _CLOSED and status in (400, 401, 403):
        raise NeedsLogin(said, hint="the account is closed or paused; log in at bsky.app to see why")
    if status in (401, 403):
        raise NeedsLogin(said, hint="make a new app password, then `smm profiles login`")
    if status in NOT_SENT:
        raise Rejected(said)
    answer = _json_of(response)
    if not 200 <= status < 300 or not isinstance(answer, dict):
        raise _unclear(said if status >= 300 else "the server's answer is not what it should be", written)
    return answer


def error_of(response: Response) -> str:
    """The word by which a server names what is wrong, or an empty text."""
    answer = _json_of(response)
    word = answer.get("error") if isinstance(answer, dict) and response.status >= 400 else None
    return word if isinstance(word, str) else ""


def text_in(answer: dict[str, Any], name: str, *, written: bool = False) -> str:
    """A text that must be in an answer."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise _unclear(f"the server's answer has no {name}", written)
    return value


def _unclear(said: str, written: bool) -> PluginError:
    if written:
        return OutcomeUnknown(f"{said}, which does not prove that nothing was done")
    return TryLater(said)


def _wait(response: Response, now: datetime) -> timedelta | None:
    """How long to wait: `Retry-After`, else until `RateLimit-Reset`, which is in seconds since 1970."""
    asked = retry_after(response, now)
    reset = response.headers.get("ratelimit-reset", "").strip()
    if asked is not None or not (reset.isascii() and reset.isdigit()):
        return asked
    until = datetime.fromtimestamp(min(int(reset[:12]), 32_503_680_000), UTC)
    return min(max(until - now, timedelta(seconds=1)), _LONGEST_WAIT)


def _words(response: Response, hidden: Iterable[str]) -> str:
    """What the server says, on one line and not too long, after a colon."""
    answer = _json_of(response)
    spoken = [answer.get(name) for name in ("error", "message")] if isinstance(answer, dict) else []
    words = " ".join(" — ".join(one for one in spoken if isinstance(one, str) and one).split())
    for secret in hidden:
        words = words.replace(secret, "•••") if secret else words
    if len(words) > _MOST_WORDS:
        words = words[: _MOST_WORDS - 1] + "…"
    return f": {words}" if words else ""


def _json_of(response: Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
