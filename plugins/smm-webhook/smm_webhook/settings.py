"""What a profile on the webhook platform may set, and the limits that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from smm_core import ImageLimits, Limits, LinkStyle, Profile, Provenance, Secret, TextLimit, TextUnit


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The `settings` of a profile. `secret` is a reference to one; `url` and the values of `headers` may be references.

    `media`: whether pictures travel inside the JSON (`inline`, base64) or are only named by their sha256 (`reference`).
    The limits are the receiver's business; the defaults are wide. Characters are code points, sizes bytes.
    """

    url: str = field(metadata={"help": "Where the JSON goes: an address, or a reference when the address is secret."})
    secret: Secret | None = field(
        default=None, metadata={"help": "A reference to the signing secret; without one nothing is signed."}
    )
    headers: Mapping[str, str] = field(
        default_factory=dict, metadata={"help": "Further headers; a value may be a reference."}
    )
    media: Literal["inline", "reference"] = field(
        default="inline", metadata={"help": "Whether pictures travel along (`inline`) or are only named (`reference`)."}
    )
    max_characters: int = field(default=100_000, metadata={"help": "Longest text of a part, in code points."})
    max_parts: int = field(default=25, metadata={"help": "Longest thread."})
    max_pictures: int = field(default=10, metadata={"help": "Most pictures of a part."})
    max_picture_bytes: int = field(default=5_000_000, metadata={"help": "Largest picture file, in bytes."})


def settings_of(profile: Profile) -> Settings:
    """The profile's settings; for a profile that only imitates this platform, the defaults."""
    return profile.settings if isinstance(profile.settings, Settings) else Settings(url="")


def limits_of(settings: Settings) -> Limits:
    """The limits that the settings ask for."""
    text = TextLimit(maximum=settings.max_characters, unit=TextUnit.CODE_POINTS)
    return Limits(
        text=(text,),
        alt_text=text,
        images=ImageLimits(
            maximum=settings.max_pictures,
            formats=("jpeg", "png", "webp", "gif"),
            max_bytes=settings.max_picture_bytes,
        ),
        parts=settings.max_parts,
        link_style=LinkStyle.CARD,
        first_comment=True,
        first_comment_text=text,
        provenance={"*": Provenance(source="the profile's settings in smm.toml", as_of="2026-11-23")},
    )
