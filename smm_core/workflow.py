"""Who has to say yes before a post goes out, and whether they have: the words, and one pure function.

A `Workflow` is what the configuration says about one post: its stages, who may answer in each, and what silence means. It
is frozen into a review when that is opened, so that what was asked cannot change behind the answers. `standing` says
from the stages, the verdicts so far and the present instant where the review stands; nothing else decides that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from smm_core.model import Decision, Verdict

SILENCE = "silence"
"""Who gave a verdict that nobody gave: the workflow's rule that silence means yes."""

WORKFLOW = "workflow"
"""Who gave the verdict on a post about which nobody has to be asked, or nobody objected."""


class Audience(StrEnum):
    """Which side of the table a stage or a comment belongs to. What is internal is never shown to the client."""

    INTERNAL = "internal"
    CLIENT = "client"


class Obligation(StrEnum):
    """Whether somebody has to say yes: nobody is asked, persons are asked and may object, or their yes is needed."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Order(StrEnum):
    """Whether the stages come one after the other, or all at once."""

    SEQUENCE = "sequence"
    PARALLEL = "parallel"


class Need(StrEnum):
    """Whether one yes settles a stage, or that of each of its persons is needed."""

    ANY = "any"
    ALL = "all"


class Silence(StrEnum):
    """What happens to a post when nobody has answered by the approve-by time."""

    HOLD = "hold"
    NEXT_SLOT = "next-slot"
    FALLBACK = "fallback"
    DROP = "drop"
    CONSENT = "consent"


class AskKind(StrEnum):
    """Why somebody is written to: they are asked, reminded, or told that others are silent."""

    ASK = "ask"
    REMIND = "remind"
    ESCALATE = "escalate"


class Person(Struct, frozen=True, kw_only=True):
    """Someone who writes, reviews or is told. `name` is the key in the configuration, `title` what people call them.

    `roles` maps a client to role names (`writer`, `approver`, `manager`); a client that is not in it is none of theirs.
    """

    name: str
    address: str
    language: str
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    title: str = ""
    zone: str = "UTC"

    def has_role(self, client: str, roles: Sequence[str] = ()) -> bool:
        """Whether they have one of these roles (any at all, without `roles`) for a client."""
        held = self.roles.get(client, ())
        return bool(held) if not roles else any(role in held for role in roles)


class Escalation(Struct, frozen=True, kw_only=True):
    """Who hears that a stage is still silent. With `decides`, a yes of theirs given after that settles the stage."""

    to: tuple[str, ...]
    decides: bool = False


class Stage(Struct, frozen=True, kw_only=True):
    """One group of persons who are asked by one approver.

    `persons` are asked and may answer; those of them in `by_role` only as long as they have one of `roles`. With `anyone`,
    whoever is at the command line may as well. An `optional` stage that is silent at its deadline is passed over.
    """

    name: str
    audience: Audience = Audience.INTERNAL
    approver: str = "hand"
    persons: tuple[str, ...] = ()
    by_role: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    anyone: bool = False
    need: Need = Need.ANY
    optional: bool = False
    escalations: tuple[Escalation, ...] = ()


class Workflow(Struct, frozen=True, kw_only=True):
    """What holds for one post. `name` is empty for the plain `[workflow]`; `why` says in words how it was chosen.

    `own_posts`: whether the writer of a post may answer for it. `agreed` is where the client agreed that silence is a yes.
    `fallback` are posts that may take the place of one that nobody answered for.
    """

    stages: tuple[Stage, ...]
    name: str = ""
    why: str = ""
    order: Order = Order.SEQUENCE
    own_posts: bool = True
    silence: Silence = Silence.HOLD
    fallback: tuple[str, ...] = ()
    agreed: str = ""

    def stage(self, name: str) -> Stage | None:
        """The stage of that name."""
        return next((stage for stage in self.stages if stage.name == name), None)


class StageState(StrEnum):
    """Where one stage stands: it is not its turn yet, it waits for an answer, or it has one; `lapsed`: passed over."""

    AHEAD = "ahead"
    WAITING = "waiting"
    APPROVED = "approved"
    REWORK = "rework"
    LAPSED = "lapsed"


class Standing(Struct, frozen=True, kw_only=True):
    """Where a review stands: each of its stages, in the workflow's order."""

    stages: Mapping[str, StageState]

    @property
    def is_approved(self) -> bool:
        """Whether every stage is through."""
        return all(state in _THROUGH for state in self.stages.values())

    @property
    def is_rework(self) -> bool:
        """Whether somebody wants changes."""
        return StageState.REWORK in self.stages.values()

    @property
    def waiting(self) -> tuple[str, ...]:
        """The stages that wait for an answer now."""
        return tuple(name for name, state in self.stages.items() if state is StageState.WAITING)


_THROUGH = (StageState.APPROVED, StageState.LAPSED)


def standing(
    workflow: Workflow,
    verdicts: Sequence[Verdict],
    now: datetime,
    *,
    writer: str = "",
    deadlines: Mapping[str, datetime] | None = None,
) -> Standing:
    """Where a review stands after these verdicts (oldest first), at an instant.

    `writer` is who wrote the post; `deadlines` says by when each stage is to be answered, where there is such a time. A
    verdict of somebody who may not answer in its stage counts for nothing, whoever let it in.
    """
    states: dict[str, StageState] = {}
    its_turn = True
    for stage in workflow.stages:
        heard = [
            one
            for one in verdicts
            if (one.stage == stage.name or (not one.stage and len(workflow.stages) == 1))
            and may_answer(workflow, stage, one.by, writer)
        ]
        state = _answered(workflow, stage, heard, writer)
        deadline = (deadlines or {}).get(stage.name)
        if state is StageState.WAITING and stage.optional and deadline is not None and deadline <= now:
            state = StageState.LAPSED
        states[stage.name] = state if its_turn else StageState.AHEAD
        if workflow.order is Order.SEQUENCE and state not in _THROUGH:
            its_turn = False
    return Standing(stages=states)


def may_answer(workflow: Workflow, stage: Stage, by: str, writer: str = "") -> bool:
    """Whether somebody may answer in a stage: the approver itself, the rule of silence, those who are asked, and whom the
    stage escalated to where they may decide; never the writer of the post, unless the workflow says so."""
    if by in (stage.approver, SILENCE):
        return True
    if by == writer and not workflow.own_posts:
        return False
    return stage.anyone or by in stage.persons or by in _deciders(stage)


def side_of(workflow: Workflow, person: Person, client: str) -> Audience:
    """On which side of the table somebody sits. In doubt it is the client's, who is shown less."""
    if person.has_role(client, ("client",)):
        return Audience.CLIENT
    if person.has_role(client, ("writer", "manager")):
        return Audience.INTERNAL
    asked = {stage.audience for stage in workflow.stages if person.name in stage.persons}
    if Audience.INTERNAL in asked or (not asked and person.has_role(client, ("approver",))):
        return Audience.INTERNAL
    return Audience.CLIENT


def voices(workflow: Workflow, stage: Stage, writer: str = "") -> tuple[str, ...]:
    """The persons who are asked in a stage and may answer, in order: without the writer, unless the workflow says so."""
    return tuple(person for person in stage.persons if may_answer(workflow, stage, person, writer))


def _answered(workflow: Workflow, stage: Stage, heard: Sequence[Verdict], writer: str) -> StageState:
    """A stage by its own verdicts: the last word of each person counts, and none from before a yes for all."""
    needed = set(voices(workflow, stage, writer))
    if heard and (stage.need is Need.ANY or not needed):
        return _STATES[heard[-1].decision]
    latest: dict[str, Decision] = {}
    is_settled = False
    for one in heard:
        if one.decision is Decision.APPROVE and (one.by in (stage.approver, SILENCE) or one.by in _deciders(stage)):
            latest, is_settled = {}, True
        latest[one.by] = one.decision
    if Decision.REWORK in latest.values():
        return StageState.REWORK
    is_complete = bool(needed) and needed <= set(latest)
    return StageState.APPROVED if is_settled or is_complete else StageState.WAITING


_STATES = {Decision.APPROVE: StageState.APPROVED, Decision.REWORK: StageState.REWORK}


def _deciders(stage: Stage) -> set[str]:
    return {person for one in stage.escalations if one.decides for person in one.to}
