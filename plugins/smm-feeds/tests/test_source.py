"""Rounds of the source against a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from smm_feeds.settings import FeedSettings
from smm_feeds.source import FEEDS_PER_PAGE, FeedSource

from smm_core import CollectPage, CollectRequest, Source

Collect = Callable[..., CollectPage]


def rss(*items: str, title: str = "T") -> bytes:
    inside = "".join(f"<item><title>{item}</title><guid isPermaLink='false'>{item}</guid></item>" for item in items)
    return f"<rss version='2.0'><channel><title>{title}</title>{inside}</channel></rss>".encode()


def titles(page: CollectPage) -> list[str]:
    return [idea.title for idea in page.ideas]


def test_it_is_a_source() -> None:
    source = FeedSource()
    assert isinstance(source, Source)
    assert (source.name, source.settings) == ("feed", FeedSettings)


def test_an_unchanged_feed_is_answered_with_304_and_not_read(site: Any, page: Any, collect: Collect) -> None:
    site.pages["/f"] = page(body=rss("one"), headers={"ETag": '"v1"', "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"})
    first = collect(urls=(f"{site.url}/f",))
    assert titles(first) == ["one"]
    again = collect(first.cursor, urls=(f"{site.url}/f",))
    assert (again.ideas, again.troubles) == ((), ())
    assert [asked.answered for asked in site.asked] == [200, 304]
    assert site.asked[1].headers["if-none-match"] == '"v1"'
    assert site.asked[1].headers["if-modified-since"] == "Sun, 22 Nov 2026 10:00:00 GMT"
    site.pages["/f"] = page(body=rss("two", "one"), headers={"ETag": '"v2"'})
    assert titles(collect(again.cursor, urls=(f"{site.url}/f",))) == ["two", "one"]


def test_the_same_body_is_not_read_again_without_etag(site: Any, page: Any, collect: Collect) -> None:
    site.pages["/f"] = page(body=rss("one"))
    first = collect(urls=(f"{site.url}/f",))
    again = collect(first.cursor, urls=(f"{site.url}/f",))
    assert [asked.answered for asked in site.asked] == [200, 200]
    assert again.ideas == ()


def test_a_feed_that_is_to_be_read_otherwise_is_read_again(site: Any, page: Any, collect: Collect) -> None:
    site.pages["/f"] = page(body=rss("one", "two"), headers={"ETag": '"v1"'})
    first = collect(urls=(f"{site.url}/f",), keep=1)
    assert titles(first) == ["one"]
    assert titles(collect(first.cursor, urls=(f"{site.url}/f",), keep=2)) == ["one", "two"]


def test_one_broken_feed_of_many_is_a_trouble_as_long_as_it_lasts(site: Any, page: Any, collect: Collect) -> None:
    site.pages["/a"] = page(body=rss("a"))
    site.pages["/b"] = page(body=b"<html><head></head><body>Moved on", headers={"ETag": '"b"'})
    site.pages["/c"] = page(body=rss("c"))
    site.pages["/e"] = page(status=500)
    urls = tuple(f"{site.url}/{name}" for name in "abcde")
    first = collect(urls=urls)
    assert titles(first) == ["a", "c"]
    told = {trouble.where.rpartition("/")[2]: trouble.message for trouble in first.troubles}
    assert told == {
        "b": "is a web page, not a feed (look for the feed's address on the site)",
        "d": "is not there (HTTP 404) (check its address)",
        "e": "could not be fetched (HTTP 500)",
    }
    assert collect(first.cursor, urls=urls).troubles == first.troubles
    assert [asked.answered for asked in site.asked if asked.path == "/b"] == [200, 304]


def test_a_server_that_is_not_there(collect: Collect) -> None:
    (trouble,) = collect(urls=("http://127.0.0.1:9/f",)).troubles
    assert trouble.where == "http://127.0.0.1:9/f"
    assert "no connection" in trouble.message


def test_a_failed_fetch_forgets_nothing(site: Any, page: Any, collect: Collect) -> None:
    url = f"{site.url}/f"
    site.pages["/f"] = good = page(body=rss("one"), headers={"ETag": '"v1"'})
    first = collect(urls=(url,))
    site.pages["/f"] = page(status=502)
    second = collect(first.cursor, urls=(url,))
    site.pages["/f"] = good
    collect(second.cursor, urls=(url,))
    assert [asked.answered for asked in site.asked] == [200, 502, 304]


def test_a_server_that_asks_for_peace_gets_it(site: Any, page: Any, collect: Collect, ctx: Any) -> None:
    url = f"{site.url}/f"
    site.pages["/f"] = page(status=429, headers={"Retry-After": "120"})
    first = collect(urls=(url,))
    assert first.troubles[0].message == "asks to be left alone for a while (HTTP 429)"
    site.pages["/f"] = page(body=rss("one"))
    ctx.moment += timedelta(seconds=119)
    second = collect(first.cursor, urls=(url,))
    assert len(site.asked) == 1
    ctx.moment += timedelta(seconds=2)
    assert titles(collect(second.cursor, urls=(url,))) == ["one"]


def test_retry_after_as_a_date(site: Any, page: Any, collect: Collect, ctx: Any) -> None:
    site.pages["/f"] = page(status=503, headers={"Retry-After": "Mon, 23 Nov 2026 10:00:00 GMT"})
    cursor = json.loads(collect(urls=(f"{site.url}/f",)).cursor)
    (state,) = cursor["feeds"].values()
    assert datetime.fromisoformat(state["not_before"]) == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_feed_that_moved_is_read_and_noted(site: Any, page: Any, collect: Collect) -> None:
    site.pages["/old"] = page(status=301, headers={"Location": "/new?token=hush"})
    site.pages["/new?token=hush"] = page(body=rss("one"))
    found = collect(urls=(f"{site.url}/old",))
    assert titles(found) == ["one"]
    assert [trouble.message for trouble in found.troubles] == [
        f"now answers from {site.url}/new?…; if it moved for good, change its address"
    ]


def test_relative_links_are_made_absolute_by_where_the_feed_came_from(site: Any, page: Any, collect: Collect) -> None:
    body = b"<rss version='2.0'><channel><title>T</title><item><title>t</title><link>/a/b</link></item></channel></rss>"
    site.pages["/x/f"] = page(body=body)
    assert [idea.url for idea in collect(urls=(f"{site.url}/x/f",)).ideas] == [f"{site.url}/a/b"]


def test_many_feeds_come_page_by_page_and_a_round_can_go_on_after_a_crash(site: Any, page: Any, ctx: Any) -> None:
    for number in range(2 * FEEDS_PER_PAGE + 1):
        site.pages[f"/{number}"] = page(body=rss(f"n{number}"))
    settings = FeedSettings(urls=tuple(f"{site.url}/{number}" for number in range(2 * FEEDS_PER_PAGE + 1)))

    def turn(cursor: str) -> CollectPage:
        request = CollectRequest(instance="news", client="acme", settings=settings, cursor=cursor)
        return FeedSource().collect(request, ctx)

    first = turn("")
    second = turn(first.cursor)
    second_again = turn(first.cursor)
    third = turn(second_again.cursor)
    assert [found.more for found in (first, second, third)] == [True, True, False]
    assert titles(second) == titles(second_again)
    assert titles(first) + titles(second) + titles(third) == [f"n{n}" for n in range(2 * FEEDS_PER_PAGE + 1)]


def test_a_page_ends_well_before_the_deadline(site: Any, page: Any, ctx: Any) -> None:
    for number in range(3):
        site.pages[f"/{number}"] = page(body=rss(f"n{number}"))
    ctx.tick = timedelta(seconds=11)
    settings = FeedSettings(urls=tuple(f"{site.url}/{number}" for number in range(3)))
    request = CollectRequest(instance="news", client="acme", settings=settings)
    found = FeedSource().collect(request, ctx)
    assert found.more
    assert 1 <= len(found.ideas) < 3


@pytest.mark.parametrize("cursor", ["nonsense", "[]", '{"next": 7}', '{"next": "gone", "feeds": {}}'])
def test_a_foreign_cursor_starts_anew(cursor: str, site: Any, page: Any, collect: Collect) -> None:
    site.pages["/f"] = page(body=rss("one"))
    assert titles(collect(cursor, urls=(f"{site.url}/f",))) == ["one"]


def test_feeds_that_are_no_longer_subscribed_are_forgotten(site: Any, page: Any, collect: Collect) -> None:
    site.pages["/a"] = page(body=rss("a"))
    site.pages["/b"] = page(body=rss("b"))
    both = collect(urls=(f"{site.url}/a", f"{site.url}/b"))
    one = collect(both.cursor, urls=(f"{site.url}/b",))
    assert len(json.loads(both.cursor)["feeds"]) == 2
    assert len(json.loads(one.cursor)["feeds"]) == 1


def test_no_address_with_a_token_in_cursor_keys_or_troubles(site: Any, page: Any, collect: Collect) -> None:
    site.pages["/f?key=canary123"] = page(body=rss("one"))
    site.pages["/g?key=canary123"] = page(status=403)
    found = collect(urls=(f"{site.url}/f?key=canary123", f"{site.url}/g?key=canary123"))
    assert titles(found) == ["one"]
    said = found.cursor + "".join(idea.key for idea in found.ideas) + "".join(map(str, found.troubles))
    assert "canary123" not in said


def test_a_feed_larger_than_allowed_is_not_read(site: Any, page: Any, collect: Collect, ctx: Any) -> None:
    site.pages["/f"] = page(body=rss("one") + b" " * 2_000_000)
    (ctx.workspace / "big.xml").write_bytes(rss("two") + b" " * 2_000_000)
    found = collect(urls=(f"{site.url}/f",), files=("big.xml",), max_bytes=1_000_000)
    assert found.ideas == ()
    assert [trouble.message for trouble in found.troubles] == [
        "is larger than 1 MB (raise max_bytes of the source if that is right)"
    ] * 2


def test_files_of_the_workspace(collect: Collect, ctx: Any, data: Callable[[str], bytes]) -> None:
    (ctx.workspace / "inbox").mkdir()
    (ctx.workspace / "inbox" / "blog.xml").write_bytes(data("rss20_blog.xml"))
    (ctx.workspace / "crew.json").write_bytes(data("feed10.json"))
    first = collect(files=("inbox/blog.xml", "crew.json"))
    assert len(first.ideas) == 4
    assert collect(first.cursor, files=("inbox/blog.xml", "crew.json")).ideas == ()


def test_files_outside_the_workspace_are_refused(collect: Collect, ctx: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    ctx.workspace = tmp_path / "ws"
    outside.mkdir()
    ctx.workspace.mkdir()
    (outside / "f.xml").write_bytes(rss("secret"))
    (ctx.workspace / "link.xml").symlink_to(outside / "f.xml")
    (ctx.workspace / "folder").mkdir()
    names = ("../outside/f.xml", str(outside / "f.xml"), "link.xml", "folder", "gone.xml", "a\0b")
    found = collect(files=names)
    assert found.ideas == ()
    messages = [trouble.message for trouble in found.troubles]
    assert [message.startswith("lies outside the workspace") for message in messages[:3]] == [True, True, True]
    assert messages[3:5] == ["is not a file", "is not there"]
    assert len(messages) == 6


def test_addresses_that_are_none(collect: Collect) -> None:
    found = collect(urls=("file:///etc/passwd", "harbour.example/feed", "http://"))
    assert [trouble.message.endswith("is not an http(s) address") for trouble in found.troubles] == [True] * 3


def test_a_source_without_feeds_says_so(collect: Collect) -> None:
    (trouble,) = collect().troubles
    assert trouble.message == "this source has no feeds yet: set urls, files or opml"
