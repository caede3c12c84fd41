"""Approvers: persons or rules asked whether variants may go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from smm_core.contracts.given import Context
from smm_core.model import (
    Decision,
    Post,
    Problem,
    Review,
    Variant,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AskRequest:
    """A review to be asked: the post, exactly what will be sent, and what the checks said."""

    review: Review
    post: Post
    variants: tuple[Variant, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer, for the digests it was given for (profile name → digest).

    `for_series` lets an approval hold for the later dates of the post's series as well, where the content is the same.
    """

    review_id: int
    decision: Decision
    by: str
    digests: Mapping[str, str]
    remark: str = ""
    for_series: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The question is out; the answers known at once, if any (a rule answers at once, a person later)."""

    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PollRequest:
    """Which reviews are open with this approver, and where the last poll stopped."""

    reviews: tuple[Review, ...]
    cursor: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PollPage:
    """Answers that came since."""

    answers: tuple[Answer, ...] = ()
    cursor: str = ""


@runtime_checkable
class Approver(Protocol):
    """Asks persons (or a rule) whether variants may go out."""

    name: str

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """Put the question. Called again with the same review after a crash: asking twice must do no harm."""
        ...

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """Answers since the cursor."""
        ...
