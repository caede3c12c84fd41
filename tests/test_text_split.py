"""Splitting: where it cuts, and what must hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.limits import TextLimit, TextUnit, Weights
from smm_core.spans import find_links
from smm_core.text import excess, graphemes, split_text

HARD = "ab. \n\r\t!?👨👩\u200d\u0301🇳🇱각\u1100\u1161क\u094d\u0937।。」)\u00a0\u2007日A"
words = st.lists(
    st.sampled_from(
        ["a", "bb.", "Ccc", "dddd!", "👨‍👩‍👧‍👦", "é\u0301", "\n\n", "\n", "E.g.", "日本。語", "https://a.example/b"]
    )
)
texts = st.one_of(st.text(alphabet=HARD, max_size=60), words.map(" ".join), st.text(max_size=60))
WEIGHTS = Weights(default=2, ranges=((0, 4351, 1),), emoji=2)


@st.composite
def sets_of_limits(draw: st.DrawFn) -> tuple[TextLimit, ...]:
    units = draw(st.lists(st.sampled_from(list(TextUnit)), min_size=1, max_size=3))
    return tuple(
        TextLimit(
            maximum=draw(st.integers(0, 30)),
            unit=unit,
            url=draw(st.sampled_from([None, 0, 5, 23])),
            weights=WEIGHTS if unit is TextUnit.WEIGHTED else None,
        )
        for unit in units
    )


def characters(maximum: int, *, url: int | None = None) -> tuple[TextLimit, ...]:
    return (TextLimit(maximum=maximum, unit=TextUnit.GRAPHEMES, url=url),)


# ---------------------------------------------------------------- where it cuts


@pytest.mark.parametrize(
    ("text", "maximum", "expected"),
    [
        pytest.param("fits as it is \n", 15, ["fits as it is \n"], id="fits"),
        pytest.param("  only its rims are too long \n", 27, ["only its rims are too long"], id="rims"),
        pytest.param("One. Two.\n\nThree. Four", 18, ["One. Two.", "Three. Four"], id="paragraph"),
        pytest.param("One two\r\n\r\nTwo. Three", 18, ["One two", "Two. Three"], id="paragraph-crlf"),
        pytest.param("One two. Three four", 17, ["One two.", "Three four"], id="sentence"),
        pytest.param("“One two!” Three four", 19, ["“One two!”", "Three four"], id="sentence-in-quotes"),
        pytest.param("One two\nthree four", 16, ["One two", "three four"], id="line"),
        pytest.param("Tea, e.g. green one", 17, ["Tea, e.g. green", "one"], id="abbreviation"),
        pytest.param("One two three", 8, ["One two", "three"], id="word"),
        pytest.param("One two three", 7, ["One two", "three"], id="word-exactly"),
        pytest.param("今日は晴れ。明日は雨", 9, ["今日は晴れ。", "明日は雨"], id="sentence-without-space"),
        pytest.param("「晴れ。」明日は雨です", 10, ["「晴れ。」", "明日は雨です"], id="sentence-in-brackets"),
        pytest.param("abcdefgh", 3, ["abc", "def", "gh"], id="grapheme"),
        pytest.param("🇳🇱🇧🇪🇩🇪", 2, ["🇳🇱🇧🇪", "🇩🇪"], id="flags"),
        pytest.param("e\u0301" * 5, 3, ["e\u0301" * 3, "e\u0301" * 2], id="combining"),
        pytest.param("A. The remainder is longer", 20, ["A. The remainder is", "longer"], id="too-little-for-a-part"),
        pytest.param("about 10\u00a0000 euro", 10, ["about", "10\u00a0000", "euro"], id="no-break-space"),
        pytest.param("a" + " " * 50 + "b", 2, ["a", "b"], id="much-white"),
        pytest.param(" " * 40, 2, [""], id="only-white"),
        pytest.param("", 2, [""], id="empty"),
    ],
)
def test_it_cuts_at_the_best_place(text: str, maximum: int, expected: list[str]) -> None:
    assert split_text(text, characters(maximum), 9) == tuple(expected)


def test_links_stay_whole() -> None:
    text = "Look at https://a.example/one/two/three now"
    assert split_text(text, characters(31), 5) == ("Look at", "https://a.example/one/two/three", "now")
    assert split_text(text, characters(12, url=5), 5) == ("Look at", "https://a.example/one/two/three now")


def test_a_link_that_is_too_long_by_itself_comes_apart() -> None:
    link = "https://a.example/" + "x" * 30
    parts = split_text(f"Look {link}", characters(20), 9)
    assert "".join(parts) == f"Look{link}"
    assert not excess(max(parts, key=len), characters(20))


def test_parts_of_a_link_that_would_count_as_a_link_again_obey_too() -> None:
    for text in ("Look https://a", "Look https://a.example/b there", "https://a.example/b"):
        parts = split_text(text, characters(10, url=23), 9)
        assert "".join(parts).replace(" ", "") == text.replace(" ", "")
        assert [excess(part, characters(10, url=23)) for part in parts] == [0] * len(parts)


def test_fuller_parts_when_good_places_would_need_too_many() -> None:
    text = "Aaa bbb.\n\nCcc ddd eee.\n\nFff"
    assert split_text(text, characters(14), 3) == ("Aaa bbb.", "Ccc ddd eee.", "Fff")
    assert split_text(text, characters(14), 2) == ("Aaa bbb.\n\nCcc", "ddd eee.\n\nFff")


def test_what_does_not_fit_is_in_the_last_part() -> None:
    assert split_text("aaa bbb ccc ddd", characters(3), 2) == ("aaa", "bbb ccc ddd")
    assert split_text("aaa bbb", characters(3), 1) == ("aaa bbb",)
    assert split_text("aa 👨‍👩‍👧‍👦 bb", (TextLimit(maximum=4, unit=TextUnit.UTF8),), 9) == ("aa", "👨‍👩‍👧‍👦 bb")


def test_all_limits_hold_at_once() -> None:
    limits = (*characters(4), TextLimit(maximum=5, unit=TextUnit.UTF8))
    assert split_text("abcdééé", limits, 9) == ("abcd", "éé", "é")


def test_no_parts_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="0 parts"):
        split_text("a", characters(1), 0)


# ---------------------------------------------------------------- what must hold for any text


@given(texts, sets_of_limits(), st.integers(1, 6))
def test_nothing_is_lost_but_white_space_at_the_cuts(text: str, limits: tuple[TextLimit, ...], parts: int) -> None:
    found = split_text(text, limits, parts)
    assert 1 <= len(found) <= parts
    rest = text
    for part in found:
        at = rest.find(part)
        assert at >= 0
        assert not rest[:at].strip()
        rest = rest[at + len(part) :]
    assert not rest.strip()


@given(texts, sets_of_limits(), st.integers(1, 6))
def test_every_part_but_the_last_obeys(text: str, limits: tuple[TextLimit, ...], parts: int) -> None:
    *others, last = split_text(text, limits, parts)
    assert [excess(part, limits) for part in others] == [0] * len(others)
    assert not excess(last, limits) or excess(text, limits)
    assert all(others)


@given(texts, st.integers(1, 30), st.integers(1, 6))
def test_no_grapheme_is_cut(text: str, maximum: int, parts: int) -> None:
    found = split_text(text, characters(maximum), parts)
    pieces = [piece for part in found for piece in graphemes(part) if not piece.isspace()]
    assert pieces == [piece for piece in graphemes(text) if not piece.isspace()]


@given(words.map(" ".join), st.integers(1, 6))
def test_no_link_is_cut_that_fits(text: str, parts: int) -> None:
    found = split_text(text, characters(len("https://a.example/b")), parts)
    assert tuple(link for part in found for link in find_links(part)) == find_links(text)


@given(st.lists(st.text(alphabet="abC.!", min_size=1, max_size=8), min_size=1), st.integers(8, 30), st.integers(1, 5))
def test_it_finds_room_whenever_filling_word_by_word_does(some: list[str], maximum: int, parts: int) -> None:
    needed, room = 1, maximum + 1
    for word in some:
        if len(word) + 1 > room:
            needed, room = needed + 1, maximum + 1
        room -= len(word) + 1
    found = split_text(" ".join(some), characters(maximum), parts)
    assert [word for part in found for word in part.split()] == some
    assert bool(excess(found[-1], characters(maximum))) == (needed > parts)
