"""Setting text: nothing lost, nothing too wide, and a person is told what could not be done."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from cards_bench import BRAND, Draw, codes, inked, pixels
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import features
from smm_cards.setting import ELLIPSIS, SOFT_HYPHEN, balance, cut, prepare, wrap
from smm_cards.typefaces import Typeface, Voice, drawable, graphemes, needs_shaping, reads_from_right, typefaces_of

from smm_core import Brand, Level, replace

GREETING = "مرحبا"
TEXT = """
margin = 0.1
[[fields]]
name = "headline"
[[layers]]
kind = "background"
[[layers]]
kind = "text"
field = "headline"
typeface = "heading"
size = [0.05, 0.1]
"""


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Voice(chain=typefaces_of(Brand(name="none")).chain("body"))


VOICE = Voice(chain=typefaces_of(Brand(name="none")).chain("body"))
# An accent stands on something: on a space it would have another width than on its own.
latin = st.lists(
    st.sampled_from([*"abcdefghij ABÉëïçß€0123456789.,-–/\u00ad", "e\u0301", "/\u0301"]), max_size=200
).map("".join)


# ---------------------------------------------------------------- lines


@settings(max_examples=150, deadline=None)
@given(text=latin, measure=st.floats(1.2, 40))
def test_every_character_is_set_and_no_line_is_too_wide(text: str, measure: float) -> None:
    found = wrap(prepare(text, VOICE), measure)
    kept = "".join(found.lines).replace(" ", "").replace("-", "")
    assert kept == "".join(text.split()).replace(SOFT_HYPHEN, "").replace("-", "")
    assert all(VOICE.width(line) <= measure + 0.05 for line in found.lines if len(graphemes(line)) > 1)


@settings(max_examples=80, deadline=None)
@given(text=latin, measure=st.floats(5, 40))
def test_balanced_lines_are_the_same_text_in_as_many_lines(text: str, measure: float) -> None:
    copy = prepare(text, VOICE)
    plain, balanced = wrap(copy, measure), balance(copy, measure)
    assert len(balanced.lines) == len(plain.lines)
    assert "".join(balanced.lines).replace(" ", "").replace("-", "") == "".join(plain.lines).replace(" ", "").replace(
        "-", ""
    )
    assert max(map(VOICE.width, balanced.lines), default=0) <= max(map(VOICE.width, plain.lines), default=0) + 0.01


def test_no_line_begins_with_an_accent(voice: Voice) -> None:
    assert [piece.text for piece in prepare("a/\u0301b/c", voice).pieces] == ["a/\u0301b/", "c"]


def test_balance_evens_out_two_lines(voice: Voice) -> None:
    copy = prepare("een twee drie vier vijf zes", voice)
    plain, balanced = (
        wrap(copy, copy.voice.width("een twee drie vier vijf")),
        balance(copy, copy.voice.width("een twee drie vier vijf")),
    )
    assert plain.lines == ("een twee drie vier vijf", "zes")
    assert balanced.lines == ("een twee drie", "vier vijf zes")


def test_words_break_at_hyphens_and_show_soft_ones(voice: Voice) -> None:
    assert wrap(prepare("zee-egel", voice), voice.width("zee-e")).lines == ("zee-", "egel")
    copy = prepare(f"verzekerings{SOFT_HYPHEN}maatschappij", voice)
    assert wrap(copy, max(map(voice.width, ("verzekerings-", "maatschappij")))).lines == (
        "verzekerings-",
        "maatschappij",
    )
    assert wrap(copy, 100).lines == ("verzekeringsmaatschappij",)


def test_ideographs_break_anywhere_but_not_before_closing_marks(voice: Voice) -> None:
    assert [piece.text for piece in prepare("你好，世界。", voice).pieces] == ["你", "好，", "世", "界。"]


def test_long_words_break_between_graphemes(voice: Voice) -> None:
    found = wrap(prepare("e\u0301" * 30, voice), 3.0)
    assert found.divided
    assert not any(unicodedata.combining(line[0]) for line in found.lines)


def test_paragraphs_stay_apart(voice: Voice) -> None:
    assert wrap(prepare("een\n\n twee \ndrie", voice), 100).lines == ("een", "twee", "drie")


def test_a_cut_shows_an_ellipsis_inside_the_measure(voice: Voice) -> None:
    lines = cut(("een twee drie", "vier vijf zes", "zeven"), 2, voice, voice.width("vier vijf ze"))
    assert len(lines) == 2
    assert lines[1].endswith(ELLIPSIS)
    assert voice.width(lines[1]) <= voice.width("vier vijf ze")


# ---------------------------------------------------------------- typefaces


def test_the_bundled_typeface_has_what_dutch_and_its_neighbours_need() -> None:
    chain = typefaces_of(Brand(name="none")).chain("heading")
    assert drawable("één coördinatie façade Łódź Übergröße Œuvre čeština ñandú €5 ’s “ja” – 30 % ½ ©", chain)[1] == ()


def test_what_no_typeface_has_is_left_out_and_named() -> None:
    kept, missing = drawable("Brood 🥖 en 👩‍🍳 漢 🥖", typefaces_of(Brand(name="none")).chain("body"))
    assert kept == "Brood  en   "
    assert missing == ("🥖", "👩‍🍳", "漢")


def test_the_brands_typeface_goes_first_and_others_fill_its_gaps(arabic: Path) -> None:
    faces = typefaces_of(Brand(name="b", root=str(arabic.parent), typefaces={"body": arabic.name}))
    runs = Voice(chain=faces.chain("body")).runs(f"Ok {GREETING}")
    assert [(run.text.strip(), run.typeface.path.name) for run in runs] == [
        ("Ok", "SourceSansPro-Regular.ttf"),
        (GREETING, arabic.name),
    ]


def test_a_brand_with_one_typeface_is_set_in_it(arabic: Path) -> None:
    faces = typefaces_of(Brand(name="b", root=str(arabic.parent), typefaces={"heading": arabic.name}))
    assert faces.chain("body")[0].path == arabic
    assert (
        typefaces_of(Brand(name="b", root=str(arabic.parent), typefaces={"arabic": arabic.name})).chain("body")[0].path
        != arabic
    )


@pytest.mark.parametrize("name", ["gone.ttf", "../../secret.ttf", "conftest.py"])
def test_a_typeface_that_cannot_be_used_is_told_and_replaced(draw: Draw, name: str) -> None:
    brand = replace(BRAND, root=str(Path(__file__).parent), typefaces={"heading": name})
    drawn = draw(TEXT, {"headline": "Toch brood"}, brand=brand)
    assert codes(drawn) == ["card.typeface-missing"]
    assert name in drawn.problems[0].message
    assert inked(pixels(drawn))[2] > 100


def test_directions_are_told_apart() -> None:
    assert reads_from_right(f"1. {GREETING}")
    assert not reads_from_right(f"Ok, {GREETING}")
    assert not reads_from_right("2026")
    assert needs_shaping("e\u0301")
    assert not needs_shaping("één")


def test_missing_glyphs_do_not_depend_on_how_a_font_draws_them(arabic: Path) -> None:
    face = Typeface(arabic)
    assert face.covers("م")
    assert not face.covers("x")
    assert face.covers(" ")
    assert face.covers("\u200d")


# ---------------------------------------------------------------- on the card


def test_five_thousand_characters_are_cut_and_block(draw: Draw) -> None:
    drawn = draw(TEXT, {"headline": "lange zin over brood " * 238})
    (problem,) = drawn.problems
    assert (problem.level, problem.code, problem.unit) == (Level.BLOCK, "card.text-too-long", "characters")
    assert problem.found == 4997
    assert 100 < (problem.allowed or 0) < 1000
    left, top, right, bottom = inked(pixels(drawn))
    assert left >= 38
    assert top >= 34
    assert right <= 364
    assert bottom <= 364


@pytest.mark.parametrize("text", ["x" * 5000, "漢" * 5000, "🇳🇱" * 2500, "\u0301" * 5000, "\n" * 5000])
def test_walls_of_text_are_survived(draw: Draw, text: str) -> None:
    pixels(draw(TEXT, {"headline": text}))


def test_a_divided_word_is_told(draw: Draw) -> None:
    drawn = draw(TEXT, {"headline": "hottentottententententoonstelling" * 2})
    assert codes(drawn) == ["card.word-divided"]


@pytest.mark.parametrize(("text", "level"), [("Vers brood 🥖", Level.WARN), ("新鲜 brood", Level.BLOCK)])
def test_missing_glyphs_are_told_and_letters_block(draw: Draw, text: str, level: Level) -> None:
    drawn = draw(TEXT, {"headline": text})
    (problem,) = drawn.problems
    assert (problem.code, problem.level) == ("card.glyph-missing", level)
    assert (
        pixels(drawn).tobytes()
        == pixels(draw(TEXT, {"headline": text.replace(" 🥖", "").replace("新鲜 ", "")})).tobytes()
    )


def test_text_read_from_the_right_begins_at_the_right(draw: Draw, arabic: Path) -> None:
    brand = replace(BRAND, root=str(arabic.parent), typefaces={"arabic": arabic.name})
    drawn = draw(TEXT, {"headline": GREETING}, brand=brand)
    left, _, right, _ = inked(pixels(drawn))
    assert right > 350
    assert left > 150
    if features.check("raqm"):
        assert codes(drawn) == []
    else:
        assert codes(drawn) == ["card.no-shaping"]


@pytest.mark.skipif(not features.check("raqm"), reason="this Pillow has no Raqm layout engine")
def test_letters_are_joined(draw: Draw, arabic: Path) -> None:
    brand = replace(BRAND, root=str(arabic.parent), typefaces={"arabic": arabic.name})
    joined = inked(pixels(draw(TEXT, {"headline": GREETING}, brand=brand)))
    apart = inked(pixels(draw(TEXT, {"headline": "\u200c".join(GREETING)}, brand=brand)))
    assert joined[2] - joined[0] < apart[2] - apart[0]


def test_decomposed_accents_are_drawn_like_composed_ones(draw: Draw) -> None:
    if not features.check("raqm"):
        pytest.skip("this Pillow has no Raqm layout engine")
    composed = inked(pixels(draw(TEXT, {"headline": "één"})))
    decomposed = inked(pixels(draw(TEXT, {"headline": unicodedata.normalize("NFD", "één")})))
    assert max(abs(a - b) for a, b in zip(composed, decomposed, strict=True)) <= 3


def test_control_characters_are_harmless(draw: Draw) -> None:
    plain = pixels(draw(TEXT, {"headline": "Brood en boter"})).tobytes()
    assert pixels(draw(TEXT, {"headline": "Brood\x00 en\x07\r\n boter"})).size == (400, 400)
    assert pixels(draw(TEXT, {"headline": "Brood\x00 en\x07 boter"})).tobytes() == plain


def test_low_contrast_is_told_with_its_number(draw: Draw) -> None:
    brand = replace(BRAND, colours={"background": "#ffffff", "text": "#dddddd"})
    (problem,) = draw(TEXT, {"headline": "Bleek"}, brand=brand).problems
    assert problem.code == "card.low-contrast"
    assert problem.found == pytest.approx(1.36, abs=0.02)
    assert problem.allowed == 3.0


def test_small_text_needs_more_contrast(draw: Draw) -> None:
    brand = replace(BRAND, colours={"background": "#ffffff", "text": "#888888"})
    small = TEXT.replace("[0.05, 0.1]", "[0.03, 0.03]")
    assert draw(small, {"headline": "Klein"}, brand=brand).problems[0].allowed == 4.5
    assert codes(draw(TEXT, {"headline": "Groot"}, brand=brand)) == []
