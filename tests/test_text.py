"""Counting, finding, cleaning: tables of hard text, and properties against simple or independent ways to do the same."""

from __future__ import annotations

import unicodedata
from time import process_time

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from smm_core.limits import TextLimit, TextUnit, Weights
from smm_core.spans import find_hashtags, find_links, find_mentions
from smm_core.text import clean, count, excess, graphemes, has_phrase, split_text
from smm_core.values import replace

WEIGHTS = Weights(default=2, ranges=((0, 4351, 1), (8192, 8205, 1), (8208, 8223, 1), (8242, 8247, 1)), emoji=2)
FAMILY = "👨‍👩‍👧‍👦"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
KINDS_OF_CHARACTERS = "ab \r\n\t.!👨👩👧\u200d\u0301\u0308🇳🇱🇧각\u1100\u1161\u11a8क\u094d\u0937\u093f\u0e33ก\u0600#1\ufe0f\u20e3🏽❤🏴\U000e0067\U000e007f\u200b\u200f。"
hard_text = st.one_of(st.text(alphabet=KINDS_OF_CHARACTERS, max_size=40), st.text(max_size=40))


def limit(unit: TextUnit, maximum: int = 1000, *, url: int | None = None) -> TextLimit:
    return TextLimit(maximum=maximum, unit=unit, url=url, weights=WEIGHTS if unit is TextUnit.WEIGHTED else None)


# ---------------------------------------------------------------- counting


@pytest.mark.parametrize(
    ("text", "graphemes_", "code_points", "utf16", "utf8", "weighted"),
    [
        ("", 0, 0, 0, 0, 0),
        ("hello", 5, 5, 5, 5, 5),
        ("a\r\nb", 3, 4, 4, 4, 4),
        ("\n\r", 2, 2, 2, 2, 2),
        ("é", 1, 1, 1, 2, 1),
        ("e\u0301", 1, 2, 2, 3, 1),  # composed first when weighted
        ("👍", 1, 1, 2, 4, 2),
        ("👍🏽", 1, 2, 4, 8, 2),
        (FAMILY, 1, 7, 11, 25, 2),
        ("🇳🇱", 1, 2, 4, 8, 2),
        ("🇳🇱🇧🇪", 2, 4, 8, 16, 4),
        ("🇳🇱🇧", 2, 3, 6, 12, 4),
        (SCOTLAND, 1, 7, 14, 28, 2),
        ("🏳️‍🌈", 1, 4, 6, 14, 2),
        ("1️⃣", 1, 3, 3, 7, 2),
        ("#", 1, 1, 1, 1, 1),
        ("❤️", 1, 2, 2, 6, 2),
        ("❤", 1, 1, 1, 3, 2),
        ("©", 1, 1, 1, 2, 1),
        ("☺︎", 1, 2, 2, 6, 4),  # asked for as text: no emoji
        ("⌚︎", 1, 2, 2, 6, 4),
        ("⌚", 1, 1, 1, 3, 2),
        ("각", 1, 1, 1, 3, 2),
        ("\u1100\u1161\u11a8", 1, 3, 3, 9, 2),  # the same syllable in jamo
        ("क्षि", 1, 4, 4, 12, 4),
        ("กำ", 1, 2, 2, 6, 2),
        ("日本", 2, 2, 2, 6, 4),
        ("שָׁלוֹם", 4, 7, 7, 14, 7),
        ("\u200fأ\u200f", 3, 3, 3, 8, 5),
        ("z\u0351\u0320\u0309", 1, 4, 4, 7, 4),
        ("“quoted” …", 10, 10, 10, 16, 11),
        ("\ud800", 1, 1, 1, 3, 2),
    ],
)
def test_each_unit_counts_hard_text(
    text: str, graphemes_: int, code_points: int, utf16: int, utf8: int, weighted: int
) -> None:
    found = {unit: count(text, limit(unit)) for unit in TextUnit}
    assert found == {
        TextUnit.GRAPHEMES: graphemes_,
        TextUnit.CODE_POINTS: code_points,
        TextUnit.UTF16: utf16,
        TextUnit.UTF8: utf8,
        TextUnit.WEIGHTED: weighted,
    }


@pytest.mark.parametrize("unit", list(TextUnit))
def test_every_link_counts_the_same_where_the_limit_says_so(unit: TextUnit) -> None:
    text = "Hi https://a.example and (https://bücher.example/a/very/long/way?to=it#here)."
    assert count(text, limit(unit, url=23)) == len("Hi  and ().") + 2 * 23


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("#https://a.example/" + "b" * 30, 1 + 48 + 12),
        ("http://localhost:3000/" + "b" * 30, 52 + 12),
        ("https://a.example/?q={b}", 24 + 12),
        ("http://a.example,http://b.example", 33 + 2 * 12),
        ("https://a.example/b_(c)", 23),
    ],
)
def test_what_may_be_a_link_in_part_counts_the_most_that_it_could(text: str, length: int) -> None:
    assert count(text, limit(TextUnit.GRAPHEMES, url=23)) == length


@pytest.mark.parametrize("unit", list(TextUnit))
def test_mentions_count_without_their_servers_where_the_limit_says_so(unit: TextUnit) -> None:
    without = replace(limit(unit), mention_hosts=False)
    text = "Hi @ann@b.example, @c.d@e.example. mail@b.example https://b.example/@ann@b.example =@ann@b.example"
    assert count(text, without) == count(text, limit(unit)) - len("@b.example") - len("@e.example")


def test_a_mention_stays_in_one_piece_where_its_server_does_not_count() -> None:
    limits = (TextLimit(maximum=12, unit=TextUnit.GRAPHEMES, mention_hosts=False),)
    text = "Hello to @ann@a-very-long-name.example and to others"
    assert split_text(text, limits, 9) == ("Hello to", "@ann@a-very-long-name.example and to", "others")


def test_a_link_between_two_halves_of_a_flag_does_not_join_them() -> None:
    assert count("🇳https://a.example ", limit(TextUnit.GRAPHEMES, url=5)) == 1 + 5 + 1
    assert count("🇳https://a.example“🇱", limit(TextUnit.GRAPHEMES, url=0)) == 3


def test_a_weighted_limit_without_weights_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs weights"):
        count("a", TextLimit(maximum=5, unit=TextUnit.WEIGHTED))


def test_an_emoji_that_is_asked_for_as_text_has_no_emoji_weight() -> None:
    heavy = TextLimit(maximum=99, unit=TextUnit.WEIGHTED, weights=Weights(default=1, emoji=10))
    assert [count(text, heavy) for text in ("⌚", "⌚\ufe0e", "☺", "☺\ufe0f", "☺\ufe0e", "a⌚️b")] == [
        10,
        2,
        1,
        10,
        2,
        12,
    ]


def test_excess_is_that_of_the_limit_broken_most() -> None:
    both = (limit(TextUnit.GRAPHEMES, 2), limit(TextUnit.UTF8, 30))
    assert excess("ab", both) == 0
    assert excess("abc", both) == 1
    assert excess(FAMILY * 2, both) == 20
    assert excess("anything", ()) == 0


@given(hard_text)
def test_graphemes_are_those_of_an_independent_implementation(text: str) -> None:
    if not any(unicodedata.category(character) in ("Cn", "Cs") for character in text):  # tables of another year
        assert graphemes(text) == list(wcwidth.iter_graphemes(text))
    assert "".join(graphemes(text)) == text
    assert count(text, limit(TextUnit.GRAPHEMES)) == len(graphemes(text))


@given(hard_text)
def test_units_agree_with_arithmetic(text: str) -> None:
    points = [ord(character) for character in text]
    assert count(text, limit(TextUnit.UTF16)) == sum(1 + (point > 0xFFFF) for point in points)
    assert count(text, limit(TextUnit.UTF8)) == sum(
        1 + (point > 0x7F) + (point > 0x7FF) + (point > 0xFFFF) for point in points
    )


@given(st.text(alphabet=st.characters(exclude_categories=("So", "Sk", "Me", "Mn", "Cs")), max_size=60))
def test_weights_agree_with_a_table_of_every_character(text: str) -> None:
    light = {*range(4352), *range(8192, 8206), *range(8208, 8224), *range(8242, 8248)}
    expected = sum(1 if ord(character) in light else 2 for character in unicodedata.normalize("NFC", text))
    assert count(text, limit(TextUnit.WEIGHTED)) == expected


# ---------------------------------------------------------------- links, hashtags, mentions


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("no link, not even http:// or https://.", []),
        ("https://a.example", ["https://a.example"]),
        ("HTTP://A.Example/Path", ["HTTP://A.Example/Path"]),
        ("See https://a.example/x. Then", ["https://a.example/x"]),
        ("Really https://a.example/x?!", ["https://a.example/x"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("(see https://a.example/wiki/Rose_(flower)), or", ["https://a.example/wiki/Rose_(flower)"]),
        ("[https://a.example/[x]]", ["https://a.example/[x]"]),
        ("<https://a.example>", ["https://a.example"]),
        ("“https://a.example/x”", ["https://a.example/x"]),
        ("'https://a.example/x'", ["https://a.example/x"]),
        ("看https://a.example/x。好", ["https://a.example/x"]),
        ("http://localhost:8080/x, http://[::1]/", ["http://localhost:8080/x", "http://[::1]/"]),
        ("https://bücher.example/größe?für=dich#oben", ["https://bücher.example/größe?für=dich#oben"]),
        ("https://例え.example/道/", ["https://例え.example/道/"]),
        ("https://a.example/🎉/x", ["https://a.example/🎉/x"]),
        ("\u200fhttps://a.example/x\u200f", ["https://a.example/x"]),
        ("https://a.example/x\nhttps://b.example", ["https://a.example/x", "https://b.example"]),
        ("https://archive.example/https://a.example/", ["https://archive.example/https://a.example/"]),
        ("xhttps://a.example", []),
        ("ftp://a.example mailto:a@b.example", []),
        ("https://a.example/?a=1&b=2,3;4", ["https://a.example/?a=1&b=2,3;4"]),
        ("httpſ://a.example", []),
    ],
)
def test_links(text: str, links: list[str]) -> None:
    assert find_links(text) == tuple(links)


@pytest.mark.parametrize(
    ("text", "hashtags"),
    [
        ("none # here, nor C# nor a#b nor this/#that nor &#39; nor ##", []),
        ("#one #Two,#three.", ["#one", "#Two", "#three"]),
        ("(#één) #größe #日本語 #ελλάδα #हिन्दी", ["#één", "#größe", "#日本語", "#ελλάδα", "#हिन्दी"]),
        ("#2026 is a number, #summer2026 #4you are not", ["#summer2026", "#4you"]),
        ("#snake_case #kebab-case", ["#snake_case", "#kebab"]),
        ("https://a.example/x#part https://a.example/?#q", []),
        ("＃全角", ["＃全角"]),
        ("#️⃣ is a key", []),
        ("#می\u200cخواهم", ["#می\u200cخواهم"]),
        ("#e\u0301te\u0301!", ["#e\u0301te\u0301"]),
    ],
)
def test_hashtags(text: str, hashtags: list[str]) -> None:
    assert find_hashtags(text) == tuple(hashtags)


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("mail a@b.example or a.b@c.example, @ home", []),
        ("@anna, thank you (@bert)!", ["@anna", "@bert"]),
        ("ask @anna@social.example.", ["@anna@social.example"]),
        ("ask @anna.social.example.", ["@anna.social.example"]),
        ("@anna_b-c", ["@anna_b-c"]),
        ("https://a.example/@anna", []),
        ("＠花子 @ÖRF", ["＠花子", "@ÖRF"]),
        ("@@anna", []),
    ],
)
def test_mentions(text: str, mentions: list[str]) -> None:
    assert find_mentions(text) == tuple(mentions)


@given(st.text(alphabet="htps:/.#@ a(b)é1,", max_size=60))
def test_what_is_found_stands_in_the_text(text: str) -> None:
    for find in (find_links, find_hashtags, find_mentions):
        at = 0
        for found in find(text):
            at = text.index(found, at) + len(found)
    assert all(find_links(link) == (link,) for link in find_links(text))


@pytest.mark.parametrize(
    ("text", "phrase", "there"),
    [
        ("This is CHEAP.", "cheap", True),
        ("cheaper than", "cheap", False),
        ("#cheap!", "cheap", True),
        ("a_cheap_one", "cheap", False),
        ("Read\n  MORE!", "read more!", True),
        ("STRASSE", "straße", True),
        ("cafe\u0301s", "café", False),
        ("the CAFE\u0301", "café", True),
        ("don’t", "don't", True),
        ("ĞÜZEL", "güzel", False),
        ("これは最安値です", "最安値", True),
        ("ราคาถูกมาก", "ถูก", True),
        ("हिन्दी", "हिन्", False),
        ("wow!!!", "!!!", True),
        ("cheaper, then cheap", "cheap", True),
        ("anything", " ", False),
    ],
)
def test_phrases_are_whole_words(text: str, phrase: str, there: bool) -> None:
    assert has_phrase(text, phrase) is there


# ---------------------------------------------------------------- cleaning


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("a\x00b\x07\x1b[0m\x7f", "ab[0m"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc\x85d", "a\nb\nc\nd"),
        ("a\ud83d b", "a\ufffd b"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        (f"{FAMILY} \u200fx\u200e z\u0351\u0320 \u200c", f"{FAMILY} \u200fx\u200e z\u0351\u0320 \u200c"),
    ],
)
def test_clean(dirty: str, expected: str) -> None:
    assert clean(dirty) == expected


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\r\n\t\x00\x85\ud800\udc00\u200d\u0301"))))
def test_cleaned_text_is_storable_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert clean(cleaned) == cleaned
    assert not {character for character in cleaned if unicodedata.category(character) == "Cc"} - {"\n", "\t"}
    may_change = "\n\t\ufffd\U00010000"  # line ends, and what becomes of the surrogates
    kept = [character for character in text if unicodedata.category(character) not in ("Cc", "Cs")]
    assert [each for each in cleaned if each not in may_change] == [each for each in kept if each not in may_change]


# ---------------------------------------------------------------- text made to be slow


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Rain. And https://a.example/b sun!\n\n" * 2800, id="plain"),
        pytest.param("Köln 👨‍👩‍👧‍👦 각 हिन्दी. " * 4500, id="mixed"),
        pytest.param("🇳" * 100_000, id="flags"),
        pytest.param("a" + "\u0301" * 100_000, id="zalgo"),
        pytest.param("https://a.example/" + ")" * 100_000, id="brackets"),
        pytest.param("#1" * 50_000, id="numbers-as-hashtags"),
        pytest.param("@a.." * 25_000, id="dots-after-mentions"),
        pytest.param("a.)))) " * 14_000, id="closers"),
        pytest.param("今日は晴れです。明日は雨！" * 8_000, id="no-spaces"),
    ],
)
def test_a_hundred_thousand_characters_take_no_time(text: str) -> None:
    limits = (limit(TextUnit.GRAPHEMES, 300, url=23), limit(TextUnit.WEIGHTED, 280, url=23))
    before = process_time()
    split_text(text, limits, 2000)
    find_links(text), find_hashtags(text), find_mentions(text), has_phrase(text, "a.)"), clean(text)
    assert process_time() - before < 2  # what is quadratic takes a minute
