"""A layout as types: what a card is made of, from back to front, in fractions that hold for every size.

Boxes are `(x, y, width, height)` as fractions of the area inside the margins (of the whole canvas for layers that bleed to
its edge). Type sizes, gaps and rules are fractions of the *unit*, a length that grows with the canvas; see `drawing.unit_of`.
Colours are roles of the brand book (`background`, `accent` …) or `#rrggbb`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Length = Annotated[float, Meta(ge=0.0, le=3.0)]
Place = Annotated[float, Meta(ge=-1.0, le=2.0)]
Box: TypeAlias = tuple[Place, Place, Length, Length]
Colour = Annotated[str, Meta(pattern=r"^(#[0-9a-fA-F]{6}|[a-z][a-z0-9-]*)$")]

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


class Shape(StrEnum):
    """The four kinds of canvas a layout may treat differently."""

    WIDE = "wide"
    SQUARE = "square"
    PORTRAIT = "portrait"
    TALL = "tall"


def shape_of(width: int, height: int) -> Shape:
    """The shape of a canvas: 1.91:1 and 16:9 are wide, 1:1 square, 4:5 and 2:3 portrait, 9:16 tall."""
    aspect = width / height
    if aspect >= 1.25:
        return Shape.WIDE
    if aspect >= 0.9:
        return Shape.SQUARE
    return Shape.PORTRAIT if aspect >= 0.62 else Shape.TALL


class Area(StrEnum):
    """What a box is measured in: the space inside the margins, or the whole canvas."""

    MARGINS = "margins"
    CANVAS = "canvas"


class Anchor(StrEnum):
    """Where a stack stands in its box when it does not fill it."""

    TOP = "top"
    MIDDLE = "middle"
    BOTTOM = "bottom"


class Align(StrEnum):
    """Where lines begin. `start` is left, and right for text that is read from the right."""

    START = "start"
    CENTRE = "centre"
    END = "end"


class Side(StrEnum):
    """The edge of the canvas from which a veil comes."""

    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"


class Fit(StrEnum):
    """How a picture fills its box: cropped around its focus point, or shown whole."""

    COVER = "cover"
    CONTAIN = "contain"


class Corner(StrEnum):
    """Where a logo stands."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"


class FromIdea(StrEnum):
    """What of an idea fills a field when a post is composed."""

    TITLE = "title"
    TEXT = "text"
    AUTHOR = "author"
    LABEL = "label"


class Field(Struct, frozen=True, kw_only=True):
    """A text that a card takes. The order of the fields is the order in which people read them."""

    name: str
    about: str = ""
    required: bool = False
    idea: FromIdea | None = None


class Background(Struct, frozen=True, kw_only=True):
    """The whole canvas in one colour."""

    colour: Colour = "background"


class Gradient(Struct, frozen=True, kw_only=True):
    """From one colour to another; `angle` 180 runs downwards, 90 to the right. With opacities below 1 it is a veil."""

    start: Colour
    end: Colour
    angle: float = 180.0
    start_opacity: Fraction = 1.0
    end_opacity: Fraction = 1.0
    box: Box = WHOLE


class Photo(Struct, frozen=True, kw_only=True):
    """The card's own picture, with a veil of one colour over it where `tint` is given."""

    box: Box = WHOLE
    fit: Fit = Fit.COVER
    tint: Colour | None = None
    tint_opacity: Fraction = 0.0


class Bar(Struct, frozen=True, kw_only=True):
    """A filled rectangle: an accent, or a panel behind text. `radius` is a fraction of its shorter side."""

    box: Box
    colour: Colour = "accent"
    area: Area = Area.MARGINS
    opacity: Fraction = 1.0
    radius: Fraction = 0.0


class Logo(Struct, frozen=True, kw_only=True):
    """The brand's logo in a corner of its box: `height` in units, at most `max_width` units wide."""

    corner: Corner = Corner.BOTTOM_RIGHT
    height: Length = 0.08
    max_width: Length = 0.3
    box: Box = WHOLE


class Words(Struct, frozen=True, kw_only=True):
    """A text in a stack: a `field` of the card, or a fixed `text` such as a quotation mark.

    `size` is the smallest and the largest type size. `gap` is the space above, unless it comes first. `tracking` spreads
    letters, in fractions of the type size. `balance` makes up to ten lines of similar length.
    """

    field: str = ""
    text: str = ""
    typeface: str = "body"
    size: tuple[Length, Length] = (0.03, 0.045)
    colour: Colour = "text"
    line_height: Annotated[float, Meta(ge=0.8, le=3.0)] = 1.3
    max_lines: Annotated[int, Meta(ge=1)] | None = None
    tracking: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    upper: bool = False
    balance: bool = False
    gap: Length = 0.04


class Rule(Struct, frozen=True, kw_only=True):
    """A short bar between texts in a stack. With `over`, it is drawn only when that field has a text."""

    width: Length = 0.1
    height: Length = 0.01
    colour: Colour = "accent"
    gap: Length = 0.04
    over: str = ""


Item: TypeAlias = Words | Rule


class Frame(Struct, frozen=True, kw_only=True):
    """Where texts stand. `logo_room` (units) is kept free at the bottom of the box when the brand has a logo.

    A `veil` is laid over what is behind, from `veil_side` to the texts and fading out beyond them, just as dense as the texts
    need to be read: for texts on pictures.
    """

    box: Box = WHOLE
    anchor: Anchor = Anchor.TOP
    align: Align = Align.START
    logo_room: Length = 0.0
    veil: Colour | None = None
    veil_side: Side = Side.BOTTOM


class Stack(Frame, frozen=True, kw_only=True):
    """Texts and rules below each other, as large as the box allows, all by the same measure."""

    items: tuple[Item, ...] = ()


Layer: TypeAlias = Background | Gradient | Photo | Bar | Logo | Stack


class Page(Struct, frozen=True, kw_only=True):
    """What holds for a layout as a whole. `margin` is a fraction of the shorter side, kept between two lengths in pixels."""

    about: str = ""
    margin: Fraction = 0.085
    margin_min: Annotated[int, Meta(ge=0)] = 24
    margin_max: Annotated[int, Meta(ge=0)] = 200


class Layout(Page, frozen=True, kw_only=True):
    """A layout for one shape of canvas: the texts it takes, and its layers from back to front."""

    name: str
    fields: tuple[Field, ...] = ()
    layers: tuple[Layer, ...] = ()

    @property
    def has_photo(self) -> bool:
        """Whether the card's own picture is part of it."""
        return any(isinstance(layer, Photo) for layer in self.layers)
