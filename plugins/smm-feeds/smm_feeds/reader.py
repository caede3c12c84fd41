"""Chooses how to read what was fetched: as JSON, the quick way, or the careful way."""

from __future__ import annotations

import re
from collections.abc import Callable

from smm_feeds import jsonfeed, lenient, strict
from smm_feeds.entries import Feed, NotReadable
from smm_feeds.links import is_web, resolve, shown
from smm_feeds.names import Doubt

_ROOT = re.compile(rb"<([A-Za-z][\w:.-]*)")
_PART_OF_A_FEED = re.compile(rb"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel|item|entry)\b", re.IGNORECASE)
_LINK = re.compile(rb"<link\b[^>]{0,1000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(rb"type\s*=\s*[\"']?application/(?:rss\+xml|atom\+xml|feed\+json)", re.IGNORECASE)
_HREF = re.compile(rb"href\s*=\s*[\"']([^\"'\s>]+)", re.IGNORECASE)
_EBCDIC_XML = b"\x4c\x6f\xa7\x94"
_HEAD = 500_000


Careful = Callable[[bytes, str, str, float], Feed]


def read(
    body: bytes,
    *,
    base: str = "",
    charset: str = "",
    seconds: float = lenient.MOST_SECONDS,
    careful: Careful = lenient.read,
) -> Feed:
    """The feed in these bytes.

    `base` is the address they came from, `charset` what the server said of them (both may be empty), `seconds` how
    long it may take at most, `careful` the way to go when the quick one is in doubt.
    What cannot be read is `NotReadable`, with a message and a next step for a person.
    """
    start = body[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()[:_HEAD]
    if not start:
        raise NotReadable("is empty")
    if start[:1] in (b"{", b"["):
        return jsonfeed.read(body.removeprefix(b"\xef\xbb\xbf"), base)
    root = _ROOT.search(start)
    if root and root[1].lower() == b"html":
        raise NotReadable("is a web page, not a feed", hint=_where_the_feed_is(start, base))
    # Without its zero bytes UTF-16 and UTF-32 can be looked at like any other.
    if not (_PART_OF_A_FEED.search(start.replace(b"\0", b"")) or body.startswith(_EBCDIC_XML)):
        raise NotReadable("is not an RSS, Atom or JSON feed", hint="look for the feed's address on the site")
    if charset.lower() in ("", "utf-8", "utf8"):
        try:
            return strict.read(body, base)
        except Doubt:
            pass
    return careful(body, base, charset, seconds)


def _where_the_feed_is(page: bytes, base: str) -> str:
    for link in _LINK.findall(page):
        if _FEED_TYPE.search(link) and (href := _HREF.search(link)):
            address = resolve(base, href[1].decode("utf-8", "replace"))
            if is_web(address):
                return f"the page names its feed: {shown(address)}"
    return "look for the feed's address on the site"
