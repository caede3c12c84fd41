"""When a review's stages are to be answered, and who hears of it before: computed once, when it is opened or put off."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from smm_core.workflow import AskKind, Stage, Workflow

PLAIN_STAGE = "approval"
"""What the one stage of the plain `[workflow]` is called."""


class AskPlan(Struct, frozen=True, kw_only=True):
    """A reminder or an escalation and its instant (UTC). `persons` hear of an escalation; a reminder goes to who is silent."""

    kind: AskKind
    at: datetime
    persons: tuple[str, ...] = ()


class StagePlan(Struct, frozen=True, kw_only=True):
    """One stage: its approve-by time (UTC; None: it waits as long as it takes), and what is said before that."""

    stage: str
    deadline: datetime | None = None
    asks: tuple[AskPlan, ...] = ()


class ReviewPlan(Struct, frozen=True, kw_only=True):
    """A workflow with its times. `due_at` is when the first delivery is meant to go out, `latest` how long it may still go
    out (UTC), where that is known: a stage whose turn comes after its approve-by time has until then."""

    workflow: Workflow
    stages: tuple[StagePlan, ...] = ()
    due_at: datetime | None = None
    latest: datetime | None = None

    def of(self, stage: str) -> StagePlan:
        """The times of a stage; one without any has none."""
        return next((one for one in self.stages if one.stage == stage), StagePlan(stage=stage))


def plain_plan(approver: str, deadline: datetime | None = None) -> ReviewPlan:
    """One stage in which anybody may answer."""
    stage = Stage(name=PLAIN_STAGE, approver=approver, anyone=True)
    return ReviewPlan(workflow=Workflow(stages=(stage,)), stages=(StagePlan(stage=PLAIN_STAGE, deadline=deadline),))
