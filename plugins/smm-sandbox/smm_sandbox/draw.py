"""Posts as a PNG, 600 points wide at two pixels a point.

A post is built of blocks. A block knows its height before anything is drawn, so blocks can be stacked and put into others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from smm_sandbox.canvas import Box, Canvas, smooth_mask
from smm_sandbox.fonts import FontBook, FontPaths, Style
from smm_sandbox.icons import icons
from smm_sandbox.lines import Line, Piece, break_lines, line_width, pieces_of, shortened
from smm_sandbox.pages import tone_of
from smm_sandbox.palette import DISKS, LIGHT
from smm_sandbox.rules import Look
from smm_sandbox.view import Counter, LinkCard, PartView, PictureView, PostView, SpanKind

ReadPicture = Callable[[str], bytes]
Paint = Callable[[Canvas, int, int], None]

_SCALE = 2
_BADGE = "#14171c"


def _px(points: float) -> int:
    return round(points * _SCALE)


_WIDTH = _px(600)
_MARGIN = _px(16)
_PADDING = _px(20)
_DISK = _px(48)
_RADIUS = _px(14)
_BODY = Style(size=_px(17))
_NAME = Style(size=_px(17), bold=True)
_SMALL = Style(size=_px(14))
_SMALL_BOLD = Style(size=_px(14), bold=True)
_TINY = Style(size=_px(12), bold=True)


class Drawing(Struct, frozen=True, kw_only=True):
    """A PNG with its size in pixels."""

    body: bytes
    width: int
    height: int


class _Block(Struct, frozen=True, kw_only=True):
    """Something `height` pixels high that paints itself at a point (left, top)."""

    height: int
    paint: Paint


class _Kit(Struct, frozen=True, kw_only=True):
    """What every block needs to measure and to draw."""

    book: FontBook
    read: ReadPicture


def draw_posts(posts: Sequence[PostView], read: ReadPicture, *, fonts: FontPaths | None = None) -> Drawing:
    """The posts one below the other. `read` gives the bytes of a picture; `fonts` replaces the usual places of fonts."""
    kit = _Kit(book=FontBook(fonts), read=read)
    column = _stack([_card(post, kit) for post in posts] or [_nothing_yet(kit)], gap=_px(14))
    height = column.height + 2 * _MARGIN
    canvas = Canvas(_WIDTH, height, LIGHT.page, kit.book)
    column.paint(canvas, _MARGIN, _MARGIN)
    return Drawing(body=canvas.png(), width=_WIDTH, height=height)


# ---------------------------------------------------------------- the two looks


def _card(post: PostView, kit: _Kit) -> _Block:
    width = _WIDTH - 2 * _MARGIN
    inside = _gallery(post, width, kit) if post.look is Look.GALLERY else _conversation(post, width, kit)

    def paint(canvas: Canvas, x: int, y: int) -> None:
        canvas.rounded((x, y, x + width, y + inside.height), _RADIUS, LIGHT.card, line=LIGHT.line)
        inside.paint(canvas, x, y)

    return _Block(height=inside.height, paint=paint)


def _conversation(post: PostView, width: int, kit: _Kit) -> _Block:
    inner = width - 2 * _PADDING
    last = len(post.parts) - 1
    rows = [_part_row(post, part, inner, kit, is_last=number == last) for number, part in enumerate(post.parts)]
    column = [*rows, *(_comment(post, number, inner, kit) for number in range(len(post.comments)))]
    return _padded(_stack(column, gap=_px(18)), _PADDING, _PADDING)


def _part_row(post: PostView, part: PartView, width: int, kit: _Kit, *, is_last: bool) -> _Block:
    left = _DISK + _px(12)
    inner = width - left
    blocks = [_head(post, inner, kit), _text(pieces_of(part.spans, _BODY), inner, kit)]
    if part.pictures:
        blocks.append(_grid(part.pictures[:4], inner, kit))
    if part.card:
        blocks.append(_link_card(part.card, inner, kit))
    blocks.append(_counters(part.counters, inner, kit) if part.counters else _signs())
    column = _stack([block for block in blocks if block.height], gap=_px(10))
    height = max(column.height, _DISK)

    def paint(canvas: Canvas, x: int, y: int) -> None:
        _paint_disk(canvas, (x, y, x + _DISK, y + _DISK), post)
        if not is_last:
            middle = x + _DISK // 2
            canvas.rounded((middle - 2, y + _DISK + _px(6), middle + 2, y + height + _px(12)), 2, LIGHT.line)
        column.paint(canvas, x + left, y)

    return _Block(height=height, paint=paint)


def _gallery(post: PostView, width: int, kit: _Kit) -> _Block:
    inner = width - 2 * _PADDING
    blocks: list[_Block] = []
    for part in post.parts:
        blocks.append(_padded(_gallery_head(post, inner, kit), _PADDING, _px(12)))
        if part.pictures:
            blocks.append(_strip(part.pictures, width, kit))
        handle = Piece(text=post.handle + " ", kind=SpanKind.PLAIN, style=_NAME)
        caption = [
            _counters(part.counters, inner, kit) if part.counters else _signs(),
            _text((handle, *pieces_of(part.spans, _BODY)), inner, kit),
            *([_link_card(part.card, inner, kit)] if part.card else []),
            _line_of_text(post.when, _SMALL, LIGHT.muted, inner, kit),
            *(_comment(post, number, inner, kit) for number in range(len(post.comments))),
        ]
        blocks.append(_padded(_stack(caption, gap=_px(10)), _PADDING, _px(14)))
    return _stack(blocks, gap=0)


def _nothing_yet(kit: _Kit) -> _Block:
    return _line_of_text("Nothing has been published here yet.", _BODY, LIGHT.muted, _WIDTH - 2 * _MARGIN, kit)


# ---------------------------------------------------------------- heads, text, numbers


def _head(post: PostView, width: int, kit: _Kit) -> _Block:
    name = _line_of_text(post.name, _NAME, LIGHT.text, width, kit)
    below = _line_of_text(f"@{post.handle} · {post.when}", _SMALL, LIGHT.muted, width, kit)
    return _stack([name, below], gap=0)


def _gallery_head(post: PostView, width: int, kit: _Kit) -> _Block:
    side = _px(38)
    name = _line_of_text(post.handle, _NAME, LIGHT.text, width - side - _px(12), kit)

    def paint(canvas: Canvas, x: int, y: int) -> None:
        _paint_disk(canvas, (x, y, x + side, y + side), post)
        name.paint(canvas, x + side + _px(12), y + (side - name.height) // 2)

    return _Block(height=side, paint=paint)


def _paint_disk(canvas: Canvas, box: Box, post: PostView) -> None:
    canvas.disk(box, DISKS[tone_of(post.handle)])
    side = box[2] - box[0]
    style = Style(size=round(side * 0.36), bold=True)
    width = canvas.book.width(post.initials, style)
    canvas.text((box[0] + (side - width) / 2, box[1] + side / 2 + style.size * 0.36), post.initials, style, "#ffffff")


def _line_of_text(words: str, style: Style, colour: str, width: int, kit: _Kit) -> _Block:
    shown = shortened(" ".join(words.split()), style, width, kit.book)
    height = round(style.size * 1.35)
    return _Block(
        height=height, paint=lambda canvas, x, y: canvas.text((x, y + round(style.size * 1.0)), shown, style, colour)
    )


def _text(pieces: Sequence[Piece], width: int, kit: _Kit) -> _Block:
    lines = break_lines(pieces, width, kit.book) if any(piece.text for piece in pieces) else ()
    step = round(max((piece.style.size for piece in pieces), default=0) * 1.47)

    def paint(canvas: Canvas, x: int, y: int) -> None:
        for number, line in enumerate(lines):
            _paint_line(canvas, line, x, y + number * step + round(step * 0.7), width)

    return _Block(height=len(lines) * step, paint=paint)


def _paint_line(canvas: Canvas, line: Line, x: float, base: int, width: int) -> None:
    if line.rtl:
        x += width - line_width(line, canvas.book)
    for piece in reversed(line.pieces) if line.rtl else line.pieces:
        plain = LIGHT.muted if piece.style == _SMALL else LIGHT.text
        colour = plain if piece.kind is SpanKind.PLAIN else LIGHT.accent
        canvas.text((x, base), piece.text, piece.style, colour, rtl=line.rtl)
        x += canvas.book.width(piece.text, piece.style)


def _counters(counters: Sequence[Counter], width: int, kit: _Kit) -> _Block:
    pieces: list[Piece] = []
    for counter in counters:
        # The spaces inside a counter do not break, those between counters do.
        pieces.append(Piece(text=("   " if pieces else "") + counter.value, kind=SpanKind.PLAIN, style=_SMALL_BOLD))
        pieces.append(Piece(text=f"\u2060\u00a0{counter.word}", kind=SpanKind.PLAIN, style=_SMALL))
    return _text(pieces, width, kit)


def _signs() -> _Block:
    side = _px(20)

    def paint(canvas: Canvas, x: int, y: int) -> None:
        for number, strokes in enumerate(icons().values()):
            canvas.strokes((x + number * _px(64), y), side, strokes, LIGHT.muted)

    return _Block(height=side, paint=paint)


def _comment(post: PostView, number: int, width: int, kit: _Kit) -> _Block:
    comment = post.comments[number]
    left = _px(36) if comment.is_reply else 0
    inner = width - left - 2 * _px(14)
    head = _line_of_text(f"{comment.what} by {comment.author}", _SMALL, LIGHT.muted, inner, kit)
    words = _text(pieces_of(comment.spans, Style(size=_px(16))), inner, kit)
    block = _sunken(_stack([head, words], gap=_px(2)), width - left)
    return _Block(height=block.height, paint=lambda canvas, x, y: block.paint(canvas, x + left, y))


# ---------------------------------------------------------------- pictures and cards


def _grid(pictures: Sequence[PictureView], width: int, kit: _Kit) -> _Block:
    first = pictures[0]
    height = (
        round(width / min(max(first.width / first.height, 0.8), 2.4)) if len(pictures) == 1 else round(width * 9 / 16)
    )
    cells = _cells(len(pictures), width, height)

    def paint(canvas: Canvas, x: int, y: int) -> None:
        corners = smooth_mask(
            (width, height),
            lambda pen, size, k: pen.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), _px(12) * k, fill=255),
        )
        for picture, cell in zip(pictures, cells, strict=True):
            box = (x + cell[0], y + cell[1], x + cell[2], y + cell[3])
            canvas.picture(box, kit.read(picture.sha256), picture.focus, mask=corners.crop(cell))
            if picture.alt:
                _paint_badge(canvas, (box[0] + _px(8), box[3] - _px(30)), "ALT")

    return _Block(height=height, paint=paint)


def _cells(number: int, width: int, height: int) -> tuple[Box, ...]:
    gap = _px(3)
    left, right = (width - gap) // 2, (width + gap) // 2
    upper, lower = (height - gap) // 2, (height + gap) // 2
    match number:
        case 1:
            return ((0, 0, width, height),)
        case 2:
            return ((0, 0, left, height), (right, 0, width, height))
        case 3:
            return ((0, 0, left, height), (right, 0, width, upper), (right, lower, width, height))
        case _:
            return (
                (0, 0, left, upper),
                (right, 0, width, upper),
                (0, lower, left, height),
                (right, lower, width, height),
            )


def _strip(pictures: Sequence[PictureView], width: int, kit: _Kit) -> _Block:
    """The first picture in full width; a badge and dots tell how many more there are."""
    first = pictures[0]
    height = round(width / min(max(first.width / first.height, 0.8), 1.91))
    dots = _px(22) if len(pictures) > 1 else 0

    def paint(canvas: Canvas, x: int, y: int) -> None:
        canvas.picture((x + 2, y, x + width - 2, y + height), kit.read(first.sha256), first.focus)
        if first.alt:
            _paint_badge(canvas, (x + _px(12), y + height - _px(34)), "ALT")
        if len(pictures) > 1:
            _paint_badge(canvas, (x + width - _px(56), y + _px(12)), f"1/{len(pictures)}")
            _paint_dots(canvas, x + width // 2, y + height + _px(14), len(pictures))

    return _Block(height=height + dots, paint=paint)


def _paint_badge(canvas: Canvas, at: tuple[int, int], words: str) -> None:
    width = round(canvas.book.width(words, _TINY)) + _px(14)
    canvas.rounded((at[0], at[1], at[0] + width, at[1] + _px(22)), _px(7), _BADGE)
    canvas.text((at[0] + _px(7), at[1] + _px(15.5)), words, _TINY, "#ffffff")


def _paint_dots(canvas: Canvas, middle: int, y: int, number: int) -> None:
    step, side = _px(11), _px(6)
    left = middle - (number - 1) * step // 2
    for dot in range(number):
        x = left + dot * step
        canvas.disk(
            (x - side // 2, y - side // 2, x + side // 2, y + side // 2), LIGHT.accent if dot == 0 else LIGHT.line
        )


def _link_card(card: LinkCard, width: int, kit: _Kit) -> _Block:
    inner = width - 2 * _px(14)
    blocks = [_line_of_text(card.host, Style(size=_px(16), bold=True), LIGHT.text, inner, kit)]
    if card.rest:
        blocks.append(_line_of_text(card.rest, _SMALL, LIGHT.muted, inner, kit))
    return _sunken(_stack(blocks, gap=0), width, line=LIGHT.line)


# ---------------------------------------------------------------- putting blocks together


def _stack(blocks: Sequence[_Block], *, gap: int) -> _Block:
    def paint(canvas: Canvas, x: int, y: int) -> None:
        for block in blocks:
            block.paint(canvas, x, y)
            y += block.height + gap

    return _Block(height=sum(block.height for block in blocks) + gap * max(0, len(blocks) - 1), paint=paint)


def _padded(block: _Block, across: int, down: int) -> _Block:
    return _Block(height=block.height + 2 * down, paint=lambda canvas, x, y: block.paint(canvas, x + across, y + down))


def _sunken(block: _Block, width: int, *, line: str | None = None) -> _Block:
    inside = _padded(block, _px(14), _px(10))

    def paint(canvas: Canvas, x: int, y: int) -> None:
        canvas.rounded((x, y, x + width, y + inside.height), _px(12), LIGHT.sunken, line=line)
        inside.paint(canvas, x, y)

    return _Block(height=inside.height, paint=paint)
