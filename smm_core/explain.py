"""Why a post was or was not sent: its whole story from what the store knows, in order."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from smm_core.hold import holder
from smm_core.lifecycle import PARTS
from smm_core.model import Action, ActionState, Level, Post, PostState, ReviewState
from smm_core.store.lists import reply_words
from smm_core.workspace import Workspace


class Line(Struct, frozen=True, kw_only=True):
    """One thing that happened, or that holds now (`at` is None), about the post or one of its profiles."""

    at: datetime | None
    about: str
    text: str


class Explanation(Struct, frozen=True, kw_only=True):
    """The verdict in one sentence per profile, and the story behind it."""

    post: Post
    verdicts: tuple[Line, ...]
    story: tuple[Line, ...]


def explain(ws: Workspace, post: Post) -> Explanation:
    """Why a post is where it is."""
    actions = ws.store.ledger.of_post(post.id)
    live = [action for action in actions if not action.trial and action.kind in PARTS]
    verdicts = [_of_post(ws, post)] if not live or post.state not in (PostState.SCHEDULED, PostState.DONE) else []
    for profile in dict.fromkeys(action.profile for action in live):
        newest = [action for action in live if action.profile == profile]
        verdicts.append(Line(at=None, about=profile, text=_of_delivery(ws, newest)))
    return Explanation(post=post, verdicts=tuple(verdicts), story=tuple(_story(ws, post, actions)))


def _of_post(ws: Workspace, post: Post) -> Line:
    words = {
        PostState.DRAFT: "it is a draft: nothing happens until `draft` is taken out of its front matter",
        PostState.WRITTEN: "it waits to be rendered: `smm render`, or a running daemon, does that",
        PostState.BLOCKED: f"a check blocks it: {post.reason}",
        PostState.RENDERED: "it waits for a review to be opened: `smm review`, or a running daemon, does that",
        PostState.REVIEWING: _open_review(ws, post),
        PostState.REWORK: f"rework was asked: {post.reason}",
        PostState.EXPIRED: _expired(post),
        PostState.APPROVED: "it is approved and waits for its time: `smm schedule` says what is missing",
        PostState.WITHDRAWN: f"it was withdrawn: {post.reason}" if post.reason else "it was withdrawn",
    }
    return Line(at=None, about="post", text=words.get(post.state, f"it is {post.state}"))


def _expired(post: Post) -> str:
    more = post.reason.removeprefix("nobody answered in time").removeprefix("; ")
    return f"nobody approved it in time{f': {more}' if more else ''}"


def _open_review(ws: Workspace, post: Post) -> str:
    for review in ws.store.reviews.listed(post=post.id, state=ReviewState.OPEN):
        until = f" until {review.deadline:%Y-%m-%d %H:%M} UTC" if review.deadline else ""
        if review.workflow:
            workflow = ws.store.reviews.workflow(review.id)
            return (
                f"it waits for {' and '.join(review.waits_for)} (stage {' and '.join(review.waiting)}){until}, by the workflow"
                f" {review.workflow}: {workflow.why}; when nobody answers: {workflow.silence}"
            )
        return f"it waits for approval ({review.approver}){until}: smm reviews approve {review.id}"
    return "it waits for approval"


def _of_delivery(ws: Workspace, actions: list[Action]) -> str:
    out = [action for action in actions if action.state is ActionState.PUBLISHED]
    if len(out) == len(actions):
        first = out[0].receipt
        where = f": {first.url}" if first and first.url else ""
        if all(action.removed_at for action in out):
            return f"it was out, and was taken off the platform at {out[-1].removed_at:%Y-%m-%d %H:%M} UTC"
        return f"it is out{where}{f' ({out[0].reason})' if out[0].reason else ''}"
    open_ = next(action for action in actions if action.state is not ActionState.PUBLISHED)
    part = f"part {open_.seq + 1} of {len(actions)}: " if len(actions) > 1 else ""
    return part + _of_action(ws, open_)


def _of_action(ws: Workspace, action: Action) -> str:
    reason = f" ({action.reason})" if action.reason else ""
    if action.state is ActionState.SCHEDULED:
        return _why_not_yet(ws, action) + reason
    waits = "it waits for the part before it" if action.seq else "it goes out by the platform's own scheduler"
    words = {
        ActionState.WAITING: waits,
        ActionState.SENDING: "it is being sent now, or the process that sent it ended; the next start settles that",
        ActionState.PENDING: "the platform, or a person, still works on it",
        ActionState.UNKNOWN: "it was sent and no clear answer came; it is looked for, never sent again by itself",
        ActionState.HELD: "it is held for a person",
        ActionState.REFUSED: "the platform refused it",
        ActionState.CANCELLED: "it was cancelled",
    }
    return words.get(action.state, str(action.state)) + reason


def _why_not_yet(ws: Workspace, action: Action) -> str:
    now = ws.clock.now()
    due = f"it is due at {action.due_at:%Y-%m-%d %H:%M} UTC"
    if action.due_at > now:
        return due
    for client, _, by in ws.store.profiles.pauses():
        if client in ("", ws.store.posts.get(action.post_id).client):
            return f"it was due, but publishing is paused by {by}"
    state = ws.store.profiles.state(action.profile)
    if state.logged_out:
        return f"it was due, but the profile needs a login: {state.reason}"
    if ws.store.doubt():
        return f"it was due, but nothing is sent: {ws.store.doubt()}"
    if holder(ws.root) is None:
        return "it was due, but no daemon is running: `smm run`, or `smm publish`"
    if action.next_try_at and action.next_try_at > now:
        return f"it is tried again at {action.next_try_at:%Y-%m-%d %H:%M:%S} UTC"
    return "it is due now"


def _said(ws: Workspace, post: Post) -> list[Line]:
    """What others said about it, and how our replies stand."""
    lines = []
    for entry in ws.store.inbox.on_post(post.id):
        said = entry.interaction
        lines.append(Line(at=said.at, about=said.profile, text=f"{said.kind} by {said.author}: {said.text}"))
        for reply in map(ws.store.ledger.get, entry.replies):
            words = reply_words(reply.state, waits=reply.on_verdict)
            text = f"reply to {said.author} by {reply.by}: {words}{f' ({reply.reason})' if reply.reason else ''}"
            lines.append(Line(at=reply.receipt.at if reply.receipt else None, about=said.profile, text=text))
    return lines


def _story(ws: Workspace, post: Post, actions: list[Action]) -> list[Line]:
    lines = [Line(at=post.created_at, about="post", text=f"written ({post.source})")]
    lines += [Line(at=event.at, about="post", text=event.message) for event in ws.store.events.about(f"post:{post.id}")]
    for review in ws.store.reviews.listed(post=post.id):
        for verdict in ws.store.reviews.verdicts(review.id):
            text = f"{verdict.by}: {verdict.decision}{f' ({verdict.remark})' if verdict.remark else ''}"
            lines.append(Line(at=verdict.at, about=f"review {review.id}", text=text))
    lines += _said(ws, post)
    for action in actions:
        for attempt in ws.store.ledger.attempts(action.id):
            outcome = attempt.outcome or "no outcome yet"
            detail = f": {attempt.detail}" if attempt.detail else ""
            about = f"{action.profile}{' (trial)' if action.trial else ''}"
            lines.append(
                Line(
                    at=attempt.started_at,
                    about=about,
                    text=f"attempt for {action.kind} {action.seq + 1} → {outcome}{detail}",
                )
            )
    lines.sort(key=lambda line: line.at or post.created_at)
    for variant, problems in ws.store.posts.variants(post):
        lines += [
            Line(at=None, about=variant.profile, text=f"{problem.level}: {problem.message}")
            for problem in problems
            if problem.level is not Level.INFO
        ]
    return lines
