"""Every kind of layer, by geometry and pixels."""

from __future__ import annotations

from pathlib import Path

import pytest
from cards_bench import BRAND, Draw, codes, inked, pixels
from PIL import Image

from smm_core import MediaError, Size, replace

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


def test_a_background_fills_the_canvas(draw: Draw) -> None:
    image = pixels(draw('[[layers]]\nkind = "background"\ncolour = "accent"'))
    assert image.getcolors() == [(160_000, (192, 0, 0))]


@pytest.mark.parametrize(
    ("angle", "start", "end"),
    [(180, (200, 0), (200, 399)), (0, (200, 399), (200, 0)), (90, (0, 200), (399, 200)), (135, (0, 0), (399, 399))],
)
def test_a_gradient_runs_along_its_angle(draw: Draw, angle: int, start: tuple[int, int], end: tuple[int, int]) -> None:
    image = pixels(draw(f'[[layers]]\nkind = "gradient"\nstart = "#000000"\nend = "#ffffff"\nangle = {angle}'))
    assert image.getpixel(start)[0] < 12
    assert image.getpixel(end)[0] > 243
    assert 100 < image.getpixel((200, 200))[0] < 155


def test_a_gradient_can_be_a_veil(draw: Draw) -> None:
    layout = '[[layers]]\nkind = "background"\n[[layers]]\nkind = "gradient"\nstart = "overlay"\nend = "overlay"\nstart_opacity = 0.0\nend_opacity = 0.5'
    image = pixels(draw(layout))
    assert image.getpixel((200, 0)) == (255, 255, 255)
    assert 120 < image.getpixel((200, 399))[0] < 135


@pytest.mark.parametrize(("focus", "colour"), [((0.0, 0.5), (255, 0, 0)), ((1.0, 0.5), (0, 0, 255))])
def test_a_picture_covers_its_box_around_the_focus(
    draw: Draw, halves: Path, focus: tuple[float, float], colour: tuple[int, ...]
) -> None:
    drawn = draw('[[layers]]\nkind = "picture"', picture=halves, focus=focus)
    image = pixels(drawn)
    assert {image.getpixel(point) for point in ((5, 5), (394, 5), (200, 200), (5, 394))} == {colour}
    assert codes(drawn) == []


def test_a_picture_can_be_shown_whole(draw: Draw, halves: Path) -> None:
    image = pixels(
        draw('[[layers]]\nkind = "background"\n[[layers]]\nkind = "picture"\nfit = "contain"', picture=halves)
    )
    assert image.getpixel((200, 50)) == (255, 255, 255)
    assert image.getpixel((5, 200)) == (255, 0, 0)
    assert image.getpixel((394, 200)) == (0, 0, 255)


def test_a_picture_can_be_tinted(draw: Draw, halves: Path) -> None:
    image = pixels(draw('[[layers]]\nkind = "picture"\ntint = "#000000"\ntint_opacity = 0.5', picture=halves))
    assert image.getpixel((5, 5)) == (128, 0, 0)


def test_a_picture_that_must_be_enlarged_is_told(draw: Draw, halves: Path) -> None:
    assert codes(draw('[[layers]]\nkind = "picture"', picture=halves, size=Size(width=1000, height=1000))) == [
        "card.picture-small"
    ]


def test_a_transparent_picture_stands_on_white(draw: Draw, tmp_path: Path) -> None:
    path = tmp_path / "clear.png"
    Image.new("RGBA", (500, 500), (0, 0, 0, 0)).save(path)
    assert pixels(draw('[[layers]]\nkind = "picture"', picture=path)).getpixel((9, 9)) == (255, 255, 255)


def test_a_bar_stands_in_the_margins_or_on_the_canvas(draw: Draw) -> None:
    layout = 'margin = 0.1\n[[layers]]\nkind = "background"\n[[layers]]\nkind = "bar"\nbox = [0.0, 0.0, 0.5, 0.1]\narea = "{}"'
    assert inked(pixels(draw(layout.format("margins")))) == (40, 40, 200, 72)
    assert inked(pixels(draw(layout.format("canvas")))) == (0, 0, 200, 40)


def test_a_bar_can_have_round_corners(draw: Draw) -> None:
    layout = '[[layers]]\nkind = "background"\n[[layers]]\nkind = "bar"\narea = "canvas"\nbox = [0.0, 0.0, 1.0, 1.0]\nradius = 0.5'
    image = pixels(draw(layout))
    assert image.getpixel((2, 2)) == (255, 255, 255)
    assert image.getpixel((200, 2)) == (192, 0, 0)


@pytest.mark.parametrize(
    ("corner", "box"),
    [
        ("top-left", (40, 40, 80, 80)),
        ("top-right", (320, 40, 360, 80)),
        ("bottom-left", (40, 320, 80, 360)),
        ("bottom-right", (320, 320, 360, 360)),
    ],
)
def test_a_logo_stands_in_its_corner(draw: Draw, tmp_path: Path, corner: str, box: tuple[int, ...]) -> None:
    Image.new("RGBA", (200, 200), (0, 128, 0, 255)).save(tmp_path / "logo.png")
    brand = replace(BRAND, root=str(tmp_path), logo="logo.png")
    layout = (
        f'margin = 0.1\n[[layers]]\nkind = "background"\n[[layers]]\nkind = "logo"\nheight = 0.1\ncorner = "{corner}"'
    )
    assert inked(pixels(draw(layout, brand=brand))) == box


@pytest.mark.parametrize("logo", ["gone.png", "../outside.png", "broken.png"])
def test_a_logo_that_cannot_be_used_is_left_out_and_told(draw: Draw, tmp_path: Path, logo: str) -> None:
    root = tmp_path / "brand"
    root.mkdir()
    (root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    Image.new("RGB", (9, 9)).save(tmp_path / "outside.png")
    brand = replace(BRAND, root=str(root), logo=logo)
    drawn = draw('[[layers]]\nkind = "background"\n[[layers]]\nkind = "logo"', brand=brand)
    assert codes(drawn) == ["card.logo-missing"]
    assert pixels(drawn).getcolors() == [(160_000, (255, 255, 255))]


def test_text_stays_in_the_margins_and_begins_at_the_left(draw: Draw) -> None:
    left, top, right, bottom = inked(pixels(draw(TEXT, {"headline": "Het brood van vandaag"})))
    assert 38 <= left <= 46
    assert 36 <= top <= 46
    assert right <= 362
    assert bottom <= 362


@pytest.mark.parametrize(("align", "side"), [("start", 0), ("end", 2)])
def test_text_is_aligned(draw: Draw, align: str, side: int) -> None:
    box = inked(pixels(draw(TEXT + f'align = "{align}"', {"headline": "Brood"})))
    assert abs(box[side] - (40 if side == 0 else 360)) <= 6


def test_centred_text_has_equal_space_on_both_sides(draw: Draw) -> None:
    box = inked(pixels(draw(TEXT + 'align = "centre"', {"headline": "Brood"})))
    assert abs((box[0] - 40) - (360 - box[2])) <= 6


@pytest.mark.parametrize(("anchor", "near"), [("top", 40), ("bottom", 360)])
def test_text_is_anchored(draw: Draw, anchor: str, near: int) -> None:
    box = inked(pixels(draw(TEXT + f'anchor = "{anchor}"', {"headline": "Brood"})))
    assert abs(box[1 if anchor == "top" else 3] - near) <= 12


def test_short_text_is_larger_than_long_text(draw: Draw) -> None:
    short = inked(pixels(draw(TEXT + "box = [0.0, 0.0, 1.0, 0.2]", {"headline": "Brood"})))
    long = inked(pixels(draw(TEXT + "box = [0.0, 0.0, 1.0, 0.2]\nmax_lines = 1", {"headline": "Brood brood brood"})))
    assert (short[3] - short[1]) > (long[3] - long[1])


def test_an_empty_field_draws_nothing(draw: Draw) -> None:
    assert pixels(draw(TEXT, {"headline": "  "})).getcolors() == [(160_000, (255, 255, 255))]


def test_a_rule_is_drawn_only_over_a_text(draw: Draw) -> None:
    layout = """
    [[fields]]
    name = "text"
    [[layers]]
    kind = "background"
    [[layers]]
    kind = "stack"
    [[layers.items]]
    kind = "rule"
    over = "text"
    width = 0.2
    height = 0.05
    """
    assert (192, 0, 0) in {colour for _, colour in pixels(draw(layout, {"text": "x"})).getcolors(9999)}
    assert pixels(draw(layout)).getcolors() == [(160_000, (255, 255, 255))]


def test_a_shape_can_have_its_own_geometry(draw: Draw) -> None:
    layout = '[[layers]]\nkind = "background"\ncolour = "accent"\nat.tall = { colour = "primary" }'
    assert pixels(draw(layout)).getpixel((0, 0)) == (192, 0, 0)
    assert pixels(draw(layout, size=Size(width=270, height=480))).getpixel((0, 0)) == (0, 0, 128)


@pytest.mark.parametrize("side", ["bottom", "top", "left", "right"])
def test_a_veil_makes_white_text_readable_on_a_white_picture(draw: Draw, tmp_path: Path, side: str) -> None:
    path = tmp_path / "snow.png"
    Image.new("RGB", (500, 500), "white").save(path)
    picture = '[[fields]]\nname = "headline"\n[[layers]]\nkind = "picture"\n'
    text = '[[layers]]\nkind = "text"\nfield = "headline"\ncolour = "#ffffff"\nbox = [0.25, 0.4, 0.5, 0.2]\n'
    assert codes(draw(picture + text, {"headline": "Sneeuw"}, picture=path)) == ["card.low-contrast"]
    veil = f'[[layers]]\nkind = "stack"\nveil = "overlay"\nveil_side = "{side}"\nbox = [0.25, 0.4, 0.5, 0.2]\n[[layers.items]]\nkind = "text"\nfield = "headline"\ncolour = "#ffffff"\n'
    drawn = draw(picture + veil, {"headline": "Sneeuw"}, picture=path)
    assert codes(drawn) == []
    edges = {"bottom": (200, 399), "top": (200, 0), "left": (0, 200), "right": (399, 200)}
    opposite = {"bottom": "top", "top": "bottom", "left": "right", "right": "left"}[side]
    image = pixels(drawn)
    assert image.getpixel(edges[side])[0] < 140
    assert image.getpixel(edges[opposite])[0] > 240


@pytest.mark.parametrize(
    "size", [Size(width=0, height=10), Size(width=8, height=400), Size(width=20_000, height=20_000)]
)
def test_absurd_sizes_are_refused(draw: Draw, size: Size) -> None:
    with pytest.raises(MediaError, match="cannot be drawn"):
        draw('[[layers]]\nkind = "background"', size=size)


def test_the_canvas_is_the_size_that_was_asked_for(draw: Draw) -> None:
    assert pixels(draw(TEXT, {"headline": "a"}, size=Size(width=333, height=517))).size == (333, 517)
