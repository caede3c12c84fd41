"""Counting as the server counts: a table of hard text, and whatever hypothesis makes of it."""

from __future__ import annotations

import pytest
from fediverse import GOTOSOCIAL, Server, length_of
from hypothesis import given, settings
from hypothesis import strategies as st
from smm_mastodon.limits import limits_of

from smm_core import PostContent, Profile, count, excess
from smm_core.testing.kit.texts import texts

(MASTODON,) = limits_of({}).text
(PLAIN,) = limits_of({"server": {"name": "gotosocial", "version": "0.20.0"}}).text

HARD = [
    ("", 0),
    ("bread", 5),
    ("two\nlines\r\nand more", 18),
    # what readers see as one
    ("🇳🇱🇧🇪", 2),
    ("🇳🇱🇧", 2),
    ("👩‍👩‍👧‍👦", 1),
    ("👩🏽‍🚀👍🏿", 2),
    ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1),
    ("1️⃣#️⃣", 2),
    ("❤️☺︎", 2),
    ("한글", 2),
    ("\u1112\u1161\u11ab\u1100\u1173\u11af", 2),
    ("e\u0301te\u0301", 3),
    ("Z\u0351\u0343a\u0334l\u0321go", 5),
    ("நிகா", 2),
    ("นี้", 1),
    ("می\u200cخواهم", 7),
    ("a\u200db", 2),
    ("パン", 2),
    # links
    ("https://example.org/", 23),
    ("https://example.org/" + "oven/" * 50, 23),
    ("See https://example.org/a.", 4 + 23 + 1),
    ("See https://example.org/a!?…", 4 + 23 + 3),
    ("(https://example.org/a)", 2 + 23),
    ("https://en.example.org/wiki/Bread_(band)", 23),
    ("(https://en.example.org/wiki/Bread_(band))", 2 + 23),
    ("https://bücher.de/größe", 23),
    ("https://пример.рф/хлеб", 23),
    ("https://例子.中国/面包", 23),
    ("https://xn--bcher-kva.de/a?b=c&d=e#f", 23),
    ("https://example.org:8443/a?b=c", 23),
    ("www.example.org", 15),
    ("example.org/brood", 17),
    ("ftp://example.org/brood", 23),
    # mentions
    ("@ann", 4),
    ("@ann@other.social", 4),
    ("@ann@other.social!", 5),
    ("Thanks, @ann@other.social.", 8 + 4 + 1),
    ("(@ann@other.social)", 6),
    ("@ann.bee@other.social, @bob@a-b.social", 8 + 2 + 4),
    ("@ann@bücher.de", 4),
    ("@ann@localhost", 4),
    ("ann@other.social", 16),
    ("mail/@ann@other.social", 22),
    ("=@ann@other.social", 18),
    ("@ann@other.social@third.social", 30),
    ("@zoë@other.social", 17),
    ("＠ann@other.social", 17),
    ("https://other.social/@ann@third.social", 23),
    ("#bread", 6),
]


@pytest.mark.parametrize(("text", "length"), HARD)
def test_hard_texts_are_as_long_as_the_server_finds_them(text: str, length: int) -> None:
    assert length_of(text) == length, "the imitation's own count"
    assert count(text, MASTODON) == length


@pytest.mark.parametrize(
    "text",
    [
        "“https://example.org/brood”",
        "http://example.org,http://example.org",
        "http://localhost:3000/a/very/long/path/to/nowhere",
        "#https://example.org/" + "a" * 40,
        "https://example.org/?q={a}&" + "b" * 40,
        "https://example.org/a[1][2]" + "c" * 40 + "[3]",
        "https://example.org/?q=(" + "d" * 40 + ")",
        "https://example.org/~" + "e" * 40 + "~",
        "https://a_b.example.org/" + "f" * 40,
    ],
)
def test_a_link_that_a_server_may_not_take_for_one_never_counts_too_little(text: str) -> None:
    assert count(text, MASTODON) >= length_of(text)


_ODD = st.sampled_from(
    ["@ann@other.social", "@zoë@b.de", "@@", "@a@b@c", "https://example.org/(a)b?", "https://a.nl/ü", "http://x", "$", "#", "/", "=",
     "(", ")", "://", ".", "'", "https://example.com/a?b=(c)", "＠bob@a.nl", "é", "@é@x.nl"]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.one_of(texts(pieces=12), st.lists(_ODD, max_size=8).map("".join), st.lists(_ODD, max_size=8).map(" ".join)))
def test_what_passes_here_is_never_too_long_there(text: str) -> None:
    assert count(text, MASTODON) >= length_of(text)


def test_the_other_servers_count_every_code_point() -> None:
    text = "👩‍👩‍👧‍👦 @ann@other.social https://example.org/brood"
    server = Server(behaviour=GOTOSOCIAL)
    assert count(text, PLAIN) == server.length(text) == len(text)


@pytest.mark.parametrize("warning", ["", "Food", "👩‍👩‍👧‍👦" * 100, "https://example.org/" + "a" * 100])
def test_a_thread_below_a_content_warning_has_room_for_it(warning: str) -> None:
    from smm_mastodon.publisher import Mastodon

    profile = Profile(name="acme", client="acme", platform="mastodon")
    limits = limits_of({})
    text = "Fresh bread every mórning, come and taste it @ann@other.social. " * 30
    content = PostContent(parts=(text,), options={"mastodon": {"content_warning": warning}})
    rendering = Mastodon().render(content, profile, limits)
    assert len(rendering.parts) > 3
    for part in rendering.parts:
        assert length_of(part.text, warning) <= 500
        assert not excess(part.text, limits.text)
