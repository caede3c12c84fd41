"""Legibility on pictures: how well a colour can be read on pixels, and a veil just dense enough to make it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from smm_cards.colours import NORMAL_CONTRAST, RGB, contrast, mix
from smm_cards.layout import Side

if TYPE_CHECKING:
    from PIL.Image import Image

_CELLS = 16
_LEAST, _STEP, _MOST = 0.45, 0.05, 0.95
# How far beyond the texts the veil fades out, as a part of the canvas.
_FADE = 0.34
_RAMP = 256


def sample(image: Image, area: tuple[int, int, int, int]) -> list[RGB]:
    """What lies in an area, averaged in a coarse grid; empty when nothing of it is on the canvas."""
    left, top = max(0, area[0]), max(0, area[1])
    right, bottom = min(image.width, area[2]), min(image.height, area[3])
    if right <= left or bottom <= top:
        return []
    cell = max(1, (right - left) // _CELLS), max(1, (bottom - top) // _CELLS)
    pixels = image.reduce(cell, (left, top, right, bottom)).tobytes()
    return [(pixels[at], pixels[at + 1], pixels[at + 2]) for at in range(0, len(pixels), 3)]


def worst_contrast(colour: RGB, cells: Sequence[RGB]) -> float:
    """The contrast of a colour with all but the worst tenth of the cells; 21 where there are none."""
    ratios = sorted(contrast(colour, cell) for cell in cells)
    return ratios[len(ratios) // 10] if ratios else 21.0


def lay_veil(image: Image, area: tuple[int, int, int, int], veil: RGB, side: Side, colours: Sequence[RGB]) -> None:
    """Cover the canvas from one side to the far edge of `area`, fading out beyond it, so that `colours` can be read in it."""
    opacity = _density(sample(image, area), veil, colours)
    reach = {
        Side.BOTTOM: 1 - area[1] / image.height,
        Side.TOP: area[3] / image.height,
        Side.LEFT: area[2] / image.width,
        Side.RIGHT: 1 - area[0] / image.width,
    }[side]
    reach = min(max(reach, 0.0), 1.0)
    share = min(1.0, reach + _FADE)
    band = _band(image.size, side, share)
    image.paste(veil, band, _mask((band[2] - band[0], band[3] - band[1]), side, reach / share, opacity))


def _band(size: tuple[int, int], side: Side, share: float) -> tuple[int, int, int, int]:
    """The part of the canvas next to a side."""
    width, height = size
    across, down = round(width * share), round(height * share)
    return {
        Side.BOTTOM: (0, height - down, width, height),
        Side.TOP: (0, 0, width, down),
        Side.LEFT: (0, 0, across, height),
        Side.RIGHT: (width - across, 0, width, height),
    }[side]


def _density(cells: Sequence[RGB], veil: RGB, colours: Sequence[RGB]) -> float:
    opacity = _LEAST
    for colour in set(colours):
        # A little more than asked, because the grid evens out what is brightest.
        while (
            opacity < _MOST
            and worst_contrast(colour, [mix(cell, veil, opacity) for cell in cells]) < NORMAL_CONTRAST * 1.15
        ):
            opacity += _STEP
    return min(opacity, _MOST)


def _mask(size: tuple[int, int], side: Side, reach: float, opacity: float) -> Image:
    """Dense from the side to `reach` (a part of the mask), from there fading to nothing at its other end."""
    from PIL import Image as images
    from PIL.Image import Resampling

    edge = min(1.0, opacity + 0.12)
    values = bytearray()
    for step in range(_RAMP):
        away = step / (_RAMP - 1)
        if away <= reach:
            strength = edge + (opacity - edge) * (away / reach if reach else 1.0)
        else:
            left = (1 - away) / (1 - reach)
            strength = opacity * left * left * (3 - 2 * left)
        values.append(round(255 * strength))
    strip = bytes(values if side in (Side.TOP, Side.LEFT) else reversed(values))
    upright = side in (Side.TOP, Side.BOTTOM)
    line = images.frombytes("L", (1, _RAMP) if upright else (_RAMP, 1), strip)
    line = line.resize((1, size[1]) if upright else (size[0], 1), Resampling.BILINEAR)
    return line.resize(size, Resampling.NEAREST)  # the same across, so the quickest filter is exact
