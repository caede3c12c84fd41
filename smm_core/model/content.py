"""Inspiration, and the posts that a person makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from smm_core.model.planning import Late, Repeat, When


class IdeaFound(Struct, frozen=True, kw_only=True):
    """What a source found. `key` is the source's own name for it: the same thing must get the same key again.

    `alternatives` are further keys of the same thing (its link, its title with its day): an idea is kept once if
    any of them was seen before.
    """

    key: str
    title: str
    text: str = ""
    url: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    labels: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


class IdeaState(StrEnum):
    """What became of an idea."""

    NEW = "new"
    USED = "used"
    DISMISSED = "dismissed"


class Idea(Struct, frozen=True, kw_only=True):
    """A piece of inspiration, kept once, with where it came from."""

    id: int
    client: str
    source: str
    found: IdeaFound
    state: IdeaState
    collected_at: datetime


class Card(Struct, frozen=True, kw_only=True):
    """A picture to be drawn: the template plugin that draws it, the layout's name and the texts it fills in."""

    template: str
    layout: str
    fields: Mapping[str, str] = field(default_factory=dict)
    picture: str | None = None


class Picture(Struct, frozen=True, kw_only=True):
    """A picture of a post: a stored file (`media`, its sha256) or a `card` to be drawn in each platform's size.

    `focus` is the point that must stay visible when cropped, as fractions of width and height from the top left.
    `part` is the part of the thread it belongs to, from 1.
    """

    media: str | None = None
    card: Card | None = None
    alt: str = ""
    focus: tuple[float, float] = (0.5, 0.5)
    part: int = 1


class PostContent(Struct, frozen=True, kw_only=True):
    """What a person writes and plans. `parts` has one text per part of a thread.

    `variations` replaces the parts for one profile (by name) or one platform. For a plugin's `render`, core has
    already chosen the variation, filled `hashtags` from the brand book and added campaign parameters to `link`.
    `options` are for one platform: `options["platform-name"]["key"]`. With `repeat` it is a series: core makes a post of
    each of its dates.
    """

    title: str = ""
    parts: tuple[str, ...] = ("",)
    variations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    link: str | None = None
    call_to_action: str = ""
    hashtag_set: str | None = None
    hashtags: tuple[str, ...] = ()
    first_comment: str = ""
    campaign: str | None = None
    labels: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    when: When = field(default_factory=When)
    repeat: Repeat | None = None
    late: Late = Late.NEXT_SLOT
    window: timedelta | None = None
    language: str | None = None
    approval: str | None = None
    repeat_allowed: bool = False
    idea: int | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class PostFound(Struct, frozen=True, kw_only=True):
    """A post that a source found: `key` names it for good (its path), `draft` ones are kept but not rendered."""

    key: str
    content: PostContent
    draft: bool = False
    withdrawn: bool = False


class Trouble(Struct, frozen=True, kw_only=True):
    """Something a source could not read; the rest of the page still counts. `where` names file and line, or address."""

    where: str
    message: str


class PostState(StrEnum):
    """Where a post stands on its way; the table of allowed moves is in `lifecycle`."""

    DRAFT = "draft"
    WRITTEN = "written"
    BLOCKED = "blocked"
    RENDERED = "rendered"
    REVIEWING = "reviewing"
    REWORK = "rework"
    EXPIRED = "expired"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Post(Struct, frozen=True, kw_only=True):
    """A post as it stands in the store. `slug` is what people call it; `revision` counts its edits.

    `series` is the slug of the series of which it is one date; empty for a post of its own.
    """

    id: int
    client: str
    slug: str
    source: str
    content: PostContent
    state: PostState
    revision: int
    created_at: datetime
    updated_at: datetime
    by: str = ""
    reason: str = ""
    series: str = ""


class SeriesState(StrEnum):
    """Whether a series yields posts: it does, it is kept as a draft, or it was taken back."""

    ACTIVE = "active"
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"


class Series(Struct, frozen=True, kw_only=True):
    """A post that repeats, as it stands in the store. `key` is its source's name for it, `slug` what people call it."""

    id: int
    client: str
    source: str
    key: str
    slug: str
    content: PostContent
    state: SeriesState
    revision: int
    updated_at: datetime
    by: str = ""
    reason: str = ""
