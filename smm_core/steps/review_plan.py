"""When a review is to be answered: its approve-by times, reminders and escalations, all reckoned from the first delivery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from smm_core.clock import instant_of
from smm_core.config.workflows import Chosen, workflow_for
from smm_core.errors import SmmError
from smm_core.model import Post, PostContent, Profile, WhenKind
from smm_core.slots import free_instants
from smm_core.steps import Report
from smm_core.steps.placing import look_back
from smm_core.workflow import AskKind, Stage
from smm_core.workflow_plan import AskPlan, ReviewPlan, StagePlan
from smm_core.working_time import Lead, WorkCalendar
from smm_core.workspace import Workspace


def plan_review(ws: Workspace, post: Post, report: Report, *, later_than: datetime | None = None) -> ReviewPlan:
    """The workflow that holds for a post, with its times.

    The first delivery is when the post says; for one in the queue the first free slot that leaves time to answer. With
    `later_than`, it is such a slot after that instant, whatever the post says. Without either there are no times.
    """
    chosen = workflow_for(ws.config, post.client, post.content)
    calendar = calendar_of(ws, post.client, report)
    due = _due(ws, post, chosen, calendar, later_than)
    return _timed(ws, post, chosen, calendar, due)


def plan_edit(ws: Workspace, post: Post) -> ReviewPlan:
    """The workflow for an edit of what is out. It has no times: nothing is missed while it waits."""
    return ReviewPlan(workflow=workflow_for(ws.config, post.client, post.content).workflow)


def plan_reply(ws: Workspace, profile: Profile) -> ReviewPlan:
    """The workflow for a reply on a profile. It has no times either."""
    content = PostContent(parts=("",), profiles=(profile.name,))
    return ReviewPlan(workflow=workflow_for(ws.config, profile.client, content).workflow)


def calendar_of(ws: Workspace, client: str, report: Report) -> WorkCalendar:
    """When a client works; where there is no list of its country's holidays, without them, which is said."""
    found = ws.client(client)
    calendar = found.calendar()
    try:
        calendar.holiday(ws.clock.now().date())
    except SmmError as error:
        report.failed(f"client {client}: {error}")
        return WorkCalendar(found.zone, hours=found.working_hours, closed=found.holidays)
    return calendar


def _timed(ws: Workspace, post: Post, chosen: Chosen, calendar: WorkCalendar, due: datetime | None) -> ReviewPlan:
    if due is None:
        return ReviewPlan(workflow=chosen.workflow)
    latest = due + (post.content.window or ws.config.publish.window)
    now = ws.clock.now()
    return ReviewPlan(
        workflow=chosen.workflow,
        stages=tuple(_stage(chosen, one, calendar, due, latest, now) for one in chosen.workflow.stages),
        due_at=due,
        latest=latest,
    )


def _stage(
    chosen: Chosen, stage: Stage, calendar: WorkCalendar, due: datetime, latest: datetime, now: datetime
) -> StagePlan:
    early = calendar.before(due, chosen.approve_by[stage.name])
    deadline = early if early > now else latest  # when that is over, as long as it may still go out
    asks = [AskPlan(kind=AskKind.REMIND, at=calendar.before(deadline, lead)) for lead in chosen.remind]
    asks += [
        AskPlan(kind=AskKind.ESCALATE, at=calendar.before(deadline, lead), persons=one.to)
        for lead, one in zip(chosen.escalate, stage.escalations, strict=True)
    ]
    in_time = sorted((one for one in asks if now < one.at < deadline), key=lambda one: one.at)
    return StagePlan(stage=stage.name, deadline=deadline, asks=tuple(in_time))


# ---------------------------------------------------------------- when the first delivery is due


def _due(
    ws: Workspace, post: Post, chosen: Chosen, calendar: WorkCalendar, later_than: datetime | None
) -> datetime | None:
    when = post.content.when
    if later_than is not None:
        return _slot(ws, post, chosen, calendar, later_than)
    if when.kind is WhenKind.AT and when.wall is not None:
        zones = [when.zone] if when.zone else [ws.config.profiles[name].zone for name in post.content.profiles]
        return min(instant_of(when.wall, zone) for zone in zones)
    if chosen.is_plain or when.kind is WhenKind.UNPLANNED:
        return None
    return ws.clock.now() if when.kind is WhenKind.NOW else _slot(ws, post, chosen, calendar, ws.clock.now())


def _slot(ws: Workspace, post: Post, chosen: Chosen, calendar: WorkCalendar, after: datetime) -> datetime | None:
    """The first slot after an instant that is free, on any of its profiles, and for which there is still time to answer."""
    leads = tuple(chosen.approve_by.values())
    found = (_slot_of(ws, profile, leads, calendar, after) for profile in _profiles(ws, post))
    return min((one for one in found if one is not None), default=None)


def _slot_of(
    ws: Workspace, profile: Profile, leads: tuple[Lead, ...], calendar: WorkCalendar, after: datetime
) -> datetime | None:
    now = ws.clock.now()
    taken = [
        *ws.store.ledger.taken(profile.name, after - look_back(profile)),
        *ws.store.reviews.expected(profile.name),
    ]
    slots = free_instants(
        profile.slots, after, taken, distance=profile.distance, per_day=profile.per_day, zone=profile.zone
    )
    try:
        return next((slot for slot in slots if all(calendar.before(slot, lead) > now for lead in leads)), None)
    except SmmError:
        return None  # no slot is free within years


def _profiles(ws: Workspace, post: Post) -> Iterator[Profile]:
    known = (ws.config.profiles.get(name) for name in post.content.profiles)
    return (profile for profile in known if profile is not None and profile.slots)
