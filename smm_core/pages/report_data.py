"""What a report tells, gathered from the store: what went out, what came of it, what waits, what is coming."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from smm_core.clock import instant_of
from smm_core.model import (
    Action,
    ActionKind,
    ActionState,
    Delivery,
    Post,
    PostState,
    Profile,
    Reading,
    SubjectKind,
    When,
    WhenKind,
)
from smm_core.pages.sparkline import Point

if TYPE_CHECKING:
    from smm_core.config import Client
    from smm_core.workspace import Workspace

LONGEST_TITLE = 72
OVERDUE = timedelta(minutes=2)
ORDER = (
    *("followers", "impressions", "reach", "views", "likes", "reactions", "comments"),
    *("shares", "quotes", "saves", "clicks"),
)
# Persons that were reached twice are one person, so these cannot be added up over posts.
NOT_ADDED_UP = frozenset({"reach", "followers"})
_WAITING_POSTS: Mapping[PostState, str] = {
    PostState.BLOCKED: "blocked",
    PostState.REVIEWING: "waits for approval",
    PostState.REWORK: "sent back to the writer",
    PostState.EXPIRED: "not approved in time",
}
_WAITING_DELIVERIES: Mapping[ActionState, str] = {
    ActionState.HELD: "held",
    ActionState.REFUSED: "refused by the platform",
    ActionState.UNKNOWN: "not known whether it is out",
    ActionState.PENDING: "under way",
}
_COMING_POSTS = frozenset({PostState.WRITTEN, PostState.RENDERED, PostState.REVIEWING, PostState.APPROVED})


class Measure(Struct, frozen=True, kw_only=True):
    """The newest reading of one metric, with the readings before it, oldest first. `native` is the platform's name."""

    metric: str
    native: str
    value: float
    unit: str
    at: datetime
    provisional: bool
    paid: bool
    points: tuple[Point, ...] = ()


class SentPart(Struct, frozen=True, kw_only=True):
    """One part of a delivery that is out."""

    number: int
    at: datetime
    url: str | None
    measures: tuple[Measure, ...]


class Sent(Struct, frozen=True, kw_only=True):
    """A delivery of which something is out. `text` is the first part's, `digest` names the variant."""

    post_id: int
    slug: str
    title: str
    text: str
    profile: str
    digest: str
    at: datetime
    url: str | None
    total: int
    parts: tuple[SentPart, ...]


class Waiting(Struct, frozen=True, kw_only=True):
    """Something that does not go on by itself, or not yet. `state` is an English phrase, `why` what was said then."""

    title: str
    slug: str
    profile: str | None
    state: str
    why: str
    due_at: datetime | None


class Coming(Struct, frozen=True, kw_only=True):
    """Something that is planned: when, as far as that is known, and where it stands."""

    title: str
    slug: str
    profiles: tuple[str, ...]
    due_at: datetime | None
    when: WhenKind
    state: str


class ProfileNumbers(Struct, frozen=True, kw_only=True):
    """What was read of a profile as a whole."""

    profile: str
    title: str
    measures: tuple[Measure, ...]


class ClientReport(Struct, frozen=True, kw_only=True):
    """One client's part of a report."""

    client: str
    title: str
    zone: str
    language: str
    sent: tuple[Sent, ...] = ()
    profiles: tuple[ProfileNumbers, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    coming: tuple[Coming, ...] = ()
    totals: Mapping[str, float] = field(default_factory=dict)


class ReportData(Struct, frozen=True, kw_only=True):
    """Everything that a report says. `until` is the first instant that no longer counts."""

    name: str
    since: datetime
    until: datetime
    made_at: datetime
    clients: tuple[ClientReport, ...]


def gather(ws: Workspace, clients: Sequence[str], since: datetime, until: datetime) -> ReportData:
    """The report of these clients over the time from `since` up to `until`. Trials do not count."""
    now = ws.clock.now()
    return ReportData(
        name=ws.config.name,
        since=since,
        until=until,
        made_at=now,
        clients=tuple(_client(ws, ws.client(name), since, until, now) for name in clients),
    )


def _client(ws: Workspace, client: Client, since: datetime, until: datetime, now: datetime) -> ClientReport:
    own = [profile for profile in ws.config.profiles.values() if profile.client == client.name]
    posts = {post.id: post for post in ws.store.posts.listed(client=client.name, limit=100_000)}
    sent = _sent(ws, posts, since, until)
    return ClientReport(
        client=client.name,
        title=client.title,
        zone=client.zone,
        language=client.language,
        sent=sent,
        profiles=tuple(numbers for profile in own if (numbers := _profile(ws, profile)).measures),
        waiting=tuple(_waiting(ws, posts, now)),
        coming=tuple(_coming(ws, client, posts, now)),
        totals=_totals(sent),
    )


# ---------------------------------------------------------------- what is out


def _sent(ws: Workspace, posts: Mapping[int, Post], since: datetime, until: datetime) -> tuple[Sent, ...]:
    """Deliveries of which the first part went out in this time, the newest first."""
    first = [
        action
        for action in ws.store.past.published_since(since)
        if action.post_id in posts and action.seq == 0 and not action.trial and _sent_at(action) < until
    ]
    return tuple(_sent_one(ws, posts[action.post_id], action) for action in reversed(first))


def _sent_at(action: Action) -> datetime:
    receipt = action.receipt
    return receipt.at if receipt is not None and receipt.at is not None else action.due_at


def _sent_one(ws: Workspace, post: Post, first: Action) -> Sent:
    variant = ws.store.posts.variant(post.id, first.profile, first.variant_digest)
    own = [
        action
        for action in ws.store.ledger.of_post(post.id)
        if not action.trial
        and (action.profile, action.variant_digest) == (first.profile, first.variant_digest)
        and action.kind is ActionKind.PUBLISH
    ]
    parts = tuple(
        SentPart(
            number=action.seq + 1,
            at=_sent_at(action),
            url=action.receipt.url if action.receipt else None,
            measures=_measures(ws, SubjectKind.POST, str(action.id)),
        )
        for action in own
        if action.state is ActionState.PUBLISHED
    )
    return Sent(
        post_id=post.id,
        slug=post.slug,
        title=title_of(post),
        text=variant.parts[0].text,
        profile=first.profile,
        digest=first.variant_digest,
        at=_sent_at(first),
        url=first.receipt.url if first.receipt else None,
        total=len(variant.parts),
        parts=parts,
    )


def title_of(post: Post) -> str:
    """What people call a post: its title, else how its text begins."""
    if post.content.title:
        return post.content.title
    opening = next((line.strip() for part in post.content.parts for line in part.splitlines() if line.strip()), "")
    if len(opening) <= LONGEST_TITLE:
        return opening or post.slug
    return opening[:LONGEST_TITLE].rsplit(" ", 1)[0] + " …"


# ---------------------------------------------------------------- numbers


def _profile(ws: Workspace, profile: Profile) -> ProfileNumbers:
    return ProfileNumbers(
        profile=profile.name,
        title=profile.title or profile.name,
        measures=_measures(ws, SubjectKind.PROFILE, profile.name),
    )


def _measures(ws: Workspace, kind: SubjectKind, subject: str) -> tuple[Measure, ...]:
    """The newest reading of each metric in the order in which people think of them, with its history."""
    measures = [_measure(ws, reading) for reading in ws.store.readings.latest(kind, subject)]
    return tuple(sorted(measures, key=lambda one: (rank(one.metric), one.metric, one.paid)))


def _measure(ws: Workspace, newest: Reading) -> Measure:
    series = ws.store.readings.series(newest.subject.kind, newest.subject.id, newest.metric)
    points = [
        Point(at=reading.at, value=reading.value)
        for reading in series
        if (reading.paid, reading.window, reading.unit) == (newest.paid, newest.window, newest.unit)
    ]
    return Measure(
        metric=newest.metric,
        native=newest.native,
        value=newest.value,
        unit=newest.unit,
        at=newest.at,
        provisional=newest.provisional,
        paid=newest.paid,
        points=tuple(points),
    )


def rank(metric: str) -> int:
    """Where a metric stands in a row of them."""
    return ORDER.index(metric) if metric in ORDER else len(ORDER)


def _totals(sent: Iterable[Sent]) -> Mapping[str, float]:
    """Sums over everything that is out, for counts that can be added up; a metric that nobody gives is absent."""
    totals: dict[str, float] = {}
    for one in sent:
        for measure in (measure for part in one.parts for measure in part.measures):
            if measure.unit == "count" and measure.metric not in NOT_ADDED_UP and not measure.paid:
                totals[measure.metric] = totals.get(measure.metric, 0) + measure.value
    return dict(sorted(totals.items(), key=lambda pair: (rank(pair[0]), pair[0])))


# ---------------------------------------------------------------- what waits, what is coming


def _waiting(ws: Workspace, posts: Mapping[int, Post], now: datetime) -> Iterable[Waiting]:
    """Deliveries first, the longest waiting ahead; a delivery of several parts is told once."""
    told: set[tuple[int, str]] = set()
    overdue = [one for one in ws.store.ledger.due(now - OVERDUE) if one.state is ActionState.SCHEDULED]
    for action in [*ws.store.ledger.wanting(), *overdue]:
        if action.post_id not in posts or action.trial or (action.post_id, action.profile) in told:
            continue
        told.add((action.post_id, action.profile))
        post = posts[action.post_id]
        yield Waiting(
            title=title_of(post),
            slug=post.slug,
            profile=action.profile,
            state=_WAITING_DELIVERIES.get(action.state, "overdue"),
            why=action.reason,
            due_at=action.due_at,
        )
    for post in posts.values():
        if post.state in _WAITING_POSTS:
            yield Waiting(
                title=title_of(post),
                slug=post.slug,
                profile=None,
                state=_WAITING_POSTS[post.state],
                why=post.reason,
                due_at=None,
            )


def _coming(ws: Workspace, client: Client, posts: Mapping[int, Post], now: datetime) -> Iterable[Coming]:
    """By time; what has none yet stands last."""
    deliveries = ws.store.ledger.deliveries(client=client.name, since=now, limit=100_000)
    waits = (ActionState.SCHEDULED, ActionState.WAITING)
    planned = [one for one in deliveries if one.state in waits and not one.trial]
    coming = [
        *(_coming_delivery(posts[one.post_id], one) for one in planned if one.post_id in posts),
        *(_coming_post(post, client.zone) for post in posts.values() if post.state in _COMING_POSTS),
    ]
    return sorted(coming, key=lambda one: (one.due_at is None, one.due_at or now))


def _coming_delivery(post: Post, delivery: Delivery) -> Coming:
    return Coming(
        title=title_of(post),
        slug=post.slug,
        profiles=(delivery.profile,),
        due_at=delivery.due_at,
        when=WhenKind.AT,
        state=delivery.state,
    )


def _coming_post(post: Post, zone: str) -> Coming:
    when: When = post.content.when
    at = instant_of(when.wall, when.zone or zone) if when.kind is WhenKind.AT and when.wall else None
    return Coming(
        title=title_of(post),
        slug=post.slug,
        profiles=post.content.profiles,
        due_at=at,
        when=when.kind,
        state=_WAITING_POSTS.get(post.state, str(post.state)),
    )
