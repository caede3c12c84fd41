"""How often smm-feeds reads a feed exactly as feedparser does, over a folder of feeds.

    python benchmarks/feeds_agreement.py FOLDER [--all]

FOLDER is searched for *.xml. The best one to point it at is `tests` of feedparser's source distribution, which is not
part of this project. Compared, character by character and before any cleaning: the title of the feed; the number of entries; and of
every entry title, link and id. Both sides get the bytes of the file only, no HTTP headers. `--all` lists every difference.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smm_feeds import feedparser_child, lenient, reader, strict
from smm_feeds.entries import Feed, NotReadable, Text
from smm_feeds.names import Doubt

from smm_core import SmmError, from_json, to_json

Said = tuple[str | None, tuple[tuple[str | None, str | None, str | None], ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One feed: which way it went, and what each side said of it."""

    path: Path
    way: str
    ours: Said | None
    theirs: Said

    @property
    def agrees(self) -> bool:
        """Same titles, links and ids; a feed of nothing at all may be refused."""
        return self.ours == self.theirs or (self.ours is None and not self.theirs[1] and not self.theirs[0])


def compared(path: Path) -> Compared:
    """Read one file both ways."""
    body = path.read_bytes()
    way, ours = _ours(body)
    return Compared(path=path, way=way, ours=ours, theirs=_theirs(body))


def _ours(body: bytes) -> tuple[str, Said | None]:
    """As `reader.read` does, except that feedparser runs in this process: starting 1,000 others would only take time."""
    try:
        return "quick", _said(strict.read(body))
    except Doubt:
        pass
    try:
        return "careful", _said(reader.read(body, careful=_in_this_process))
    except SmmError as refusal:
        return f"refused: {refusal.message}", None


def _in_this_process(body: bytes, base: str, charset: str, seconds: float) -> Feed:
    lenient.check(body)
    document: Any = feedparser_child.read(body, base, charset)
    if document is None:
        raise NotReadable("is not an RSS, Atom or JSON feed")
    return from_json(to_json(document), Feed)


def _said(feed: Feed) -> Said:
    return _value(feed.title), tuple((_value(entry.title), entry.link, entry.id) for entry in feed.entries)


def _value(text: Text | None) -> str | None:
    return text.value if text else None


def _theirs(body: bytes) -> Said:
    import feedparser

    parsed = feedparser.parse(io.BytesIO(body))
    entries = tuple((entry.get("title"), entry.get("link"), entry.get("id")) for entry in parsed.entries)
    return parsed.feed.get("title"), entries


def main() -> int:
    """Compare, print one table; exit 1 below 99 %."""
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        print(__doc__)
        return 2
    warnings.simplefilter("ignore")
    results = [compared(path) for path in sorted(Path(sys.argv[1]).rglob("*.xml"))]
    agreeing = sum(result.agrees for result in results)
    ways = Counter(result.way.partition(":")[0] for result in results)
    differing = [result for result in results if not result.agrees]
    for result in differing if "--all" in sys.argv else differing[:10]:
        print(
            f"{result.path.relative_to(sys.argv[1])} ({result.way})\n  ours   {result.ours}\n  theirs {result.theirs}"
        )
    share = agreeing / max(1, len(results))
    print(f"{len(results)} feeds: {agreeing} agree ({share:.2%}); of the quick ones {_quick(results)}")
    print("way: " + ", ".join(f"{way} {count}" for way, count in ways.most_common()))
    return 0 if share >= 0.99 else 1


def _quick(results: list[Compared]) -> str:
    quick = [result for result in results if result.way == "quick"]
    return f"{sum(result.agrees for result in quick)} of {len(quick)}"


if __name__ == "__main__":
    sys.exit(main())
