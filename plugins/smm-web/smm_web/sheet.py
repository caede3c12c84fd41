"""A review, arranged for people: profile by profile, part by part, with what changed in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from smm_core import (
    Attachment,
    Audience,
    Change,
    ChangeKind,
    Comment,
    Decision,
    PictureChange,
    PictureTouch,
    Piece,
    Place,
    Problem,
    ReviewSheet,
    Touch,
    Variant,
)


class PictureView(Struct, frozen=True, kw_only=True):
    """A picture of a part, from 1. `touch` says what became of it, where it is not as it was."""

    number: int
    sha256: str
    alt: str
    width: int | None = None
    height: int | None = None
    touch: PictureTouch | None = None
    before: str = ""


class PartView(Struct, frozen=True, kw_only=True):
    """A part of a thread (from 1) or the first comment (0), as words that stayed, came and went."""

    number: int
    pieces: tuple[Piece, ...]
    link: str | None = None
    pictures: tuple[PictureView, ...] = ()
    gone: tuple[PictureView, ...] = ()
    is_gone: bool = False
    is_new: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether anything of it is other than before."""
        return (
            self.is_gone
            or self.is_new
            or bool(self.gone)
            or any(piece.touch is not Touch.SAME for piece in self.pieces)
            or any(picture.touch is not None for picture in self.pictures)
        )


class ProfileView(Struct, frozen=True, kw_only=True):
    """What goes out on one profile. `settings` are changes of links and options, `is_new`: it was not asked about before."""

    name: str
    parts: tuple[PartView, ...]
    problems: tuple[Problem, ...] = ()
    settings: tuple[Change, ...] = ()
    is_new: bool = False
    is_gone: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether anything of it is other than before."""
        return self.is_new or self.is_gone or bool(self.settings) or any(part.is_changed for part in self.parts)


class Said(Struct, frozen=True, kw_only=True):
    """Something that was said about the post: a verdict (`decision`), a comment, or both in one."""

    at: datetime
    by: str
    text: str
    decision: Decision | None = None
    audience: Audience | None = None
    place: Place | None = None
    quote: str = ""


def profiles_of(sheet: ReviewSheet) -> tuple[ProfileView, ...]:
    """The profiles of a review in its order, those that are gone at the end."""
    there = [_profile(sheet, variant) for variant in sheet.variants]
    gone = [
        ProfileView(name=change.profile, parts=(), is_gone=True)
        for change in sheet.changes
        if change.kind is ChangeKind.GONE and change.part is None
    ]
    return (*there, *gone)


def _profile(sheet: ReviewSheet, variant: Variant) -> ProfileView:
    changes = [change for change in sheet.changes if change.profile == variant.profile]
    parts = [_part(changes, number, part.text, part.link, part.media) for number, part in enumerate(variant.parts, 1)]
    parts += list(_gone_parts(changes, len(variant.parts)))
    if variant.first_comment or _of(changes, 0, ChangeKind.TEXT, ChangeKind.GONE):
        parts.append(_part(changes, 0, variant.first_comment, None, ()))
    return ProfileView(
        name=variant.profile,
        parts=tuple(parts),
        problems=tuple(sheet.problems.get(variant.profile, ())),
        settings=tuple(one for one in changes if one.kind in (ChangeKind.LINK, ChangeKind.OPTIONS)),
        is_new=any(one.kind is ChangeKind.NEW and one.part is None for one in changes),
    )


def _part(changes: Sequence[Change], number: int, text: str, link: str | None, media: Sequence[Attachment]) -> PartView:
    words = next((one.words for one in _of(changes, number, ChangeKind.TEXT) if one.words), ())
    touched = [picture for one in _of(changes, number, ChangeKind.PICTURES) for picture in one.pictures]
    return PartView(
        number=number,
        pieces=words or (Piece(touch=Touch.SAME, text=text),),
        link=link,
        pictures=tuple(_picture(place, one, touched) for place, one in enumerate(media, 1)),
        gone=tuple(
            PictureView(number=one.number, sha256=one.sha256, alt=one.before, touch=one.touch)
            for one in touched
            if one.touch is PictureTouch.REMOVED
        ),
        is_new=bool(_of(changes, number, ChangeKind.NEW)),
        is_gone=bool(_of(changes, number, ChangeKind.GONE)),
    )


def _picture(number: int, media: Attachment, touched: Sequence[PictureChange]) -> PictureView:
    mine = [one for one in touched if one.sha256 == media.sha256 and one.number == number]
    change = next((one for one in mine if one.touch is not PictureTouch.REMOVED), None)
    return PictureView(
        number=number,
        sha256=media.sha256,
        alt=media.alt,
        width=media.width,
        height=media.height,
        touch=change.touch if change else None,
        before=change.before if change else "",
    )


def _gone_parts(changes: Sequence[Change], there: int) -> Iterator[PartView]:
    """Parts at the thread's end that were there before."""
    numbers = {one.part for one in changes if one.part is not None and one.part > there}
    for number in sorted(numbers):
        yield PartView(
            number=number,
            pieces=next((one.words for one in _of(changes, number, *ChangeKind) if one.words), ()),
            is_gone=True,
        )


def _of(changes: Sequence[Change], part: int, *kinds: ChangeKind) -> list[Change]:
    return [one for one in changes if one.part == part and one.kind in kinds]


def said_about(sheet: ReviewSheet) -> tuple[Said, ...]:
    """All that was said, the oldest first. A remark that came with a verdict stands there once."""
    with_place = {(one.by, one.text) for one in sheet.comments}
    verdicts = [
        Said(
            at=one.at,
            by=one.by,
            text="" if (one.by, one.remark) in with_place else one.remark,
            decision=one.decision,
        )
        for one in sheet.verdicts
    ]
    return tuple(sorted([*verdicts, *map(_said, sheet.comments)], key=lambda one: one.at))


def _said(comment: Comment) -> Said:
    return Said(
        at=comment.at,
        by=comment.by,
        text=comment.text,
        audience=comment.audience,
        place=comment.place,
        quote=comment.quote,
    )
