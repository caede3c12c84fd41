"""Makes a picture obey what a platform accepts: aspect, size, format, bytes. Never larger than it was, never with metadata.

A picture that fits already keeps its pixels bit for bit and only loses its metadata. The same picture and the same
limits always give the same bytes, so a rendering that is repeated gives the same digest.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from smm_core.contracts import MediaReader
from smm_core.errors import MediaError
from smm_core.limits import ImageLimits, Size
from smm_core.media import OpenedHeader, crop_to_aspect, decode, is_srgb, read_header
from smm_core.media.metadata import without_metadata
from smm_core.model import Attachment, Level, Problem
from smm_core.values import replace

if TYPE_CHECKING:
    from PIL.Image import Image

_BEST_QUALITY, _LEAST_QUALITY = 90, 60
_SHRINK = 0.85
_LEAST_SIDE = 64
_LOSSY = ("jpeg", "webp", "avif")

Box = tuple[int, int, int, int]


class Fitted(Struct, frozen=True, kw_only=True):
    """A picture as it will be sent (its alt text still empty), and what had to be done to it, as problems for a person."""

    attachment: Attachment
    problems: tuple[Problem, ...] = ()


class _Plan(Struct, frozen=True, kw_only=True):
    """What has to happen to one picture: the part that is kept, the size it gets, the format."""

    box: Box
    size: Size
    format: str


def fit_picture(
    source: bytes | Path, limits: ImageLimits, *, store: MediaReader, focus: tuple[float, float] = (0.5, 0.5)
) -> Fitted:
    """Fit one picture into `limits` and keep the result in `store`.

    Cropped around `focus` only when its aspect is outside, scaled down only when too wide or too heavy, converted only when
    its format is not accepted. What cannot be had (too small, still too heavy) is a blocking problem; what cannot be read is a
    `MediaError`. Takes CPU: everything here can be pickled and run in another process.
    """
    header = read_header(source)
    try:
        return _fit(header, limits, focus, store)
    except MediaError as error:
        label = f"{source}: " if isinstance(source, Path) else ""
        raise MediaError(label + error.message, hint=error.hint) from None


def _fit(header: OpenedHeader, limits: ImageLimits, focus: tuple[float, float], store: MediaReader) -> Fitted:
    whole = Size(width=header.info.width, height=header.info.height)
    box = crop_to_aspect(whole, least=limits.min_aspect, most=limits.max_aspect, focus=focus)
    cropped = Size(width=box[2] - box[0], height=box[3] - box[1])
    plan = _Plan(box=box, size=_scaled(cropped, limits), format=_format(header, limits))
    untouched = _untouched(header, limits, plan)
    troubles: list[Problem]
    if untouched is not None:
        body, troubles = untouched, []
    else:
        body, plan, troubles = _redrawn(header, limits, plan)
    attachment = Attachment(
        sha256=store.keep(body),
        format=plan.format,
        width=plan.size.width,
        height=plan.size.height,
        bytes=len(body),
        focus=_focus_within(focus, whole, box),
    )
    remarks = _remarks(header, plan, limits, cropped)
    if header.info.frames > 1 and untouched is None:
        remarks.append(_first_frame(header.info.frames))
    return Fitted(attachment=attachment, problems=(*troubles, *remarks))


def _focus_within(focus: tuple[float, float], whole: Size, box: Box) -> tuple[float, float]:
    x = (focus[0] * whole.width - box[0]) / (box[2] - box[0])
    y = (focus[1] * whole.height - box[1]) / (box[3] - box[1])
    return round(min(max(x, 0.0), 1.0), 4), round(min(max(y, 0.0), 1.0), 4)


# ---------------------------------------------------------------- what has to be done


def _scaled(size: Size, limits: ImageLimits) -> Size:
    """The largest size not above `size` that the limits accept."""
    scale = 1.0
    if limits.max_width is not None:
        scale = min(scale, limits.max_width / size.width)
    if limits.max_pixels is not None:
        scale = min(scale, math.sqrt(limits.max_pixels / (size.width * size.height)))
    return _times(size, scale, limits)


def _times(size: Size, scale: float, limits: ImageLimits) -> Size:
    """`size` times `scale`, rounded so that the aspect stays inside the limits."""
    if scale >= 1:
        return size
    width = max(1, math.floor(size.width * scale + 1e-6))
    height = max(1, math.floor(size.height * scale + 1e-6))
    if limits.min_aspect is not None and width < height * limits.min_aspect:
        height = max(1, math.floor(width / limits.min_aspect + 1e-6))
    if limits.max_aspect is not None and width > height * limits.max_aspect:
        width = max(1, math.floor(height * limits.max_aspect + 1e-6))
    return Size(width=width, height=height)


def _format(header: OpenedHeader, limits: ImageLimits) -> str:
    """The picture's own format where accepted; else one that keeps transparency, else the best for photographs."""
    if header.info.format in limits.formats:
        return header.info.format
    drawn = ("png", "webp", "jpeg") if header.info.has_alpha or header.info.format == "gif" else ("jpeg", "png", "webp")
    for name in drawn:
        if name in limits.formats:
            return name
    raise MediaError(
        f"the picture is {header.info.format.upper()}, and none of {', '.join(limits.formats) or 'no formats'} can be written",
        hint="take a picture in an accepted format",
    )


def _untouched(header: OpenedHeader, limits: ImageLimits, plan: _Plan) -> bytes | None:
    """The picture without metadata, when nothing else has to change."""
    info = header.info
    if plan.format != info.format or plan.size != Size(width=info.width, height=info.height):
        return None
    if header.orientation != 1 or (header.profile is not None and not is_srgb(header.profile)):
        return None
    body = without_metadata(header.body, info.format)
    if body is None or (limits.max_bytes is not None and len(body) > limits.max_bytes):
        return None
    decode(read_header(body))  # a picture that is damaged inside must be found here, not by the platform
    return body


# ---------------------------------------------------------------- drawing it anew


def _redrawn(header: OpenedHeader, limits: ImageLimits, plan: _Plan) -> tuple[bytes, _Plan, list[Problem]]:
    scale = plan.size.width / (plan.box[2] - plan.box[0])
    whole = Size(width=header.info.width, height=header.info.height)
    draft = Size(width=math.ceil(whole.width * scale), height=math.ceil(whole.height * scale))
    picture = decode(header, draft=draft)
    cut = _box_in(picture, plan.box, whole)
    if limits.max_bytes is not None and plan.format == "png" and "jpeg" in limits.formats and picture.mode == "RGB":
        body = _encode(_resized(picture, cut, plan.size), "png", _BEST_QUALITY)
        if len(body) <= limits.max_bytes:
            return body, plan, []
        plan = replace(plan, format="jpeg")
    return _within_bytes(picture, cut, limits, plan)


def _box_in(picture: Image, box: Box, whole: Size) -> tuple[float, float, float, float]:
    """A box of the whole picture, in the coordinates of one that was decoded smaller."""
    across, down = picture.width / whole.width, picture.height / whole.height
    return box[0] * across, box[1] * down, min(box[2] * across, picture.width), min(box[3] * down, picture.height)


def _resized(picture: Image, cut: tuple[float, float, float, float], size: Size) -> Image:
    from PIL.Image import Resampling

    return picture.resize((size.width, size.height), Resampling.LANCZOS, box=cut, reducing_gap=3.0)


def _within_bytes(
    picture: Image, cut: tuple[float, float, float, float], limits: ImageLimits, plan: _Plan
) -> tuple[bytes, _Plan, list[Problem]]:
    """Encode, with less quality where the bytes ask for it, then in smaller sizes, not below the least width."""
    size, least = plan.size, max(limits.min_width or 0, _LEAST_SIDE)
    while True:
        body = _best(_resized(picture, cut, size), plan.format, limits.max_bytes)
        if limits.max_bytes is None or len(body) <= limits.max_bytes:
            return body, replace(plan, size=size), []
        smaller = _times(size, _SHRINK, limits)
        if smaller.width < least or smaller.height < 1:
            return body, replace(plan, size=size), [_too_heavy(len(body), limits.max_bytes)]
        size = smaller


def _best(picture: Image, kind: str, max_bytes: int | None) -> bytes:
    """The best quality that fits, else the smallest there is."""
    body = _encode(picture, kind, _BEST_QUALITY)
    if max_bytes is None or len(body) <= max_bytes or kind not in _LOSSY:
        return body
    low, high = _LEAST_QUALITY, _BEST_QUALITY
    body = _encode(picture, kind, low)
    if len(body) > max_bytes:
        return body
    while high - low > 1:
        middle = (low + high) // 2
        tried = _encode(picture, kind, middle)
        if len(tried) <= max_bytes:
            low, body = middle, tried
        else:
            high = middle
    return body


def _encode(picture: Image, kind: str, quality: int) -> bytes:
    written = io.BytesIO()
    if kind == "jpeg":
        _opaque(picture).save(written, "JPEG", quality=quality)
    elif kind == "png":
        picture.save(written, "PNG", compress_level=6)
    elif kind == "gif":
        picture.convert("RGB").quantize(256).save(written, "GIF")
    else:
        picture.save(written, kind.upper(), quality=quality)
    return written.getvalue()


def _opaque(picture: Image) -> Image:
    if picture.mode == "RGB":
        return picture
    from PIL import Image as images

    white = images.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


# ---------------------------------------------------------------- what is said about it


def _too_heavy(found: int, allowed: int) -> Problem:
    return Problem(
        level=Level.BLOCK,
        code="picture.too-heavy",
        message=f"the picture needs {found:,} bytes even when small; {allowed:,} are allowed: take a simpler picture",
        allowed=allowed,
        found=found,
        unit="bytes",
    )


def _remarks(header: OpenedHeader, plan: _Plan, limits: ImageLimits, cropped: Size) -> list[Problem]:
    """What was done to the picture, in the order it was done."""
    info, said = header.info, []
    if (cropped.width, cropped.height) != (info.width, info.height):
        said.append(
            _info("picture.cropped", f"cropped from {info.width}×{info.height} to {cropped.width}×{cropped.height}")
        )
    if limits.min_width is not None and plan.size.width < limits.min_width:
        said.append(_too_small(plan.size, limits.min_width))
    if plan.size != cropped:
        change = f"from {cropped.width}×{cropped.height} to {plan.size.width}×{plan.size.height}"
        said.append(_info("picture.scaled", f"scaled {change}"))
    if plan.format != info.format:
        said.append(_info("picture.converted", f"converted from {info.format.upper()} to {plan.format.upper()}"))
        if info.has_alpha and plan.format == "jpeg":
            said.append(_info("picture.flattened", "flattened: transparent parts are white now"))
    return said


def _first_frame(frames: int) -> Problem:
    message = f"only the first of {frames} frames is kept: the animation is not accepted in this form"
    return Problem(level=Level.WARN, code="picture.first-frame", message=message)


def _info(code: str, message: str) -> Problem:
    return Problem(level=Level.INFO, code=code, message=f"the picture was {message}")


def _too_small(size: Size, least: int) -> Problem:
    return Problem(
        level=Level.BLOCK,
        code="picture.too-small",
        message=f"the picture is {size.width} pixels wide where at least {least} are wanted; it is never enlarged: take a larger one",
        allowed=least,
        found=size.width,
        unit="pixels",
    )
