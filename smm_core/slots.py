"""Posting times: from `mon-fri 09:00` to the instants at which a post may go out. Pure arithmetic, no clock of its own.

A slot is a wall time, so it follows its zone through clock changes by the rules of `clock.instant_of`: a slot in a
gap means the first instant after it, one that occurs twice means the first.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time

from smm_core.clock import instant_of, wall_of
from smm_core.errors import SmmError
from smm_core.model import Slot

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_EXAMPLES = "write for instance mon-fri 09:00, sat,sun 10:30 or daily 08:15"
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
    if not slots:
        raise SmmError(
            "there are no slots", hint='add slots = ["mon-fri 09:00"] to the profile, or give the post a time'
        )
    in_order = sorted(instant.astimezone(UTC) for instant in taken)
    on_day = Counter(wall_of(instant, zone).date() for instant in in_order)
    for instant in next_instants(slots, after):
        if instant - after > _HORIZON:
            break
        if _keeps_distance(instant, in_order, distance) and on_day[wall_of(instant, zone).date()] < per_day:
            return instant
    raise SmmError("no slot is free within ten years", hint="lower the distance or raise per_day under [publish]")


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


def _keeps_distance(instant: datetime, in_order: Sequence[datetime], distance: timedelta) -> bool:
    at = bisect_left(in_order, instant)
    neighbours = in_order[max(at - 1, 0) : at + 1]
    return instant not in neighbours and all(abs(instant - neighbour) >= distance for neighbour in neighbours)
