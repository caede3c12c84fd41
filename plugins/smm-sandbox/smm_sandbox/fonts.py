"""Letters for the PNG: one bundled typeface for what it has, system fonts for the rest, a neutral box for what nobody has."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

_TEXT_FONTS = (
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
)
_EMOJI_FONTS = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf",
    "/System/Library/Fonts/Apple Color Emoji.ttc",
)
# Colour emoji fonts hold pictures of one size each, and open at no other.
_EMOJI_SIZES = (109, 160, 136)
_PROBE = 24
_FINE = 2
_NOWHERE = "\U0010ffff"


class FontPaths(Struct, frozen=True, kw_only=True):
    """Where fonts may lie, best first; those that are not there are passed over."""

    text: tuple[str, ...] = _TEXT_FONTS
    emoji: tuple[str, ...] = _EMOJI_FONTS


class Style(Struct, frozen=True, kw_only=True):
    """How large (pixels) and how heavy."""

    size: int
    bold: bool = False


class _Run(Struct, frozen=True, kw_only=True):
    """Text of one font (`font` counts from 0); or one emoji (`_EMOJI`), or one cluster that no font has (`_MISSING`)."""

    text: str
    font: int


_EMOJI = -1
_MISSING = -2


class FontBook:
    """The fonts for one drawing. Not for several threads at once."""

    def __init__(self, paths: FontPaths | None = None) -> None:
        paths = paths or FontPaths()
        self._sources: list[str | None] = [None, *(path for path in paths.text if Path(path).is_file())]
        self._emoji_font = _open_emoji_font(paths.emoji)
        self._fonts: dict[tuple[int, int], FreeTypeFont] = {}
        self._covered: dict[tuple[int, str], bool] = {}
        self._widths: dict[tuple[str, Style], float] = {}
        self._emoji: dict[tuple[str, int], Image] = {}

    def width(self, text: str, style: Style) -> float:
        """How wide the text is on one line, in pixels."""
        key = (text, style)
        if key not in self._widths:
            self._widths[key] = sum(self._run_width(run, style) for run in self._runs(text))
        return self._widths[key]

    def draw(
        self,
        canvas: Image,
        pen: ImageDraw,
        at: tuple[float, float],
        text: str,
        style: Style,
        colour: str,
        *,
        rtl: bool = False,
    ) -> None:
        """Draw one line. `at` is its left end on the base line, also for text that runs from right to left."""
        x, base = at
        runs = list(self._runs(text))
        for run in reversed(runs) if rtl else runs:
            width = self._run_width(run, style)
            if run.font == _EMOJI:
                picture = self._emoji_picture(run.text, style.size)
                canvas.paste(
                    picture, (round(x + (width - picture.width) / 2), round(base - picture.height * 0.82)), picture
                )
            elif run.font == _MISSING:
                _draw_box(pen, (x, base), width, style.size, colour)
            else:
                self._draw_run(canvas, (x, base), run, style, colour, rtl=rtl)
            x += width

    def _draw_run(
        self, canvas: Image, at: tuple[float, float], run: _Run, style: Style, colour: str, *, rtl: bool
    ) -> None:
        """Draw in double size and scale down: hinting then rounds the gaps between letters to half pixels, not whole ones."""
        from PIL import Image, ImageDraw

        font = self._font(run.font, style.size * _FINE)
        room = style.size
        width = math.ceil(font.getlength(run.text) / _FINE) + 2 * room
        mask = Image.new("L", (width * _FINE, 4 * room * _FINE), 0)
        ImageDraw.Draw(mask).text(
            ((room + at[0] % 1) * _FINE, 2 * room * _FINE),
            run.text,
            font=font,
            fill=255,
            anchor="ls",
            stroke_width=_stroke(style) * _FINE,
            **_direction(font, rtl=rtl),
        )
        mask = mask.reduce(_FINE)
        inked = mask.getbbox()
        if inked:
            left, top = math.floor(at[0]) - room + inked[0], round(at[1]) - 2 * room + inked[1]
            canvas.paste(colour, (left, top), mask.crop(inked))

    def _run_width(self, run: _Run, style: Style) -> float:
        if run.font == _EMOJI:
            return style.size * 1.22
        if run.font == _MISSING:
            return style.size * 0.78
        return self._font(run.font, style.size * _FINE).getlength(run.text) / _FINE + 2 * _stroke(style)

    def _runs(self, text: str) -> Iterator[_Run]:
        """The text cut where the font changes. Spaces stay with what stands before them."""
        pending, font = "", 0
        for cluster in clusters(text):
            choice, shown = (font, cluster) if cluster.isspace() and font >= 0 else self._choose(cluster)
            if pending and (choice != font or choice < 0):
                yield _Run(text=pending, font=font)
                pending = ""
            pending, font = pending + shown, choice
        if pending:
            yield _Run(text=pending, font=font)

    def _choose(self, cluster: str) -> tuple[int, str]:
        """The font for a cluster, and the cluster without the signs on top that this font lacks."""
        if self._emoji_font is not None and _is_emoji(cluster):
            return _EMOJI, cluster
        cluster = cluster.replace("\ufe0f", "")
        for font in range(len(self._sources)):
            if all(self._covers(font, character) for character in cluster):
                return font, cluster
        for font in range(len(self._sources)):
            if self._covers(font, cluster[:1]):
                return font, "".join(character for character in cluster if self._covers(font, character))
        return _MISSING, cluster

    def _covers(self, font: int, character: str) -> bool:
        key = (font, character)
        if key not in self._covered:
            self._covered[key] = _is_invisible(character) or self._draws(font, character)
        return self._covered[key]

    def _draws(self, font: int, character: str) -> bool:
        """Whether the font has the character: what it lacks looks like what no font has."""
        face = self._font(font, _PROBE)
        return bytes(face.getmask(character)) != bytes(face.getmask(_NOWHERE))

    def _font(self, font: int, size: int) -> FreeTypeFont:
        key = (font, size)
        if key not in self._fonts:
            self._fonts[key] = _open_font(self._sources[font], size)
        return self._fonts[key]

    def _emoji_picture(self, cluster: str, size: int) -> Image:
        key = (cluster, size)
        if key not in self._emoji:
            self._emoji[key] = _draw_emoji(self._emoji_font, cluster, round(size * 1.16))
        return self._emoji[key]


def _stroke(style: Style) -> float:
    """The bundled typeface has one weight: a thin outline in the same colour makes the heavier one."""
    return style.size * 0.016 if style.bold else 0


def clusters(text: str) -> list[str]:
    """The text as people see it, character by character."""
    import regex  # type: ignore[import-untyped]

    if text.isascii():
        return list(text)
    return list(regex.findall(r"\p{RI}{2}|\X", text))


def _is_emoji(cluster: str) -> bool:
    import regex

    return "\ufe0e" not in cluster and bool(regex.search(r"\p{Emoji_Presentation}|\p{Emoji}\uFE0F", cluster))


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return character.isspace() or category == "Cf" or character in "\ufe0e\ufe0f"


def _open_font(source: str | None, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    if source is None:
        bundled = ImageFont.load_default(size)
        if not isinstance(bundled, ImageFont.FreeTypeFont):
            raise RuntimeError("this Pillow was built without FreeType, previews cannot be drawn")
        # It opens with the simple layout; Raqm, where there is one, knows kerning and directions.
        return bundled.font_variant(layout_engine=ImageFont.Layout.RAQM)
    return ImageFont.truetype(source, size)


def _open_emoji_font(paths: tuple[str, ...]) -> FreeTypeFont | None:
    from PIL import ImageFont

    for path in paths:
        for size in _EMOJI_SIZES if Path(path).is_file() else ():
            try:
                return ImageFont.truetype(path, size)
            except OSError:
                continue
    return None


def _draw_emoji(font: FreeTypeFont | None, cluster: str, height: int) -> Image:
    from PIL import Image, ImageDraw

    side = round((font.size if font else height) * 1.4)
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    if font is not None:
        ImageDraw.Draw(picture).text((side / 2, side / 2), cluster, font=font, embedded_color=True, anchor="mm")
    box = picture.getbbox()
    if box is None:
        box = (0, 0, side, side)
    cut = picture.crop(box)
    return cut.resize((max(1, round(cut.width * height / cut.height)), height), Image.Resampling.LANCZOS)


def _draw_box(pen: ImageDraw, at: tuple[float, float], width: float, size: int, colour: str) -> None:
    x, base = at
    edge = max(2, size // 14)
    pen.rounded_rectangle(
        (x + edge, base - size * 0.72, x + width - edge, base + edge), radius=size * 0.14, outline=colour, width=edge
    )


def _direction(font: FreeTypeFont, *, rtl: bool) -> dict[str, Any]:
    """Only the Raqm layout can be told a direction; without it right-to-left text stays unshaped."""
    from PIL import ImageFont

    return {"direction": "rtl"} if rtl and font.layout_engine is ImageFont.Layout.RAQM else {}
