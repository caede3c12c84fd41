"""Shapes with smooth edges, pictures with round corners and text with fallback fonts, on one image."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from smm_sandbox.fonts import FontBook, Style
from smm_sandbox.icons import Stroke

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Box = tuple[int, int, int, int]
_SMOOTH = 4


class Canvas:
    """An image that is drawn on; coordinates in its pixels, from the top left."""

    def __init__(self, width: int, height: int, ground: str, book: FontBook) -> None:
        from PIL import Image as images
        from PIL import ImageDraw as pens

        self.image: Image = images.new("RGB", (width, height), ground)
        self.pen: ImageDraw = pens.Draw(self.image)
        self.book = book

    def text(self, at: tuple[float, float], words: str, style: Style, colour: str, *, rtl: bool = False) -> None:
        """One line of text; `at` is its left end on the base line."""
        self.book.draw(self.image, self.pen, at, words, style, colour, rtl=rtl)

    def rounded(self, box: Box, radius: int, fill: str, *, line: str | None = None, line_width: int = 2) -> None:
        """A rectangle with round corners and perhaps a border."""
        if line:
            self._fill(
                box,
                line,
                lambda pen, size, k: pen.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius * k, fill=255),
            )
            inner = (box[0] + line_width, box[1] + line_width, box[2] - line_width, box[3] - line_width)
            return self.rounded(inner, max(0, radius - line_width), fill)
        self._fill(
            box,
            fill,
            lambda pen, size, k: pen.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius * k, fill=255),
        )
        return None

    def disk(self, box: Box, fill: str) -> None:
        """A filled circle."""
        self._fill(box, fill, lambda pen, size, _: pen.ellipse((0, 0, size[0] - 1, size[1] - 1), fill=255))

    def strokes(self, at: tuple[int, int], side: int, lines: Iterable[Stroke], colour: str) -> None:
        """A line drawing given in a square of 24 units, `side` pixels wide here."""

        def draw(pen: ImageDraw, size: tuple[int, int], _: int) -> None:
            unit = size[0] / 24
            for line in lines:
                pen.line([(x * unit, y * unit) for x, y in line], fill=255, width=round(1.7 * unit), joint="curve")

        self._fill((at[0], at[1], at[0] + side, at[1] + side), colour, draw)

    def picture(self, box: Box, body: bytes, focus: tuple[float, float], *, mask: Image | None = None) -> None:
        """A picture that fills the box, cropped around its focus. `mask` cuts the corners."""
        from PIL import ImageOps

        from smm_core import Size, open_picture

        width, height = box[2] - box[0], box[3] - box[1]
        opened = open_picture(body, draft=Size(width=width, height=height))
        fitted = ImageOps.fit(opened, (width, height), centering=focus)
        if fitted.mode == "RGBA":
            from PIL import Image as Images

            ground = Images.new("RGBA", fitted.size, "#ffffff")
            fitted = Images.alpha_composite(ground, fitted)
        self.image.paste(fitted.convert("RGB"), box[:2], mask)

    def png(self) -> bytes:
        """The image as PNG."""
        out = io.BytesIO()
        self.image.save(out, "PNG", compress_level=6)
        return out.getvalue()

    def _fill(self, box: Box, colour: str, draw: Callable[[ImageDraw, tuple[int, int], int], None]) -> None:
        size = (box[2] - box[0], box[3] - box[1])
        if size[0] < 1 or size[1] < 1:
            return
        self.image.paste(colour, box, smooth_mask(size, draw))


def smooth_mask(size: tuple[int, int], draw: Callable[[ImageDraw, tuple[int, int], int], None]) -> Image:
    """A mask that is drawn larger and scaled down, which smooths its edges. `draw` gets a pen, its size and the scale."""
    from PIL import Image, ImageDraw

    scale = _SMOOTH if size[0] * size[1] < 400_000 else 1
    large = (size[0] * scale, size[1] * scale)
    mask = Image.new("L", large, 0)
    draw(ImageDraw.Draw(mask), large, scale)
    return mask.reduce(scale) if scale > 1 else mask
