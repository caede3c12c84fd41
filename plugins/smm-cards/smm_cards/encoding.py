"""Turns a drawn card into bytes of the format that was asked for, within the bytes that are allowed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from smm_core import Level, MediaError, Problem

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("jpeg", "png", "webp")
_QUALITIES = (88, 82, 75, 67, 58, 48)


def encode(image: Image, kind: str, max_bytes: int | None, *, photographic: bool) -> tuple[bytes, list[Problem]]:
    """The card as JPEG, PNG or WebP, in the best quality that fits; still too heavy is a blocking problem.

    `photographic` halves the resolution of colour in a JPEG, which a photograph hides; flat coloured type would fray.
    """
    if kind not in FORMATS:
        raise MediaError(f"cards cannot be written as {kind!r}", hint=f"ask for one of {', '.join(FORMATS)}")
    body = b""
    for step in range(len(_QUALITIES)):
        body = _png(image, step) if kind == "png" else _lossy(image, kind, _QUALITIES[step], photographic)
        if max_bytes is None or len(body) <= max_bytes:
            return body, []
    return body, [_too_heavy(image, len(body), max_bytes or 0)]


def _lossy(image: Image, kind: str, quality: int, photographic: bool) -> bytes:
    written = io.BytesIO()
    if kind == "jpeg":
        image.save(written, "JPEG", quality=quality, subsampling=2 if photographic else 0)
    else:
        image.save(written, "WEBP", quality=quality, method=3)
    return written.getvalue()


def _png(image: Image, step: int) -> bytes:
    """First quickly, then packed well, then with fewer and fewer colours."""
    written = io.BytesIO()
    if step < 2:
        image.save(written, "PNG", compress_level=(3, 9)[step])
    else:
        image.quantize(256 >> (step - 2)).save(written, "PNG", compress_level=9)
    return written.getvalue()


def _too_heavy(image: Image, found: int, allowed: int) -> Problem:
    return Problem(
        level=Level.BLOCK,
        code="card.too-heavy",
        message=f"the card needs {found:,} bytes at {image.width}×{image.height}; {allowed:,} are allowed: choose a simpler picture",
        allowed=allowed,
        found=found,
        unit="bytes",
    )
