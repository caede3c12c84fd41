"""Approvers: the ways in which persons, or a rule, are asked whether variants may go out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct, field

from smm_core.contracts.given import Context
from smm_core.contracts.reviews import Change, Comment, Remark
from smm_core.model import (
    Decision,
    Post,
    Problem,
    Review,
    Trouble,
    Variant,
)
from smm_core.workflow import AskKind, Audience, Person, Silence


class AskRequest(Struct, frozen=True, kw_only=True):
    """A review to be asked: the post, exactly what will be sent, and what the checks said.

    `kind` says whether this is the question, a reminder of it, or an escalation; `key` is the same whenever the same one is
    asked again after a crash, and different for every other: what has to go out once is named by it. `persons` are to be
    written to (empty: whoever comes by), those who have answered already left out. `thread` is what `Asked.thread` said
    when this stage's question was put.
    `stage` and `audience` say for whom it is; a client is never shown more than what is here. `changes` is what differs from
    the version that this stage saw last, `comments` what was said that this audience may read. When nobody answers by
    `review.deadline`, `silence` happens; one that `is_optional` is passed over instead. `due_at` is when the first delivery is meant to go out (UTC), where that is known.
    `settings` are the approver's own, of the type that it declares.
    """

    review: Review
    post: Post
    variants: tuple[Variant, ...]
    problems: tuple[Problem, ...]
    kind: AskKind = AskKind.ASK
    key: str = ""
    stage: str = ""
    audience: Audience = Audience.INTERNAL
    persons: tuple[Person, ...] = ()
    thread: str = ""
    changes: tuple[Change, ...] = ()
    comments: tuple[Comment, ...] = ()
    silence: Silence = Silence.HOLD
    is_optional: bool = False
    due_at: datetime | None = None
    settings: Any = None


class Answer(Struct, frozen=True, kw_only=True):
    """One answer, for the digests it was given for (profile name → digest).

    `by` is the key of a person in the configuration, or the approver's own name when it decides by itself. Without `stage`
    it is for the first waiting stage in which they may answer. `comments` are kept with it. What has the same `once` (a message's
    id, a row of a sheet) counts once, however often it is heard.
    `for_series` lets an approval hold for the later dates of the post's series as well, where the content is the same.
    """

    review_id: int
    decision: Decision
    by: str
    digests: Mapping[str, str]
    remark: str = ""
    for_series: bool = False
    stage: str = ""
    comments: tuple[Remark, ...] = ()
    once: str = ""


class Asked(Struct, frozen=True, kw_only=True):
    """The question is out; the answers known at once, if any (a rule answers at once, a person later).

    `thread` is any text by which the approver finds the question again; it comes back with reminders. No secrets.
    """

    answers: tuple[Answer, ...] = ()
    thread: str = ""


class PollRequest(Struct, frozen=True, kw_only=True):
    """Which reviews are open with this approver, and where the last poll stopped.

    `threads` maps a review's number to what its stages' threads are, for what comes back by mail. `settings` are the
    approver's own.
    """

    reviews: tuple[Review, ...]
    cursor: str = ""
    threads: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    settings: Any = None


class PollPage(Struct, frozen=True, kw_only=True):
    """Answers that came since. `troubles` are what came and could not be taken for an answer: a person is told of each."""

    answers: tuple[Answer, ...] = ()
    cursor: str = ""
    troubles: tuple[Trouble, ...] = ()


@runtime_checkable
class Approver(Protocol):
    """Asks persons (or a rule) whether variants may go out.

    One that has something to set declares its type as `settings`: `[approvers.NAME.settings]`, given with each request.
    """

    name: str

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """Put the question, remind, or escalate, as `request.kind` says. Called again with the same `key` after a crash:
        asking twice must do no harm."""
        ...

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """Answers since the cursor."""
        ...


class AskTogetherRequest(Struct, frozen=True, kw_only=True):
    """All that is to be asked of an approver now, by post and stage; for one client."""

    client: str
    questions: tuple[AskRequest, ...]
    settings: Any = None


@runtime_checkable
class AsksTogether(Protocol):
    """Ability: puts many questions at once, such as one mail about all posts of a week.

    An approver that declares it in `abilities` is asked in this way only, also when there is one question.
    """

    def ask_together(self, request: AskTogetherRequest, ctx: Context) -> tuple[Asked, ...]:
        """Put the questions; as many `Asked` as there are questions, in their order. When it raises, all are put again."""
        ...
