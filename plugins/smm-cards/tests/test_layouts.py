"""Reading layouts: those that come with the plugin, those of a workspace, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cards_bench import Draw, pixels
from smm_cards.layout import Anchor, Logo, Shape, Stack, Words, shape_of
from smm_cards.reading import OWN_FOLDER, find_layout, layout_names, read_layout
from smm_cards.template import Cards

from smm_core import ConfigError, NotFound

OWN = ("announcement", "photo", "quote", "tip")


def test_the_plugins_own_layouts_are_there(folder: Path) -> None:
    assert Cards().layouts(folder) == OWN


def test_a_missing_folder_is_no_trouble(tmp_path: Path) -> None:
    assert layout_names(tmp_path / "none") == OWN


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("shape", list(Shape))
def test_every_own_layout_can_be_read_in_every_shape(name: str, shape: Shape) -> None:
    layout = read_layout(OWN_FOLDER / f"{name}.toml", shape)
    assert layout.about
    assert any(field.required for field in layout.fields)
    assert all(field.about for field in layout.fields)


def test_a_layout_of_the_workspace_goes_before_the_plugins_own(folder: Path, draw: Draw) -> None:
    (folder / "tip.toml").write_text('[[layers]]\nkind = "background"\ncolour = "#123456"')
    assert find_layout("tip", folder) == folder / "tip.toml"
    assert pixels(draw("tip")).getpixel((0, 0)) == (0x12, 0x34, 0x56)


def test_an_unknown_layout_names_the_nearest(draw: Draw) -> None:
    with pytest.raises(NotFound, match="did you mean quote"):
        draw("qoute")


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "", "quote.toml"])
def test_a_layout_name_never_leads_out_of_the_folders(folder: Path, name: str) -> None:
    (folder.parent / "secret.toml").write_text("")
    with pytest.raises(NotFound):
        find_layout(name, folder)


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((1080, 1080), Shape.SQUARE),
        ((1080, 1350), Shape.PORTRAIT),
        ((1000, 1500), Shape.PORTRAIT),
        ((1200, 628), Shape.WIDE),
        ((1080, 1920), Shape.TALL),
    ],
)
def test_shapes_are_told_apart(size: tuple[int, int], shape: Shape) -> None:
    assert shape_of(*size) is shape


def test_values_of_a_shape_replace_the_others(folder: Path) -> None:
    path = folder / "mine.toml"
    path.write_text(
        '[[fields]]\nname = "a"\n[[layers]]\nkind = "text"\nfield = "a"\nsize = [0.1, 0.2]\nat.wide = { anchor = "bottom", size = [0.3, 0.4] }'
    )
    (square,), (wide,) = (read_layout(path, shape).layers for shape in (Shape.SQUARE, Shape.WIDE))
    assert isinstance(square, Stack)
    assert isinstance(wide, Stack)
    assert (square.anchor, wide.anchor) == (Anchor.TOP, Anchor.BOTTOM)
    (words,) = wide.items
    assert isinstance(words, Words)
    assert words.size == (0.3, 0.4)


def test_a_logo_is_read(folder: Path) -> None:
    path = folder / "mine.toml"
    path.write_text('[[layers]]\nkind = "logo"\nheight = 0.2')
    assert read_layout(path, Shape.SQUARE).layers == (Logo(height=0.2),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("margn = 0.1", ("margn", "did you mean margin?")),
        ("margin = 1.5", ("margin",)),
        ('margin = "wide"', ("margin", "float")),
        ('[[layers]]\nkind = "bakground"', ("[layers 1] kind", "did you mean background?")),
        ("[[layers]]\nbox = [0, 0, 1, 1]", ("[layers 1] kind", "no kind")),
        ('[[layers]]\nkind = "background"\ncolor = "text"', ("[layers 1] color", "did you mean colour?")),
        ('[[layers]]\nkind = "background"\ncolour = "#12"', ("[layers 1] colour",)),
        ('[[layers]]\nkind = "bar"', ("[layers 1]", "box")),
        ('[[layers]]\nkind = "bar"\nbox = [0, 0, 1]', ("[layers 1] box", "4")),
        ('[[layers]]\nkind = "picture"\nfit = "stretch"', ("[layers 1] fit", "stretch")),
        ('[[layers]]\nkind = "gradient"\nstart = "text"', ("[layers 1]", "end")),
        ('[[layers]]\nkind = "logo"\ncorner = "middle"', ("[layers 1] corner", "middle")),
        ('[[layers]]\nkind = "text"', ("[layers 1] field",)),
        (
            '[[layers]]\nkind = "text"\nfield = "headlin"\n[[fields]]\nname = "headline"',
            ("[layers 1]", "did you mean headline?"),
        ),
        ('[[layers]]\nkind = "text"\ntext = "x"\nsize = [0.2, 0.1]', ("[layers 1] size", "[0.1, 0.2]")),
        (
            '[[layers]]\nkind = "stack"\n[[layers.items]]\nkind = "txt"',
            ("[layers 1] [items 1] kind", "did you mean text?"),
        ),
        ('[[layers]]\nkind = "background"\nat.tal = { colour = "text" }', ("[layers 1] at tal", "did you mean tall?")),
        ('[[layers]]\nkind = "background"\nat = 3', ("[layers 1] at", "table")),
        ('layers = "none"', ("layers", "list")),
        ("layers = [", ("TOML",)),
        ('[[fields]]\nname = "a"\nidea = "body"', ("[fields 1] idea", "body")),
    ],
)
def test_a_mistake_is_answered_with_file_and_key(folder: Path, text: str, words: tuple[str, ...]) -> None:
    path = folder / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        read_layout(path, Shape.SQUARE)
    said = str(error.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    for word in words:
        assert word in said


def test_a_file_that_is_not_text_is_named(folder: Path) -> None:
    path = folder / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"mine\.toml"):
        read_layout(path, Shape.SQUARE)
