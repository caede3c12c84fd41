"""Gets a feed: from the web with a conditional request, or from a file of the workspace."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from msgspec import Struct

from smm_core import Context, Response
from smm_feeds.cursor import FeedState
from smm_feeds.entries import NotReadable
from smm_feeds.links import folded, resolve, shown
from smm_feeds.subscriptions import Place, Subscription, read_file, too_large

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_SAFE_HEADER = re.compile(r"[\x20-\x7e]{1,500}")
_LONGEST_WAIT = timedelta(days=1)


class Fetched(Struct, frozen=True, kw_only=True):
    """The bytes of a feed, with what to remember of them. An unchanged body is known by its `digest`.

    `base` is the address they came from, empty for a file. `moved_to` is set when another address answered than the
    one that was asked.
    """

    body: bytes
    digest: str
    base: str = ""
    charset: str = ""
    etag: str = ""
    modified: str = ""
    moved_to: str = ""


class NotModified(Struct, frozen=True, kw_only=True):
    """The server says that nothing changed."""


class AskedToWait(NotReadable):
    """The server wants to be left alone until `until` (UTC)."""

    def __init__(self, message: str, *, until: datetime) -> None:
        super().__init__(message)
        self.until = until


def fetch(feed: Subscription, state: FeedState, ctx: Context, *, max_bytes: int) -> Fetched | NotModified:
    """The feed as it is now.

    Errors, each with a message for a person: `AskedToWait`, `NotReadable`, and those of `HttpClient.request`.
    """
    if feed.place is Place.FILE:
        body = read_file(ctx.workspace, feed.address, max_bytes)
        return Fetched(body=body, digest=_digest(body))
    response = ctx.http.request("GET", feed.address, headers=_headers(state))
    if response.status == 304:
        return NotModified()
    _check_status(response, feed, ctx.now())
    if len(response.body) > max_bytes:
        raise too_large(max_bytes)
    charset = _CHARSET.search(response.headers.get("content-type", ""))
    return Fetched(
        body=response.body,
        digest=_digest(response.body),
        base=response.url,
        charset=charset[1] if charset else "",
        etag=_safe(response.headers.get("etag", "")),
        modified=_safe(response.headers.get("last-modified", "")),
        moved_to="" if folded(response.url) == folded(feed.address) else response.url,
    )


def _headers(state: FeedState) -> dict[str, str]:
    headers = {"Accept": _ACCEPT}
    if state.etag:
        headers["If-None-Match"] = state.etag
    if state.modified:
        headers["If-Modified-Since"] = state.modified
    return headers


def _check_status(response: Response, feed: Subscription, now: datetime) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    if status in (301, 302, 303, 307, 308):
        to = shown(resolve(feed.address, response.headers.get("location", "")))
        raise NotReadable(
            f"has moved to {to or 'an unknown address'}", hint="change its address in smm.toml or the OPML list"
        )
    if status in (401, 403):
        raise NotReadable(
            f"is not given to us (HTTP {status})", hint="it may want a login, or not want to be read by programs"
        )
    if status == 404:
        raise NotReadable("is not there (HTTP 404)", hint="check its address")
    if status == 410:
        raise NotReadable("is gone for good (HTTP 410)", hint="remove it")
    if status in (429, 503):
        raise AskedToWait(f"asks to be left alone for a while (HTTP {status})", until=now + _wait(response, now))
    raise NotReadable(f"could not be fetched (HTTP {status})")


def _wait(response: Response, now: datetime) -> timedelta:
    """`Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), at most a day; an hour where nothing is said."""
    from smm_feeds.dates import parse_date

    asked = response.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(timedelta(seconds=int(asked[:9])), _LONGEST_WAIT)
    try:
        until = parse_date(asked)
    except ValueError:
        until = None
    return min(max(until - now, timedelta(0)), _LONGEST_WAIT) if until else timedelta(hours=1)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _safe(header: str) -> str:
    return header if _SAFE_HEADER.fullmatch(header) else ""
