"""review: variants that pass their checks → a question to persons, or a rule → approved, rework, expired."""

from __future__ import annotations

from smm_core.contracts import Answer, PollPage, PollRequest
from smm_core.desk.recording import note, record, told
from smm_core.errors import Repeated, SmmError, StoreError, TooLate
from smm_core.model import Post, PostState
from smm_core.steps import Report
from smm_core.steps.asking import ask_all
from smm_core.steps.review_plan import plan_review
from smm_core.steps.silence import silence
from smm_core.values import replace
from smm_core.workspace import Workspace


def review(ws: Workspace) -> Report:
    """Open reviews for rendered posts, do what silence means where time is over, ask and remind, and hear the answers."""
    report = Report(step="review")
    for post in ws.store.posts.listed(states=[PostState.RENDERED]):
        _open(ws, post, report)
    follow_series(ws, report)
    tried: set[int] = set()
    _ask(ws, report, tried)
    for approver in ws.store.asks.pollers():
        _poll(ws, approver, report)
    now = ws.clock.now()
    for one in ws.store.reviews.silent(now):
        silence(ws, one, now, report)
    _ask(ws, report, tried)  # who follows on those who were silent is asked at once
    return report


def _open(ws: Workspace, post: Post, report: Report) -> None:
    variants = ws.store.posts.variants(post)
    digests = {variant.profile: variant.digest for variant, _ in variants}
    now = ws.clock.now()
    try:
        if variants:
            plan = plan_review(ws, post, report)
            ws.store.reviews.open(post, "", digests, None, now, plan)
            for stage in plan.workflow.stages:
                if not stage.anyone and not any(person in ws.config.persons for person in stage.persons):
                    report.failed(f"post {post.slug}: nobody is there to answer in stage {stage.name}")
        elif not ws.store.posts.leave_as_it_was(post, now):
            ws.store.posts.move(post, PostState.WITHDRAWN, now, "nothing is left to send")
    except SmmError as error:
        report.failed(str(error))


def _ask(ws: Workspace, report: Report, tried: set[int]) -> None:
    """Put what is due, and let the answers count that come at once: whoever is next then is asked as well."""
    while outcomes := ask_all(ws, report, tried):
        for one in outcomes:
            for answer in one.asked.answers:
                answered(ws, answer, report, via=one.ask.approver)


def _poll(ws: Workspace, name: str, report: Report) -> None:
    reviews, threads = ws.store.asks.polled(name)
    place = f"approver:{name}"
    request = PollRequest(reviews=tuple(reviews), cursor=ws.store.sources.cursor(place), threads=threads)
    try:
        approver = ws.plugins.approver(name)
        request = replace(request, settings=ws.approver_settings(name))
        page = ws.calls.call("approver", name, "poll", lambda ctx: approver.poll(request, ctx), expect=PollPage)
    except SmmError as error:
        report.failed(f"approver {name}: {error}")
        return
    for answer in page.answers:
        answered(ws, answer, report, via=name)
    for trouble in page.troubles:
        report.failed(f"{trouble.where}: {trouble.message}")
        if page.cursor != request.cursor:  # what is heard again and again is told once
            ws.note("review.trouble", f"{trouble.where}: {trouble.message}", urgent=True)
    if page.cursor != request.cursor:
        ws.store.sources.keep_cursor(place, page.cursor, ws.clock.now())


def answered(ws: Workspace, answer: Answer, report: Report, *, via: str = "") -> None:
    """Let one answer count. One that comes too late is reported and changes nothing."""
    try:
        verdict = record(ws, answer, via=via)
    except StoreError:
        raise
    except Repeated:
        return
    except SmmError as error:
        report.failed(str(error))
        return
    report.did(told(ws, verdict))
    if verdict.for_series:
        follow_series(ws, report)


def follow_series(ws: Workspace, report: Report) -> None:
    """Approve what waits and has the very content that was approved for its series before."""
    for one in ws.store.reviews.following():
        try:
            while verdict := ws.store.reviews.follow_series(one.id, ws.clock.now(), ws.client(one.client).zone):
                report.did(told(ws, verdict))
                note(ws, verdict)
        except TooLate as error:
            report.failed(str(error))
