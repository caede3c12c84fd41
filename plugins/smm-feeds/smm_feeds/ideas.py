"""Entries as ideas: plain text, and keys by which the same thing is known again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from smm_core import IdeaFound, clean
from smm_feeds.entries import Entry, Feed
from smm_feeds.links import folded, is_web
from smm_feeds.plain import plain_line, plain_text

MOST_TITLE = 300
MOST_TEXT = 20_000
MOST_LABELS = 30
MOST_KEY = 400
# Shorter titles ("News", "Update") come back on the same day for different things.
LEAST_TELLING_TITLE = 12
_NO_LETTERS = re.compile(r"[\W_]+")
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class _Candidate(Struct, frozen=True, kw_only=True):
    entry: Entry
    title: str
    url: str | None
    id: str
    link: str
    title_day: str


def ideas_of(feed: Feed, *, scope: str, labels: Sequence[str], keep: int) -> tuple[IdeaFound, ...]:
    """At most `keep` ideas, the newest of the feed, in its order. `scope` tells feeds apart; `labels` go to every idea.

    The key is the entry's id within the feed. Its link without tracking parameters and its title with its day are
    alternatives, unless two entries of this very feed share them: then they prove nothing.
    """
    candidates = [_candidate(entry) for entry in _newest(feed.entries, keep)]
    ids = _telling((known.id, known.link) for known in candidates)
    links = _telling((known.link, known.id or known.title) for known in candidates)
    titles = _telling((known.title_day, known.id or known.link) for known in candidates)
    found: dict[str, IdeaFound] = {}
    for known in candidates:
        keys = []
        if known.id in ids:
            keys.append(_short(f"{scope} id:{known.id}"))
        if known.link in links:
            keys.append(_short(f"link:{known.link}"))
        if known.title_day in titles:
            keys.append(_short(f"{scope} title:{known.title_day}"))
        if not keys:
            keys.append(f"{scope} text:{_digest(_words(known))}")
        if keys[0] not in found:
            found[keys[0]] = _idea(known, keys, labels)
    return tuple(found.values())


def _newest(entries: Sequence[Entry], keep: int) -> Sequence[Entry]:
    if len(entries) <= keep:
        return entries
    if all(entry.published_at for entry in entries):
        latest = sorted(entries, key=lambda entry: entry.published_at or _EARLIEST, reverse=True)[:keep]
        chosen = {id(entry) for entry in latest}
        return [entry for entry in entries if id(entry) in chosen]
    return entries[:keep]


def _candidate(entry: Entry) -> _Candidate:
    title = _tidy(plain_line(entry.title, MOST_TITLE)) if entry.title else ""
    url = entry.link if is_web(entry.link) else None
    return _Candidate(
        entry=entry,
        title=title,
        url=url,
        id=(entry.id or "").strip(),
        link=_link_name(url, entry.id) if url else "",
        title_day=_title_day(title, entry.published_at),
    )


def _link_name(url: str, id_: str | None) -> str:
    """The folded link. Its fragment counts where there is no id: it may be all that tells two notes apart."""
    fragment = "" if id_ else url.partition("#")[2]
    return f"{folded(url)}#{fragment}" if fragment else folded(url)


def _title_day(title: str, published_at: datetime | None) -> str:
    """The day and the letters of the title; empty where they would not tell things apart."""
    if published_at is None or len(title) < LEAST_TELLING_TITLE:
        return ""
    words = _NO_LETTERS.sub("", title.casefold())
    return f"{published_at.date().isoformat()} {words[:MOST_KEY]}" if words else ""


def _telling(pairs: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The names (first of each pair) that stand for one thing (second of each pair) only."""
    first: dict[str, str] = {}
    shared = {name for name, thing in pairs if first.setdefault(name, thing) != thing}
    return frozenset(first.keys() - shared - {""})


def _idea(known: _Candidate, keys: Sequence[str], labels: Sequence[str]) -> IdeaFound:
    entry = known.entry
    text = _tidy(plain_text(entry.summary, MOST_TEXT)) if entry.summary else ""
    author = _tidy(" ".join(entry.author.split())) if entry.author else ""
    return IdeaFound(
        key=keys[0],
        title=known.title or _beginning(text) or known.url or "(untitled)",
        text=text,
        url=known.url,
        author=author[:MOST_TITLE] or None,
        published_at=entry.published_at,
        labels=tuple(dict.fromkeys([*labels, *(_tidy(label)[:100] for label in entry.labels)]))[:MOST_LABELS],
        pictures=entry.pictures,
        alternatives=tuple(keys[1:]),
    )


def _words(known: _Candidate) -> str:
    return f"{known.title}\n{known.entry.summary.value if known.entry.summary else ''}"


def _beginning(text: str) -> str:
    line = " ".join(text[:MOST_TITLE].split())
    return line if len(line) <= 100 else line[:100].rpartition(" ")[0] + "…"


def _short(key: str) -> str:
    key = _tidy(key)
    return key if len(key) <= MOST_KEY else f"{key[:100]}…{_digest(key)}"


def _tidy(text: str) -> str:
    """`clean`, for the few texts that need it: asking is ten times quicker."""
    return text if text.isprintable() else clean(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
