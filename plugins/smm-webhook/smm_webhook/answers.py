"""What an answer of the receiver means for a delivery."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from smm_core import NeedsLogin, OutcomeUnknown, PluginError, Receipt, Rejected, Response, TryLater, retry_after

REFUSED = frozenset({400, 404, 405, 409, 410, 413, 414, 415, 422})
"""Answers after which the receiver has surely done nothing, and will not, however often it is asked."""

NOT_SENT = REFUSED | {401, 403, 429}
"""All answers after which the receiver has surely done nothing."""

_MOST_WORDS = 300


def receipt_of(response: Response, *, key: str, at: datetime) -> Receipt:
    """The receipt in a 2xx answer: its JSON `id` and `url` where it has them, else our key and the Location header."""
    answer = _json_object(response)
    given, address = answer.get("id"), answer.get("url") or response.headers.get("location")
    named = given if isinstance(given, str | int) and not isinstance(given, bool) else ""
    return Receipt(remote_id=str(named)[:500] or key, url=_public_address(address, response.url), at=at)


def failure_of(response: Response, *, at: datetime, hidden: tuple[str, ...]) -> PluginError:
    """What an answer other than 2xx means; `hidden` are values that must not show in its words."""
    status, words = response.status, words_of(response, hidden)
    said = f"the webhook answered {status}{': ' + words if words else ''}"
    if status in (401, 403):
        return NeedsLogin(said, hint="check the secret and the headers in the profile's settings")
    if status == 429:
        return TryLater(said, after=retry_after(response, at))
    if status in REFUSED:
        return Rejected(said)
    if 300 <= status < 400:
        return OutcomeUnknown(
            f"the webhook answered {status}, a redirect, and these are not followed",
            hint="look whether the post is out, and put the final address into the profile's url",
        )
    return OutcomeUnknown(said, hint="this does not prove that nothing was done; look at the receiver")


def words_of(response: Response, hidden: tuple[str, ...] = ()) -> str:
    """What the receiver says, on one line and not too long, without `hidden` values, markup or control characters."""
    answer = _json_object(response)
    spoken = next(
        (answer[name] for name in ("error", "message", "detail", "title") if isinstance(answer.get(name), str)), None
    )
    words = spoken if spoken is not None else re.sub(r"<[^>]*>", " ", response.text[:20_000])
    for value in sorted(hidden, key=len, reverse=True):
        words = words.replace(value, "•••") if value else words
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1] + "…"


def _json_object(response: Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _public_address(address: object, base: str) -> str | None:
    """The address when it is one that can be shown as a link."""
    if not isinstance(address, str) or not address or len(address) > 2000:
        return None
    try:
        whole = urljoin(base, address)
        parts = urlsplit(whole)
    except ValueError:
        return None
    return whole if parts.scheme in ("http", "https") and parts.hostname and not parts.username else None
