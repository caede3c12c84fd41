"""How long it takes to collect: 1,000 new entries of one feed, and the same feed again, unchanged.

    python benchmarks/collect.py

The product: the feed source reads the file and the store keeps its ideas, with the cursor, in one transaction. The peer: feedparser
reads the same bytes and sqlite-utils upserts the entries by their id, as one would write it in ten lines. Both write to a
file on disk. The feed looks like that of an ordinary blog: HTML in descriptions and contents, categories, authors, dates.
"""

from __future__ import annotations

import gc
import io
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from smm_feeds.settings import FeedSettings
from smm_feeds.source import FeedSource

from smm_core import CollectRequest, IdeaFound
from smm_core.context import PluginContext
from smm_core.http import Client
from smm_core.media import MediaStore
from smm_core.secrets import CredentialsFile
from smm_core.store import Store

ENTRIES = 1_000
PARAGRAPHS = 16  # some 600 words, an ordinary article
ROUNDS = 5
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Harbour Notes</title><link>https://harbour.example/</link><description>What the tide brings in</description>
<atom:link href="https://harbour.example/feed/" rel="self" type="application/rss+xml"/>"""
ITEM = """
<item><title>Number {n}: what we learned at the caf\u00e9 &amp; the quay</title><link>https://harbour.example/{n}/?utm_source=rss</link>
<dc:creator><![CDATA[Mare Visser]]></dc:creator><pubDate>{date}</pubDate>
<category><![CDATA[Harbour]]></category><category><![CDATA[Weather]]></category><category>Tide &amp; time</category>
<guid isPermaLink="false">https://harbour.example/?p={n}</guid>
<description><![CDATA[<p>The boats came in at dawn, and number {n} was among them. We asked the crew what they\u2019d seen &#8230;</p>]]></description>
<content:encoded><![CDATA[{content}]]></content:encoded>
<media:content url="https://harbour.example/pictures/{n}.jpg" medium="image"/></item>"""
PARAGRAPH = (
    "<p>Out beyond the <a href='https://harbour.example/pier'>pier</a> the water was <strong>calm</strong>, and the gulls "
    "&mdash; as ever &mdash; had an opinion on it. Nobody wrote it down, so we do.</p>\n"
)


def feed() -> bytes:
    """An ordinary blog's feed, much longer than usual."""
    items = (
        ITEM.format(n=n, date=f"{NOW - timedelta(hours=n):%a, %d %b %Y %H:%M:%S} +0000", content=PARAGRAPH * PARAGRAPHS)
        for n in range(ENTRIES)
    )
    return f"{HEAD}{''.join(items)}</channel></rss>".encode()


class Product:
    """The feed source and the store."""

    def __init__(self, folder: Path, body: bytes) -> None:
        (folder / "feed.xml").write_bytes(body)
        self._store = Store(folder / "product.db")
        self._settings = FeedSettings(files=("feed.xml",), keep=ENTRIES)
        self._ctx = PluginContext(
            plugin="feeds",
            workspace=folder,
            deadline=NOW + timedelta(minutes=1),
            log=logging.LoggerAdapter(logging.getLogger("benchmark"), {}),
            http=Client(),
            media=MediaStore(folder / "media"),
            credentials=CredentialsFile(folder / "credentials.json"),
            clock=lambda: NOW,
        )

    def round(self) -> int:
        """One round; how many ideas were new."""
        cursor = self._store.sources.cursor("news")
        request = CollectRequest(instance="news", client="harbour", settings=self._settings, cursor=cursor)
        page = FeedSource().collect(request, self._ctx)
        return keep(self._store, page.ideas, page.cursor)

    def close(self) -> None:
        """Close the database."""
        self._store.close()


def keep(store: Store, ideas: Sequence[IdeaFound], cursor: str) -> int:
    """What the collect step does with a page."""
    return store.ideas.keep("news", "harbour", ideas, cursor, NOW)


class Peer:
    """feedparser and sqlite-utils."""

    def __init__(self, folder: Path, body: bytes) -> None:
        import sqlite_utils

        self._body = body
        self._db: Any = sqlite_utils.Database(folder / "peer.db")

    def round(self) -> int:
        """One round; how many rows there are more."""
        import feedparser

        before = self._db["entries"].count if self._db["entries"].exists() else 0
        parsed = feedparser.parse(io.BytesIO(self._body))
        rows = (
            {
                "id": entry.id,
                "title": entry.title,
                "link": entry.link,
                "author": entry.author,
                "published": entry.published,
                "summary": entry.summary,
                "labels": ",".join(tag.term for tag in entry.tags),
            }
            for entry in parsed.entries
        )
        self._db["entries"].upsert_all(rows, pk="id")
        return int(self._db["entries"].count - before)

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def timed(side: type[Product] | type[Peer], body: bytes) -> tuple[float, float]:
    """Seconds of the first round and of the same round again, on a database of their own."""
    with tempfile.TemporaryDirectory() as folder:
        it = side(Path(folder), body)
        try:
            gc.collect()
            began = time.perf_counter()
            new = it.round()
            between = time.perf_counter()
            again = it.round()
            ended = time.perf_counter()
        finally:
            it.close()
    assert (new, again) == (ENTRIES, 0), f"{side.__name__}: {new} new, then {again}"
    return between - began, ended - between


def main() -> int:
    """Measure both in turn, the first time as a warm-up; print one table of medians."""
    body = feed()
    measured: dict[type[Product] | type[Peer], list[tuple[float, float]]] = {Product: [], Peer: []}
    for _ in range(ROUNDS + 1):
        for side, times in measured.items():
            times.append(timed(side, body))
    print(f"one feed of {ENTRIES} entries, {len(body) / 1e6:.1f} MB; medians of {ROUNDS} runs\n")
    print(f"{'':24}{'smm':>10}{'feedparser + sqlite-utils':>28}{'ratio':>9}")
    for index, name in enumerate((f"{ENTRIES:,} new entries", "the same, unchanged")):
        ours, theirs = (statistics.median(run[index] for run in measured[side][1:]) for side in (Product, Peer))
        print(f"{name:24}{ours * 1000:>7.1f} ms{theirs * 1000:>25.1f} ms{theirs / ours:>8.0f}×")
    return 0


if __name__ == "__main__":
    sys.exit(main())
