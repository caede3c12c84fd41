"""What a platform accepts, as data with a source and a date.

Texts are counted in the platform's own unit (`text.count` does the counting), pictures in pixels and bytes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct, field


class TextUnit(StrEnum):
    """What a platform counts when it counts text."""

    GRAPHEMES = "graphemes"
    CODE_POINTS = "code points"
    UTF16 = "UTF-16 units"
    UTF8 = "UTF-8 bytes"
    WEIGHTED = "weighted characters"


class Weights(Struct, frozen=True, kw_only=True):
    """Weights for `TextUnit.WEIGHTED`: code point ranges (inclusive) with their weight; `emoji` for a whole sequence."""

    default: int
    ranges: tuple[tuple[int, int, int], ...] = ()
    emoji: int | None = None


class TextLimit(Struct, frozen=True, kw_only=True):
    """At most `maximum` units. `url` is what each http(s) link counts, where that is a fixed number.

    Without `mention_hosts` a mention counts only up to its server: `@ann@server.example` as `@ann`.
    """

    maximum: int
    unit: TextUnit
    url: int | None = None
    mention_hosts: bool = True
    weights: Weights | None = None


class Size(Struct, frozen=True, kw_only=True):
    """Width and height in pixels."""

    width: int
    height: int


class ImageLimits(Struct, frozen=True, kw_only=True):
    """What pictures of one part may be. `sizes` are the platform's recommended ones, best first."""

    minimum: int = 0
    maximum: int = 4
    formats: tuple[str, ...] = ("jpeg", "png")
    max_bytes: int | None = None
    min_width: int | None = None
    max_width: int | None = None
    max_pixels: int | None = None
    min_aspect: float | None = None
    max_aspect: float | None = None
    sizes: tuple[Size, ...] = ()


class Rate(Struct, frozen=True, kw_only=True):
    """At most `maximum` publications within any period of `per`. Each part of a thread counts, and each comment."""

    maximum: int
    per: timedelta


class LinkStyle(StrEnum):
    """What becomes of a post's link: written into the text, attached as a card, or not possible."""

    INLINE = "inline"
    CARD = "card"
    NONE = "none"


class Provenance(Struct, frozen=True, kw_only=True):
    """Where a limit is known from. `verified=False` means a guess, and every verdict that rests on it says so."""

    source: str
    as_of: str
    verified: bool = True


class Limits(Struct, frozen=True, kw_only=True):
    """What one profile's platform accepts. All `text` limits must hold at once, for each part.

    `parts` is the longest thread (1: no threads). `provenance` names the source of a field, by field name (that of a field of
    `images` as `images.max_bytes`), `*` for all others; another name is a ValueError.
    """

    text: tuple[TextLimit, ...] = ()
    alt_text: TextLimit | None = None
    images: ImageLimits = field(default_factory=ImageLimits)
    parts: int = 1
    hashtags: int | None = None
    mentions: int | None = None
    links: int | None = None
    link_style: LinkStyle = LinkStyle.INLINE
    first_comment: bool = False
    first_comment_text: TextLimit | None = None
    rates: tuple[Rate, ...] = ()
    provenance: Mapping[str, Provenance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = sources_may_be_of()
        for name in self.provenance:
            if name not in names:
                raise ValueError(f"Limits has a provenance of {name!r}; there can be one of {', '.join(names)}")

    def provenance_of(self, name: str) -> Provenance | None:
        """The provenance of one field, or the one that holds for all."""
        return self.provenance.get(name) or self.provenance.get("*")


@functools.cache
def sources_may_be_of() -> tuple[str, ...]:
    """What `Limits.provenance` can name: `*`, each field, and each field of the picture limits."""
    own = [name for name in Limits.__struct_fields__ if name != "provenance"]
    return ("*", *own, *(f"images.{name}" for name in ImageLimits.__struct_fields__))
