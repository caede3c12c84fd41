"""The preview page: one post as the followers of each of its profiles will see it, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from smm_core.clock import instant_of
from smm_core.errors import SmmError
from smm_core.lengths import say_lengths
from smm_core.model import Attachment, Problem, Profile, Variant, When, WhenKind
from smm_core.pages.colours import scheme_of
from smm_core.pages.drawing import Sight, draw
from smm_core.pages.folder import PageFolder
from smm_core.pages.words import Words

if TYPE_CHECKING:
    from smm_core.workspace import Workspace


class Shown(Struct, frozen=True, kw_only=True):
    """A variant to be shown for a profile, with what the checks say of it."""

    profile: Profile
    variant: Variant
    problems: tuple[Problem, ...] = ()


class PreviewFiles(Struct, frozen=True, kw_only=True):
    """What was written: the page, and the PNG of each profile that could be drawn."""

    page: Path
    pngs: Mapping[str, Path]


class _Column(Struct, frozen=True, kw_only=True):
    profile: Profile
    moment: str
    sight: Sight | None
    problems: tuple[Problem, ...]
    pictures: tuple[tuple[int, Attachment], ...]
    lengths: tuple[str, ...]


def write_preview(
    ws: Workspace, *, title: str, client: str, when: When, shown: Sequence[Shown], out: Path
) -> PreviewFiles:
    """Write the page and a PNG per profile into `out`, each drawn as at the time the post is planned for (else now)."""
    folder = PageFolder(out, ws.media)
    words = Words.of(ws.client(client).language)
    columns = [_column(ws, one, when, folder, words) for one in shown]
    page = folder.page(
        "preview.html.j2",
        title=title,
        client=ws.client(client),
        words=words,
        scheme=scheme_of(ws.client(client).brand.colours),
        columns=columns,
    )
    drawn = {column.profile.name: column.sight.png for column in columns if column.sight and column.sight.png}
    return PreviewFiles(page=page, pngs={name: out / png for name, png in drawn.items()})


def _column(ws: Workspace, one: Shown, when: When, folder: PageFolder, words: Words) -> _Column:
    at = planned(when, one.profile, ws.clock.now())
    pictures = (media for part in one.variant.parts for media in part.media)
    return _Column(
        profile=one.profile,
        moment=words.moment(at, one.profile.zone),
        sight=draw(ws, one.variant, one.profile, at, folder, one.profile.name) if one.variant.parts else None,
        problems=one.problems,
        pictures=tuple(enumerate(pictures, start=1)),
        lengths=_lengths(ws, one),
    )


def planned(when: When, profile: Profile, now: datetime) -> datetime:
    """The instant a post is planned for on a profile, as far as it is known; else now."""
    if when.kind is WhenKind.AT and when.wall is not None:
        return instant_of(when.wall, when.zone or profile.zone)
    return now


def _lengths(ws: Workspace, one: Shown) -> tuple[str, ...]:
    try:
        limits = ws.limits_of(one.profile)
    except SmmError:
        return ()  # the problems say why it has no limits
    return say_lengths(one.variant, limits)
