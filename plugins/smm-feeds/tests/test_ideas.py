"""Each thing once: keys and alternatives; and the texts of ideas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smm_feeds.dates import parse_date
from smm_feeds.entries import Entry, Feed, Markup, Text
from smm_feeds.ideas import ideas_of
from smm_feeds.links import folded, is_web, resolve, shown
from smm_feeds.plain import plain_line, plain_text

from smm_core import IdeaFound, replace

DAY = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GULLS = Entry(
    id="g-1",
    link="https://harbour.example/gulls/?utm_source=rss",
    title=Text(value="Gulls and other neighbours"),
    published_at=DAY,
)


def ideas(*entries: Entry, keep: int = 100, scope: str = "s") -> tuple[IdeaFound, ...]:
    return ideas_of(Feed(entries=entries), scope=scope, labels=(), keep=keep)


def names(idea: IdeaFound) -> set[str]:
    return {idea.key, *idea.alternatives}


@pytest.mark.parametrize(
    "changed",
    [
        replace(GULLS, title=Text(value="Gulls, corrected")),
        replace(GULLS, link="https://harbour.example/2026/gulls"),
        replace(GULLS, id="new-system-77"),
        replace(GULLS, id="x", title=Text(value="Gulls, corrected"), link="http://www.harbour.example/gulls#top"),
        replace(
            GULLS, id="x", link="https://harbour.example/moved", title=Text(value="Gulls \u2013 and other Neighbours!")
        ),
        replace(GULLS, id=None, link="https://harbour.example/gulls?fbclid=1"),
    ],
)
def test_the_same_thing_slightly_changed_is_known_again(changed: Entry) -> None:
    (before,), (after,) = ideas(GULLS), ideas(changed)
    assert names(before) & names(after)


@pytest.mark.parametrize(
    "other",
    [
        Entry(id="g-2", link="https://harbour.example/terns", title=Text(value="Terns"), published_at=DAY),
        replace(GULLS, id="g-2", link="https://harbour.example/gulls-2", published_at=DAY + timedelta(days=1)),
        replace(
            GULLS, id="g-2", link="https://harbour.example/gulls/?page=2", title=Text(value="Page two of the gulls")
        ),
    ],
)
def test_other_things_are_not(other: Entry) -> None:
    (before,), (after,) = ideas(GULLS), ideas(other)
    assert not names(before) & names(after)


def test_what_two_entries_of_a_feed_share_proves_nothing() -> None:
    """A change log on one page; a series under one title; a feed that gives every entry the same id."""
    one_page = ideas(replace(GULLS, id="1", title=None), replace(GULLS, id="2", title=None))
    one_title = ideas(
        replace(GULLS, id="1", link="https://a.example/1"), replace(GULLS, id="2", link="https://a.example/2")
    )
    one_id = ideas(
        replace(GULLS, link="https://a.example/1", title=None), replace(GULLS, link="https://a.example/2", title=None)
    )
    for first, second in (one_page, one_title, one_id):
        assert not names(first) & names(second)


def test_an_entry_that_is_there_twice_is_one_idea() -> None:
    assert len(ideas(GULLS, GULLS)) == 1


def test_notes_on_one_page_without_ids_are_told_apart_by_their_anchors() -> None:
    notes = [Entry(link=f"https://a.example/notes#{n}", summary=Text(value=f"note {n}")) for n in range(3)]
    assert len({idea.key for idea in ideas(*notes)}) == 3


def test_ids_belong_to_their_feed_and_links_to_all() -> None:
    (here,), (there,) = ideas(GULLS, scope="a"), ideas(GULLS, scope="b")
    assert names(here) & names(there) == {"link://harbour.example/gulls"}


def test_only_the_newest_are_kept_in_the_order_of_the_feed() -> None:
    entries = [replace(GULLS, id=str(n), link=None, published_at=DAY + timedelta(days=n % 5)) for n in range(5)]
    oldest_first = ideas(*entries, keep=2)
    assert [idea.key for idea in oldest_first] == ["s id:3", "s id:4"]
    undated = [replace(entry, published_at=None) for entry in entries]
    assert [idea.key for idea in ideas(*undated, keep=2)] == ["s id:0", "s id:1"]


def test_an_entry_without_title_gets_the_beginning_of_its_text() -> None:
    text = "The mast is up again. " * 10
    (idea,) = ideas(Entry(id="1", summary=Text(value=text)))
    assert idea.title.startswith("The mast is up again. The mast")
    assert len(idea.title) <= 101
    assert idea.title.endswith("…")
    assert ideas(Entry(id="1"))[0].title == "(untitled)"


def test_links_that_are_not_of_the_web_are_left_out() -> None:
    for link in ("javascript:alert(1)", "tag:a,2026:1", "/relative", "https://" + "a" * 3_000):
        assert ideas(Entry(id="1", link=link, title=Text(value="t")))[0].url is None


def test_endless_ids_make_short_keys() -> None:
    (one,), (two,) = ideas(Entry(id="x" * 10_000 + "1")), ideas(Entry(id="x" * 10_000 + "2"))
    assert len(one.key) < 200
    assert one.key != two.key


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<p>One.</p>\n<p>Two&nbsp;three.</p>", "One.\n\nTwo three."),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("<ul><li>x</li> <li>y</li></ul>z", "x\ny\n\nz"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
        ("5 &lt; 6 &amp;&amp; 7", "5 < 6 && 7"),
        ("<p>caf\u00e9 &#8217; &hellip;</p>", "caf\u00e9 \u2019 …"),
        ("<script>x</script><style>y</style>z<!-- c -->", "z"),
        ('<a href="javascript:x">link</a> <img src=x onerror=alert(1)>', "link"),
        ("<p>\ue000private\ue001</p>", "private"),
        ("&lt;script&gt;text about scripts&lt;/script&gt;", "<script>text about scripts</script>"),
    ],
)
def test_html_as_plain_text(html: str, plain: str) -> None:
    assert plain_text(Text(value=html, markup=Markup.HTML), 1000) == plain


def test_plain_text_stays_as_it_is() -> None:
    assert plain_text(Text(value="if a < b:\r\n  <b>\n\n\n\nend"), 1000) == "if a < b:\n<b>\n\nend"
    assert plain_line(Text(value=" Two\n lines & <more> "), 100) == "Two lines & <more>"


@given(st.text(max_size=300), st.sampled_from(Markup), st.integers(min_value=2, max_value=100))
def test_texts_are_short_enough_and_folded(value: str, markup: Markup, limit: int) -> None:
    cut = plain_text(Text(value=value, markup=markup), limit)
    assert len(cut) <= limit
    assert cut == cut.strip()
    assert "\n\n\n" not in cut
    assert "\n" not in plain_line(Text(value=value, markup=markup), limit)


@pytest.mark.parametrize(
    "link",
    [
        "https://a.example/x/y",
        "http://a.example/x/y/",
        "https://www.A.example:443/x/y#part",
        "http://a.example:80/x/y?utm_campaign=b&gclid=1",
    ],
)
def test_ways_to_write_one_address(link: str) -> None:
    assert folded(link) == "//a.example/x/y"


def test_parameters_that_matter_stay() -> None:
    assert folded("https://a.example/watch?v=1&utm_source=x&b=2") == folded("https://a.example/watch?b=2&v=1")
    assert folded("https://a.example/watch?v=1") != folded("https://a.example/watch?v=2")
    assert folded("https://a.example:8443/") != folded("https://a.example/")
    assert folded("not an address") == "not an address"


@given(st.text(max_size=60))
def test_odd_links_raise_nothing(text: str) -> None:
    for link in (text, f"https://{text}", f"https://a.example/{text}"):
        folded(link)
        shown(link)
        is_web(resolve("https://a.example/", link))


def test_what_is_secret_in_an_address_is_not_shown() -> None:
    assert shown("https://me:pass@a.example/f?token=1#x") == "https://a.example/f?…"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Sat, 21 Nov 2026 18:30:00 +0100", "2026-11-21T17:30:00+00:00"),
        ("21 Nov 2026 18:30 GMT", "2026-11-21T18:30:00+00:00"),
        ("Sat, 21 Nov 2026 18:30:00 EST", "2026-11-21T23:30:00+00:00"),
        ("2026-11-21T18:30:00Z", "2026-11-21T18:30:00+00:00"),
        ("2026-11-21T18:30:00.5-02:30", "2026-11-21T21:00:00.500000+00:00"),
        ("2026-11-21 18:30", "2026-11-21T18:30:00+00:00"),
        ("2026-11-21", "2026-11-21T00:00:00+00:00"),
    ],
)
def test_dates(text: str, instant: str) -> None:
    moment = parse_date(text)
    assert moment is not None
    assert moment.isoformat() == instant
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["soon", "31 Feb 2026 10:00:00 GMT", "2026-13-01", "Sat, 21 Foo 2026 18:30:00 GMT", "0001-01-01T00:00:00+23:59"],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):
        parse_date(text)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    try:
        moment = parse_date(text)
    except ValueError:
        return
    assert moment is None or moment.tzinfo is UTC
