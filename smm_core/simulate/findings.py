"""What is to be said of a run through a period: what does not happen and why, what happens with a catch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from smm_core.attention import next_step_of
from smm_core.clock import wall_of
from smm_core.config.workflows import is_fallback
from smm_core.errors import NotFound
from smm_core.model import Action, ActionKind, ActionState, Post, PostState, Review, ReviewState, WhenKind
from smm_core.simulate.course import EVERYTHING, Course
from smm_core.simulate.forecast import Cause, Finding, Forecast, Outcome
from smm_core.simulate.gaps import gaps
from smm_core.workflow import SILENCE, WORKFLOW

LATE = timedelta(minutes=1)
_HAPPENS = (ActionState.PUBLISHED, ActionState.PENDING)
_NEVER = {
    PostState.DRAFT: Cause.DRAFT,
    PostState.WRITTEN: Cause.BLOCKED,
    PostState.BLOCKED: Cause.BLOCKED,
    PostState.RENDERED: Cause.APPROVAL,
    PostState.REVIEWING: Cause.APPROVAL,
    PostState.EXPIRED: Cause.APPROVAL,
    PostState.REWORK: Cause.REWORK,
    PostState.APPROVED: Cause.UNPLANNED,
}


def findings(course: Course, doubt: str) -> Forecast:
    """All that a run has shown. Pauses and logins of its copy are lifted on the way, to see what waits for them."""
    outcomes = sorted(course.outcomes, key=lambda one: (one.at, one.profile, one.post, one.part))
    happens = tuple(one for one in outcomes if one.state in _HAPPENS)
    prevented = [
        *_posts(course),
        *_replies(course),
        *_stopped(course),
        *_waiting(course, doubt),
        *(Finding(cause=Cause.FILE, why=line, next_step="mend it") for line in course.unreadable),
    ]
    warnings = [
        *_by_silence(course, happens),
        *_moved(course, happens),
        *_tokens(course, happens),
        *_conflicts(course, happens),
    ]
    return Forecast(
        since=course.since,
        until=course.until,
        happens=happens,
        prevented=tuple(sorted(prevented, key=_order)),
        warnings=tuple(sorted(warnings, key=_order)),
        gaps=tuple(gaps(course)),
    )


def _order(finding: Finding) -> tuple[bool, datetime | None, str, str]:
    """By the instant that matters; what has none comes last."""
    return finding.at is None, finding.at, finding.post, finding.profile


def _said(course: Course, instant: datetime, zone: str) -> str:
    other = f" {zone}" if zone != course.ws.config.zone else ""
    return f"{wall_of(instant, zone):%Y-%m-%d %H:%M}{other}"


# ---------------------------------------------------------------- posts that get no delivery


def _posts(course: Course) -> Iterator[Finding]:
    for post in course.ws.store.posts.listed(states=list(_NEVER), limit=EVERYTHING):
        meant = _meant(course, post)
        if (post.state is PostState.DRAFT and meant is None) or is_fallback(course.ws.config, post):
            continue  # nobody has said yet that it should go out
        finding = _approval(course, post, meant) if _NEVER[post.state] is Cause.APPROVAL else _post(course, post, meant)
        instants = [one for one in (meant, finding.at) if one is not None]
        if instants and min(instants) > course.until:
            continue
        if finding.cause is Cause.EXPIRED and meant is not None and meant + _window(course, post) < course.since:
            continue  # an answer would come too late as well
        yield finding


def _window(course: Course, post: Post) -> timedelta:
    return post.content.window or course.ws.config.publish.window


def _meant(course: Course, post: Post) -> datetime | None:
    """When its first delivery should go out, where a person has said."""
    profiles = [course.ws.config.profiles.get(name) for name in post.content.profiles]
    return min((at for profile in profiles if (at := course.asked_for(post, profile)) is not None), default=None)


def _post(course: Course, post: Post, meant: datetime | None) -> Finding:
    said = next((line for line in reversed(course.troubles) if line.startswith(f"post {post.slug}: ")), "")
    why = said.removeprefix(f"post {post.slug}: ") or post.reason
    step = f"smm posts edit {post.slug}"
    match _NEVER[post.state]:
        case Cause.DRAFT:
            why = "it is a draft"
        case Cause.BLOCKED:
            step = f"smm check {post.slug}"
        case Cause.UNPLANNED:
            why, step = _why_unplanned(post, why), f"smm posts edit {post.slug} --at next"
    return Finding(
        cause=_NEVER[post.state],
        why=why or f"it is {post.state}",
        at=meant,
        client=post.client,
        post=post.slug,
        next_step=step,
    )


def _why_unplanned(post: Post, said: str) -> str:
    return (
        "approved, but it has no time yet" if post.content.when.kind is WhenKind.UNPLANNED else f"approved, but {said}"
    )


def _approval(course: Course, post: Post, meant: datetime | None) -> Finding:
    """Nobody answers while we look ahead: a post that still waits for that goes out only if somebody does."""
    asked = course.ws.store.reviews.listed(post=post.id)
    review = asked[-1] if asked else None
    known = _known_review(course, review.id, post.id) if review else None
    step = (
        f"smm reviews approve {review.id}"
        if review and known
        else "`smm render`, `smm review`, then `smm reviews list`"
    )
    expired = known is ReviewState.EXPIRED
    by = f" ({review.approver})" if review and review.approver else ""
    client = course.ws.config.clients.get(post.client)
    zone = client.zone if client else course.ws.config.zone
    meant_for = f"; it is meant for {_said(course, meant, zone)}" if meant else ""
    first = course.ws.real.store.reviews.get(review.id) if review and known else review
    return Finding(
        cause=Cause.EXPIRED if expired else Cause.APPROVAL,
        why=("nobody approved it in time" if expired else f"it is not approved yet{by}")
        + meant_for
        + _silence(course, post, review, zone),
        at=first.deadline if first else None,
        client=post.client,
        post=post.slug,
        next_step=step,
    )


def _replies(course: Course) -> Iterator[Finding]:
    """Answers to what others said that wait for somebody's word: they go out when it is given."""
    inbox = course.ws.real.store.inbox
    for review in course.ws.real.store.reviews.listed(state=ReviewState.OPEN):
        answers = inbox.asked_about(review)
        if answers is not None:
            said = answers.interaction
            yield Finding(
                cause=Cause.APPROVAL,
                why=f"the reply to {said.author} is not approved yet ({review.approver})",
                client=review.client,
                profile=said.profile,
                next_step=f"smm reviews approve {review.id}",
            )


def _silence(course: Course, post: Post, review: Review | None, zone: str) -> str:
    """What a workflow makes of it when nobody answers, as it came out when we looked ahead."""
    if review is None or not review.workflow:
        return ""
    if review.state is ReviewState.OPEN:
        moved = [one for one in course.ws.store.reviews.log(review=review.id) if one.kind == "moved"]
        if moved:
            return f"; when nobody answers it is put off, {len(moved)}× in this time"
        return f"; when nobody answers: {course.ws.store.reviews.workflow(review.id).silence}"
    said = post.reason.removeprefix("nobody answered in time").removeprefix("; ")
    return f"; when nobody answers: {said or 'it is held'}"


def _by_silence(course: Course, happens: Iterable[Outcome]) -> Iterator[Finding]:
    """What goes out although nobody has said yes: the client agreed to that, or nobody had to."""
    for slug in dict.fromkeys(one.post for one in happens):
        first = next(one for one in happens if one.post == slug)
        reviews = course.ws.store.reviews.listed(post=course.ws.store.posts.find(slug).id)
        verdicts = course.ws.store.reviews.verdicts(reviews[-1].id) if reviews else []
        for verdict in verdicts:
            if verdict.by in (SILENCE, WORKFLOW) and verdict.at >= course.since and reviews[-1].deadline is not None:
                yield Finding(
                    cause=Cause.SILENCE,
                    why=f"nobody has answered yet, and silence lets it go out: {verdict.remark}",
                    at=reviews[-1].deadline,
                    client=first.client,
                    post=slug,
                    next_step=f"smm reviews show {slug}",
                )


def _known_review(course: Course, number: int, post: int) -> ReviewState | None:
    """How a review stands in the workspace itself; None for one that is opened only while we look ahead."""
    try:
        review = course.ws.real.store.reviews.get(number)
    except NotFound:
        return None
    return review.state if review.post_id == post else None


# ---------------------------------------------------------------- deliveries that stop


def _stopped(course: Course) -> Iterator[Finding]:
    """Held, refused and never certain at the end; and what was dropped on the way."""
    for action in course.ws.store.ledger.wanting():
        by_hand = action.state is ActionState.PENDING
        if action.trial or (by_hand and (action.next_try_at is not None or action.id not in course.at_first)):
            continue
        post = course.ws.store.posts.get(action.post_id)
        same = course.at_first.get(action.id) is action.state
        yield Finding(
            cause=Cause.HELD,
            why=action.reason or str(action.state),
            at=action.due_at,
            client=post.client,
            post=post.slug,
            profile=action.profile,
            next_step=next_step_of(action) if same else f"smm explain {post.slug}",
        )
    for one in course.outcomes:
        if one.state is ActionState.CANCELLED:
            yield Finding(
                cause=Cause.DROPPED,
                why=one.reason,
                at=one.asked,
                client=one.client,
                post=one.post,
                profile=one.profile,
                next_step=f"smm posts edit {one.post}",
            )


def _waiting(course: Course, doubt: str) -> Iterator[Finding]:
    """What is due in the period and not even tried: by pause, login, profile, or because the database is in doubt."""
    profiles = course.ws.store.profiles
    paused = {client: by for client, _, by in profiles.pauses()}
    logged_out = {state.profile: state.reason for state in profiles.logged_out()}
    for client in paused:
        profiles.resume(client)
    for name in logged_out:
        profiles.log_in(name)
    waiting: dict[tuple[Cause, str], list[Action]] = defaultdict(list)
    clients: dict[str, str] = {}
    for action in course.ws.store.ledger.due(course.until, limit=EVERYTHING):
        if action.trial or action.due_at > course.until:
            continue
        client = course.ws.store.posts.get(action.post_id).client
        clients[action.profile] = client
        if doubt:
            waiting[Cause.DATABASE, ""].append(action)
        elif "" in paused or client in paused:
            waiting[Cause.PAUSE, "" if "" in paused else client].append(action)
        elif action.profile in course.unusable:
            waiting[Cause.PROFILE, action.profile].append(action)
        elif action.profile in logged_out:
            waiting[Cause.LOGIN, action.profile].append(action)
    for (cause, name), actions in waiting.items():
        profile = name if cause in (Cause.PROFILE, Cause.LOGIN) else ""
        client = clients[profile] if profile else name
        why, step = {
            Cause.DATABASE: (doubt, "smm adopt"),
            Cause.PAUSE: (f"paused by {paused.get(name, '')}", f"smm resume --client {name}" if name else "smm resume"),
            Cause.PROFILE: (course.unusable.get(name, ""), "smm doctor"),
            Cause.LOGIN: (f"it needs a login: {logged_out.get(name, '')}", f"smm profiles login {name}"),
        }[cause]
        yield Finding(
            cause=cause,
            why=f"{why}; {_count(actions)} wait{'s' if len(actions) == 1 else ''} for that",
            at=min(action.due_at for action in actions),
            client=client,
            profile=profile,
            next_step=step,
        )


def _count(things: Iterable[object]) -> str:
    number = len(list(things))
    return f"{number} deliver{'y' if number == 1 else 'ies'}"


# ---------------------------------------------------------------- deliveries with a catch


def _moved(course: Course, happens: Iterable[Outcome]) -> Iterator[Finding]:
    """What goes out later than it was meant to; of a thread the first part for which that is so."""
    told: set[tuple[str, str]] = set()
    for one in happens:
        if one.at - one.asked < LATE or (one.post, one.profile) in told:
            continue
        told.add((one.post, one.profile))
        zone = _zone(course, one.profile)
        reason = f": {one.reason}" if one.reason else ""
        yield Finding(
            cause=Cause.MOVED,
            why=f"it was meant for {_said(course, one.asked, zone)}{reason}",
            at=one.at,
            client=one.client,
            post=one.post,
            profile=one.profile,
            next_step=f"smm posts edit {one.post} --at …",
        )


def _tokens(course: Course, happens: Iterable[Outcome]) -> Iterator[Finding]:
    by_profile: dict[str, list[Outcome]] = defaultdict(list)
    for one in happens:
        by_profile[one.profile].append(one)
    for name, ones in by_profile.items():
        state = course.ws.store.profiles.state(name)
        if state.token_ends is None:
            continue
        ends = state.token_ends
        after = [one for one in ones if one.at >= ends]
        if after:
            told = f" (as the platform said on {state.inspected_at:%Y-%m-%d})" if state.inspected_at else ""
            yield Finding(
                cause=Cause.TOKEN,
                why=f"its login ends then{told}; {_count(after)} come{'s' * (len(after) == 1)} after",
                at=ends,
                client=after[0].client,
                profile=name,
                next_step=f"smm profiles login {name}",
            )


def _conflicts(course: Course, happens: Iterable[Outcome]) -> Iterator[Finding]:
    """Two posts of a profile that persons set closer than the least distance, and days with more than there should be."""
    firsts: dict[str, list[Outcome]] = defaultdict(list)
    for one in happens:
        if one.part == 1 and one.kind is ActionKind.PUBLISH:
            firsts[one.profile].append(one)
    for name, ones in firsts.items():
        profile = course.ws.config.profiles[name]
        for before, after in pairwise(ones):
            if after.at - before.at < profile.distance and {before.delivery, after.delivery} <= course.timed:
                yield _conflict(after, f"only {_minutes(after.at - before.at)} after post {before.post}")
        on_day: dict[object, list[Outcome]] = defaultdict(list)
        for one in ones:
            on_day[wall_of(one.at, profile.zone).date()].append(one)
        for day, many in on_day.items():
            if len(many) > profile.per_day:
                yield _conflict(many[-1], f"{len(many)} posts on {day}, and per_day is {profile.per_day}")


def _conflict(one: Outcome, why: str) -> Finding:
    return Finding(
        cause=Cause.CONFLICT,
        why=why,
        at=one.at,
        client=one.client,
        post=one.post,
        profile=one.profile,
        next_step=f"smm posts edit {one.post} --at …",
    )


def _minutes(step: timedelta) -> str:
    return f"{round(step.total_seconds() / 60)} minutes"


def _zone(course: Course, profile: str) -> str:
    known = course.ws.config.profiles.get(profile)
    return known.zone if known else course.ws.config.zone
