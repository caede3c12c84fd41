"""What feeds can do to those who read them: one clear line, quickly, or tolerated."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smm_feeds import lenient, reader
from smm_feeds.entries import NotReadable
from smm_feeds.ideas import ideas_of

from smm_core import IdeaFound, SmmError, to_json

RSS = b'<rss version="2.0"><channel><title>T</title><item><title>t</title><description>%s</description></item></channel></rss>'
ENTITY_FEED = (
    '<?xml version="1.0"?>\n<!DOCTYPE rss [\n%s\n]>\n<rss version="2.0"><channel><title>%s</title></channel></rss>'
)


def read(body: bytes, base: str = "https://f.example/feed") -> tuple[IdeaFound, ...]:
    return ideas_of(reader.read(body, base=base), scope="s", labels=(), keep=100)


REFUSED = {
    "billion laughs": (
        (ENTITY_FEED % ('<!ENTITY a "ha">\n<!ENTITY b "&a;&a;&a;&a;">', "&b;")).encode(),
        "declares entities that load files or contain each other",
    ),
    "quadratic blow-up": (
        (ENTITY_FEED % (f'<!ENTITY a "{"A" * 50_000}">', "&a;" * 50_000)).encode(),
        "declares entities that would make it grow beyond all bounds",
    ),
    "external entity": (
        (ENTITY_FEED % ('<!ENTITY a SYSTEM "file:///etc/hostname">', "&a;")).encode(),
        "declares entities that load files or contain each other",
    ),
    "parameter entity": (
        (ENTITY_FEED % ('<!ENTITY % a SYSTEM "file:///etc/hostname"> %a;', "x")).encode(),
        "declares entities that load files or contain each other",
    ),
    "nested tags": (b"<rss><channel>" + b"<a>" * 60_000, "nests elements more than 250 deep"),
    "nested tags, well-formed": (
        RSS % (b"<div>" * 25_000 + b"</div>" * 25_000),
        "nests elements more than 250 deep",
    ),
    "nested tags, escaped, in a broken feed": (
        (RSS % (b"&lt;div&gt;" * 20_000))[:-10],
        "nests elements more than 250 deep",
    ),
    "nonsense": (os.urandom(200_000), "is not an RSS, Atom or JSON feed"),
    "other XML": (b"<?xml version='1.0'?><recipe><title>Soup</title></recipe>", "is not an RSS, Atom or JSON feed"),
    "nothing": (b" \n\t", "is empty"),
    "nothing but a byte order mark": (b"\xef\xbb\xbf\n", "is empty"),
    "other JSON": (b'{"items": "none"}', "is JSON, but no JSON Feed"),
    "broken JSON": (b'{"items": [', "is not valid JSON"),
    "deep JSON": (b'{"items":' + b"[" * 200_000, "is nested too deep"),
}


@pytest.mark.parametrize("danger", REFUSED)
def test_refused_with_one_line_and_soon(danger: str) -> None:
    body, message = REFUSED[danger]
    began = time.monotonic()
    with pytest.raises(NotReadable) as refusal:
        read(body)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)
    assert time.monotonic() - began < 5


TOLERATED = {
    "NUL bytes": (RSS % (b"a\0b" * 100), "ab" * 100),
    "cut off": (RSS % b"hello")[:-50],
    "nested tags, escaped": (RSS % (b"&lt;div&gt;" * 12_500), ""),
    "unfinished comments": (RSS % (b"&lt;!--" * 100_000), ""),
    "half an encoding": ((RSS % b"caf\xc3")[:-30], None),
    "entity that stands for a word": (
        (ENTITY_FEED % ('<!ENTITY who "Ada">', "x"))
        .replace("</title>", "</title><item><title>&who;</title></item>")
        .encode(),
        "",
    ),
}


@pytest.mark.parametrize("danger", TOLERATED)
def test_tolerated(danger: str) -> None:
    given_ = TOLERATED[danger]
    body, text = given_ if isinstance(given_, tuple) else (given_, None)
    (idea,) = read(body)
    assert idea.title in ("t", "Ada")
    assert text is None or idea.text == text


def test_a_web_page_is_recognised_and_its_feed_named() -> None:
    page = b"""<!doctype html><html><head><title>Blog</title>
    <link rel="alternate" type="application/rss+xml" href="/feed.xml?key=hush"></head><body><p>Hi <br> there"""
    with pytest.raises(
        NotReadable, match=r"is a web page, not a feed \(the page names its feed: https://f.example/feed.xml"
    ) as told:
        read(page)
    assert "hush" not in str(told.value)


def test_no_script_text_in_an_idea() -> None:
    (idea,) = read(
        RSS
        % b"&lt;p&gt;Read me&lt;/p&gt;&lt;script&gt;steal()&lt;/script&gt;&lt;style&gt;p{}&lt;/style&gt;&lt;svg&gt;&lt;script&gt;x&lt;/script&gt;&lt;/svg&gt;"
    )
    assert idea.text == "Read me"


def test_lone_surrogates_never_reach_the_store() -> None:
    item = {
        "id": "\udc00",
        "title": "a\ud800b",
        "content_text": "\ud800",
        "tags": ["\udfff"],
        "authors": [{"name": "\ud83d"}],
    }
    (idea,) = read(json.dumps({"items": [item]}).encode())
    to_json(idea).encode("utf-8")
    assert idea.title == "a\ufffdb"


def test_the_other_process_is_ended_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """`&` without end costs feedparser time that grows with the square of its size."""
    began = time.monotonic()
    with pytest.raises(NotReadable, match="takes too long"):
        lenient.read(RSS % (b"&" * 3_000_000), "", "", seconds=1.0)
    assert time.monotonic() - began < 5


def test_the_other_process_opens_no_file_and_reports_no_traceback(tmp_path: Path) -> None:
    """feedparser takes a bare string for a path; it must get bytes as bytes."""
    secret = tmp_path / "secret.xml"
    secret.write_bytes(RSS % b"private")
    with pytest.raises(NotReadable) as refusal:
        lenient.read(str(secret).encode(), "", "", seconds=10)
    assert str(refusal.value).startswith("is not an RSS, Atom or JSON feed")


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
)
def test_whatever_comes_is_read_or_refused(noise: bytes) -> None:
    """The quick readers and the checks; feedparser itself is left out, it has a process of its own."""
    for body in (noise, RSS % noise, b'{"items": [%s]}' % noise):
        assert "\n" not in _refusal_of(body)


def _refusal_of(body: bytes) -> str:
    """The message, or nothing where the feed was read and its ideas can be stored."""
    try:
        feed = reader.read(body, careful=_checked)
    except SmmError as refusal:
        return str(refusal)
    to_json(ideas_of(feed, scope="s", labels=(), keep=10)).encode("utf-8")
    return ""


def _checked(body: bytes, base: str, charset: str, seconds: float) -> Any:
    lenient.check(body)
    raise NotReadable("left to feedparser")
