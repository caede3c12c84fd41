"""Sets text into lines: words stay whole where they can, lines of a heading get similar lengths, nothing is cut in silence.

Widths here are those of type size 1; a line fits when its width times the size is at most the measure.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from smm_cards.typefaces import Voice, graphemes

_CJK = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
# A line may end after a hyphen, a dash or a slash inside a word, and at a soft hyphen.
_JOINTS = re.compile(r"[^\-–—/\u00ad]*(?:[\-–—/\u00ad]+|$)")
SOFT_HYPHEN = "\u00ad"
ELLIPSIS = "…"
_BALANCED = 10


class Piece(Struct, frozen=True, kw_only=True):
    """What is never divided while there is room. `space` follows it on the same line; `soft` shows a hyphen at a line's end."""

    text: str
    width: float
    space: bool = False
    soft: bool = False
    ends_paragraph: bool = False


class Lines(Struct, frozen=True, kw_only=True):
    """Lines, and whether a word had to be divided to get them."""

    lines: tuple[str, ...]
    divided: bool = False


class Copy(Struct, frozen=True, kw_only=True):
    """A text ready to be set."""

    pieces: tuple[Piece, ...]
    voice: Voice
    space: float
    hyphen: float

    @property
    def widest(self) -> float:
        """The width of its longest piece."""
        return max((piece.width for piece in self.pieces), default=0.0)


def prepare(text: str, voice: Voice) -> Copy:
    """Divide a text into pieces and measure them, once for all sizes that will be tried."""
    pieces: list[Piece] = []
    for paragraph in filter(None, (" ".join(line.split()) for line in text.splitlines())):
        for word in paragraph.split(" "):
            pieces += _pieces(word, voice)
        last = pieces[-1]
        pieces[-1] = Piece(text=last.text, width=last.width, ends_paragraph=True)
    return Copy(pieces=tuple(pieces), voice=voice, space=voice.width(" "), hyphen=voice.width("-"))


def _pieces(word: str, voice: Voice) -> list[Piece]:
    parts = _between_ideographs(word) if _CJK.search(word) else _at_joints(word)
    found = []
    for number, part in enumerate(parts, 1):
        shown = part.replace(SOFT_HYPHEN, "")
        last = number == len(parts)
        if shown or last:
            soft = part.endswith(SOFT_HYPHEN) and not last
            found.append(Piece(text=shown, width=voice.width(shown), space=last, soft=soft))
    return found


def _at_joints(word: str) -> list[str]:
    """A word where it may be parted, but never between a joint and the accent on it."""
    parts: list[str] = []
    for part in filter(None, _JOINTS.findall(word)):
        if parts and unicodedata.combining(part[0]):
            parts[-1] += part
        else:
            parts.append(part)
    return parts


def _between_ideographs(word: str) -> list[str]:
    """Ideographs may be parted anywhere, but a line never begins with a closing mark."""
    parts: list[str] = []
    for grapheme in graphemes(word):
        joined = parts and (
            grapheme in "。、，．！？」』）】》：；" or not (_CJK.match(grapheme) or _CJK.match(parts[-1][-1]))
        )
        if joined:
            parts[-1] += grapheme
        else:
            parts.append(grapheme)
    return parts


def wrap(copy: Copy, measure: float) -> Lines:
    """Lines of at most `measure`. A piece that is wider on its own is divided between graphemes."""
    lines: list[str] = []
    line, width, divided = "", 0.0, False
    before: Piece | None = None
    for piece in copy.pieces:
        gap = copy.space if before is not None and before.space else 0.0
        reserve = copy.hyphen if piece.soft else 0.0
        if line and width + gap + piece.width + reserve > measure:
            lines.append(_ended(line, before))
            line, width, gap = "", 0.0, 0.0
        if piece.width + reserve > measure:
            *whole, rest = _divide(piece.text, copy.voice, measure - reserve)
            lines += whole
            line, width, divided = rest, copy.voice.width(rest), True
        else:
            line, width = line + (" " if gap else "") + piece.text, width + gap + piece.width
        if piece.ends_paragraph:
            lines.append(line)
            line, width = "", 0.0
        before = None if piece.ends_paragraph else piece
    return Lines(lines=tuple(lines), divided=divided)


def _ended(line: str, before: Piece | None) -> str:
    return line + "-" if before is not None and before.soft else line


def _divide(text: str, voice: Voice, measure: float) -> list[str]:
    parts, part, width = [], "", 0.0
    for grapheme in graphemes(text):
        step = voice.width(grapheme) + voice.tracking
        if part and width + step > measure:
            parts.append(part)
            part, width = "", 0.0
        part, width = part + grapheme, width + step
    return [*parts, part]


def balance(copy: Copy, measure: float) -> Lines:
    """Lines of similar length: the narrowest measure that needs no more lines than the whole one."""
    best = wrap(copy, measure)
    if best.divided or not 2 <= len(best.lines) <= _BALANCED:
        return best
    low, high = max(copy.widest, measure * 0.4), measure
    for _ in range(8):
        middle = (low + high) / 2
        tried = wrap(copy, middle)
        if tried.divided or len(tried.lines) > len(best.lines):
            low = middle
        else:
            high, best = middle, tried
    return best


def cut(lines: tuple[str, ...], most: int, voice: Voice, measure: float) -> tuple[str, ...]:
    """The first `most` lines, the last one ending in an ellipsis. The caller says so to a person."""
    if len(lines) <= most:
        return lines
    last = graphemes(lines[most - 1])
    while last and voice.width("".join(last).rstrip() + ELLIPSIS) > measure:
        last.pop()
    return (*lines[: most - 1], "".join(last).rstrip(" ,;:.–—-") + ELLIPSIS)
