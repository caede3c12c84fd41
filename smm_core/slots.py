"""Posting times: from `mon-fri 09:00` to the instants at which a post may go out. Pure arithmetic, no clock of its own.

A slot is a wall time, so it follows its zone through clock changes by the rules of `clock.instant_of`: a slot in a
gap means the first instant after it, one that occurs twice means the first.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time

from smm_core.clock import instant_of, wall_of
from smm_core.errors import SmmError
from smm_core.model import Slot

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_EXAMPLES = "write for instance mon-fri 09:00, sat,sun 10:30 or daily 08:15"
_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_HORIZON = timedelta(days=3660)


def parse_slots(text: str, zone: str) -> tuple[Slot, ...]:
    """The slots of one line, in the order of the line: days, then one time or several (`mon,thu 09:00,17:30`), in `zone`.

    Days are `daily`, English names or at least three letters of them, lists and ranges of them; a range may pass Sunday. A line that
    is anything else is a ValueError that says what would be right.
    """
    days, gap, times = re.sub(r"\s*([,-])\s*", r"\1", " ".join(text.lower().split())).partition(" ")
    if not gap:
        raise ValueError(f'"{text}" is not a slot: days and a time are needed; {_EXAMPLES}')
    moments = [_parse_time(each.strip(), text) for each in times.split(",")]
    slots = (
        Slot(weekday=weekday, hour=hour, minute=minute, zone=zone)
        for weekday in _parse_days(days, text)
        for hour, minute in moments
    )
    return tuple(dict.fromkeys(slots))


def next_instants(slots: Iterable[Slot], after: datetime) -> Iterator[datetime]:
    """The instants (UTC) of the slots, strictly after `after`, in order and each once, for as long as calendars go.

    Without slots there are none.
    """
    last = after
    for instant in heapq.merge(*(_instants_of(slot, after) for slot in dict.fromkeys(slots))):
        if instant > last:
            yield instant
            last = instant


def free_instant(
    slots: Sequence[Slot],
    after: datetime,
    taken: Collection[datetime],
    *,
    distance: timedelta,
    per_day: int,
    zone: str,
) -> datetime:
    """The first slot (UTC) strictly after `after` that is free.

    Free means: not one of the `taken` instants, at least `distance` from each of them, and on a day (by the wall clock
    of `zone`) on which fewer than `per_day` are taken. When there are no slots, or none is free within ten years, that
    is an `SmmError`.
    """
    return next(free_instants(slots, after, taken, distance=distance, per_day=per_day, zone=zone))


def free_instants(
    slots: Sequence[Slot],
    after: datetime,
    taken: Collection[datetime],
    *,
    distance: timedelta,
    per_day: int,
    zone: str,
) -> Iterator[datetime]:
    """All slots that are free in the sense of `free_instant`, each for itself, in order."""
    busy = _Taken(taken, distance=distance, per_day=per_day, zone=zone)
    return (instant for instant in _within_reach(slots, after) if busy.fits(instant))


def make_room(
    slots: Sequence[Slot],
    after: datetime,
    queue: Sequence[datetime],
    fixed: Collection[datetime],
    *,
    distance: timedelta,
    per_day: int,
    zone: str,
) -> tuple[datetime, list[datetime]]:
    """The first slot (UTC) strictly after `after` for one more post, and where those in the `queue` (in order) are then.

    Only what is `fixed`, and what is in the queue before that slot, keeps a slot from being the first. Those from there on
    stay where they can; one that cannot goes to the next slot that is free after those before it, until a free slot
    absorbs the move. Their order stays, and what is fixed never moves. Errors are those of `free_instant`.
    """
    busy = _Taken(fixed, distance=distance, per_day=per_day, zone=zone)
    waiting = deque(queue)
    places: list[datetime] = []
    ahead = _within_reach(slots, after)  # one walk serves all, because everybody only ever moves further
    for first in ahead:
        while waiting and waiting[0] < first:
            places.append(waiting.popleft())
            busy.add(places[-1])
        if busy.fits(first):
            break
    busy.add(first)
    last = moved = first
    while waiting:
        instant = waiting.popleft()
        crowded = wall_of(instant, zone).date() == wall_of(moved, zone).date() and not busy.has_room(instant)
        if instant <= last or instant - moved < distance or crowded:
            bound = max(instant, last)
            instant = moved = next(one for one in ahead if one > bound and busy.fits(one))
        busy.add(instant)
        places.append(instant)
        last = instant
    return first, places


def wall_behind(slots: Iterable[Slot], instant: datetime) -> tuple[datetime, str] | None:
    """The wall time and zone of the slot that gives an instant; None when none does."""
    for slot in slots:
        today = wall_of(instant, slot.zone).date()
        for day in (today, today - timedelta(days=1)):
            wall = datetime.combine(day, wall_time(slot.hour, slot.minute))
            if day.weekday() == slot.weekday and instant_of(wall, slot.zone) == instant:
                return wall, slot.zone
    return None


def _within_reach(slots: Sequence[Slot], after: datetime) -> Iterator[datetime]:
    """The instants of the slots for as long as it makes sense to look; then an error says what is wrong."""
    if not slots:
        raise SmmError(
            "there are no slots", hint='add slots = ["mon-fri 09:00"] to the profile, or give the post a time'
        )
    for instant in next_instants(slots, after):
        if instant - after > _HORIZON:
            break
        yield instant
    raise SmmError(
        "no slot is free within ten years", hint="lower distance or raise per_day of [publish] or the profile"
    )


class _Taken:
    """The instants at which a profile has posts, in order, and how many lie on one day by its wall clock."""

    def __init__(self, instants: Iterable[datetime], *, distance: timedelta, per_day: int, zone: str) -> None:
        self._instants = sorted(instant.astimezone(UTC) for instant in instants)
        self._on_day: dict[date, int] = {}
        self._distance = distance
        self._per_day = per_day
        self._zone = zone

    def add(self, instant: datetime) -> None:
        """One more."""
        insort(self._instants, instant)
        day = wall_of(instant, self._zone).date()
        if day in self._on_day:
            self._on_day[day] += 1

    def fits(self, instant: datetime) -> bool:
        """Whether one more may be there: not at the same instant as another, far enough from it, on a day with room."""
        at = bisect_left(self._instants, instant)
        neighbours = self._instants[max(at - 1, 0) : at + 1]
        if instant in neighbours or any(abs(instant - neighbour) < self._distance for neighbour in neighbours):
            return False
        return self.has_room(instant)

    def has_room(self, instant: datetime) -> bool:
        """Whether its day takes one more."""
        day = wall_of(instant, self._zone).date()
        if day not in self._on_day:
            start, end = (instant_of(datetime.combine(each, wall_time()), self._zone) for each in (day, day + _DAY))
            self._on_day[day] = bisect_left(self._instants, end) - bisect_left(self._instants, start)
        return self._on_day[day] < self._per_day


def _parse_days(days: str, text: str) -> list[int]:
    if days == "daily":
        return list(range(7))
    found: list[int] = []
    for each in days.split(","):
        first, dash, last = each.partition("-")
        start = _parse_day(first, text)
        length = (_parse_day(last, text) - start) % 7 if dash else 0
        found += [(start + step) % 7 for step in range(length + 1)]
    return found


def _parse_day(word: str, text: str) -> int:
    for weekday, name in enumerate(_DAYS):
        if len(word) >= 3 and name.startswith(word):
            return weekday
    raise ValueError(f'"{word}" in "{text}" is not a weekday; {_EXAMPLES}')


def _parse_time(word: str, text: str) -> tuple[int, int]:
    found = _TIME.fullmatch(word)
    hour, minute = (int(found[1]), int(found[2])) if found else (-1, -1)
    if (hour, minute) == (24, 0):
        raise ValueError(f'24:00 in "{text}" is 00:00 of the next day; write that')
    if not (0 <= hour < 24 and 0 <= minute < 60):
        raise ValueError(f'"{word}" in "{text}" is not a time from 00:00 to 23:59; {_EXAMPLES}')
    return hour, minute


def _instants_of(slot: Slot, after: datetime) -> Iterator[datetime]:
    """One instant a week, from at most a day before `after`, until the calendar ends."""
    # A gap or a second midnight shifts a wall time by a day at most, so that nothing is missed.
    day = wall_of(after, slot.zone).date() - timedelta(days=1)
    day += timedelta(days=(slot.weekday - day.weekday()) % 7)
    wall = datetime.combine(day, wall_time(slot.hour, slot.minute))
    last = datetime.max - 2 * _WEEK
    while wall < last:
        yield instant_of(wall, slot.zone)
        wall += _WEEK
