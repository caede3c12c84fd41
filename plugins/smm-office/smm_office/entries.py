"""What is shown of reviews, wherever they come from: one entry for each variant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from msgspec import Struct

from smm_core import AskRequest, Post, Problem, Review, ReviewDesk, Reviewer, ReviewSheet, SmmError, Variant

Picture = Callable[[str], bytes]
"""Gives a picture by its sha256; an `SmmError` where it is not there."""
Preview = Callable[[], bytes]
"""Gives the drawing of a variant as PNG; empty where none can be made."""


class Entry(Struct, frozen=True, kw_only=True):
    """One variant of one review. Times are UTC. Pictures are fetched when they are asked for."""

    review: Review
    title: str
    variant: Variant
    problems: tuple[str, ...]
    due_at: datetime | None
    deadline: datetime | None
    picture: Picture
    preview: Preview


def entries_of_request(request: AskRequest, picture: Picture, preview: Callable[[str], bytes]) -> Iterator[Entry]:
    """What core asks an approver about."""
    for variant in request.variants:
        yield Entry(
            review=request.review,
            title=title_of(request.post),
            variant=variant,
            problems=_words(request.problems),
            due_at=request.due_at,
            deadline=request.review.deadline,
            picture=picture,
            preview=lambda profile=variant.profile: preview(profile),  # type: ignore[misc]
        )


def entries_of_desk(desk: ReviewDesk, reviewer: Reviewer, client: str = "") -> Iterator[Entry]:
    """Everything that waits for somebody, the earliest deadline first; of one client, where it is named."""
    start: int | None = 0
    while start is not None:
        page = desk.waiting(reviewer, start=start)
        for one in page.items:
            if not client or one.review.client == client:
                yield from _entries_of_sheet(desk, reviewer, desk.review(reviewer, one.review.id), one.deadline)
        start = page.next


def _entries_of_sheet(
    desk: ReviewDesk, reviewer: Reviewer, sheet: ReviewSheet, deadline: datetime | None
) -> Iterator[Entry]:
    number = sheet.review.id
    for variant in sheet.variants:
        yield Entry(
            review=sheet.review,
            title=title_of(sheet.post),
            variant=variant,
            problems=_words(sheet.problems.get(variant.profile, ())),
            due_at=sheet.due_at,
            deadline=deadline,
            picture=lambda sha256: desk.picture(reviewer, number, sha256),
            preview=lambda profile=variant.profile: desk.preview(reviewer, number, profile).png,  # type: ignore[misc]
        )


def title_of(post: Post) -> str:
    """What people call a post: its title, else its first words."""
    content = post.content
    words = content.title or " ".join(content.parts[0].split() if content.parts else ())
    return (words if len(words) <= 70 else f"{words[:69].rstrip()}…") or post.slug


def text_of(variant: Variant) -> str:
    """All that followers read, as one text: the parts, their links, the first comment."""
    pieces = []
    for number, part in enumerate(variant.parts, 1):
        head = f"({number}/{len(variant.parts)})\n" if len(variant.parts) > 1 else ""
        pieces.append(head + part.text + (f"\n→ {part.link}" if part.link else ""))
    if variant.first_comment:
        pieces.append(f"↳ {variant.first_comment}")
    return "\n\n".join(pieces)


def alts_of(variant: Variant) -> tuple[str, ...]:
    """What the pictures of a variant show, in words."""
    pictures = (media for part in variant.parts for media in part.media)
    return tuple(media.alt or f"{media.width} × {media.height}" for media in pictures)


def thumbnails_of(entry: Entry, side: int) -> Iterator[bytes]:
    """The pictures of a variant as JPEGs that fit into a square of `side` pixels. One that cannot be read is left out."""
    for media in (media for part in entry.variant.parts for media in part.media):
        try:
            yield shrunk(entry.picture(media.sha256), side)
        except SmmError:
            continue


def shrunk(body: bytes, side: int) -> bytes:
    """A picture as a JPEG on white that fits into a square of `side` pixels; what is no picture is a `MediaError`."""
    import io

    from smm_core import open_picture

    picture = open_picture(body)
    picture.thumbnail((side, side))
    if picture.mode != "RGB":
        alpha = picture.convert("RGBA")
        white = alpha.copy()
        white.paste((255, 255, 255, 255), (0, 0, *alpha.size))
        white.alpha_composite(alpha)
        picture = white.convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def _words(problems: tuple[Problem, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.message for one in problems))
