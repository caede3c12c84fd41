"""Puts texts and rules below each other, as large as their box allows.

All texts of a stack share one number between 0 (their smallest size) and 1 (their largest), so the type scale keeps its
proportions. Heights are optical: from the top of the capitals of the first line to just under the baseline of the last.
"""

from __future__ import annotations

from msgspec import Struct

from smm_cards.layout import Anchor, Rule, Stack, Words
from smm_cards.setting import Copy, Lines, balance, cut, prepare, wrap
from smm_cards.typefaces import Voice
from smm_core import replace

CAPITALS, DESCENT = 0.70, 0.22
_TRIES = 9
_LEAST_PIXELS = 9


class Draft(Struct, frozen=True, kw_only=True):
    """One item of a stack with its text ready to be measured; a rule has no copy."""

    item: Words | Rule
    copy: Copy | None = None
    text: str = ""
    label: str = ""


class Placed(Struct, frozen=True, kw_only=True):
    """One item where it is drawn: lines at a size with the first baseline at `top` + capitals, or a rule. Pixels."""

    draft: Draft
    top: float
    height: float
    size: int = 0
    lines: tuple[str, ...] = ()
    cut: bool = False
    divided: bool = False


class _Set(Struct, frozen=True, kw_only=True):
    """One item set at a size, not yet placed."""

    draft: Draft
    size: int
    lines: Lines
    height: float
    cut: bool = False


def draft(item: Words, text: str, voice: Voice) -> Draft:
    """A text item ready to be measured."""
    shown = text.upper() if item.upper else text
    return Draft(item=item, copy=prepare(shown, voice), text=shown, label=item.field)


def arrange(drafts: tuple[Draft, ...], stack: Stack, unit: float, width: float, height: float) -> tuple[Placed, ...]:
    """Place the items of a stack in a box of `width` × `height` pixels, at the largest size that fits.

    What does not fit at the smallest size is cut (the longest text first) and marked, never left out in silence.
    """
    chosen = _largest(drafts, unit, width, height)
    if chosen is None:
        chosen = _cut_to_fit([_set(one, 0.0, unit, width) for one in drafts], unit, width, height)
    chosen = [_balanced(one, width) for one in chosen]
    spare = height - _total(chosen, unit)
    top = {Anchor.TOP: 0.0, Anchor.MIDDLE: spare / 2, Anchor.BOTTOM: spare}[stack.anchor]
    return _placed(chosen, unit, max(top, 0.0))


def _placed(chosen: list[_Set], unit: float, top: float) -> tuple[Placed, ...]:
    placed = []
    for number, one in enumerate(chosen):
        top += one.draft.item.gap * unit if number else 0.0
        placed.append(
            Placed(
                draft=one.draft,
                top=top,
                height=one.height,
                size=one.size,
                lines=one.lines.lines,
                cut=one.cut,
                divided=one.lines.divided,
            )
        )
        top += one.height
    return tuple(placed)


def _largest(drafts: tuple[Draft, ...], unit: float, width: float, height: float) -> list[_Set] | None:
    """The items at the largest common step that fits; None when not even the smallest does."""
    low, high = 0.0, 1.0
    best = _fitting(drafts, high, unit, width, height)
    if best is not None:
        return best
    best = _fitting(drafts, low, unit, width, height)
    for _ in range(_TRIES if best is not None else 0):
        middle = (low + high) / 2
        tried = _fitting(drafts, middle, unit, width, height)
        if tried is None:
            high = middle
        else:
            low, best = middle, tried
    return best


def _fitting(drafts: tuple[Draft, ...], step: float, unit: float, width: float, height: float) -> list[_Set] | None:
    """The items at one step, when they fit: every line, every limit of lines, the height; above the smallest no word is divided."""
    sets = [_set(one, step, unit, width) for one in drafts]
    for one in sets:
        if isinstance(one.draft.item, Words):
            too_many = one.draft.item.max_lines is not None and len(one.lines.lines) > one.draft.item.max_lines
            if too_many or (one.lines.divided and step > 0) or not _really_fits(one, width):
                return None
    return sets if _total(sets, unit) <= height else None


def _really_fits(one: _Set, width: float) -> bool:
    """Widths scale almost, not exactly, with the size: the longest line is measured again at its own."""
    if one.draft.copy is None or not one.lines.lines or one.lines.divided:
        return True
    voice = one.draft.copy.voice
    longest = max(one.lines.lines, key=voice.width)
    drawn = sum(run.typeface.at(one.size).getlength(run.text) for run in voice.runs(longest))
    return drawn + voice.tracking * one.size * (len(longest) - 1) <= width * 1.004


def _set(one: Draft, step: float, unit: float, width: float) -> _Set:
    item = one.item
    if isinstance(item, Rule) or one.copy is None:
        height = item.height * unit if isinstance(item, Rule) else 0.0
        return _Set(draft=one, size=0, lines=Lines(lines=()), height=max(2.0, height))
    least, most = item.size
    size = max(_LEAST_PIXELS, int((least + (most - least) * step) * unit))
    lines = wrap(one.copy, width / size)
    return _Set(draft=one, size=size, lines=lines, height=_height(one, size, len(lines.lines)))


def _height(one: Draft, size: int, lines: int) -> float:
    if not isinstance(one.item, Words) or lines == 0:
        return 0.0
    if one.item.text and one.copy is not None:
        _, top, _, bottom = one.copy.voice.chain[0].ink(one.text, size)
        return bottom - top
    return ((lines - 1) * one.item.line_height + CAPITALS + DESCENT) * size


def _total(sets: list[_Set], unit: float) -> float:
    return sum(one.height for one in sets) + sum(one.draft.item.gap * unit for one in sets[1:])


def _cut_to_fit(sets: list[_Set], unit: float, width: float, height: float) -> list[_Set]:
    """Take lines from whichever text has most, until the stack fits or every text is down to one line."""
    sets = [_shortened(one, _limit(one), width) for one in sets]
    while _total(sets, unit) > height:
        longest = max(range(len(sets)), key=lambda number: len(sets[number].lines.lines))
        if len(sets[longest].lines.lines) < 2:
            break
        over = _total(sets, unit) - height
        item = sets[longest].draft.item
        step = sets[longest].size * item.line_height if isinstance(item, Words) else 1.0
        fewer = max(1, int(over / step) // 2)
        sets[longest] = _shortened(sets[longest], max(1, len(sets[longest].lines.lines) - fewer), width)
    return sets


def _limit(one: _Set) -> int:
    limit = one.draft.item.max_lines if isinstance(one.draft.item, Words) else None
    return limit or max(1, len(one.lines.lines))


def _shortened(one: _Set, most: int, width: float) -> _Set:
    if one.draft.copy is None or len(one.lines.lines) <= most:
        return one
    whole = wrap(one.draft.copy, width / one.size)
    lines = cut(whole.lines, most, one.draft.copy.voice, width / one.size)
    return replace(
        one, lines=Lines(lines=lines, divided=whole.divided), height=_height(one.draft, one.size, len(lines)), cut=True
    )


def _balanced(one: _Set, width: float) -> _Set:
    item = one.draft.item
    if isinstance(item, Rule) or one.draft.copy is None or one.cut or not item.balance:
        return one
    return replace(one, lines=balance(one.draft.copy, width / one.size))
