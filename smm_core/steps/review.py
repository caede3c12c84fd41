"""review: variants that pass their checks → a question to persons, or a rule → approved, rework, expired."""

from __future__ import annotations

from datetime import datetime

from smm_core.clock import instant_of
from smm_core.contracts import Answer, Asked, AskRequest, PollPage, PollRequest
from smm_core.errors import NotFound, SmmError, StoreError, TooLate
from smm_core.model import Decision, Post, PostState, Review, ReviewState, Verdict, WhenKind
from smm_core.steps import Report
from smm_core.workspace import Workspace


def review(ws: Workspace) -> Report:
    """Open reviews for rendered posts, have them asked, hear the answers, and let those expire that nobody answered."""
    report = Report(step="review")
    for post in ws.store.posts.listed(states=[PostState.RENDERED]):
        _open(ws, post, report)
    follow_series(ws, report)
    for one in ws.store.reviews.unasked():
        _ask(ws, one, report)
    for approver in sorted({one.approver for one in ws.store.reviews.listed(state=ReviewState.OPEN)}):
        _poll(ws, approver, report)
    now = ws.clock.now()
    for one in ws.store.reviews.listed(state=ReviewState.OPEN):
        if one.deadline is not None and one.deadline <= now:
            _expire(ws, one, now, report)
    return report


def _open(ws: Workspace, post: Post, report: Report) -> None:
    variants = ws.store.posts.variants(post)
    approver = post.content.approval or ws.config.workflow.approver
    digests = {variant.profile: variant.digest for variant, _ in variants}
    now = ws.clock.now()
    try:
        if variants:
            ws.store.reviews.open(post, approver, digests, _deadline(ws, post), now)
        elif not ws.store.posts.leave_as_it_was(post, now):
            ws.store.posts.move(post, PostState.WITHDRAWN, now, "nothing is left to send")
    except TooLate as error:
        report.failed(str(error))


def _deadline(ws: Workspace, post: Post) -> datetime | None:
    """Before the first delivery is due, by the workflow's lead; when that is over, as long as it may still go out."""
    when = post.content.when
    if when.kind is not WhenKind.AT or when.wall is None:
        return None
    zones = [when.zone] if when.zone else [ws.config.profiles[name].zone for name in post.content.profiles]
    first = min(instant_of(when.wall, zone) for zone in zones)
    early = first - ws.config.workflow.deadline
    return early if early > ws.clock.now() else first + (post.content.window or ws.config.publish.window)


def _ask(ws: Workspace, one: Review, report: Report) -> None:
    post = ws.store.posts.get(one.post_id)
    try:
        approver = ws.plugins.approver(one.approver)
        variants = ws.store.posts.asked_about(post.id, one.digests)
        request = AskRequest(
            review=one,
            post=post,
            variants=tuple(variant for variant, _ in variants),
            problems=tuple(problem for _, problems in variants for problem in problems),
        )
        asked = ws.call(
            "approver",
            one.approver,
            "ask",
            lambda ctx: approver.ask(request, ctx),
            expect=Asked,
            subject=f"review {one.id}",
        )
    except (SmmError, NotFound) as error:
        report.failed(f"review {one.id} of post {post.slug}: {error}")
        return
    ws.store.reviews.mark_asked(one.id)
    report.did(f"post {post.slug}: asked ({one.approver})")
    if not asked.answers:
        ws.note(
            "review.asked",
            f"post {post.slug} waits for approval: smm reviews approve {one.id}",
            client=post.client,
            subject=f"post:{post.id}",
            urgent=True,
        )
    for answer in asked.answers:
        answered(ws, answer, report)


def _poll(ws: Workspace, name: str, report: Report) -> None:
    reviews = tuple(ws.store.reviews.listed(state=ReviewState.OPEN, approver=name))
    place = f"approver:{name}"
    request = PollRequest(reviews=reviews, cursor=ws.store.sources.cursor(place))
    try:
        approver = ws.plugins.approver(name)
        page = ws.call("approver", name, "poll", lambda ctx: approver.poll(request, ctx), expect=PollPage)
    except SmmError as error:
        report.failed(f"approver {name}: {error}")
        return
    for answer in page.answers:
        answered(ws, answer, report)
    if page.cursor != request.cursor:
        ws.store.sources.keep_cursor(place, page.cursor, ws.clock.now())


def answered(ws: Workspace, answer: Answer, report: Report) -> None:
    """Let one answer count. One that comes too late is reported and changes nothing."""
    try:
        verdict = ws.store.reviews.decide(
            answer.review_id,
            answer.decision,
            answer.by,
            ws.clock.now(),
            answer.remark,
            answer.digests or None,
            for_series=answer.for_series,
        )
    except StoreError:
        raise
    except SmmError as error:
        report.failed(str(error))
        return
    _tell(ws, verdict, report)
    if verdict.for_series:
        follow_series(ws, report)


def follow_series(ws: Workspace, report: Report) -> None:
    """Approve what waits and has the very content that was approved for its series before."""
    for one in ws.store.reviews.following():
        try:
            verdict = ws.store.reviews.follow_series(one.id, ws.clock.now(), ws.client(one.client).zone)
        except TooLate as error:
            report.failed(str(error))
            continue
        if verdict is not None:
            _tell(ws, verdict, report)


def _tell(ws: Workspace, verdict: Verdict, report: Report) -> None:
    post = ws.store.posts.get(ws.store.reviews.get(verdict.review_id).post_id)
    words = "approved" if verdict.decision is Decision.APPROVE else "sent back for rework"
    if verdict.for_series:
        words = "approved for the series"
    remark = f": {verdict.remark}" if verdict.remark else ""
    report.did(f"post {post.slug}: {words} by {verdict.by}{remark}")
    ws.note(
        f"review.{verdict.decision}",
        f"post {post.slug} was {words} by {verdict.by}{remark}",
        client=post.client,
        subject=f"post:{post.id}",
        urgent=verdict.decision is Decision.REWORK,
    )


def _expire(ws: Workspace, one: Review, now: datetime, report: Report) -> None:
    ws.store.reviews.expire(one, now)
    post = ws.store.posts.get(one.post_id)
    report.failed(f"post {post.slug}: nobody answered in time")
    ws.note(
        "review.expired",
        f"nobody approved post {post.slug} in time; it is held: smm reviews approve {one.id}",
        client=post.client,
        subject=f"post:{post.id}",
        urgent=True,
    )
