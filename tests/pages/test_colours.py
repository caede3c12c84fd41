"""Brand colours on a page: always readable, and kept where they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.pages.colours import AA, NIGHT, PAPER, contrast, mixed, readable, scheme_of

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_every_brand_colour_can_be_read(colour: str) -> None:
    scheme = scheme_of({"accent": colour, "primary": colour})
    assert contrast(scheme.on_band, scheme.band) >= AA
    assert contrast(scheme.accent, PAPER) >= AA
    assert contrast(scheme.accent_dark, NIGHT) >= AA


@given(COLOURS)
def test_a_colour_that_can_be_read_is_kept(colour: str) -> None:
    if contrast(colour, PAPER) >= AA:
        assert readable(colour, PAPER) == colour


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#fff", "#ffffff", 1)]
)
def test_contrast_as_wcag_counts_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


def test_mixing() -> None:
    assert mixed("#000000", "#ffffff", 0) == "#000000"
    assert mixed("#000000", "#ffffff", 1) == "#ffffff"
    assert mixed("#ff0000", "#0000ff", 0.5) == "#800080"


def test_without_colours_there_is_a_plain_scheme() -> None:
    assert scheme_of({}) == scheme_of({"background": "#000000"})
