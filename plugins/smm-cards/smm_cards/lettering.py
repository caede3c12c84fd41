"""Draws the texts of a card and says what a person should know about them: cut, divided, unreadable, without a glyph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from smm_cards.backdrop import Canvas, PixelBox
from smm_cards.colours import LARGE_CONTRAST, NORMAL_CONTRAST, RGB, Palette
from smm_cards.layout import Align, Item, Rule, Stack, Words
from smm_cards.setting import SOFT_HYPHEN
from smm_cards.stacking import CAPITALS, Draft, Placed, arrange, draft
from smm_cards.typefaces import Typefaces, Voice, drawable, graphemes, needs_shaping, reads_from_right
from smm_cards.veil import lay_veil, sample, worst_contrast
from smm_core import Level, Problem, Size, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

# A card is mostly seen on a telephone, about 390 CSS pixels wide; WCAG calls text large from 24 CSS pixels, bold from 18.66.
_SCREEN, _LARGE, _LARGE_BOLD = 390, 24.0, 18.66


class Pen(Struct, frozen=True, kw_only=True):
    """What texts are drawn with."""

    canvas: Canvas
    palette: Palette
    typefaces: Typefaces
    fields: Mapping[str, str]
    shapes: bool
    has_logo: bool


def letter(image: Image, stack: Stack, pen: Pen) -> list[Problem]:
    """Draw one stack of texts and rules onto the picture; what could not be done well comes back as problems."""
    box = _box(stack, pen)
    problems: list[Problem] = []
    drafts = tuple(made for item in stack.items if (made := _draft(item, pen, problems)) is not None)
    placed = arrange(drafts, stack, pen.canvas.unit, box[2] - box[0], box[3] - box[1])
    if stack.veil is not None and placed:
        _lay_veil(image, placed, stack, box, pen)
    for one in placed:
        problems += _troubles(one, pen.canvas.size)
        if isinstance(one.draft.item, Rule):
            _draw_rule(image, one, one.draft.item, stack, box, pen)
        else:
            problems += _draw_words(image, one, one.draft.item, stack, box, pen)
    return problems


def _box(stack: Stack, pen: Pen) -> PixelBox:
    left, top, right, bottom = pen.canvas.in_margins(stack.box)
    return left, top, right, bottom - (round(stack.logo_room * pen.canvas.unit) if pen.has_logo else 0)


def _lay_veil(image: Image, placed: tuple[Placed, ...], stack: Stack, box: PixelBox, pen: Pen) -> None:
    """As dense as the first text needs it, and the others have the same colour or a stronger place."""
    colours = [_colour(one.draft.item.colour, pen) for one in placed if isinstance(one.draft.item, Words)]
    top, bottom = box[1] + placed[0].top, box[1] + placed[-1].top + placed[-1].height
    area = (box[0], round(top), box[2], round(bottom))
    lay_veil(image, area, _colour(stack.veil or "overlay", pen), stack.veil_side, colours)


def _draft(item: Item, pen: Pen, problems: list[Problem]) -> Draft | None:
    """The item with the text it shows; None where there is nothing to show."""
    if isinstance(item, Rule):
        shown = not item.over or bool(pen.fields.get(item.over, "").strip())
        return Draft(item=item) if shown else None
    chain = pen.typefaces.chain(item.typeface)
    written = clean(item.text or pen.fields.get(item.field, "")).strip()
    text, missing = drawable(written, chain)
    if missing:
        problems.append(_missing_glyphs(item.field, missing))
    if needs_shaping(text) and not pen.shapes:
        problems.append(_no_shaping(item.field))
    if not text.replace(SOFT_HYPHEN, "").strip():
        return None
    return draft(item, text, Voice(chain=chain, right_to_left=reads_from_right(text), tracking=item.tracking))


# ---------------------------------------------------------------- drawing


def _draw_rule(image: Image, one: Placed, rule: Rule, stack: Stack, box: PixelBox, pen: Pen) -> None:
    width = min(rule.width * pen.canvas.unit, box[2] - box[0])
    others = [placed for placed in pen.fields.values() if placed.strip()]
    left = _start(stack.align, box, width, right_to_left=bool(others) and reads_from_right(others[0]))
    top = box[1] + one.top
    area = (round(left), round(top), round(left + width), round(top + one.height))
    image.paste(_colour(rule.colour, pen), area)


def _draw_words(image: Image, one: Placed, words: Words, stack: Stack, box: PixelBox, pen: Pen) -> list[Problem]:
    from PIL import ImageDraw

    if one.draft.copy is None or not one.lines:
        return []
    voice, colour = one.draft.copy.voice, _colour(words.colour, pen)
    lines = [(line, _line_width(line, voice, one.size)) for line in one.lines]
    inset = voice.chain[0].ink(one.draft.text, one.size)[0] if words.text else 0.0
    starts = [_start(stack.align, box, width, right_to_left=voice.right_to_left) - inset for _, width in lines]
    widest = max(width for _, width in lines)
    area = (min(starts), box[1] + one.top, min(starts) + widest, box[1] + one.top + one.height)
    problems = _unreadable(image, area, colour, one, words, pen.canvas.size)
    drawn = ImageDraw.Draw(image)
    baseline = box[1] + one.top + _first_baseline(one, words, voice)
    for number, ((line, _), left) in enumerate(zip(lines, starts, strict=True)):
        _draw_line(drawn, line, (left, baseline + number * words.line_height * one.size), one.size, voice, colour)
    return problems


def _first_baseline(one: Placed, words: Words, voice: Voice) -> float:
    if words.text:  # a fixed mark is placed by its ink
        return -voice.chain[0].ink(one.draft.text, one.size)[1]
    return CAPITALS * one.size


def _draw_line(drawn: ImageDraw, line: str, at: tuple[float, float], size: int, voice: Voice, colour: RGB) -> None:
    left, baseline = round(at[0]), round(at[1])
    position = float(left)
    for run in voice.runs(line):
        font = run.typeface.at(size)
        if not voice.tracking:
            drawn.text((position, baseline), run.text, fill=colour, font=font, anchor="ls")
            position += font.getlength(run.text)
            continue
        for grapheme in graphemes(run.text):
            drawn.text((position, baseline), grapheme, fill=colour, font=font, anchor="ls")
            position += font.getlength(grapheme) + voice.tracking * size


def _line_width(line: str, voice: Voice, size: int) -> float:
    drawn = sum(run.typeface.at(size).getlength(run.text) for run in voice.runs(line))
    return drawn + voice.tracking * size * max(0, len(graphemes(line)) - 1)


def _start(align: Align, box: PixelBox, width: float, *, right_to_left: bool) -> float:
    spare = box[2] - box[0] - width
    if align is Align.CENTRE:
        return box[0] + spare / 2
    at_right = (align is Align.END) != right_to_left
    return box[0] + (spare if at_right else 0.0)


def _colour(name: str, pen: Pen) -> RGB:
    return pen.palette.find(name) or pen.palette.find("text") or (0, 0, 0)


# ---------------------------------------------------------------- what a person should know


def _unreadable(
    image: Image, area: tuple[float, ...], colour: RGB, one: Placed, words: Words, size: Size
) -> list[Problem]:
    """Contrast with the pixels that are there before the text is drawn; the worst tenth of them counts."""
    cells = sample(image, (int(area[0]), int(area[1]), int(area[2]) + 1, int(area[3]) + 1))
    worst = worst_contrast(colour, cells)
    bold = words.typeface == "heading"
    large = one.size * _SCREEN / size.width >= (_LARGE_BOLD if bold else _LARGE)
    wanted = LARGE_CONTRAST if large else NORMAL_CONTRAST
    return [] if worst >= wanted else [_low_contrast(one, worst, wanted, size)]


def _low_contrast(one: Placed, found: float, wanted: float, size: Size) -> Problem:
    return Problem(
        level=Level.WARN,
        code="card.low-contrast",
        message=f"{_name(one)} is hard to read at {size.width}×{size.height}: contrast {found:.1f}, at least {wanted:g} is wanted",
        allowed=wanted,
        found=round(found, 2),
        unit="contrast ratio",
    )


def _troubles(one: Placed, size: Size) -> list[Problem]:
    where = f"at {size.width}×{size.height}"
    if one.cut:
        whole, shown = len(graphemes(one.draft.text)), len(graphemes(" ".join(one.lines)))
        return [
            Problem(
                level=Level.BLOCK,
                code="card.text-too-long",
                message=f"{_name(one)} does not fit {where} even in its smallest size: cut after about {shown} of {whole} characters",
                allowed=shown,
                found=whole,
                unit="characters",
            )
        ]
    if one.divided:
        message = (
            f"{_name(one)} has a word too long for a line {where}; it was divided (a soft hyphen says where it may be)"
        )
        return [Problem(level=Level.WARN, code="card.word-divided", message=message)]
    return []


def _name(one: Placed) -> str:
    return f"the text of {one.draft.label!r}" if one.draft.label else f"the mark {one.draft.text!r}"


def _missing_glyphs(label: str, missing: tuple[str, ...]) -> Problem:
    letters = any(character.isalnum() for grapheme in missing for character in grapheme)
    shown = " ".join(missing[:10]) + (" …" if len(missing) > 10 else "")
    return Problem(
        level=Level.BLOCK if letters else Level.WARN,
        code="card.glyph-missing",
        message=f"no typeface has {shown} (in {label!r}); it was left out: name one that has it in the brand's typefaces",
        found=len(missing),
        unit="characters",
    )


def _no_shaping(label: str) -> Problem:
    message = f"the text of {label!r} needs joined or reordered letters, and this Pillow has no Raqm with FriBiDi: install FriBiDi"
    return Problem(level=Level.BLOCK, code="card.no-shaping", message=message)
