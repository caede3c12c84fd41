"""Slots to which nothing is planned."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile

from smm_core.clock import wall_of
from smm_core.model import Profile
from smm_core.simulate.course import Course
from smm_core.simulate.forecast import Gap
from smm_core.slots import next_instants


def gaps(course: Course) -> Iterator[Gap]:
    """For every profile with slots that is no test profile of another: those that are free at the end of the run."""
    config = course.ws.config
    rehearsals = {profile.test_profile for profile in config.profiles.values()}
    for profile in config.profiles.values():
        if profile.slots and profile.name not in rehearsals:
            yield _gap(course, profile)


def _gap(course: Course, profile: Profile) -> Gap:
    distance = profile.distance
    taken = sorted(course.ws.store.ledger.taken(profile.name, course.since - distance))
    slots = list(takewhile(lambda slot: slot <= course.until, next_instants(profile.slots, course.since)))
    busy = {_monday(instant, profile.zone) for instant in taken if course.since <= instant <= course.until}
    weeks = sorted({_monday(slot, profile.zone) for slot in slots} - busy)
    return Gap(
        profile=profile.name,
        client=profile.client,
        zone=profile.zone,
        slots=len(slots),
        empty=tuple(slot for slot in slots if _is_free(slot, taken, distance)),
        weeks=tuple(weeks),
    )


def _is_free(slot: datetime, taken: Sequence[datetime], distance: timedelta) -> bool:
    """As for the planner: nothing is planned for it, nor too near to it."""
    at = bisect_left(taken, slot)
    neighbours = taken[max(at - 1, 0) : at + 1]
    return slot not in neighbours and all(abs(slot - one) >= distance for one in neighbours)


def _monday(instant: datetime, zone: str) -> date:
    day = wall_of(instant, zone).date()
    return day - timedelta(days=day.weekday())
