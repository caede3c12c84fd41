"""What a person should know before approving a time of its own: it is kept, but it may crowd another post."""

from __future__ import annotations

from datetime import datetime, timedelta

from smm_core.clock import instant_of, say_duration, wall_of
from smm_core.model import Level, PostContent, Problem, Profile, WhenKind
from smm_core.steps.placing import say
from smm_core.workspace import Workspace

_DAY = timedelta(days=1)


def crowding(ws: Workspace, content: PostContent, number: int, profile: Profile) -> list[Problem]:
    """Warnings for an explicit time that is closer to another post than the profile's distance, or on a day that is full.

    `number` is the post's own, 0 for one that the store does not have.
    """
    when = content.when
    if when.kind is not WhenKind.AT or when.wall is None:
        return []
    due = instant_of(when.wall, when.zone or profile.zone)
    others = _around(ws, number, profile, due)
    problems = []
    close = [one for one in others if abs(one[1] - due) < profile.distance or one[1] == due]
    if close:
        slug, at = min(close, key=lambda one: abs(one[1] - due))
        step = f"{say_duration(at - due)} {'before' if due < at else 'after'}" if at != due else "at the same time as"
        message = (
            f"it goes out {step} post {slug} on {profile.name} ({say(at, profile.zone)}), which is closer than the"
            f" {say_duration(profile.distance)} that should be between two posts there"
        )
        problems.append(Problem(level=Level.WARN, code="when.near", message=message, by="core"))
    day = wall_of(due, profile.zone).date()
    same_day = sorted({slug for slug, at in others if wall_of(at, profile.zone).date() == day})
    if len(same_day) >= profile.per_day:
        message = (
            f"{day} has {len(same_day)} posts on {profile.name} already ({', '.join(same_day)}),"
            f" and {profile.per_day} a day is the most there"
        )
        problems.append(Problem(level=Level.WARN, code="when.full", message=message, by="core"))
    return problems


def _around(ws: Workspace, number: int, profile: Profile, due: datetime) -> list[tuple[str, datetime]]:
    """Other posts near an instant (by a day, or the profile's distance): planned ones, and those that ask for a time."""
    reach = profile.distance + _DAY
    planned = ws.store.ledger.held(profile.name, due - reach, ws.clock.now())
    first = wall_of(due - reach, profile.zone).date()
    days = [first + step * _DAY for step in range(2 * reach.days + 3)]
    asked = [
        (slug, instant_of(wall, zone or profile.zone))
        for slug, wall, zone in ws.store.neighbours.asked_times(profile.name, days, without=number)
    ]
    times = [(one.slug, one.due_at) for one in planned if one.post_id != number] + asked
    return [(slug, at) for slug, at in times if abs(at - due) <= reach]
