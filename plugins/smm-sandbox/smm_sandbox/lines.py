"""Breaks text into lines by measured width: at spaces, between ideographs, and inside a word only where it would not fit a line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from msgspec import Struct

from smm_sandbox.fonts import FontBook, Style, clusters
from smm_sandbox.view import Span, SpanKind

_MOST_LINES = 400
# Whatever else Unicode ends a paragraph with: a shaper of one line has no answer to it.
_ENDS = str.maketrans({"\t": "    ", **dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n")})


class Piece(Struct, frozen=True, kw_only=True):
    """A stretch of one line that is drawn in one way."""

    text: str
    kind: SpanKind
    style: Style


class Line(Struct, frozen=True, kw_only=True):
    """A line with its pieces in reading order; `rtl` when its paragraph runs from right to left."""

    pieces: tuple[Piece, ...]
    rtl: bool = False


def break_lines(pieces: Sequence[Piece], width: float, book: FontBook) -> tuple[Line, ...]:
    """The lines of a text, each at most `width` pixels wide. What goes beyond 400 lines is cut, with an ellipsis as the last line."""
    lines: list[Line] = []
    for paragraph in _paragraphs(pieces):
        rtl = _runs_from_right(paragraph)
        for line in _fill(paragraph, width, book):
            if len(lines) == _MOST_LINES:
                ellipsis = Piece(text="…", kind=SpanKind.PLAIN, style=pieces[0].style)
                return (*lines, Line(pieces=(ellipsis,)))
            lines.append(Line(pieces=_merged(line), rtl=rtl))
    return tuple(lines)


def line_width(line: Line, book: FontBook) -> float:
    """How wide a line is, in pixels."""
    return sum(book.width(piece.text, piece.style) for piece in line.pieces)


def pieces_of(spans: Sequence[Span], style: Style) -> tuple[Piece, ...]:
    """Spans as pieces of one style."""
    return tuple(Piece(text=span.text, kind=span.kind, style=style) for span in spans)


def shortened(text: str, style: Style, width: float, book: FontBook) -> str:
    """The text if it fits into `width`, else its beginning with an ellipsis."""
    if book.width(text, style) <= width:
        return text
    kept = clusters(text)[:200]
    while kept and book.width("".join(kept) + "…", style) > width:
        kept.pop()
    return "".join(kept).rstrip() + "…"


def _paragraphs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    paragraph: list[Piece] = []
    for piece in pieces:
        first, *others = piece.text.translate(_ENDS).split("\n")
        paragraph.append(Piece(text=first, kind=piece.kind, style=piece.style))
        for text in others:
            yield paragraph
            paragraph = [Piece(text=text, kind=piece.kind, style=piece.style)]
    yield paragraph


def _fill(paragraph: Sequence[Piece], width: float, book: FontBook) -> Iterator[list[Piece]]:
    line: list[Piece] = []
    used = 0.0
    for word in _words(paragraph):
        word_width = sum(book.width(piece.text, piece.style) for piece in word)
        if used + word_width > width and line:
            yield line
            line, used = [], 0.0
            if _is_space(word):
                continue
        if word_width <= width:
            line.extend(word)
            used += word_width
            continue
        for piece in _letters(word):
            letter = book.width(piece.text, piece.style)
            if used + letter > width and line:
                yield line
                line, used = [], 0.0
            line.append(piece)
            used += letter
    yield line


def _words(paragraph: Sequence[Piece]) -> Iterator[list[Piece]]:
    """What must not be broken: words (which may go through several pieces), ideographs, single spaces."""
    word: list[Piece] = []
    for piece in paragraph:
        for text, alone in _tokens(piece.text):
            if alone and word:
                yield word
                word = []
            word.append(Piece(text=text, kind=piece.kind, style=piece.style))
            if alone:
                yield word
                word = []
    if word:
        yield word


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Stretches of text, and whether a line may break on both sides of it."""
    import regex  # type: ignore[import-untyped]

    for found in regex.finditer(
        r"(?P<alone>\s|[\p{Han}\p{Hiragana}\p{Katakana}]\p{M}*)|[^\s\p{Han}\p{Hiragana}\p{Katakana}]+", text
    ):
        yield found[0], found["alone"] is not None


def _letters(word: Sequence[Piece]) -> Iterator[Piece]:
    for piece in word:
        for cluster in clusters(piece.text):
            yield Piece(text=cluster, kind=piece.kind, style=piece.style)


def _is_space(word: Sequence[Piece]) -> bool:
    return all(piece.text.isspace() for piece in word)


def _merged(line: Sequence[Piece]) -> tuple[Piece, ...]:
    """Neighbours drawn in the same way become one piece, so that their letters are shaped and ordered together."""
    merged: list[Piece] = []
    for piece in line:
        last = merged[-1] if merged else None
        if last and (last.kind, last.style) == (piece.kind, piece.style):
            merged[-1] = Piece(text=last.text + piece.text, kind=piece.kind, style=piece.style)
        else:
            merged.append(piece)
    return tuple(merged)


def _runs_from_right(paragraph: Sequence[Piece]) -> bool:
    """Whether the first letter with a direction belongs to a script that runs from right to left."""
    for piece in paragraph:
        for character in piece.text:
            direction = unicodedata.bidirectional(character)
            if direction in ("L", "R", "AL"):
                return direction != "L"
    return False
