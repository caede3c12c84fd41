"""The colours of previews, for HTML and for pixels. Text on its ground has a contrast of at least 4.5 : 1 (WCAG AA)."""

from __future__ import annotations

from msgspec import Struct


class Palette(Struct, frozen=True, kw_only=True):
    """Colours as `#rrggbb`. `page` lies behind `card`, `sunken` is a ground on a card, `line` draws borders."""

    page: str
    card: str
    sunken: str
    line: str
    text: str
    muted: str
    accent: str


LIGHT = Palette(
    page="#eef0f4", card="#ffffff", sunken="#f4f6f9", line="#dde1e8", text="#171a20", muted="#586170", accent="#1b5bc0"
)
DARK = Palette(
    page="#111419", card="#1b2027", sunken="#232a33", line="#343c47", text="#edf0f4", muted="#a8b1be", accent="#8dbbff"
)
# Grounds for the white initials in the place of a portrait.
DISKS = ("#0b6e69", "#7a3b8f", "#a8401f", "#2b5aa8", "#566617", "#8a2f55")
