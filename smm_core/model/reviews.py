"""Questions to persons, and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


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


class Review(Struct, frozen=True, kw_only=True):
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


class Verdict(Struct, frozen=True, kw_only=True):
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
