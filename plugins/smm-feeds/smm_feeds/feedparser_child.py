"""Reads one feed from standard input with feedparser and writes `{"feed": …}` as JSON to standard output.

It is a program of its own, and imports nothing of smm, because it runs in a process of its own: some inputs cost
feedparser time that grows with the square of their size (280 kB of unfinished comments: 4 s, measured 2026-11-22), and
a thread could not be stopped.

    python feedparser_child.py BASE CHARSET CPU_SECONDS MEMORY_BYTES < feed
"""

from __future__ import annotations

import io
import json
import sys
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

_WEB_MARKUP = ("text/html", "application/xhtml+xml")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(body: bytes, base: str = "", charset: str = "") -> dict[str, Any] | None:
    """The feed in the shape of `entries.Feed`; None where feedparser sees no feed at all."""
    import feedparser

    # Without a content type feedparser takes a feed from the web that names no encoding for ISO-8859-1, and text/xml
    # for ASCII; RFC 7303 has ended both.
    headers = {"content-type": f"application/xml; charset={charset}" if charset else "application/xml"}
    if base:
        headers["content-location"] = base
    parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
    if not (parsed.get("version") or parsed.entries or parsed.feed.get("title")):
        return None
    return {"title": _text(parsed.feed, "title"), "entries": [_entry(entry) for entry in parsed.entries]}


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.get("id"),
        "link": entry.get("link"),
        "title": _text(entry, "title"),
        "summary": _text(entry, "summary") or _content(entry),
        "author": entry.get("author"),
        "published_at": _moment(entry),
        "labels": list(dict.fromkeys(_labels(entry))),
        "pictures": list(dict.fromkeys(_pictures(entry))),
    }


def _text(thing: Any, key: str) -> dict[str, str] | None:
    value = thing.get(key)
    if not isinstance(value, str):
        return None
    detail = thing.get(f"{key}_detail") or {}
    markup = "html" if detail.get("type", "text/html") in _WEB_MARKUP else "plain"
    return {"value": value, "markup": markup}


def _content(entry: Any) -> dict[str, str] | None:
    for content in entry.get("content") or ():
        if content.get("value"):
            return {"value": content["value"], "markup": "html" if content.get("type") in _WEB_MARKUP else "plain"}
    return None


def _moment(entry: Any) -> str | None:
    for key in ("published_parsed", "updated_parsed", "created_parsed"):
        parts = dict.get(entry, key)
        if parts:
            try:
                return (_EPOCH + timedelta(seconds=timegm(parts))).isoformat()
            except (ValueError, OverflowError):
                continue
    return None


def _labels(entry: Any) -> Iterator[str]:
    for tag in dict.get(entry, "tags") or ():
        label = " ".join(str(tag.get("label") or tag.get("term") or "").split())
        if label:
            yield label


def _pictures(entry: Any) -> Iterator[str]:
    for link in dict.get(entry, "links") or ():
        if link.get("rel") == "enclosure" and str(link.get("type", "")).startswith("image/"):
            yield str(link.get("href", ""))
    for media in dict.get(entry, "media_content") or ():
        if media.get("medium") == "image" or str(media.get("type", "")).startswith("image/"):
            yield str(media.get("url", ""))
    image = dict.get(entry, "image")
    if image:
        yield str(image.get("href", ""))
    for thumbnail in dict.get(entry, "media_thumbnail") or ():
        yield str(thumbnail.get("url", ""))


def _limit(cpu_seconds: int, memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows; there the parent's time-out has to do
        return
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    except (ValueError, OSError):  # macOS refuses this one
        return


def main() -> None:
    """Read, limit, parse, write."""
    base, charset, cpu_seconds, memory_bytes = sys.argv[1:5]
    _limit(int(cpu_seconds), int(memory_bytes))
    answer = {"feed": read(sys.stdin.buffer.read(), base, charset)}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
