"""The careful way: feedparser, in a process of its own with limits, for whatever the quick way is in doubt about."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

from smm_core import clean, from_json, replace
from smm_feeds.entries import Feed, NotReadable
from smm_feeds.pictures import distinct_pictures

MOST_SECONDS = 15.0
CPU_SECONDS = 10
MEMORY_BYTES = 1_500_000_000
MOST_DEPTH = 250
MOST_ENTITY_TEXT = 1_000_000

_TAG = re.compile(rb"(?:<|&lt;)(/?)([A-Za-z][\w:.-]*)(?:[^<>&]{0,2000}?(/)?(?:>|&gt;))?")
_OFTEN_UNCLOSED = frozenset(b"br hr img p li input meta td tr th dd dt option area source wbr embed param col".split())
_ROOT = re.compile(rb"<\w")
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?([\w.:-]+)\s+(?:\"([^\"]*)\"|'([^']*)'|(SYSTEM|PUBLIC)\b)", re.IGNORECASE)


class _Answer(Struct, frozen=True, kw_only=True):
    """What the other process says; no feed where feedparser sees none."""

    feed: Feed | None


def read(body: bytes, base: str, charset: str, seconds: float) -> Feed:
    """The feed as feedparser reads it, within `seconds` at most. Bombs, and what is no feed, are `NotReadable`."""
    check(body)
    try:
        done = subprocess.run(
            _command(base, charset),
            input=body,
            capture_output=True,
            timeout=max(1.0, min(seconds, MOST_SECONDS)),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_much() from None
    except OSError as error:
        raise NotReadable(f"could not be read: {error.strerror or error}") from None
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        raise _too_much()
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
        raise NotReadable(f"could not be read: {clean(last[0])[:200]}")
    feed = from_json(done.stdout, _Answer).feed
    if feed is None:
        raise NotReadable("is not an RSS, Atom or JSON feed", hint="look for the feed's address on the site")
    entries = (replace(entry, pictures=distinct_pictures(entry.pictures)) for entry in feed.entries)
    return replace(feed, entries=tuple(entries))


def check(body: bytes) -> None:
    """Refuse before any parser sees it: elements nested too deep, and entities that grow."""
    _check_entities(body)
    _check_depth(body)


def _command(base: str, charset: str) -> list[str]:
    program = Path(__file__).with_name("feedparser_child.py")
    return [sys.executable, "-I", str(program), base, charset, str(CPU_SECONDS), str(MEMORY_BYTES)]


def _too_much() -> NotReadable:
    return NotReadable(
        "is not well-formed, and reading it leniently takes too long",
        hint="ask its publisher to repair it, or remove it",
    )


def _check_entities(body: bytes) -> None:
    """Entities may stand for a word, not for a file, not for each other, and not for more text than a feed has."""
    root = _ROOT.search(body)
    head = body[: root.start()] if root else body
    grown = 0
    for parameter, name, double, single, external in _ENTITY.findall(head):
        value = double or single
        if parameter or external or re.search(rb"[&%]\w", value):
            raise NotReadable(
                "declares entities that load files or contain each other", hint="such a feed is never read"
            )
        grown += len(value) * body.count(b"&" + name + b";")
    if grown > MOST_ENTITY_TEXT:
        raise NotReadable(
            "declares entities that would make it grow beyond all bounds", hint="such a feed is never read"
        )


def _check_depth(body: bytes) -> None:
    """Markup that is escaped inside the feed is nested markup too once it is unescaped, so it counts the same."""
    depth = 0
    for end, name, closed in _TAG.findall(body):
        if closed or name.lower() in _OFTEN_UNCLOSED:
            continue
        depth = max(0, depth - 1) if end else depth + 1
        if depth > MOST_DEPTH:
            raise NotReadable(
                f"nests elements more than {MOST_DEPTH} deep", hint="ask its publisher to repair it, or remove it"
            )
