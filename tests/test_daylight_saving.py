"""Every change of clocks from 2026 to 2036 in every zone there is, against what `zoneinfo` says of instants."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from smm_core.clock import instant_of, zone_print

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)
STEP = timedelta(days=7)
SECOND = timedelta(seconds=1)


@cache
def changes() -> dict[str, list[tuple[datetime, timedelta, timedelta]]]:
    """For one zone of each set of rules: the first instant of each change, and the offsets before and from then on."""
    by_data = {zone_print(name): name for name in sorted(zoneinfo.available_timezones())}
    return {name: list(_changes_of(ZoneInfo(name))) for name in by_data.values()}


def _changes_of(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    at = SINCE
    while at < UNTIL:
        before, after = _offset(at, zone), _offset(at + STEP, zone)
        if before != after:
            low, high = at, at + STEP
            while high - low > SECOND:
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
            yield high, before, after
        at += STEP


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def expected(wall: datetime, name: str, change: tuple[datetime, timedelta, timedelta]) -> datetime:
    """The first instant at which the clocks of a zone show that time; where none does, the first after the gap."""
    instant, before, after = change
    showing = [
        candidate
        for candidate in (wall.replace(tzinfo=UTC) - offset for offset in (before, after))
        if candidate.astimezone(ZoneInfo(name)).replace(tzinfo=None) == wall
    ]
    return min(showing, default=instant)


def test_there_is_something_to_look_at() -> None:
    found = changes()
    gaps = sum(after > before for of_zone in found.values() for _, before, after in of_zone)
    repeats = sum(after < before for of_zone in found.values() for _, before, after in of_zone)
    assert len(found) > 200
    assert gaps > 500
    assert repeats > 500
    assert len(next(of_zone for name, of_zone in found.items() if zone_print(name) == zone_print("Europe/Paris"))) == 22


def test_every_wall_time_around_every_change_means_what_the_rule_says() -> None:
    wrong = []
    for name, of_zone in changes().items():
        for change in of_zone:
            instant, before, after = change
            edges = ((instant + offset).replace(tzinfo=None) for offset in (before, after))
            middle = (instant + (before + after) / 2).replace(tzinfo=None)
            walls = {middle, *(edge + shift for edge in edges for shift in (-SECOND, timedelta(0), SECOND))}
            wrong += [
                (name, wall, instant_of(wall, name))
                for wall in walls
                if instant_of(wall, name) != expected(wall, name, change)
            ]
    assert wrong == []


def test_a_day_without_a_change_has_one_instant_for_each_wall_time() -> None:
    wrong = []
    for name, of_zone in changes().items():
        for instant, _, after in of_zone:
            wall = (instant + after + timedelta(hours=30)).replace(tzinfo=None)
            if instant_of(wall, name).astimezone(ZoneInfo(name)).replace(tzinfo=None) != wall:
                wrong.append((name, wall))
    assert wrong == []
