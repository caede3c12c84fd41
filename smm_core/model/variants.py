"""A post as one profile's followers will see it, and what the checks say of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from smm_core.limits import Provenance
from smm_core.model.content import Picture
from smm_core.model.plain import digest_of
from smm_core.values import replace


class RenderedPart(Struct, frozen=True, kw_only=True):
    """One part as a publisher's `render` wants it: its text, its pictures not yet fitted, its link card."""

    text: str
    pictures: tuple[Picture, ...] = ()
    link: str | None = None


class Rendering(Struct, frozen=True, kw_only=True):
    """What a publisher's `render` gives back. Core fits the pictures and makes a `Variant` of it."""

    parts: tuple[RenderedPart, ...]
    first_comment: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


class Attachment(Struct, frozen=True, kw_only=True):
    """A picture exactly as it will be sent."""

    sha256: str
    format: str
    width: int
    height: int
    bytes: int
    alt: str = ""
    focus: tuple[float, float] = (0.5, 0.5)


class Part(Struct, frozen=True, kw_only=True):
    """One part exactly as it will be sent."""

    text: str
    media: tuple[Attachment, ...] = ()
    link: str | None = None


class Variant(Struct, frozen=True, kw_only=True):
    """A post rendered for one profile. It never changes; `digest` covers all of it."""

    profile: str
    parts: tuple[Part, ...]
    first_comment: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""


def sealed(variant: Variant) -> Variant:
    """The variant with its digest, which covers everything but itself."""
    bare = replace(variant, digest="")
    return replace(bare, digest=digest_of(bare))


class Level(StrEnum):
    """How much a problem matters: `block` stops approval, `warn` is shown, `info` is a remark."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


class Problem(Struct, frozen=True, kw_only=True):
    """One thing a check found: what is allowed and what was found, in the platform's own unit."""

    level: Level
    code: str
    message: str
    part: int | None = None
    allowed: float | None = None
    found: float | None = None
    unit: str = ""
    provenance: Provenance | None = None
    by: str = ""
