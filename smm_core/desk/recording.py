"""Letting an answer count, and telling those who want to know. One way for all: a step, the command line, a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smm_core.contracts import Answer
from smm_core.model import Decision, Verdict
from smm_core.store.reviews import Voice

if TYPE_CHECKING:
    from smm_core.workspace import Workspace


def record(ws: Workspace, answer: Answer, *, via: str, voice: Voice | None = None) -> Verdict:
    """Write an answer down, let it count, and note it as an event. Errors as those of `Reviews.decide`.

    `via` says by which way it came: an approver's name, or whose command line. `voice` is what the configuration says of
    them now, where the caller has a newer one than the workspace.
    """
    review = ws.store.reviews.get(answer.review_id)
    verdict = ws.store.reviews.decide(
        answer.review_id,
        answer.decision,
        answer.by,
        ws.clock.now(),
        answer.remark,
        answer.digests or None,
        for_series=answer.for_series,
        stage=answer.stage,
        via=via,
        once=answer.once,
        comments=answer.comments,
        voice=voice or voice_of(ws, answer.by, review.client),
    )
    note(ws, verdict)
    return verdict


def voice_of(ws: Workspace, by: str, client: str) -> Voice:
    """What the configuration says now of somebody who answers."""
    person = ws.config.persons.get(by)
    return Voice(roles=frozenset(person.roles.get(client, ())) if person else None)


def words_of(verdict: Verdict) -> str:
    """What somebody did, in the past tense."""
    if verdict.decision is Decision.REWORK:
        return "sent back for rework"
    return "approved for the series" if verdict.for_series else "approved"


def told(ws: Workspace, verdict: Verdict) -> str:
    """A verdict in one line, with what is still missing after it."""
    review = ws.store.reviews.get(verdict.review_id)
    post = ws.store.posts.get(review.post_id)
    remark = f": {verdict.remark}" if verdict.remark else ""
    stages = ws.store.reviews.workflow(review.id).stages
    stage = f" (stage {verdict.stage})" if len(stages) > 1 and verdict.stage else ""
    waits = (
        f"; {' and '.join(review.waiting)} still to come"
        if verdict.decision is Decision.APPROVE and review.waiting
        else ""
    )
    return f"post {post.slug}: {words_of(verdict)} by {verdict.by}{stage}{remark}{waits}"


def note(ws: Workspace, verdict: Verdict) -> None:
    """Write down as an event that somebody answered."""
    post = ws.store.posts.get(ws.store.reviews.get(verdict.review_id).post_id)
    remark = f": {verdict.remark}" if verdict.remark else ""
    ws.note(
        f"review.{verdict.decision}",
        f"post {post.slug} was {words_of(verdict)} by {verdict.by}{remark}",
        client=post.client,
        subject=f"post:{post.id}",
        urgent=verdict.decision is Decision.REWORK,
    )
