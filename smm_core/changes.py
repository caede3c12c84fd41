"""What differs between two versions of a post: words by words, pictures by what they show. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher

from smm_core.contracts.reviews import Change, ChangeKind, PictureChange, PictureTouch, Piece, Touch
from smm_core.model import Attachment, Part, Variant, to_json

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_LONGEST = 20_000
"""Words up to which two texts are compared word by word; longer ones by whole lines."""


def changes_between(
    before: Sequence[Variant], after: Sequence[Variant], profiles: Collection[str]
) -> tuple[Change, ...]:
    """What differs, profile by profile and part by part. A profile that is in `before` only is gone, unless the post still
    goes there (`profiles`): then it is out already."""
    old, new = ({variant.profile: variant for variant in variants} for variants in (before, after))
    changes: list[Change] = []
    for profile, variant in new.items():
        if profile not in old:
            changes.append(Change(profile=profile, kind=ChangeKind.NEW))
        elif old[profile].digest != variant.digest or not variant.digest:
            changes += _of_variant(old[profile], variant)
    gone = (profile for profile in old if profile not in new and profile not in profiles)
    return (*changes, *(Change(profile=profile, kind=ChangeKind.GONE) for profile in gone))


def words_between(before: str, after: str) -> tuple[Piece, ...]:
    """Two texts as runs of words that stayed, went and came, in order; a run that went stands before the one that came for it."""
    old, new = _split(before), _split(after)
    pieces: list[Piece] = []
    for tag, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(touch=Touch.SAME, text="".join(new[from_new:to_new])))
            continue
        if from_old < to_old:
            pieces.append(Piece(touch=Touch.REMOVED, text="".join(old[from_old:to_old])))
        if from_new < to_new:
            pieces.append(Piece(touch=Touch.ADDED, text="".join(new[from_new:to_new])))
    return tuple(pieces)


def _split(text: str) -> list[str]:
    words = _WORD.findall(text)
    return words if len(words) <= _LONGEST else text.splitlines(keepends=True)


def _of_variant(old: Variant, new: Variant) -> Iterator[Change]:
    for number in range(1, max(len(old.parts), len(new.parts)) + 1):
        if number > len(old.parts):
            yield Change(profile=new.profile, kind=ChangeKind.NEW, part=number)
        elif number > len(new.parts):
            removed = words_between(old.parts[number - 1].text, "")
            yield Change(profile=new.profile, kind=ChangeKind.GONE, part=number, words=removed)
        else:
            yield from _of_part(new.profile, number, old.parts[number - 1], new.parts[number - 1])
    if old.first_comment != new.first_comment:
        words = words_between(old.first_comment, new.first_comment)
        yield Change(profile=new.profile, kind=ChangeKind.TEXT, part=0, words=words)
    if to_json(dict(old.options)) != to_json(dict(new.options)):
        before, after = to_json(dict(old.options)), to_json(dict(new.options))
        yield Change(profile=new.profile, kind=ChangeKind.OPTIONS, before=before, after=after)


def _of_part(profile: str, number: int, old: Part, new: Part) -> Iterator[Change]:
    if old.text != new.text:
        yield Change(profile=profile, kind=ChangeKind.TEXT, part=number, words=words_between(old.text, new.text))
    if pictures := tuple(_of_pictures(old.media, new.media)):
        yield Change(profile=profile, kind=ChangeKind.PICTURES, part=number, pictures=pictures)
    if old.link != new.link:
        yield Change(profile=profile, kind=ChangeKind.LINK, part=number, before=old.link or "", after=new.link or "")


def _of_pictures(old: Sequence[Attachment], new: Sequence[Attachment]) -> Iterator[PictureChange]:
    """By their bytes: what came, what went, and what became of those that stayed. The same one twice counts each time."""
    left = list(enumerate(old, start=1))
    for number, picture in enumerate(new, start=1):
        same = next((one for one in left if one[1].sha256 == picture.sha256), None)
        if same is None:
            yield PictureChange(touch=PictureTouch.ADDED, sha256=picture.sha256, number=number)
            continue
        left.remove(same)
        if same[1].alt != picture.alt:
            yield PictureChange(
                touch=PictureTouch.ALT, sha256=picture.sha256, number=number, before=same[1].alt, after=picture.alt
            )
        if same[0] != number:
            yield PictureChange(
                touch=PictureTouch.MOVED, sha256=picture.sha256, number=number, before=str(same[0]), after=str(number)
            )
    for number, picture in left:
        yield PictureChange(touch=PictureTouch.REMOVED, sha256=picture.sha256, number=number)
