"""Colours by role, and whether text can be read on what lies behind it.

Contrast is WCAG 2.2's ratio (success criterion 1.4.3, https://www.w3.org/TR/WCAG22/#contrast-minimum): at least 4.5, and 3 for large text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field

from smm_core import Brand, ConfigError

RGB = tuple[int, int, int]

NORMAL_CONTRAST, LARGE_CONTRAST = 4.5, 3.0
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_WHITE, _INK, _CLAY = (255, 255, 255), (23, 26, 33), (184, 66, 38)
_LINEAR = tuple(value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in range(256))
_ACCENTS = ("accent", "primary", "secondary")


class Palette(Struct, frozen=True, kw_only=True):
    """The colours of a brand, by role, with something sensible for roles it does not name."""

    given: Mapping[str, RGB] = field(default_factory=dict)

    def find(self, name: str) -> RGB | None:
        """The colour of a role or of `#rrggbb`; None for a role nobody knows."""
        if name.startswith("#"):
            return parse_hex(name)
        return self.given.get(name) or self._usual(name)

    def _usual(self, role: str) -> RGB | None:
        if role.startswith("on-"):
            behind = self.find(role.removeprefix("on-"))
            return None if behind is None else readable_on(behind)
        if role == "background":
            return (250, 248, 244)
        if role == "text":
            return readable_on(self._sure("background"))
        if role in _ACCENTS:
            return next((self.given[name] for name in _ACCENTS if name in self.given), _CLAY)
        if role == "muted":
            return mix(self._sure("text"), self._sure("background"), 0.3)
        if role == "surface":
            return mix(self._sure("background"), self._sure("text"), 0.06)
        return (16, 18, 24) if role == "overlay" else None

    def _sure(self, role: str) -> RGB:
        return self.find(role) or _INK


def palette_of(brand: Brand) -> Palette:
    """The palette of a brand book; a colour that is not `#rrggbb` is a `ConfigError` that names it."""
    given = {}
    for role, text in brand.colours.items():
        if not _HEX.fullmatch(text):
            raise ConfigError(
                f"{text!r} is not a colour",
                where=f"brand {brand.name} colours.{role}",
                hint='write for instance "#c44a2a"',
            )
        given[role] = parse_hex(text)
    return Palette(given=given)


def parse_hex(text: str) -> RGB:
    """The three numbers of `#rrggbb`."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """One colour with a share (0 to 1) of another."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def luminance(colour: RGB) -> float:
    """The relative luminance of a colour, 0 (black) to 1 (white)."""
    return 0.2126 * _LINEAR[colour[0]] + 0.7152 * _LINEAR[colour[1]] + 0.0722 * _LINEAR[colour[2]]


def contrast(one: RGB, other: RGB) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    first, second = luminance(one) + 0.05, luminance(other) + 0.05
    return first / second if first > second else second / first


def readable_on(behind: RGB) -> RGB:
    """White or ink, whichever can be read better."""
    return max(_WHITE, _INK, key=lambda colour: contrast(colour, behind))
