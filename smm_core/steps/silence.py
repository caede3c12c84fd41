"""What happens when nobody has answered by the approve-by time: what the workflow says, and never more than that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from smm_core.clock import wall_of
from smm_core.desk.recording import note, told
from smm_core.errors import NotFound, TooLate
from smm_core.model import Post, PostState, Review, ReviewState, When, WhenKind
from smm_core.steps import Report
from smm_core.steps.review_plan import plan_review
from smm_core.store.reviews import StageRow
from smm_core.workflow import Audience, Silence, StageState, Workflow, voices
from smm_core.workspace import Workspace


def silence(ws: Workspace, one: Review, now: datetime, report: Report) -> None:
    """A review whose time has come: pass over what is optional, then do what its workflow says about silence."""
    waited = one.waiting
    one = ws.store.reviews.lapse(one, now)
    if one.waiting != waited:
        post = ws.store.posts.get(one.post_id)
        what = "it is approved" if one.state is ReviewState.APPROVED else f"{' and '.join(one.waiting)} next"
        report.did(f"post {post.slug}: nobody had to answer in {_passed(waited, one.waiting)}; {what}")
    silent = [
        stage
        for stage in ws.store.reviews.stages(one.id)
        if stage.state is StageState.WAITING and stage.deadline is not None and stage.deadline <= now
    ]
    if one.state is not ReviewState.OPEN or not silent:
        return
    workflow = ws.store.reviews.workflow(one.id)
    rules = {
        Silence.CONSENT: _consent,
        Silence.NEXT_SLOT: _next_slot,
        Silence.FALLBACK: _fallback,
        Silence.DROP: _drop,
    }
    rule = rules.get(workflow.silence)
    why_not = rule(ws, one, workflow, silent, now, report) if rule else "it is held"
    if why_not:
        _hold(ws, one, silent, why_not, now, report)


def _passed(before: Sequence[str], after: Sequence[str]) -> str:
    return " and ".join(name for name in before if name not in after)


# Each rule says why it could not be followed, and the post is held instead; nothing where it was.


def _consent(
    ws: Workspace, one: Review, workflow: Workflow, silent: Sequence[StageRow], now: datetime, report: Report
) -> str:
    """Silence is a yes of a client who agreed to that, and of persons who were reminded; of nobody else."""
    client = ws.client(one.client)
    if not (workflow.agreed and client.silence_is_consent):
        return f"client {one.client} has not agreed that silence is consent, so it is held"
    writer = ws.store.reviews.writer(one.id)
    names: set[str] = set()
    for row in silent:
        stage = workflow.stage(row.stage)
        asked = voices(workflow, stage, writer) if stage else ()
        missed = [person for person in asked if person not in ws.store.asks.reminded(one.id, row.stage)]
        if row.audience is not Audience.CLIENT:
            return f"stage {row.stage} is not the client's, and silence is no consent there, so it is held"
        if missed or not asked:
            return (
                f"{', '.join(missed) or 'nobody'} was not reminded, and silence is no consent of theirs, so it is held"
            )
        names.update(asked)
    by = min(row.deadline for row in silent if row.deadline is not None)
    remark = (
        f"nobody answered by {wall_of(by, client.zone):%Y-%m-%d %H:%M} {client.zone}, {', '.join(sorted(names))} having been"
        f" reminded; workflow {workflow.name} takes silence for consent ({workflow.agreed})"
    )
    try:
        verdict = ws.store.reviews.consent(one, [row.stage for row in silent], remark, now)
    except TooLate as error:
        report.failed(str(error))
        return ""
    if verdict is not None:
        report.did(told(ws, verdict))
        note(ws, verdict)
    return ""


def _next_slot(
    ws: Workspace, one: Review, workflow: Workflow, silent: Sequence[StageRow], now: datetime, report: Report
) -> str:
    """It keeps waiting, for a later slot."""
    post = ws.store.posts.get(one.post_id)
    plan = plan_review(ws, post, report, later_than=max(now, one.due_at or now))
    if plan.due_at is None:
        return "no profile of it has a free slot, so it is held"
    when = None if post.content.when.kind.is_in_queue else When(kind=WhenKind.SLOT)
    zone = ws.client(one.client).zone
    reason = f"nobody answered in time; it is meant for {wall_of(plan.due_at, zone):%a %Y-%m-%d %H:%M} {zone} now"
    ws.store.reviews.put_off(one, plan, when, reason, now)
    _say(ws, post, "review.moved", reason, report)
    return ""


def _fallback(
    ws: Workspace, one: Review, workflow: Workflow, silent: Sequence[StageRow], now: datetime, report: Report
) -> str:
    """Another post, approved and without a time of its own, takes the place."""
    post = ws.store.posts.get(one.post_id)
    when = When(kind=WhenKind.SLOT) if post.content.when.kind is not WhenKind.AT else post.content.when
    for name in workflow.fallback:
        stand_in = _free(ws, name, post)
        reason = f"nobody answered in time; post {stand_in.slug if stand_in else name} takes its place"
        if stand_in is not None and ws.store.reviews.replace(one, stand_in, when, reason, now):
            _say(ws, post, "review.replaced", reason, report)
            return ""
    return f"none of its fallback posts is approved and free ({', '.join(workflow.fallback)}), so it is held"


def _free(ws: Workspace, name: str, instead_of: Post) -> Post | None:
    try:
        found = ws.store.posts.find(name)
    except NotFound:
        return None
    fits = found.client == instead_of.client and found.id != instead_of.id
    free = found.state is PostState.APPROVED and found.content.when.kind is WhenKind.UNPLANNED
    return found if fits and free else None


def _drop(
    ws: Workspace, one: Review, workflow: Workflow, silent: Sequence[StageRow], now: datetime, report: Report
) -> str:
    """It does not go out, and nobody has to look after it."""
    reason = "dropped: nobody answered in time"
    if ws.store.reviews.expire(one, now, reason, dropped=True):
        _say(ws, ws.store.posts.get(one.post_id), "review.dropped", reason, report)
    return ""


def _hold(ws: Workspace, one: Review, silent: Sequence[StageRow], why: str, now: datetime, report: Report) -> None:
    reason = "nobody answered in time" if why == "it is held" else f"nobody answered in time; {why}"
    if not ws.store.reviews.expire(one, now, reason):
        return
    post = ws.store.posts.get(one.post_id)
    report.failed(f"post {post.slug}: {reason}")
    more = "" if why == "it is held" else f" ({why})"
    ws.note(
        "review.expired",
        f"nobody approved post {post.slug} in time; it is held{more}: smm reviews approve {one.id}",
        client=post.client,
        subject=f"post:{post.id}",
        urgent=True,
    )


def _say(ws: Workspace, post: Post, kind: str, reason: str, report: Report) -> None:
    report.did(f"post {post.slug}: {reason}")
    ws.note(kind, f"post {post.slug}: {reason}", client=post.client, subject=f"post:{post.id}")
