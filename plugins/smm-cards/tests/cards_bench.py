"""What the tests of smm-cards share: a brand, ways to look at what was drawn, and a context that must not be used."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageChops

from smm_core import Brand, Drawn, Size

SQUARE = Size(width=400, height=400)
BRAND = Brand(
    name="bakery",
    colours={
        "background": "#ffffff",
        "text": "#101010",
        "accent": "#c00000",
        "primary": "#000080",
        "overlay": "#000000",
    },
)


class NoContext:
    """Cards draw without network, clock or workspace; touching the context fails the test."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the context's {name} was used")


Draw = Callable[..., Drawn]


def pixels(drawn: Drawn) -> Image.Image:
    """The picture that was drawn, its size checked."""
    image = Image.open(io.BytesIO(drawn.body)).convert("RGB")
    assert image.size == (drawn.width, drawn.height)
    return image


def codes(drawn: Drawn) -> list[str]:
    return [problem.code for problem in drawn.problems]


def inked(image: Image.Image, ground: tuple[int, int, int] = (255, 255, 255)) -> tuple[int, int, int, int]:
    """The box of everything that is not ground."""
    box = ImageChops.difference(image, Image.new("RGB", image.size, ground)).getbbox()
    assert box is not None, "nothing was drawn"
    return box
