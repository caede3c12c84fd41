"""Every format, read whole and compared with what was checked by hand (tests/data/expected.json)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from smm_feeds import reader, strict
from smm_feeds.entries import Feed
from smm_feeds.ideas import ideas_of
from smm_feeds.names import Doubt

from smm_core import to_json

BASE = "https://base.example/feed"
QUICK = (
    "atom10_blog.xml",
    "atom_videos.xml",
    "latin1.xml",
    "podcast.xml",
    "rss092_plain.xml",
    "rss10.rdf",
    "rss20_blog.xml",
)
CAREFUL = ("broken.xml", "rss091_doctype.xml")
JSON = ("feed10.json", "feed11.json")

Data = Callable[[str], bytes]


@pytest.fixture(scope="module")
def feedparser() -> Any:
    return pytest.importorskip("feedparser")


def ideas(feed: Feed) -> Any:
    return json.loads(to_json(ideas_of(feed, scope="feed", labels=("label",), keep=10)))


@pytest.mark.parametrize("name", [*QUICK, *CAREFUL, *JSON])
def test_a_feed_becomes_these_ideas(name: str, data: Data) -> None:
    feed = reader.read(data(name), base=BASE)
    expected = json.loads(data("expected.json"))[name]
    assert (feed.title.value if feed.title else None) == expected["title"]
    assert ideas(feed) == expected["ideas"]


@pytest.mark.parametrize("name", QUICK)
def test_ordinary_feeds_go_the_quick_way(name: str, data: Data) -> None:
    assert strict.read(data(name), BASE).entries


@pytest.mark.parametrize("name", CAREFUL)
def test_doubtful_feeds_do_not(name: str, data: Data) -> None:
    with pytest.raises(Doubt):
        strict.read(data(name), BASE)


@pytest.mark.parametrize("name", QUICK)
def test_the_quick_way_agrees_with_feedparser(name: str, data: Data, feedparser: Any) -> None:
    """Title, link, id and date, character by character."""
    headers = {"content-type": "application/xml", "content-location": BASE}
    theirs = feedparser.parse(io.BytesIO(data(name)), response_headers=headers)
    ours = strict.read(data(name), BASE)
    assert [(e.title.value if e.title else None, e.link, e.id) for e in ours.entries] == [
        (e.get("title"), e.get("link"), e.get("id")) for e in theirs.entries
    ]
    assert [e.published_at and e.published_at.timetuple()[:6] for e in ours.entries] == [
        (parsed := dict.get(e, "published_parsed") or dict.get(e, "updated_parsed")) and parsed[:6]
        for e in theirs.entries
    ]


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-8", '<?xml version="1.0"?>'),
        ("utf-16", '<?xml version="1.0" encoding="utf-16"?>'),
        ("windows-1252", '<?xml version="1.0" encoding="windows-1252"?>'),
    ],
)
def test_encodings_declared_in_the_feed(charset: str, body: str) -> None:
    body += "<rss version='2.0'><channel><title>T</title><item><title>na\u00efve \u201cquotes\u201d</title></item></channel></rss>"
    feed = reader.read(body.encode(charset))
    assert [entry.title.value for entry in feed.entries if entry.title] == ["na\u00efve \u201cquotes\u201d"]


def test_the_server_may_say_the_encoding() -> None:
    body = "<rss version='2.0'><channel><title>T</title><item><title>\u041f\u0440\u0438\u0432\u0435\u0442</title></item></channel></rss>"
    feed = reader.read(body.encode("koi8-r"), charset="koi8-r")
    assert feed.entries[0].title is not None
    assert feed.entries[0].title.value == "\u041f\u0440\u0438\u0432\u0435\u0442"


def test_text_xml_is_not_taken_for_ascii(site: Any, page: Any, collect: Any) -> None:
    body = "<rss version='2.0'><channel><title>T</title><item><title>d\u00e9j\u00e0 vu</title><a:b/></item></channel></rss>".encode()
    site.pages["/f"] = page(body=body, headers={"Content-Type": "text/xml"})
    assert [idea.title for idea in collect(urls=(f"{site.url}/f",)).ideas] == ["d\u00e9j\u00e0 vu"]
