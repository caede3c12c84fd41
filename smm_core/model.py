"""The words of smm as types: frozen, keyword-only, plain enough to go to JSON and back.

Instants are aware datetimes in UTC; wall times are naive and stand beside a zone. Pictures are named by
the sha256 of their bytes. Sizes are in pixels, file sizes in bytes. What is absent is None, never 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from smm_core.limits import Provenance

T = TypeVar("T")

# ---------------------------------------------------------------- who and where


@dataclass(frozen=True, kw_only=True, slots=True)
class Brand:
    """A brand book: what captions and pictures of a client must look and sound like.

    `colours` maps a role (`background`, `text`, `accent` …) to `#rrggbb`; `typefaces` maps a role (`heading`,
    `body`) to a font file; `root` is the folder against which `logo` and `typefaces` are resolved.
    """

    name: str
    root: str = ""
    colours: Mapping[str, str] = field(default_factory=dict)
    typefaces: Mapping[str, str] = field(default_factory=dict)
    logo: str | None = None
    tone: str = ""
    avoid: tuple[str, ...] = ()
    hashtag_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    require_call_to_action: bool = True
    require_alt_text: bool = True
    require_hashtag_set: bool = False
    link_parameters: Mapping[str, str] = field(default_factory=dict)
    link_hosts: tuple[str, ...] = ()


class Scheduler(StrEnum):
    """Who keeps the time of a profile's deliveries: smm itself, or the platform's own scheduler where it has one."""

    SMM = "smm"
    PLATFORM = "platform"


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One account on one platform.

    `schedule` says who keeps the time: smm, or the platform's own scheduler.
    `imitates` is set on a test profile: the platform or rule set whose limits and rendering hold there.
    `distance` is the least time between two of its posts, `per_day` the most of them on one day in `zone`.
    `settings` is what the platform's plugin declared as its settings type, already decoded.
    """

    name: str
    client: str
    platform: str
    title: str = ""
    handle: str = ""
    zone: str = "UTC"
    language: str = "en"
    imitates: str | None = None
    test_profile: str | None = None
    slots: tuple[Slot, ...] = ()
    distance: timedelta = timedelta(minutes=10)
    per_day: int = 10
    schedule: Scheduler = Scheduler.SMM
    allow_private: bool = False
    settings: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """A posting time of a profile: weekday (0 = Monday), wall-clock hour and minute, IANA zone."""

    weekday: int
    hour: int
    minute: int
    zone: str


# ---------------------------------------------------------------- inspiration and posts


@dataclass(frozen=True, kw_only=True, slots=True)
class IdeaFound:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Idea:
    """A piece of inspiration, kept once, with where it came from."""

    id: int
    client: str
    source: str
    found: IdeaFound
    state: IdeaState
    collected_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A picture to be drawn: the template plugin that draws it, the layout's name and the texts it fills in."""

    template: str
    layout: str
    fields: Mapping[str, str] = field(default_factory=dict)
    picture: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture of a post: a stored file (`media`, its sha256) or a `card` to be drawn in each platform's size.

    `focus` is the point that must stay visible when cropped, as fractions of width and height from the top left.
    `part` is the part of the thread it belongs to, from 1.
    """

    media: str | None = None
    card: Card | None = None
    alt: str = ""
    focus: tuple[float, float] = (0.5, 0.5)
    part: int = 1


class Late(StrEnum):
    """What happens to a delivery that could not go out within its window."""

    NEXT_SLOT = "next-slot"
    ASK = "ask"
    DROP = "drop"


class WhenKind(StrEnum):
    """How a person said when: at a wall time, in the next free slot, at the queue's end or its front, at once, or not yet."""

    AT = "at"
    SLOT = "slot"
    END = "end"
    FIRST = "first"
    NOW = "now"
    UNPLANNED = "unplanned"

    @property
    def is_in_queue(self) -> bool:
        """Whether such a post takes one of the profile's slots."""
        return self in (WhenKind.SLOT, WhenKind.END, WhenKind.FIRST)


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """When a post goes out. `wall` is a naive wall time, read in `zone` (None: the profile's own zone)."""

    kind: WhenKind = WhenKind.SLOT
    wall: datetime | None = None
    zone: str | None = None


class Every(StrEnum):
    """The step of a series."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True, slots=True)
class RepeatChange:
    """What is different about one date of a series: it is skipped, comes at another wall time, or has another text."""

    date: date
    skip: bool = False
    at: datetime | None = None
    parts: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """How a post repeats: every so many days, weeks or months, `on` these days, `at` a wall time, in the zone of the post's
    `when`.

    `on` has words: for weeks `monday`; for months `first monday`, `last friday`, `15` or `last day`; for days nothing.
    `starts` and `until` are the first and last day on which it may come; `times` counts dates from `starts`.
    """

    every: Every
    at: time
    on: tuple[str, ...] = ()
    interval: int = 1
    starts: date | None = None
    until: date | None = None
    times: int | None = None
    changes: tuple[RepeatChange, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PostContent:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class PostFound:
    """A post that a source found: `key` names it for good (its path), `draft` ones are kept but not rendered."""

    key: str
    content: PostContent
    draft: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
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


# ---------------------------------------------------------------- variants, checks, reviews


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedPart:
    """One part as a publisher's `render` wants it: its text, its pictures not yet fitted, its link card."""

    text: str
    pictures: tuple[Picture, ...] = ()
    link: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendering:
    """What a publisher's `render` gives back. Core fits the pictures and makes a `Variant` of it."""

    parts: tuple[RenderedPart, ...]
    first_comment: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A picture exactly as it will be sent."""

    sha256: str
    format: str
    width: int
    height: int
    bytes: int
    alt: str = ""
    focus: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part exactly as it will be sent."""

    text: str
    media: tuple[Attachment, ...] = ()
    link: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """A post rendered for one profile. It never changes; `digest` covers all of it."""

    profile: str
    parts: tuple[Part, ...]
    first_comment: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""


class Level(StrEnum):
    """How much a problem matters: `block` stops approval, `warn` is shown, `info` is a remark."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing a check found: what is allowed and what was found, in the platform's own unit."""

    level: Level
    code: str
    message: str
    part: int | None = None
    allowed: float | None = None
    found: float | None = None
    unit: str = ""
    provenance: Provenance | None = None
    by: str = ""


class Decision(StrEnum):
    """The two answers to a review."""

    APPROVE = "approve"
    REWORK = "rework"


class ReviewState(StrEnum):
    """Where a review stands."""

    OPEN = "open"
    APPROVED = "approved"
    REWORK = "rework"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """A question to persons about exact variants (by digest), with a deadline.

    `approver` puts it, `deadline` is the earliest approve-by time (UTC) of the stages that wait now: `waiting`, by name.
    `waits_for` is their side of the table: `internal`, `client`, or both. `workflow` names the table that holds, and is empty
    for the plain `[workflow]`. `due_at` is when the first delivery is meant to go out (UTC), where that is known.
    """

    id: int
    post_id: int
    client: str
    approver: str
    digests: Mapping[str, str]
    state: ReviewState
    asked_at: datetime
    deadline: datetime | None = None
    workflow: str = ""
    waiting: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """An answer to a review, bound to the digests it was given for.

    `for_series`: an approval that holds for the later dates of the post's series as well, as long as a digest is the same.
    `stage` is the stage of the workflow in which it was given, `via` the way it came by: an approver's name, or whose
    command line.
    """

    review_id: int
    decision: Decision
    by: str
    at: datetime
    digests: Mapping[str, str]
    remark: str = ""
    for_series: bool = False
    stage: str = ""
    via: str = ""


# ---------------------------------------------------------------- the ledger


class ActionKind(StrEnum):
    """The irrevocable acts."""

    PUBLISH = "publish"
    COMMENT = "comment"
    REPLY = "reply"
    EDIT = "edit"
    DELETE = "delete"
    HAND_OVER = "hand-over"
    TAKE_BACK = "take-back"
    BOOST = "boost"


class ActionState(StrEnum):
    """Where an action stands; the table of allowed moves is in `lifecycle`."""

    WAITING = "waiting"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PENDING = "pending"
    UNKNOWN = "unknown"
    PUBLISHED = "published"
    HELD = "held"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the platform answered: its id, the public address where there is one, the instant; `extra` has no secrets."""

    remote_id: str
    url: str | None = None
    at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """One irrevocable act. `seq` orders the actions of one variant; `parent_id` must be out before it.

    `on_id` is the action it acts on (what is deleted, edited, answered, handed over, taken back), `target` what it acts on
    where that is not ours, `by` the person on whose word it is done. `removed_at`: since when what it made is gone again.
    """

    id: int
    post_id: int
    profile: str
    kind: ActionKind
    seq: int
    variant_digest: str
    key: str
    state: ActionState
    due_at: datetime
    parent_id: int | None = None
    trial: bool = False
    attempts: int = 0
    next_try_at: datetime | None = None
    handles: Mapping[str, Any] = field(default_factory=dict)
    handles_expire: datetime | None = None
    receipt: Receipt | None = None
    reason: str = ""
    on_id: int | None = None
    target: Receipt | None = None
    by: str = ""
    removed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One time a request was allowed to leave. Written before it leaves; never changed after its outcome is known.

    The marks are the same instants by a clock that nobody can set (`smm_core.clock.mark`).
    """

    id: int
    action_id: int
    epoch: int
    started_at: datetime
    started_mark: str | None = None
    ended_at: datetime | None = None
    ended_mark: str | None = None
    outcome: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """The actions of one variant on its profile, seen as one. `sent` of `total` parts are out."""

    post_id: int
    slug: str
    profile: str
    state: str
    due_at: datetime | None
    sent: int
    total: int
    url: str | None = None
    reason: str = ""
    trial: bool = False
    action_ids: tuple[int, ...] = ()


# ---------------------------------------------------------------- numbers


class SubjectKind(StrEnum):
    """What a reading is about."""

    POST = "post"
    PROFILE = "profile"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is to be measured: a published post (with its receipt) or a whole profile."""

    kind: SubjectKind
    id: str
    receipt: Receipt | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One metric of one subject at one instant. A metric that the platform does not give is absent, never 0.

    `metric` is the canonical name (`impressions`, `reach`, `likes`, `comments`, `shares`, `clicks`, `followers` …),
    `native` the platform's own. `window` is None for a lifetime value.
    """

    subject: Subject
    metric: str
    native: str
    value: float
    at: datetime
    unit: str = "count"
    window: timedelta | None = None
    paid: bool = False
    provisional: bool = True


# ---------------------------------------------------------------- what happens


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something a person may want to be told. `kind` is a dotted word such as `review.asked` or `delivery.held`."""

    kind: str
    at: datetime
    message: str
    client: str = ""
    subject: str = ""
    urgent: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


# ---------------------------------------------------------------- JSON and digests


def to_json(thing: Any) -> str:
    """Any of these types as JSON, keys in a fixed order, so that equal things give equal text."""
    return msgspec.json.encode(thing, order="deterministic").decode()


def from_json(text: str | bytes, kind: type[T]) -> T:
    """The inverse of `to_json`; what does not fit `kind` is a `msgspec.ValidationError`."""
    return msgspec.json.decode(text, type=kind)


def to_plain(thing: Any) -> Any:
    """Any of these types as dicts, lists, strings and numbers, for `--json`."""
    return msgspec.to_builtins(thing, str_keys=True)


def digest_of(thing: Any) -> str:
    """The sha256 of a thing's JSON."""
    return hashlib.sha256(to_json(thing).encode()).hexdigest()


def sealed(variant: Variant) -> Variant:
    """The variant with its digest, which covers everything but itself."""
    bare = replace(variant, digest="")
    return replace(bare, digest=digest_of(bare))
