"""Questions to persons, and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    """A question to persons about exact variants (by digest), with a deadline."""

    id: int
    post_id: int
    client: str
    approver: str
    digests: Mapping[str, str]
    state: ReviewState
    asked_at: datetime
    deadline: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """An answer to a review, bound to the digests it was given for.

    `for_series`: an approval that holds for the later dates of the post's series as well, as long as a digest is the same.
    """

    review_id: int
    decision: Decision
    by: str
    at: datetime
    digests: Mapping[str, str]
    remark: str = ""
    for_series: bool = False
