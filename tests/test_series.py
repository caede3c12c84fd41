"""The dates of a series, against a naive walk through the calendar that knows nothing of recurrence rules."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.clock import instant_of
from smm_core.model import Every, Repeat, RepeatChange
from smm_core.series import (
    ORDINALS,
    WEEKDAYS,
    RepeatMistake,
    check_repeat,
    dates,
    occurrence_on,
    occurrences,
    parse_days,
    parse_every,
    say_repeat,
)
from smm_core.values import replace

NINE = time(9)
MONDAYS = Repeat(every=Every.WEEK, on=("monday",), at=NINE)
DAY = st.dates(date(2024, 1, 1), date(2032, 12, 31))

# ---------------------------------------------------------------- the naive walk


def comes_on(day: date, repeat: Repeat) -> bool:
    """Whether a rule names a day, by looking at nothing but that day."""
    starts = repeat.starts or day
    if repeat.every is Every.DAY:
        return (day - starts).days % repeat.interval == 0
    if repeat.every is Every.WEEK:
        monday, first = (one - timedelta(days=one.weekday()) for one in (day, starts))
        return (monday - first).days // 7 % repeat.interval == 0 and day.strftime("%A").lower() in repeat.on
    months = (day.year - starts.year) * 12 + day.month - starts.month
    return months % repeat.interval == 0 and any(is_day_of_month(day, word) for word in repeat.on)


def is_day_of_month(day: date, word: str) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if word == "last day":
        return day.day == last
    if word.isdigit():
        return day.day == int(word)
    ordinal, weekday = word.split()
    if day.strftime("%A").lower() != weekday:
        return False
    return day.day > last - 7 if ordinal == "last" else (day.day - 1) // 7 == ORDINALS.index(ordinal)


def walk(repeat: Repeat, since: date, until: date) -> Iterator[date]:
    """Day by day."""
    first, count = repeat.starts or since, 0
    for number in range((until - first).days + 1):
        day = first + timedelta(days=number)
        if not comes_on(day, repeat) or (repeat.until and day > repeat.until):
            continue
        count += 1
        if day >= since and (repeat.times is None or count <= repeat.times):
            yield day


WEEK_DAYS = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True).map(tuple)
MONTH_DAYS = st.lists(
    st.one_of(
        st.builds("{} {}".format, st.sampled_from([*ORDINALS, "last"]), st.sampled_from(WEEKDAYS)),
        st.integers(1, 31).map(str),
        st.just("last day"),
    ),
    min_size=1,
    max_size=3,
    unique=True,
).map(tuple)


@st.composite
def repeats(draw: st.DrawFn) -> Repeat:
    """Any rule that is complete; it may still never come."""
    every = draw(st.sampled_from(Every))
    interval = draw(st.integers(1, 5))
    times = draw(st.none() | st.integers(1, 30))
    starts = draw(DAY if interval > 1 or times else st.none() | DAY)
    on: tuple[str, ...] = ()
    if every is not Every.DAY:
        on = draw(WEEK_DAYS if every is Every.WEEK else MONTH_DAYS)
    until = draw(st.none() | DAY)
    return Repeat(every=every, interval=interval, on=on, at=NINE, starts=starts, until=until, times=times)


@given(repeat=repeats(), since=DAY)
def test_the_dates_are_those_of_a_walk_through_the_calendar(repeat: Repeat, since: date) -> None:
    until = max(since, repeat.starts or since) + timedelta(days=500)
    found = []
    for day in dates(repeat, since):
        if day > until:
            break
        found.append(day)
    assert found == list(walk(repeat, since, until))


@given(repeat=repeats(), since=DAY, number=st.integers(0, 10), later=st.integers(1, 400))
def test_where_one_begins_to_look_changes_nothing(repeat: Repeat, since: date, number: int, later: int) -> None:
    there = list(islice(dates(repeat, since), 40))
    from_later = since + timedelta(days=later)
    expected = [day for day in there if day >= from_later]
    assert list(islice(dates(repeat, from_later), len(expected))) == expected
    if number < len(there):
        one = occurrence_on(repeat, there[number])
        assert one is not None
        assert one.wall == datetime.combine(there[number], NINE)


# ---------------------------------------------------------------- days that months do not have, and clocks


def first_dates(repeat: Repeat, count: int = 3, since: date = date(2026, 11, 23)) -> list[str]:
    return [str(day) for day in islice(dates(repeat, since), count)]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("31", ["2026-12-31", "2027-01-31", "2027-03-31"]),
        ("30", ["2026-11-30", "2026-12-30", "2027-01-30"]),
        ("last day", ["2026-11-30", "2026-12-31", "2027-01-31"]),
        ("fifth monday", ["2026-11-30", "2027-03-29", "2027-05-31"]),
        ("last friday", ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("first monday", ["2026-12-07", "2027-01-04", "2027-02-01"]),
    ],
)
def test_a_month_without_the_day_is_left_out(on: str, expected: list[str]) -> None:
    assert first_dates(Repeat(every=Every.MONTH, on=(on,), at=NINE)) == expected


def test_the_29th_of_february_comes_in_leap_years() -> None:
    rule = Repeat(every=Every.MONTH, interval=12, on=("29",), at=NINE, starts=date(2026, 2, 1))
    assert first_dates(rule) == ["2028-02-29", "2032-02-29", "2036-02-29"]


def test_the_wall_time_stays_when_the_clocks_change() -> None:
    zone = "Europe/Amsterdam"
    found = [one.wall for one in islice(occurrences(MONDAYS, date(2026, 10, 19)), 2)]
    assert [instant_of(wall, zone).hour for wall in found] == [7, 8]
    in_the_gap = replace(MONDAYS, every=Every.DAY, on=(), at=time(2, 30))
    walls = [one.wall for one in islice(occurrences(in_the_gap, date(2027, 3, 27)), 3)]
    assert [f"{instant_of(wall, zone):%d %H:%M}" for wall in walls] == ["27 01:30", "28 01:00", "29 00:30"]


# ---------------------------------------------------------------- skipped and changed dates


def changed(*changes: RepeatChange) -> list[str]:
    repeat = replace(MONDAYS, changes=changes)
    check_repeat(repeat)
    return [f"{one.date:%d}→{one.wall:%d %H:%M}" for one in islice(occurrences(repeat, date(2026, 11, 23)), 3)]


def test_a_date_is_skipped() -> None:
    assert changed(RepeatChange(date=date(2026, 11, 30), skip=True)) == ["23→23 09:00", "07→07 09:00", "14→14 09:00"]


def test_a_date_that_is_moved_keeps_its_name() -> None:
    later = RepeatChange(date=date(2026, 11, 30), at=datetime(2026, 12, 8, 10))
    assert changed(later) == ["23→23 09:00", "07→07 09:00", "30→08 10:00"]
    earlier = RepeatChange(date=date(2027, 3, 1), at=datetime(2026, 11, 24, 10))
    assert changed(earlier) == ["23→23 09:00", "01→24 10:00", "30→30 09:00"]


MOVED = st.builds(
    RepeatChange,
    date=st.integers(0, 8).map(lambda weeks: date(2026, 11, 23) + timedelta(weeks=weeks)),
    at=st.integers(0, 8).map(lambda weeks: datetime(2026, 11, 23, 9) + timedelta(weeks=weeks)),
)


@given(changes=st.lists(MOVED | st.builds(replace, MOVED, at=st.none(), skip=st.just(True)), max_size=4))
def test_no_two_occurrences_share_a_wall_time(changes: list[RepeatChange]) -> None:
    repeat = replace(MONDAYS, changes=tuple(changes), starts=date(2026, 11, 23), times=9)
    walls = [one.wall for one in occurrences(repeat, date(2026, 11, 23))]
    try:
        check_repeat(repeat)
    except RepeatMistake:
        return
    assert len(walls) == len(set(walls))
    assert walls == sorted(walls)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "every", "expected"),
    [
        ("mon", Every.WEEK, ("monday",)),
        ("Mondays and Thu", Every.WEEK, ("monday", "thursday")),
        ("sat - mon", Every.WEEK, ("saturday", "sunday", "monday")),
        ("1st monday", Every.MONTH, ("first monday",)),
        ("the last fri, 15th", Every.MONTH, ("last friday", "15")),
        ("last", Every.MONTH, ("last day",)),
    ],
)
def test_days_are_read_as_people_say_them(text: str, every: Every, expected: tuple[str, ...]) -> None:
    assert parse_days(text, every) == expected


@given(repeat=repeats())
def test_words_are_read_as_they_are_kept(repeat: Repeat) -> None:
    assert tuple(day for word in repeat.on for day in parse_days(word, repeat.every)) == repeat.on
    step = f"{repeat.interval} {repeat.every}s"
    assert parse_every(step) == (repeat.interval, repeat.every)
    assert say_repeat(repeat).startswith("every ")


def test_a_rule_is_said_aloud() -> None:
    rule = replace(MONDAYS, interval=2, on=("monday", "friday"), starts=date(2026, 11, 23), times=8)
    assert say_repeat(rule) == "every 2 weeks on monday and friday at 09:00, from 2026-11-23, 8 times"
    monthly = Repeat(every=Every.MONTH, on=("first monday", "15"), at=NINE, until=date(2027, 6, 30))
    assert say_repeat(monthly) == "every month on the first monday and the 15 at 09:00, until 2027-06-30"


@pytest.mark.parametrize(
    ("repeat", "path", "words"),
    [
        (replace(MONDAYS, on=()), ("on",), "missing"),
        (replace(MONDAYS, every=Every.DAY), ("on",), "does not go with every day"),
        (replace(MONDAYS, every=Every.MONTH), ("on",), "not a day of a month"),
        (replace(MONDAYS, interval=2), ("every",), "starts"),
        (replace(MONDAYS, times=3), ("times",), "starts"),
        (replace(MONDAYS, interval=100, starts=date(2026, 1, 1)), ("every",), "100"),
        (replace(MONDAYS, starts=date(2026, 11, 24), until=date(2026, 11, 29)), ("until",), "no date"),
        (
            Repeat(every=Every.MONTH, interval=12, on=("30",), at=NINE, starts=date(2026, 2, 1)),
            ("on",),
            "no date",
        ),
        (
            replace(MONDAYS, changes=(RepeatChange(date=date(2026, 11, 24), skip=True),)),
            ("except", 0, "date"),
            "not one of its dates",
        ),
        (
            replace(MONDAYS, changes=(RepeatChange(date=date(2026, 11, 23)),)),
            ("except", 0),
            "changes nothing",
        ),
        (
            replace(MONDAYS, changes=(RepeatChange(date=date(2026, 11, 23), at=datetime(2026, 11, 30, 9)),)),
            ("except", 0, "at"),
            "the time of another",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(repeat: Repeat, path: tuple[str | int, ...], words: str) -> None:
    with pytest.raises(RepeatMistake, match=words) as caught:
        check_repeat(repeat)
    assert caught.value.path == path
