"""Draws a card in every size: backdrop (from the cache where it was drawn before), texts, logo, and then bytes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from smm_cards.backdrop import BackdropCache, Canvas, PictureSource, paint
from smm_cards.colours import Palette, palette_of
from smm_cards.encoding import encode
from smm_cards.layout import Background, Bar, Corner, Gradient, Layer, Layout, Logo, Photo, Stack, shape_of
from smm_cards.lettering import Pen, letter
from smm_cards.reading import find_layout, read_layout
from smm_cards.typefaces import Typefaces, typefaces_of, within
from smm_core import Brand, Drawn, DrawRequest, Level, MediaError, Problem, Size, open_picture

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGEST = 40_000_000
# How much a picture may be enlarged before a person is told.
_SOFT = 1.15


class _Job(Struct, frozen=True, kw_only=True):
    """What is the same for all sizes of one card."""

    request: DrawRequest
    palette: Palette
    typefaces: Typefaces
    picture: PictureSource | None
    shapes: bool
    cache: BackdropCache


def draw_card(request: DrawRequest, cache: BackdropCache) -> tuple[Drawn, ...]:
    """One picture per size, in the same order. Errors: `NotFound` (layout), `ConfigError` (layout, colours), `MediaError`."""
    from PIL import features

    path = find_layout(request.card.layout, request.folder)
    layouts = {
        shape: read_layout(path, shape) for shape in {shape_of(size.width, size.height) for size in request.sizes}
    }
    wants_photo = any(layout.has_photo for layout in layouts.values())
    job = _Job(
        request=request,
        palette=palette_of(request.brand),
        typefaces=typefaces_of(request.brand),
        picture=_picture(request) if wants_photo else None,
        shapes=bool(features.check("raqm")),
        cache=cache,
    )
    return tuple(_draw(job, layouts[shape_of(size.width, size.height)], size) for size in request.sizes)


def _picture(request: DrawRequest) -> PictureSource | None:
    return None if request.picture is None else PictureSource(request.picture, request.focus, request.sizes)


def canvas_of(layout: Layout, size: Size) -> Canvas:
    """The geometry of a size: margins from the shorter side, the unit of type from both (a tall canvas is not read from further)."""
    shorter = min(size.width, size.height)
    margin = min(max(round(layout.margin * shorter), layout.margin_min), layout.margin_max, shorter // 4)
    return Canvas(size=size, margin=margin, unit=min(math.sqrt(size.width * size.height), 1.15 * shorter))


def _draw(job: _Job, layout: Layout, size: Size) -> Drawn:
    if size.width < 16 or size.height < 16 or size.width * size.height > _LARGEST:
        raise MediaError(
            f"a card cannot be drawn at {size.width}×{size.height}", hint="ask for 16 pixels to 40 megapixels"
        )
    canvas = canvas_of(layout, size)
    behind, above = _split(layout.layers)
    image = _backdrop(job, behind, canvas)
    problems = [*job.typefaces.problems, *_field_problems(job, layout), *_picture_problems(job, layout, canvas)]
    problems += _colour_problems(job, layout)
    has_logo = job.request.brand.logo is not None and any(isinstance(layer, Logo) for layer in layout.layers)
    pen = Pen(
        canvas=canvas,
        palette=job.palette,
        typefaces=job.typefaces,
        fields=job.request.card.fields,
        shapes=job.shapes,
        has_logo=has_logo,
    )
    for layer in above:
        if isinstance(layer, Stack):
            problems += letter(image, layer, pen)
        elif isinstance(layer, Logo):
            problems += _draw_logo(image, layer, canvas, job.request.brand)
        else:
            paint(image, layer, canvas, job.palette, job.picture)
    photographic = layout.has_photo and job.picture is not None
    body, troubles = encode(image, job.request.format, job.request.max_bytes, photographic=photographic)
    found = tuple(dict.fromkeys((*problems, *troubles)))
    return Drawn(body=body, format=job.request.format, width=size.width, height=size.height, problems=found)


# ---------------------------------------------------------------- backdrop and logo


def _split(layers: Sequence[Layer]) -> tuple[tuple[Layer, ...], tuple[Layer, ...]]:
    """The layers before the first text or logo, which depend on nothing but picture and colours, and the rest."""
    for number, layer in enumerate(layers):
        if isinstance(layer, Stack | Logo):
            return tuple(layers[:number]), tuple(layers[number:])
    return tuple(layers), ()


def _backdrop(job: _Job, layers: tuple[Layer, ...], canvas: Canvas) -> Image:
    from PIL import Image as images

    picture = job.picture.sha256 if job.picture is not None else ""
    colours = sorted(job.palette.given.items())
    key = hashlib.sha256(repr((layers, canvas, colours, picture, job.request.focus)).encode()).hexdigest()
    kept = job.cache.get(key)
    if kept is not None:
        return kept
    image = images.new("RGB", (canvas.size.width, canvas.size.height), job.palette.find("background") or "white")
    for layer in layers:
        paint(image, layer, canvas, job.palette, job.picture)
    job.cache.put(key, image)
    return image


def _draw_logo(image: Image, layer: Logo, canvas: Canvas, brand: Brand) -> list[Problem]:
    if brand.logo is None:
        return []
    from PIL.Image import Resampling

    height, widest = layer.height * canvas.unit, layer.max_width * canvas.unit
    try:
        path: Path = within(brand.root, brand.logo)
        logo = open_picture(path)
    except (MediaError, ValueError) as error:
        return [
            Problem(
                level=Level.WARN,
                code="card.logo-missing",
                message=f"the logo of brand {brand.name} was left out: {error}",
            )
        ]
    scale = min(height / logo.height, widest / logo.width)
    size = max(1, round(logo.width * scale)), max(1, round(logo.height * scale))
    shown = logo.resize(size, Resampling.LANCZOS)
    right = layer.corner in (Corner.TOP_RIGHT, Corner.BOTTOM_RIGHT)
    bottom = layer.corner in (Corner.BOTTOM_LEFT, Corner.BOTTOM_RIGHT)
    box = canvas.in_margins(layer.box)
    left = box[2] - size[0] if right else box[0]
    top = box[3] - size[1] if bottom else box[1]
    image.paste(shown, (left, top), shown.getchannel("A") if shown.mode == "RGBA" else None)
    return []


# ---------------------------------------------------------------- what a person should know


def _field_problems(job: _Job, layout: Layout) -> list[Problem]:
    given, known = job.request.card.fields, {field.name: field for field in layout.fields}
    found = [
        _warn("card.field-missing", f"the layout {layout.name} wants a text for {name!r} ({field.about or 'required'})")
        for name, field in known.items()
        if field.required and not given.get(name, "").strip()
    ]
    found += [
        _warn(
            "card.field-unknown", f"the layout {layout.name} has no field {name!r}; it has {', '.join(known) or 'none'}"
        )
        for name in given
        if name not in known
    ]
    return found


def _picture_problems(job: _Job, layout: Layout, canvas: Canvas) -> list[Problem]:
    found = []
    for layer in layout.layers:
        if not isinstance(layer, Photo):
            continue
        if job.picture is None:
            found.append(
                _warn("card.picture-missing", f"the layout {layout.name} wants a picture, and the card has none")
            )
        elif job.picture.enlarged(canvas.on_canvas(layer.box)) > _SOFT:
            whole, size = job.picture.whole, canvas.size
            message = f"the picture ({whole.width}×{whole.height}) had to be enlarged for {size.width}×{size.height}: take a larger one"
            found.append(_warn("card.picture-small", message))
    return found


def _colour_problems(job: _Job, layout: Layout) -> list[Problem]:
    unknown = [name for name in dict.fromkeys(_colours(layout.layers)) if job.palette.find(name) is None]
    brand = job.request.brand.name
    return [
        _warn("card.colour-missing", f"brand {brand} has no colour {name!r}; the text colour is used")
        for name in unknown
    ]


def _colours(layers: Sequence[Layer]) -> list[str]:
    named: list[str] = []
    for layer in layers:
        if isinstance(layer, Background | Bar):
            named.append(layer.colour)
        elif isinstance(layer, Gradient):
            named += (layer.start, layer.end)
        elif isinstance(layer, Photo) and layer.tint is not None:
            named.append(layer.tint)
        elif isinstance(layer, Stack):
            named += (item.colour for item in layer.items)
            named += (layer.veil,) if layer.veil is not None else ()
    return named


def _warn(code: str, message: str) -> Problem:
    return Problem(level=Level.WARN, code=code, message=message)
