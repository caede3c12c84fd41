"""Putting questions, reminding and escalating: each is a row in the store before it goes out, and is asked again until it has.

What goes out twice after a crash is the same question with the same key; the approvers see to it that this does no harm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from smm_core.changes import changes_between
from smm_core.contracts import Approver, Asked, AskRequest, AsksTogether, AskTogetherRequest
from smm_core.desk.scope import READS, shown_to
from smm_core.errors import ConfigError, NotFound, PluginError, SmmError
from smm_core.model import Post, Review
from smm_core.steps import Report
from smm_core.store.review_asks import Ask
from smm_core.values import replace
from smm_core.workflow import AskKind, Person, Stage, voices
from smm_core.workspace import Workspace

_WORDS = {AskKind.ASK: "asked", AskKind.REMIND: "reminded", AskKind.ESCALATE: "told that nobody answers"}


class Outcome(Struct, frozen=True, kw_only=True):
    """A question that went out, what it was about, and the answers that came at once."""

    ask: Ask
    review: Review
    post: Post
    asked: Asked


def ask_all(ws: Workspace, report: Report, tried: set[int]) -> list[Outcome]:
    """Put everything that is due, by approver and client. What an approver could not put is due again at the next round:
    `tried` has what was tried in this one, and grows."""
    waiting: dict[tuple[str, str], list[tuple[Ask, AskRequest]]] = defaultdict(list)
    for ask in ws.store.asks.due(ws.clock.now()):
        if ask.id in tried:
            continue
        tried.add(ask.id)
        request = _request(ws, ask)
        if request is None:
            ws.store.asks.give_up(ask)
        else:
            waiting[ask.approver, request.review.client].append((ask, request))
    outcomes: list[Outcome] = []
    for (approver, client), questions in waiting.items():
        outcomes += _put(ws, approver, client, questions, report)
    return outcomes


def _put(
    ws: Workspace, name: str, client: str, questions: Sequence[tuple[Ask, AskRequest]], report: Report
) -> list[Outcome]:
    try:
        approver: Any = ws.plugins.approver(name)
        settings = ws.approver_settings(name)
    except (NotFound, ConfigError) as error:
        for _, request in questions:
            report.failed(f"review {request.review.id} of post {request.post.slug}: {error}")
        return []
    if AsksTogether not in getattr(approver, "abilities", frozenset()):
        single = (_put_one(ws, name, approver, ask, replace(one, settings=settings), report) for ask, one in questions)
        return [one for one in single if one is not None]
    together = AskTogetherRequest(
        client=client, questions=tuple(request for _, request in questions), settings=settings
    )
    try:
        answers = ws.calls.call(
            "approver",
            name,
            "ask_together",
            lambda ctx: approver.ask_together(together, ctx),
            expect=tuple,
            subject=client,
        )
        if len(answers) != len(questions) or not all(isinstance(one, Asked) for one in answers):
            raise PluginError(f"ask_together returned {len(answers)} of {len(questions)} answers", plugin=name)
    except SmmError as error:
        report.failed(f"{len(questions)} reviews of {client}: {error}")
        return []
    return [_sent(ws, ask, request, asked, report) for (ask, request), asked in zip(questions, answers, strict=True)]


def _put_one(
    ws: Workspace, name: str, approver: Approver, ask: Ask, request: AskRequest, report: Report
) -> Outcome | None:
    try:
        asked = ws.calls.call(
            "approver",
            name,
            "ask",
            lambda ctx: approver.ask(request, ctx),
            expect=Asked,
            subject=f"review {request.review.id}",
        )
    except SmmError as error:
        report.failed(f"review {request.review.id} of post {request.post.slug}: {error}")
        return None
    return _sent(ws, ask, request, asked, report)


def _sent(ws: Workspace, ask: Ask, request: AskRequest, asked: Asked, report: Report) -> Outcome:
    names = [person.name for person in request.persons]
    now = ws.clock.now()
    ws.store.asks.mark_sent(ask, names, asked.thread, now)
    if ask.kind is not AskKind.ESCALATE:
        ws.store.comments.saw(names, request.review, now)
    post = ws.store.posts.get(request.post.id)
    whom = f" {', '.join(names)}" if names else ""
    report.did(f"post {post.slug}: {_WORDS[ask.kind]}{whom} ({ask.approver})")
    if not asked.answers:
        _note(ws, ask, request.review, post)
    return Outcome(ask=ask, review=request.review, post=post, asked=asked)


def _note(ws: Workspace, ask: Ask, review: Review, post: Post) -> None:
    still = {AskKind.ASK: "waits", AskKind.REMIND: "still waits", AskKind.ESCALATE: "still waits"}[ask.kind]
    ws.note(
        f"review.{_EVENTS[ask.kind]}",
        f"post {post.slug} {still} for approval: smm reviews approve {review.id}",
        client=post.client,
        subject=f"post:{post.id}",
        urgent=True,
    )


_EVENTS = {AskKind.ASK: "asked", AskKind.REMIND: "reminded", AskKind.ESCALATE: "escalated"}


# ---------------------------------------------------------------- the question


def _request(ws: Workspace, ask: Ask) -> AskRequest | None:
    """What the approver is given; None where nobody is left to be reminded."""
    review = ws.store.reviews.get(ask.review_id)
    workflow = ws.store.reviews.workflow(review.id)
    stage = workflow.stage(ask.stage)
    if stage is None:
        return None
    persons = _persons(ws, ask, review, stage)
    if ask.kind is not AskKind.ASK and not persons and not stage.anyone:
        return None
    post = ws.store.posts.get(review.post_id)
    asked_about = ws.store.posts.asked_about(post.id, review.digests)
    variants = tuple(variant for variant, _ in asked_about)
    before = ws.store.comments.asked_before(stage.audience, review)
    rows = {row.stage: row for row in ws.store.reviews.stages(review.id)}
    return AskRequest(
        review=replace(review, deadline=rows[stage.name].deadline),
        post=shown_to(stage.audience, post),
        variants=variants,
        problems=tuple(problem for _, problems in asked_about for problem in problems),
        kind=ask.kind,
        key=f"{review.id}.{stage.name}.{ask.kind}.{ask.number}",
        stage=stage.name,
        audience=stage.audience,
        persons=persons,
        thread=ask.thread,
        changes=changes_between(
            [variant for variant, _ in ws.store.posts.asked_about(post.id, before)], variants, post.content.profiles
        )
        if before
        else (),
        comments=tuple(ws.store.comments.of(post.id, audiences=READS[stage.audience])),
        silence=workflow.silence,
        is_optional=stage.optional,
        due_at=review.due_at,
    )


def _persons(ws: Workspace, ask: Ask, review: Review, stage: Stage) -> tuple[Person, ...]:
    """Who is to hear it: those who were to be told, or those who have not answered yet."""
    if ask.kind is AskKind.ESCALATE:
        names: Sequence[str] = ask.persons
    else:
        answered = {one.by for one in ws.store.reviews.verdicts(review.id) if one.stage in (stage.name, "")}
        asked = voices(ws.store.reviews.workflow(review.id), stage, ws.store.reviews.writer(review.id))
        names = [name for name in asked if name not in answered]
    return tuple(ws.config.persons[name] for name in names if name in ws.config.persons)
