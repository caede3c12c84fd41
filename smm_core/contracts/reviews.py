"""What core gives to whoever shows reviews to people: the desk, where one looks at them and answers.

Everything that is asked of the desk is asked as a `Reviewer`, and shows only what that person may see: the reviews of their
clients, and of the comments those of their side of the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct, field

from smm_core.model import Decision, Post, PostState, Problem, Review, Variant, Verdict
from smm_core.secrets import Secret
from smm_core.workflow import Audience, Person, Silence, StageState

# ---------------------------------------------------------------- comments


class Place(Struct, frozen=True, kw_only=True):
    """Where in a variant a comment points: a part (from 1; 0 is the first comment) and, in it, a stretch of text or a point
    of a picture.

    `start` and `end` count code points of the part's text (of the first comment, for part 0). `picture` counts from 1; `x`
    and `y` are fractions of its width and height from the top left. Nothing but `profile` means the variant as a whole.
    """

    profile: str
    part: int | None = None
    start: int | None = None
    end: int | None = None
    picture: int | None = None
    x: float | None = None
    y: float | None = None


class Remark(Struct, frozen=True, kw_only=True):
    """A comment that somebody makes. `audience` says who may read it: None is the side that they are asked on."""

    text: str
    place: Place | None = None
    audience: Audience | None = None


class Comment(Struct, frozen=True, kw_only=True):
    """A comment as it is kept. `digest` is that of the variant at which it points, `quote` the words of the text there."""

    id: int
    review_id: int
    by: str
    at: datetime
    text: str
    audience: Audience
    stage: str = ""
    place: Place | None = None
    digest: str = ""
    quote: str = ""


# ---------------------------------------------------------------- changes


class ChangeKind(StrEnum):
    """What differs between two versions of a post on one profile."""

    NEW = "new"
    GONE = "gone"
    TEXT = "text"
    PICTURES = "pictures"
    LINK = "link"
    OPTIONS = "options"


class Touch(StrEnum):
    """Whether a piece of a text stayed, came or went."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Piece(Struct, frozen=True, kw_only=True):
    """A run of words that stayed, came or went. All pieces that are not `removed`, put together, are the new text."""

    touch: Touch
    text: str


class PictureTouch(StrEnum):
    """What became of one picture: it came, went, was put elsewhere, is shown otherwise, or has other alternative text."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    ALT = "alt"


class PictureChange(Struct, frozen=True, kw_only=True):
    """What became of a picture (by sha256); `number` is its place now, from 1 (before, where it is gone)."""

    touch: PictureTouch
    sha256: str
    number: int
    before: str = ""
    after: str = ""


class Change(Struct, frozen=True, kw_only=True):
    """One difference since the version that was seen last, on one profile.

    `part` counts from 1, 0 is the first comment, None the variant as a whole. `words` are filled for texts, `pictures` for
    pictures, `before` and `after` for links and options. `new` and `gone` say that the whole part, or the profile, is.
    """

    profile: str
    kind: ChangeKind
    part: int | None = None
    words: tuple[Piece, ...] = ()
    pictures: tuple[PictureChange, ...] = ()
    before: str = ""
    after: str = ""


# ---------------------------------------------------------------- the desk


class Reviewer(Struct, frozen=True, kw_only=True):
    """A person at the desk, made by `ReviewDesk.reviewer` or `enter`, never by hand.

    With `review` they see and answer that one only, and only as long as it asks about `digests`. `link` is the id of the
    link that they came by, empty where the plugin itself vouches for them; `until` (UTC) is when it ends.
    """

    person: Person
    review: int | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    until: datetime | None = None


class Link(Struct, frozen=True, kw_only=True):
    """A link for one person. `token` proves who comes by it; `url` is None where no `[reviews] public_url` is set.

    Both are secrets: they stand in the message to that person and nowhere else. `id` is none, and takes it back.
    """

    id: str
    person: str
    review: int | None
    until: datetime
    token: Secret
    url: Secret | None = None


class Waiting(Struct, frozen=True, kw_only=True):
    """One review in a reviewer's list. `stages` are those that wait for this person; empty: it waits for others, or nobody."""

    review: Review
    post: Post
    title: str
    stages: tuple[str, ...]
    deadline: datetime | None
    due_at: datetime | None
    profiles: tuple[str, ...]
    is_changed: bool = False


class WaitingPage(Struct, frozen=True, kw_only=True):
    """Some of what waits, the most urgent first; `total` is how many there are, `next` where to go on (None: that was all)."""

    items: tuple[Waiting, ...]
    total: int
    next: int | None = None


class StageView(Struct, frozen=True, kw_only=True):
    """A stage as a reviewer may see it. One that `is_optional` is passed over when it is silent at its deadline (UTC)."""

    name: str
    audience: Audience
    state: StageState
    deadline: datetime | None = None
    persons: tuple[str, ...] = ()
    is_optional: bool = False


class ReviewSheet(Struct, frozen=True, kw_only=True):
    """All of one review that a reviewer may see.

    `may_answer` are the stages in which they may answer now: without any, the buttons are left out. `changes` is what differs
    from the version that they saw last (`seen_at`), empty where they see it for the first time. `verdicts` and `comments` are
    those of their side, those about earlier versions of the post included. `silence` is what happens at the deadline.
    """

    review: Review
    post: Post
    variants: tuple[Variant, ...]
    problems: Mapping[str, tuple[Problem, ...]]
    stages: tuple[StageView, ...]
    may_answer: tuple[str, ...]
    changes: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]
    comments: tuple[Comment, ...]
    silence: Silence
    due_at: datetime | None = None
    seen_at: datetime | None = None


class Coming(Struct, frozen=True, kw_only=True):
    """One post of the calendar: when it goes out (UTC) on a profile, and where it stands."""

    at: datetime
    post: str
    title: str
    profile: str
    state: PostState
    review: int | None = None


@runtime_checkable
class ReviewDesk(Protocol):
    """Where reviews are looked at and answered. Threads may share it. Every call looks at the store as it is now."""

    @property
    def public_url(self) -> str:
        """Where reviewers reach the page on which they answer, by `[reviews] public_url`; empty where none is set."""
        ...

    def reviewer(self, person: str) -> Reviewer:
        """A person of the configuration, for whom the plugin vouches (it knows by other means who they are); an unknown one
        is `NotFound`."""
        ...

    def enter(self, token: str) -> Reviewer:
        """Whoever holds a link. One that is forged, expired, revoked, of another workspace, or of a person who is no longer
        there is a `BadLink`, and does not say which."""
        ...

    def link(self, person: str, *, review: int | None = None, until: datetime | None = None) -> Link:
        """A new link for a person, to one review or to all that wait for them. It ends at `until` (UTC), else after
        `[reviews] link_life`. An unknown person, or one without a role for the review's client, is `NotFound`."""
        ...

    def revoke(self, link: str) -> bool:
        """Take a link back by its id; whether it held until now."""
        ...

    def waiting(self, reviewer: Reviewer, *, everything: bool = False, start: int = 0, limit: int = 100) -> WaitingPage:
        """The reviews that wait for this person, the earliest deadline first; with `everything`, all open ones of their
        clients that they may see."""
        ...

    def review(self, reviewer: Reviewer, number: int) -> ReviewSheet:
        """One review; one that they may not see is `NotFound`, as one that is not there."""
        ...

    def picture(self, reviewer: Reviewer, number: int, sha256: str) -> bytes:
        """A picture of a review (also of the version before); any other is `NotFound`."""
        ...

    def preview(self, reviewer: Reviewer, number: int, profile: str) -> ReviewPreview:
        """A variant as its followers will see it; a review or profile that they may not see is `NotFound`."""
        ...

    def decide(
        self,
        reviewer: Reviewer,
        number: int,
        decision: Decision,
        *,
        digests: Mapping[str, str],
        stage: str = "",
        remark: str = "",
        comments: tuple[Remark, ...] = (),
        once: str = "",
        for_series: bool = False,
    ) -> Verdict:
        """Record their verdict on exactly these digests, and let it count.

        What has changed meanwhile is `TooLate`; who may not answer is `NotAllowed`; the same `once` a second time counts
        for nothing and is `Repeated`.
        """
        ...

    def comment(self, reviewer: Reviewer, number: int, remark: Remark, *, once: str = "") -> Comment:
        """Keep a comment; one for a side of the table that they are not on is `NotAllowed`, a place that is not in the variant an `SmmError`."""
        ...

    def coming(self, reviewer: Reviewer, since: datetime, until: datetime) -> tuple[Coming, ...]:
        """What goes out for their clients in between (UTC), as far as it is known, in order."""
        ...


class ReviewPreview(Struct, frozen=True, kw_only=True):
    """A variant as followers will see it: an HTML fragment (escaped, pictures as `media:SHA256`) and a PNG (pixels), where
    a plugin draws it; empty where none does, or it fails."""

    html: str
    png: bytes
    width: int
    height: int
