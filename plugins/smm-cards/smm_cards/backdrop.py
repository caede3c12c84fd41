"""The layers behind the texts: colours, gradients, the picture, bars. Drawn once for the same picture, size and colours.

A picture is decoded at most once for all sizes of a card, no larger than the largest of them needs.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from smm_cards.colours import RGB, Palette
from smm_cards.layout import Background, Bar, Fit, Gradient, Layer, Photo
from smm_core import MediaError, Size, crop_to_aspect, inspect_picture, open_picture

if TYPE_CHECKING:
    from PIL.Image import Image

PixelBox = tuple[int, int, int, int]
_RAMP = 256


class BackdropCache:
    """A few prepared backdrops in memory, the least used forgotten first. Safe to be used by several threads."""

    def __init__(self, max_bytes: int = 96_000_000) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, Image] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Image | None:
        """A copy of what was kept under the key, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
        return found.copy()

    def put(self, key: str, image: Image) -> None:
        """Keep a copy."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = image.copy()
            self._bytes += _weight(image)
            while self._bytes > self._max_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= _weight(dropped)


def _weight(image: Image) -> int:
    return image.width * image.height * len(image.getbands())


class PictureSource:
    """A card's own picture: read once, decoded when first needed, no larger than `sizes` need it."""

    def __init__(self, path: Path, focus: tuple[float, float], sizes: tuple[Size, ...]) -> None:
        try:
            self.body = path.read_bytes()
        except OSError as error:
            raise MediaError(f"{path}: {error.strerror or error}", hint="check the card's picture") from None
        self.path, self.focus, self._sizes = path, focus, sizes
        self.sha256 = hashlib.sha256(self.body).hexdigest()
        self._levels: list[Image] = []
        self._whole: Size | None = None

    @property
    def whole(self) -> Size:
        """The picture's own size."""
        if self._whole is None:
            try:
                info = inspect_picture(self.body)
            except MediaError as error:
                raise MediaError(f"{self.path}: {error.message}", hint=error.hint) from None
            self._whole = Size(width=info.width, height=info.height)
        return self._whole

    def enlarged(self, box: PixelBox) -> float:
        """How many times larger than it is it must be drawn to cover a box."""
        return max((box[2] - box[0]) / self.whole.width, (box[3] - box[1]) / self.whole.height)

    def cover(self, width: int, height: int) -> Image:
        """The part around the focus, filling a size."""
        from PIL.Image import Resampling

        image = self._level(self.enlarged((0, 0, width, height)))
        aspect = width / height
        box = crop_to_aspect(Size(width=image.width, height=image.height), least=aspect, most=aspect, focus=self.focus)
        return _opaque(image).resize((width, height), Resampling.LANCZOS, box=box, reducing_gap=2.0)

    def contain(self, width: int, height: int) -> Image:
        """The whole picture, as large as a size allows."""
        from PIL.Image import Resampling

        image = self._level(min(width / self.whole.width, height / self.whole.height))
        scale = min(width / image.width, height / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        return image.resize(size, Resampling.LANCZOS, reducing_gap=2.0)

    def _level(self, scale: float) -> Image:
        """The smallest version that is still large enough for `scale`; halves are made when first needed, from the one above."""
        if not self._levels:
            self._levels.append(self._decoded())
        number = 0
        while (
            self._levels[number].width // 2 >= self.whole.width * scale
            and self._levels[number].height // 2 >= self.whole.height * scale
        ):
            number += 1
            if number == len(self._levels):
                self._levels.append(self._levels[-1].reduce(2))
        return self._levels[number]

    def _decoded(self) -> Image:
        scale = min(1.0, max(self.enlarged((0, 0, size.width, size.height)) for size in self._sizes))
        draft = Size(width=math.ceil(self.whole.width * scale), height=math.ceil(self.whole.height * scale))
        try:
            return open_picture(self.body, draft=draft)
        except MediaError as error:
            raise MediaError(f"{self.path}: {error.message}", hint=error.hint) from None


def _opaque(image: Image) -> Image:
    if image.mode == "RGB":
        return image
    from PIL import Image as images

    ground = images.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


class Canvas(Struct, frozen=True, kw_only=True):
    """The geometry of one drawing, in pixels: the whole, the margins, the unit of type sizes and gaps."""

    size: Size
    margin: int
    unit: float

    def on_canvas(self, box: tuple[float, float, float, float]) -> PixelBox:
        """A box in fractions of the canvas."""
        return _scaled(box, 0, self.size.width, self.size.height)

    def in_margins(self, box: tuple[float, float, float, float]) -> PixelBox:
        """A box in fractions of what lies inside the margins."""
        return _scaled(box, self.margin, self.size.width - 2 * self.margin, self.size.height - 2 * self.margin)


def _scaled(box: tuple[float, float, float, float], start: int, width: int, height: int) -> PixelBox:
    left, top = start + box[0] * width, start + box[1] * height
    return round(left), round(top), round(left + box[2] * width), round(top + box[3] * height)


def paint(image: Image, layer: Layer, canvas: Canvas, palette: Palette, picture: PictureSource | None) -> None:
    """Draw one layer that is not text. A colour that the palette does not have is drawn as text would be."""
    if isinstance(layer, Background):
        image.paste(_colour(palette, layer.colour), (0, 0, *image.size))
    elif isinstance(layer, Gradient):
        _paint_gradient(image, layer, canvas.on_canvas(layer.box), palette)
    elif isinstance(layer, Bar):
        _paint_bar(image, layer, canvas, palette)
    elif isinstance(layer, Photo) and picture is not None:
        _paint_photo(image, layer, canvas.on_canvas(layer.box), palette, picture)


def _colour(palette: Palette, name: str) -> RGB:
    return palette.find(name) or palette.find("text") or (0, 0, 0)


def _paint_photo(image: Image, layer: Photo, box: PixelBox, palette: Palette, picture: PictureSource) -> None:
    width, height = box[2] - box[0], box[3] - box[1]
    if layer.fit is Fit.COVER:
        image.paste(picture.cover(width, height), box[:2])
    else:
        shown = picture.contain(width, height)
        place = box[0] + (width - shown.width) // 2, box[1] + (height - shown.height) // 2
        image.paste(shown, place, shown.getchannel("A") if shown.mode == "RGBA" else None)
    if layer.tint is not None and layer.tint_opacity > 0:
        _veil(image, _colour(palette, layer.tint), layer.tint_opacity, box)


def _veil(image: Image, colour: RGB, opacity: float, box: PixelBox) -> None:
    """One colour over everything in a box; a table of values per channel is several times faster than blending two pictures."""
    table = [round(value + (channel - value) * opacity) for channel in colour for value in range(256)]
    image.paste(image.crop(box).point(table), box[:2])


def _paint_bar(image: Image, layer: Bar, canvas: Canvas, palette: Palette) -> None:
    from PIL import Image as images
    from PIL import ImageDraw

    box = canvas.in_margins(layer.box) if layer.area == "margins" else canvas.on_canvas(layer.box)
    width, height = max(1, box[2] - box[0]), max(1, box[3] - box[1])
    colour, radius = _colour(palette, layer.colour), layer.radius * min(width, height)
    if radius < 1 and layer.opacity == 1:
        image.paste(colour, (box[0], box[1], box[0] + width, box[1] + height))
        return
    # Drawn four times as large and scaled down, so that round corners are smooth.
    mask = images.new("L", (width * 4, height * 4), 0)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, width * 4 - 1, height * 4 - 1), radius * 4, fill=round(255 * layer.opacity)
    )
    image.paste(colour, (box[0], box[1], box[0] + width, box[1] + height), mask.reduce(4))


def _paint_gradient(image: Image, layer: Gradient, box: PixelBox, palette: Palette) -> None:
    from PIL import Image as images

    size = box[2] - box[0], box[3] - box[1]
    start, end = _colour(palette, layer.start), _colour(palette, layer.end)
    if layer.start_opacity == 1 and layer.end_opacity == 1:
        share = _ramp(size, layer.angle, 0.0, 1.0)
        image.paste(images.composite(images.new("RGB", size, end), images.new("RGB", size, start), share), box[:2])
        return
    opacity = _ramp(size, layer.angle, layer.start_opacity, layer.end_opacity)
    colour: RGB | Image = end
    if start != end:
        colour = images.composite(
            images.new("RGB", size, end), images.new("RGB", size, start), _ramp(size, layer.angle, 0.0, 1.0)
        )
    image.paste(colour, box, opacity)


def _ramp(size: tuple[int, int], angle: float, start: float, end: float) -> Image:
    """Values from `start` to `end` (0 to 1) along an angle, with soft ends, as a mask."""
    from PIL import Image as images
    from PIL.Image import Resampling

    values = bytes(round(255 * (start + (end - start) * _eased(step / (_RAMP - 1)))) for step in range(_RAMP))
    turned = math.radians(angle)
    across, down = math.sin(turned), -math.cos(turned)
    if abs(across) < 1e-6 or abs(down) < 1e-6:
        strip = values if across + down > 0 else values[::-1]
        shape = (1, _RAMP) if abs(across) < 1e-6 else (_RAMP, 1)
        return images.frombytes("L", shape, strip).resize(size, Resampling.BILINEAR)
    return _slanted(values, across, down).resize(size, Resampling.BICUBIC)


def _slanted(values: bytes, across: float, down: float) -> Image:
    from PIL import Image as images

    side, reach = 64, abs(across) + abs(down)
    points = bytearray()
    for y in range(side):
        for x in range(side):
            along = ((x / (side - 1) - 0.5) * across + (y / (side - 1) - 0.5) * down) / reach + 0.5
            points.append(values[min(_RAMP - 1, max(0, round(along * (_RAMP - 1))))])
    return images.frombytes("L", (side, side), bytes(points))


def _eased(share: float) -> float:
    return share * share * (3 - 2 * share)
