"""Posting times: how they are written, when they come, and which of them is free."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smm_core.clock import instant_of, wall_of
from smm_core.errors import SmmError
from smm_core.model import Slot
from smm_core.slots import free_instant, make_room, next_instants, parse_slots, wall_behind

AMSTERDAM = "Europe/Amsterdam"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOME_ZONES = ("UTC", AMSTERDAM, "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Kiritimati")

slot_lists = st.lists(
    st.builds(
        Slot,
        weekday=st.integers(0, 6),
        hour=st.integers(0, 23),
        minute=st.integers(0, 59),
        zone=st.sampled_from(SOME_ZONES),
    ),
    min_size=1,
    max_size=5,
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))


def said(text: str) -> list[tuple[int, str]]:
    return [(slot.weekday, f"{slot.hour:02}:{slot.minute:02}") for slot in parse_slots(text, AMSTERDAM)]


def walls(text: str, zone: str, after: str, count: int) -> list[str]:
    found = islice(next_instants(parse_slots(text, zone), instant_of(datetime.fromisoformat(after), zone)), count)
    return [wall_of(instant, zone).strftime("%a %d %b %H:%M") for instant in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon 09:00", [(0, "09:00")]),
        ("mon-fri 9:00", [(day, "09:00") for day in range(5)]),
        ("sat,sun 10:30", [(5, "10:30"), (6, "10:30")]),
        ("daily 08:15", [(day, "08:15") for day in range(7)]),
        ("Thursday, Tues - Wed 00:00", [(3, "00:00"), (1, "00:00"), (2, "00:00")]),
        ("sat-mon 23:59", [(5, "23:59"), (6, "23:59"), (0, "23:59")]),
        ("mon 09:00, 17:30", [(0, "09:00"), (0, "17:30")]),
        ("mon,mon-tue 09:00", [(0, "09:00"), (1, "09:00")]),
        ("  mon\t09:00 ", [(0, "09:00")]),
    ],
)
def test_lines_of_slots(text: str, expected: list[tuple[int, str]]) -> None:
    assert said(text) == expected
    assert {slot.zone for slot in parse_slots(text, AMSTERDAM)} == {AMSTERDAM}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "days and a time are needed"),
        ("mon", "days and a time are needed"),
        ("09:00", "days and a time are needed"),
        ("maandag 09:00", '"maandag" in'),
        ("mo 09:00", '"mo" in'),
        ("mon- 09:00", "days and a time are needed"),
        ("mon-tue-wed 09:00", '"tue-wed" in'),
        ("mon 24:00", "next day"),
        ("mon 25:00", '"25:00" in'),
        ("mon 09:60", '"09:60" in'),
        ("mon 9am", '"9am" in'),
        ("mon 09:00,", '"" in'),
        ("mon ٠٩:٠٠", "is not a time"),
        ("mon 09:00 CET", "is not a time"),
    ],
)
def test_what_is_no_slot_is_told_what_is_wrong_with_it(text: str, wrong: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_slots(text, "UTC")
    assert wrong in str(caught.value)
    assert text in str(caught.value)


@given(st.text(max_size=30))
def test_any_text_is_slots_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_slots(text, "UTC")


def test_the_next_instants_come_in_order_and_after_the_given_one() -> None:
    expected = ["Mon 23 Nov 17:00", "Tue 24 Nov 09:00", "Tue 24 Nov 17:00", "Mon 30 Nov 09:00"]
    assert walls("mon-tue 17:00,09:00", AMSTERDAM, "2026-11-23T09:00", 4) == expected


def test_a_slot_keeps_its_wall_time_when_clocks_change() -> None:
    slots = parse_slots("sun 09:00", AMSTERDAM)
    found = islice(next_instants(slots, datetime(2026, 10, 17, tzinfo=UTC)), 2)
    assert [instant.isoformat() for instant in found] == ["2026-10-18T07:00:00+00:00", "2026-10-25T08:00:00+00:00"]


def test_slots_in_a_gap_come_once_at_its_end() -> None:
    expected = ["Sun 29 Mar 03:00", "Sun 29 Mar 03:15", "Sun 05 Apr 02:15"]
    assert walls("sun 02:15,02:45,03:00,03:15", AMSTERDAM, "2026-03-29T01:00", 3) == expected


def test_a_slot_that_occurs_twice_comes_the_first_time_only() -> None:
    found = list(islice(next_instants(parse_slots("sun 02:30", AMSTERDAM), datetime(2026, 10, 24, tzinfo=UTC)), 2))
    assert found[0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert found[1] == datetime(2026, 11, 1, 1, 30, tzinfo=UTC)


def test_a_slot_on_a_day_that_was_left_out_comes_at_its_end() -> None:
    found = next(next_instants(parse_slots("fri 09:00", "Pacific/Apia"), datetime(2011, 12, 30, 9, 59, tzinfo=UTC)))
    assert found == datetime(2011, 12, 30, 10, 0, tzinfo=UTC)


def test_slots_of_several_zones_are_merged() -> None:
    slots = (
        parse_slots("mon 09:00", "UTC") + parse_slots("mon 10:00", AMSTERDAM) + parse_slots("mon 09:00", "Asia/Tokyo")
    )
    found = list(islice(next_instants(slots, MONDAY - timedelta(days=1)), 3))
    assert [instant.isoformat() for instant in found] == [
        "2026-11-23T00:00:00+00:00",
        "2026-11-23T09:00:00+00:00",
        "2026-11-30T00:00:00+00:00",
    ]


def test_without_slots_nothing_comes() -> None:
    assert list(next_instants((), MONDAY)) == []


def test_the_instants_go_on_until_the_calendar_ends() -> None:
    found = list(next_instants(parse_slots("mon 09:00", "UTC"), datetime(9999, 10, 1, tzinfo=UTC)))
    assert found
    assert found[-1].year == 9999


@given(slot_lists, instants)
def test_instants_are_those_of_a_walk_through_the_days(slots: list[Slot], after: datetime) -> None:
    found = list(islice(next_instants(slots, after), 12))
    walked = {
        instant_of(datetime.combine(day, datetime.min.time()).replace(hour=slot.hour, minute=slot.minute), slot.zone)
        for slot in slots
        for day in ((after + timedelta(days=step)).date() for step in range(-3, 100))
        if day.weekday() == slot.weekday
    }

    assert found == sorted(instant for instant in walked if instant > after)[:12]
    assert all(before < later for before, later in pairwise(found))


def free(text: str, taken: list[datetime], *, distance: int = 0, per_day: int = 10, zone: str = "UTC") -> datetime:
    slots = parse_slots(text, zone)
    return free_instant(slots, MONDAY, taken, distance=timedelta(minutes=distance), per_day=per_day, zone=zone)


def test_the_first_slot_is_free_when_nothing_is_taken() -> None:
    assert free("mon 09:00,10:00", []) == MONDAY.replace(hour=10)


def test_a_taken_slot_is_passed_over_even_without_a_distance() -> None:
    assert free("mon 10:00,11:00", [MONDAY.replace(hour=10)]) == MONDAY.replace(hour=11)


def test_the_distance_is_kept_to_what_comes_before_and_after() -> None:
    taken = [MONDAY.replace(hour=10, minute=5), MONDAY.replace(hour=12, minute=29)]
    assert free("mon 10:00,10:34,10:35,12:00", taken, distance=30) == MONDAY.replace(hour=10, minute=35)
    assert free("mon 10:00,12:00,13:00", taken, distance=30) == MONDAY.replace(hour=13)


def test_a_full_day_is_left_by_the_wall_clock_of_the_zone() -> None:
    # 23:30 UTC on Sunday is Monday in Amsterdam, so that one more on Monday would be the third.
    taken = [datetime(2026, 11, 22, 23, 30, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)]
    assert free("daily 12:00", taken, per_day=2, zone=AMSTERDAM) == datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert free("daily 12:00", taken, per_day=2, zone="UTC") == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_taken_instants_of_another_zone_count_as_the_same_instants() -> None:
    taken = [instant_of(datetime(2026, 11, 23, 19), "Asia/Tokyo").astimezone(timezone(timedelta(hours=9)))]
    assert free("mon 10:00,11:00", taken) == MONDAY.replace(hour=11)


def test_no_slots_and_no_free_slot_are_errors_a_person_can_read() -> None:
    with pytest.raises(SmmError, match="no slots"):
        free_instant((), MONDAY, (), distance=timedelta(0), per_day=1, zone="UTC")
    with pytest.raises(SmmError, match="within ten years"):
        free("mon 09:00", [], per_day=0)
    with pytest.raises(SmmError, match="within ten years"):
        free("mon 09:00", [MONDAY], distance=60 * 24 * 365 * 11)


@given(
    slots=slot_lists,
    gaps=st.lists(st.integers(0, 60 * 24 * 3), max_size=20),
    distance=st.integers(0, 600),
    per_day=st.integers(1, 4),
    zone=st.sampled_from(SOME_ZONES),
)
def test_a_free_slot_is_the_first_that_obeys_every_rule(
    slots: list[Slot], gaps: list[int], distance: int, per_day: int, zone: str
) -> None:
    taken = [MONDAY + timedelta(minutes=sum(gaps[: at + 1])) for at in range(len(gaps))]
    least = timedelta(minutes=distance)

    def obeys(instant: datetime) -> bool:
        day = wall_of(instant, zone).date()
        same_day = [each for each in taken if wall_of(each, zone).date() == day]
        return instant not in taken and all(abs(instant - each) >= least for each in taken) and len(same_day) < per_day

    found = free_instant(slots, MONDAY, taken, distance=least, per_day=per_day, zone=zone)
    assert found == next(instant for instant in next_instants(slots, MONDAY) if obeys(instant))


# ---------------------------------------------------------------- room at the front


def room(
    text: str, queue: list[datetime], fixed: list[datetime], *, distance: int = 0, per_day: int = 10
) -> tuple[str, list[str]]:
    first, places = make_room(
        parse_slots(text, "UTC"),
        MONDAY,
        queue,
        fixed,
        distance=timedelta(minutes=distance),
        per_day=per_day,
        zone="UTC",
    )
    return f"{first:%d %H:%M}", [f"{place:%d %H:%M}" for place in places]


def at(*hours: int, day: int = 23) -> list[datetime]:
    return [MONDAY.replace(day=day, hour=hour) for hour in hours]


def test_who_goes_first_takes_the_next_slot_and_the_others_move_until_a_free_one_absorbs_it() -> None:
    slots = "daily 10:00,11:00,12:00,13:00"
    assert room(slots, at(10, 11, 13), []) == ("23 10:00", ["23 11:00", "23 12:00", "23 13:00"])
    assert room(slots, at(11), []) == ("23 10:00", ["23 11:00"])
    assert room(slots, [], []) == ("23 10:00", [])


def test_what_is_fixed_never_moves_and_is_stepped_over() -> None:
    slots = "daily 10:00,11:00,12:00,13:00"
    assert room(slots, at(10), at(11)) == ("23 10:00", ["23 12:00"])
    assert room(slots, at(11), at(10)) == ("23 11:00", ["23 12:00"])


def test_those_that_wait_before_the_next_usable_slot_stay() -> None:
    assert room("daily 10:00,11:00,12:00", at(10), at(9), distance=90) == ("23 12:00", ["23 10:00"])


def test_who_is_too_close_to_one_that_moved_moves_as_well() -> None:
    moved = room("daily 10:00,11:00,11:05,12:00", [*at(10), MONDAY.replace(hour=11, minute=5)], [], distance=10)
    assert moved == ("23 10:00", ["23 11:00", "23 12:00"])


def test_a_day_that_gets_too_full_passes_its_last_one_on() -> None:
    queue = [*at(11, 12), *at(10, 11, day=24)]
    slots = "daily 10:00,11:00,12:00,13:00"
    expected = ("23 10:00", ["23 11:00", "24 10:00", "24 11:00", "25 10:00"])
    assert room(slots, queue, [], per_day=2) == expected


@settings(deadline=None)
@given(
    slots=slot_lists,
    gaps=st.lists(st.integers(1, 60 * 24 * 3), max_size=8),
    count=st.integers(0, 12),
    distance=st.integers(0, 300),
    per_day=st.integers(1, 4),
    zone=st.sampled_from(SOME_ZONES),
)
def test_room_at_the_front_keeps_every_rule_and_the_order(
    slots: list[Slot], gaps: list[int], count: int, distance: int, per_day: int, zone: str
) -> None:
    least = timedelta(minutes=distance)
    fixed = [MONDAY + timedelta(minutes=sum(gaps[: number + 1])) for number in range(len(gaps))]
    queue: list[datetime] = []
    for _ in range(count):
        queue.append(free_instant(slots, MONDAY, fixed + queue, distance=least, per_day=per_day, zone=zone))
    queue.sort()

    first, places = make_room(slots, MONDAY, queue, fixed, distance=least, per_day=per_day, zone=zone)

    assert all(new >= old for new, old in zip(places, queue, strict=True)), "nobody goes out earlier"
    assert all(before < later for before, later in pairwise(places)), "the order stays"
    assert all(old == new for old, new in zip(queue, places, strict=True) if new < first)
    placed = [first, *places]
    everything = sorted([*fixed, *placed])
    for one in placed:
        others = [*everything]
        others.remove(one)
        assert one not in others
        assert all(abs(one - other) >= least for other in others)
        day = wall_of(one, zone).date()
        assert sum(wall_of(other, zone).date() == day for other in everything) <= per_day
    assert all(wall_behind(slots, one) for one in placed)


def test_the_wall_time_behind_a_slot_in_a_gap_that_ends_at_midnight() -> None:
    slots = parse_slots("sat 23:30", "America/Nuuk")
    instant = next(next_instants(slots, datetime(2027, 3, 25, tzinfo=UTC)))
    assert f"{wall_of(instant, 'America/Nuuk'):%a %H:%M}" == "Sun 00:00"
    assert wall_behind(slots, instant) == (datetime(2027, 3, 27, 23, 30), "America/Nuuk")


@given(slot_lists, instants)
def test_the_wall_time_behind_a_slot_gives_its_instant_again(slots: list[Slot], after: datetime) -> None:
    for instant in islice(next_instants(slots, after), 5):
        behind = wall_behind(slots, instant)
        assert behind is not None
        wall, zone = behind
        assert instant_of(wall, zone) == instant
        assert (wall.weekday(), wall.hour, wall.minute, zone) in {
            (slot.weekday, slot.hour, slot.minute, slot.zone) for slot in slots
        }
    assert wall_behind([Slot(weekday=0, hour=9, minute=0, zone="UTC")], MONDAY + timedelta(minutes=1)) is None
