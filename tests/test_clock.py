"""The clock: wall times in every zone, durations, instants as text, and the fake clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.clock import (
    FakeClock,
    SystemClock,
    from_text,
    instant_of,
    mark,
    never_behind,
    parse_duration,
    passed,
    say_duration,
    to_text,
    wall_of,
    zone_of,
)
from smm_core.errors import SmmError

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LAST = datetime(2037, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})
TICK = timedelta(microseconds=1)
# No zone changes twice within this time in these years, so that sampling at this pace misses no change.
PACE = timedelta(days=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A zone's change of offset at an instant."""

    zone: str
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def walls(self) -> tuple[datetime, datetime]:
        """What the clocks on the wall show just before the change, and at it."""
        naive = self.at.replace(tzinfo=None)
        return naive + self.before, naive + self.after


def offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def find_changes(name: str) -> Iterator[Change]:
    """All changes of a zone from 2026 to 2036, by samples and then by halving."""
    zone = ZoneInfo(name)
    samples = [FIRST + PACE * step for step in range(int((LAST - FIRST) / PACE) + 1)]
    for low, high in pairwise(samples):
        before, after = offset(low, zone), offset(high, zone)
        if before == after:
            continue
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            low, high = (middle, high) if offset(middle, zone) == before else (low, middle)
        at = high.replace(microsecond=0)
        yield Change(zone=name, at=at, before=before, after=after)


@cache
def all_changes() -> tuple[Change, ...]:
    return tuple(change for name in ZONES for change in find_changes(name))


def meant_by(wall: datetime, changes: list[Change], usual: timedelta) -> datetime:
    """What a wall time means, worked out from the list of changes alone: the first instant at which it is reached or passed."""
    for change in changes:
        showed, shows = change.walls
        if wall < showed:
            return (wall - change.before).replace(tzinfo=UTC)
        if wall < shows:
            return change.at
    return (wall - (changes[-1].after if changes else usual)).replace(tzinfo=UTC)


def test_the_years_ahead_have_changes_of_every_kind() -> None:
    changes = all_changes()
    steps = {change.after - change.before for change in changes}

    assert len(changes) > 2000
    assert {timedelta(hours=1), timedelta(hours=-1), timedelta(minutes=30), timedelta(minutes=-30)} <= steps


def test_every_gap_of_every_zone_means_its_end() -> None:
    wrong = []
    for change in all_changes():
        showed, shows = change.walls
        for wall in (showed, showed + (shows - showed) / 2, shows - TICK, shows):
            if showed < shows and instant_of(wall, change.zone) != change.at:
                wrong.append((change, wall))
    assert not wrong


def test_every_time_that_occurs_twice_means_the_first() -> None:
    wrong = []
    for change in all_changes():
        showed, shows = change.walls
        for wall in (shows, shows + (showed - shows) / 2, showed - TICK):
            if shows < showed:
                first = wall.replace(tzinfo=ZoneInfo(change.zone), fold=0).astimezone(UTC)
                second = wall.replace(tzinfo=ZoneInfo(change.zone), fold=1).astimezone(UTC)
                if not instant_of(wall, change.zone) == first < change.at <= second:
                    wrong.append((change, wall))
    assert not wrong


def test_around_every_change_the_clock_agrees_with_arithmetic_on_the_changes_alone() -> None:
    by_zone: dict[str, list[Change]] = {}
    for change in all_changes():
        by_zone.setdefault(change.zone, []).append(change)
    wrong = []
    for zone, changes in by_zone.items():
        for at, change in enumerate(changes):
            showed, shows = change.walls
            for wall in (min(showed, shows) - TICK, showed, shows, max(showed, shows) + timedelta(hours=3)):
                expected = meant_by(wall, changes[at : at + 2], change.after)
                if instant_of(wall, zone) != expected:
                    wrong.append((zone, wall, expected))
    assert not wrong


@pytest.mark.parametrize(
    ("wall", "zone", "expected"),
    [
        ("2026-03-29T02:30", "Europe/Amsterdam", "2026-03-29T01:00Z"),
        ("2026-10-25T02:30", "Europe/Amsterdam", "2026-10-25T00:30Z"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30Z"),  # a gap of 30 minutes
        ("2027-04-04T01:45", "Australia/Lord_Howe", "2027-04-03T14:45Z"),
        ("2026-04-24T00:20", "Africa/Cairo", "2026-04-23T22:00Z"),  # a gap at midnight
        ("2026-09-06T00:30", "America/Santiago", "2026-09-06T04:00Z"),
        ("2011-12-30T09:00", "Pacific/Apia", "2011-12-30T10:00Z"),  # a day that was left out
        ("1993-08-21T12:00", "Pacific/Kwajalein", "1993-08-21T12:00Z"),
        ("2026-11-23T09:00", "Asia/Kathmandu", "2026-11-23T03:15Z"),
        ("2026-11-23T09:00", "UTC", "2026-11-23T09:00Z"),
    ],
)
def test_known_wall_times(wall: str, zone: str, expected: str) -> None:
    assert instant_of(datetime.fromisoformat(wall), zone) == datetime.fromisoformat(expected)


@given(
    instant=st.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
)
def test_a_wall_time_leads_back_to_its_instant_or_to_the_first_of_two(instant: datetime, zone: str) -> None:
    wall = wall_of(instant, zone)
    found = instant_of(wall, zone)

    assert found.tzinfo is UTC
    assert wall_of(found, zone) == wall
    assert found <= instant


@given(st.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1)), st.sampled_from(ZONES))
def test_later_on_the_wall_is_never_earlier_in_time_within_a_second(wall: datetime, zone: str) -> None:
    assert instant_of(wall, zone) <= instant_of(wall + timedelta(seconds=1), zone)


def test_a_wall_time_has_no_offset() -> None:
    with pytest.raises(ValueError, match="no offset"):
        instant_of(datetime(2026, 1, 1, tzinfo=UTC), "UTC")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Amsterdam",
        "Europe",
        "Europe/Nowhere",
        "../etc/passwd",
        "/etc/localtime",
        "a\0b",
        "zone.tab",
        "localtime",
        "posixrules",
        "right/Europe/Paris",
        "posix/Europe/Paris",
        "x" * 5000,
        "Zürich\udcff",
        "Factory",
    ],
)
def test_what_is_no_zone_is_refused_with_a_hint(name: str) -> None:
    with pytest.raises(SmmError) as caught:
        zone_of(name)
    assert "IANA name" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1d12h", 129600),
        ("3w", 1814400),
        (" 1H 30M ", 5400),
        ("2 h", 7200),
        ("0s", 0),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "2", "h", "-2h", "1.5h", "2 hours", "1 2h", "٣h", "9999999999w", "1" * 5000 + "s", "2h\n3"]
)
def test_what_is_no_duration_is_told_what_would_be_one(text: str) -> None:
    with pytest.raises(ValueError, match="write for instance"):
        parse_duration(text)


@given(st.integers(0, 10**6))
def test_a_duration_of_two_units_is_read_back_as_it_was_said(minutes: int) -> None:
    step = timedelta(minutes=minutes)
    said = say_duration(step)

    assert timedelta(0) <= step - parse_duration(said) < timedelta(days=1)
    if minutes < 24 * 60:
        assert parse_duration(said) == step


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_instants_sort_as_text_as_they_do_in_time(instants: list[datetime]) -> None:
    assert [from_text(text) for text in sorted(map(to_text, instants))] == sorted(instants)


def test_an_instant_in_another_zone_is_stored_in_utc() -> None:
    instant = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert to_text(instant) == "2025-12-31T23:00:00.000000Z"


def test_the_fake_clock_moves_only_when_it_is_moved() -> None:
    clock, stop = FakeClock(), threading.Event()
    start = clock.now()

    assert clock.now() == start
    assert clock.wait(90, stop) is False
    assert clock.now() == start + timedelta(seconds=90)
    clock.advance(timedelta(hours=-1))
    clock.set(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    stop.set()
    assert clock.wait(1, stop) is True


def test_the_system_clock_is_in_utc_and_stops_when_it_is_told() -> None:
    clock, stop = SystemClock(), threading.Event()
    stop.set()

    assert clock.now().utcoffset() == timedelta(0)
    assert clock.wait(60, stop) is True


# ---------------------------------------------------------------- how much time has passed


def test_setting_a_clock_does_not_make_time_pass() -> None:
    clock = FakeClock()
    before, made = clock.now(), mark(clock)
    clock.advance(timedelta(seconds=5))
    clock.set_wall(timedelta(hours=2))
    assert clock.now() - before == timedelta(hours=2, seconds=5)
    assert passed(clock, made) == timedelta(seconds=5)
    clock.set(before)
    assert clock.now() == before


def test_what_has_passed_is_not_known_of_another_run_of_the_machine() -> None:
    clock = FakeClock()
    made = mark(clock)
    clock.restart()
    assert passed(clock, made) is None
    assert passed(clock, None) is None
    ahead = FakeClock(clock.now() + timedelta(days=1))
    assert passed(FakeClock(), mark(ahead)) is None, "of the same name, but it cannot be the same run"


def test_two_clocks_of_one_machine_agree() -> None:
    one, other = SystemClock(), SystemClock()
    since = passed(other, mark(one))
    assert since is not None
    assert timedelta(0) <= since < timedelta(seconds=5)


def test_a_fake_clock_goes_on_from_where_another_one_stands() -> None:
    clock = FakeClock()
    clock.set_wall(timedelta(hours=1))
    made, other = mark(clock), FakeClock(like=clock)
    other.advance(timedelta(minutes=1))
    assert other.now() - clock.now() == timedelta(minutes=1) == passed(other, made)


def test_a_clock_that_is_set_back_wins_no_time() -> None:
    clock = FakeClock()
    now, begin = never_behind(clock), clock.now()
    clock.advance(timedelta(minutes=1))
    clock.set_wall(-timedelta(hours=1))
    assert now() == begin + timedelta(minutes=1)
    clock.set_wall(timedelta(hours=3))
    assert now() == clock.now()
