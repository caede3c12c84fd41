"""Colours of a brand book on a page: kept where they can be read, moved as little as needed where not (WCAG 2.2, AA)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

AA = 4.5
WHITE, INK = "#ffffff", "#1b1e23"
PAPER, NIGHT = "#ffffff", "#1c1f25"
PLAIN = "#33507a"
_ROLES = ("primary", "accent", "brand", "secondary")


class Scheme(Struct, frozen=True, kw_only=True):
    """The colours of one client's part of a page: a band with its writing, and an accent for light and for dark paper."""

    band: str
    on_band: str
    accent: str
    accent_dark: str


def scheme_of(colours: Mapping[str, str]) -> Scheme:
    """What a brand book's colours (role → `#rrggbb`) make of a page; without any, a quiet blue."""
    named = [colours[role] for role in _ROLES if role in colours]
    band = named[0] if named else PLAIN
    accent = colours.get("accent", band)
    on_band = max((WHITE, INK), key=lambda ink: contrast(ink, band))
    return Scheme(
        band=readable(band, on_band),
        on_band=on_band,
        accent=readable(accent, PAPER),
        accent_dark=readable(accent, NIGHT),
    )


def readable(colour: str, paper: str) -> str:
    """The colour, moved towards black or white until it has a contrast of 4.5 on `paper`."""
    target = max((WHITE, "#000000"), key=lambda ink: contrast(ink, paper))
    steps = (mixed(colour, target, step / 20) for step in range(21))
    return next(one for one in steps if contrast(one, paper) >= AA)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """The colour with a share (0 to 1) of another in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
