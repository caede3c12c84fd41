"""The promise of the quick way: either a doubt, or exactly what feedparser says."""

from __future__ import annotations

import io
from typing import Any

import feedparser
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from smm_feeds import strict
from smm_feeds.names import Doubt

TEXT = st.lists(
    st.one_of(
        st.sampled_from([*"aZ 9&<>;#/'\"=?%:.\n\t", "&amp;", "&lt;", "&#39;", "&#8217;", "&nbsp;", "</b>", "\u00e9"]),
        st.characters(exclude_categories=["Cs", "Cc"], max_codepoint=0x1F700),
    ),
    max_size=8,
).map("".join)
LINK = st.one_of(
    TEXT,
    st.builds("https://e.example/{}".format, TEXT),
    st.sampled_from(
        [
            "http://e.example/?a=1&b=2&copy=3",
            "/rel",
            "../up",
            "http:///x",
            "HTTP://E.example/?",
            "tag:x,2026:1",
            "//h/p",
        ]
    ),
)
SETTINGS = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


RSS_PART = st.one_of(
    TEXT.map(lambda t: f"<title>{escaped(t)}</title>"),
    TEXT.filter(lambda t: "]]>" not in t).map(lambda t: f"<title><![CDATA[{t}]]></title>"),
    LINK.map(lambda t: f"<link>{escaped(t)}</link>"),
    LINK.map(lambda t: f"<guid>{escaped(t)}</guid>"),
    LINK.map(lambda t: f'<guid isPermaLink="false">{escaped(t)}</guid>'),
    TEXT.map(lambda t: f"<description>{escaped(t)}</description>"),
    TEXT.map(lambda t: f"<x:title>{escaped(t)}</x:title>"),
    TEXT.map(lambda t: f"<media:title>{escaped(t)}</media:title>"),
    TEXT.map(lambda t: f"<media:group><media:title>{escaped(t)}</media:title></media:group>"),
    TEXT.map(lambda t: f"<dc:title>{escaped(t)}</dc:title>"),
    TEXT.map(lambda t: f'<source url="http://s.example/">{escaped(t)}</source>'),
    LINK.map(lambda t: f'<atom:link rel="related" href="{escaped(t)}"/>'),
    st.sampled_from(
        [
            "<title/>",
            "<link/>",
            "<image>http://i.example/</image>",
            "<title>a<b>c</b></title>",
            "<x:y><title>inner</title></x:y>",
            "<Title>upper</Title>",
            '<enclosure url="/e.png" type="image/png"/>',
            '<link rel="self" href="/s"/>',
            "<author>a@b.example (A)</author>",
            "<pubDate>Mon, 23 Nov 2026 10:00:00 +0100</pubDate>",
            "<content:encoded><![CDATA[<p>x</p>]]></content:encoded>",
        ]
    ),
)
ATOM_PART = st.one_of(
    TEXT.map(lambda t: f"<title>{escaped(t)}</title>"),
    TEXT.map(lambda t: f'<title type="html">{escaped(t)}</title>'),
    LINK.map(lambda t: f"<id>{escaped(t)}</id>"),
    LINK.map(lambda t: f'<link href="{escaped(t)}"/>'),
    LINK.map(lambda t: f'<link rel="alternate" type="text/html" href="{escaped(t)}"/>'),
    LINK.map(lambda t: f'<link rel="enclosure" type="image/png" href="{escaped(t)}"/>'),
    TEXT.map(lambda t: f"<summary>{escaped(t)}</summary>"),
    st.sampled_from(
        [
            "<title/>",
            "<author><name>A</name><uri>http://a.example/</uri></author>",
            "<source><title>other</title><id>o</id></source>",
            "<updated>2026-11-23T10:00:00Z</updated>",
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><title>no</title></div></content>',
            '<content type="application/xml"><title>no</title></content>',
        ]
    ),
)
NAMESPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:x="urn:x" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


def agrees(body: bytes, base: str) -> None:
    headers = {"content-type": "application/xml", **({"content-location": base} if base else {})}
    try:
        ours = strict.read(body, base)
    except Doubt:
        event("doubt")
        return
    event("quick")
    theirs: Any = feedparser.parse(io.BytesIO(body), response_headers=headers)
    assert (ours.title.value if ours.title else None) == theirs.feed.get("title")
    assert [(e.title.value if e.title else None, e.link, e.id) for e in ours.entries] == [
        (e.get("title"), e.get("link"), e.get("id")) for e in theirs.entries
    ]


@SETTINGS
@given(
    title=TEXT,
    items=st.lists(st.lists(RSS_PART, max_size=5), max_size=3),
    base=st.sampled_from(["", "https://base.example/feeds/all.xml?x=1"]),
)
def test_rss(title: str, items: list[list[str]], base: str) -> None:
    inside = "".join(f"<item>{''.join(parts)}</item>" for parts in items)
    channel = f"<channel><title>{escaped(title)}</title>{inside}</channel>"
    agrees(f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" {NAMESPACES}>{channel}</rss>'.encode(), base)


@SETTINGS
@given(
    title=TEXT,
    entries=st.lists(st.lists(ATOM_PART, max_size=5), max_size=3),
    base=st.sampled_from(["", "https://base.example/feeds/all.xml?x=1"]),
)
def test_atom(title: str, entries: list[list[str]], base: str) -> None:
    inside = "".join(f"<entry>{''.join(parts)}</entry>" for parts in entries)
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}><title>{escaped(title)}</title>{inside}</feed>'
    agrees(feed.encode(), base)
