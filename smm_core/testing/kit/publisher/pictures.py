"""Pictures as a platform's limits want them, made on the spot."""

from __future__ import annotations

import io

from smm_core.limits import ImageLimits


def picture_for(limits: ImageLimits, number: int) -> tuple[bytes, int, int, str]:
    """Bytes, width, height and format of a small picture that the limits allow; each number has its own colour."""
    from PIL import Image

    width, height = (limits.sizes[0].width, limits.sizes[0].height) if limits.sizes else _size(limits)
    kind = next((one for one in ("png", "jpeg", "webp", "gif") if one in limits.formats), "png")
    file = io.BytesIO()
    colour = (40 * number % 256, 90 * number % 256, 150)
    Image.new("RGB", (width, height), colour).save(file, kind)
    return file.getvalue(), width, height, kind


def _size(limits: ImageLimits) -> tuple[int, int]:
    width = max(limits.min_width or 0, min(320, limits.max_width or 320))
    aspect = min(max(1.0, limits.min_aspect or 1.0), limits.max_aspect or 1.0)
    return width, round(width / aspect)
