"""Who may say what in a review, and when."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from smm_core.errors import NotAllowed, NotFound, TooLate
from smm_core.model import Decision, Review, ReviewState
from smm_core.store import edits, review_course
from smm_core.store.review_course import Case
from smm_core.workflow import SILENCE, Stage, StageState, may_answer, voices


class Voice(Struct, frozen=True, kw_only=True):
    """Who answers, as the configuration knows them now: `roles` are those they have for the review's client; None: it does
    not know them."""

    roles: frozenset[str] | None


def check_open(review: Review, decision: Decision) -> None:
    """`TooLate` where a review takes no such answer any more."""
    allowed = {ReviewState.OPEN, ReviewState.EXPIRED}
    allowed |= {ReviewState.REWORK} if decision is Decision.APPROVE else {ReviewState.APPROVED}
    if review.state not in allowed:
        raise TooLate(f"review {review.id} is {review.state}", hint="`smm reviews list` shows what is open")


def check_current(tx: sqlite3.Connection, review: Review) -> None:
    """An answer is about what the post is now; to one before an edit it is too late."""
    if edits.asks_about_an_edit(tx, review.post_id, review.digests):
        return
    newer = tx.execute(
        "SELECT 1 FROM reviews r WHERE r.post_id = ? AND r.id > ? AND NOT EXISTS (SELECT 1 FROM actions a, json_each(r.digests) d"
        " WHERE a.post_id = r.post_id AND a.kind = 'edit' AND a.profile = d.key AND a.variant_digest = d.value) LIMIT 1",
        (review.post_id, review.id),
    ).fetchone()
    if newer:
        raise review_course.changed_meanwhile(review)


def stage_of(case: Case, by: str, via: str, decision: Decision, name: str, voice: Voice | None, now: datetime) -> Stage:
    """The stage for which an answer counts: the one that was named, or the first in which they may say that now."""
    states = case.standing(now).stages
    if name and case.workflow.stage(name) is None:
        raise NotFound(f"review {case.review.id} has no stage {name!r}", hint=f"it has: {', '.join(states)}")
    wanted = [one for one in case.workflow.stages if not name or one.name == name]
    theirs = [one for one in wanted if _may(case, one, by, via, voice)]
    if not theirs:
        raise NotAllowed(*_who_may(case, wanted, by))
    in_time = [one for one in theirs if states[one.name] in _OPEN_TO[decision]]
    if not in_time:
        state = states[theirs[0].name]
        words = "it is not its turn yet" if state is StageState.AHEAD else f"it is {state}"
        raise TooLate(
            f"stage {theirs[0].name} of review {case.review.id} waits for no such answer: {words}",
            hint=f"`smm reviews show {case.review.id}`",
        )
    return min(in_time, key=lambda one: _OPEN_TO[decision].index(states[one.name]))


_OPEN_TO = {
    Decision.APPROVE: (StageState.WAITING, StageState.REWORK),
    Decision.REWORK: (StageState.WAITING, StageState.APPROVED, StageState.LAPSED),
}


def _may(case: Case, stage: Stage, by: str, via: str, voice: Voice | None) -> bool:
    """Whether somebody may answer in a stage, by what was asked then and by what the configuration says now."""
    if by == SILENCE or not may_answer(case.workflow, stage, by, case.writer):
        return False
    if stage.anyone:
        return by != case.writer or case.workflow.own_posts
    if by == stage.approver and by not in stage.persons:
        return via == stage.approver
    if voice is None:
        return True
    if voice.roles is None:
        return False
    return by not in stage.by_role or bool(voice.roles & set(stage.roles))


def _who_may(case: Case, stages: Sequence[Stage], by: str) -> tuple[str]:
    names = dict.fromkeys(person for one in stages for person in voices(case.workflow, one, case.writer))
    if by == case.writer and not case.workflow.own_posts:
        why = f"{by} wrote this post, and nobody answers for their own"
    else:
        why = f"{by} is not asked in {' or '.join(one.name for one in stages) or 'it'}"
    return (f"review {case.review.id}: {why}; those who may: {', '.join(names) or 'nobody'}",)
