"""Working hours, holidays, and going back from an instant by so many working days: pure arithmetic, no clock of its own.

Wall times are those of one zone and follow its clock changes by the rules of `clock.instant_of`; working hours are counted in
hours that really pass, so that a day on which the clocks change has one more or one less where that falls into them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from functools import cache
from types import MappingProxyType

from msgspec import Struct

from smm_core.clock import instant_of, parse_duration, say_duration, wall_of
from smm_core.errors import SmmError
from smm_core.slots import parse_slots

EXAMPLE = 'write for instance "2 working days before", "4 working hours before" or "36h before"'
USUAL_HOURS = ("mon-fri 09:00-17:00",)
_WORKING = re.compile(r"([0-9]{1,3}) working (day|hour)s?")
_PLAIN = re.compile(r"([0-9]{1,3}) (minute|hour|day|week)s?")
_SPAN = re.compile(r"(.+?)\s+([0-9]{1,2}:[0-9]{2})\s*-\s*([0-9]{1,2}:[0-9]{2})")
_DAY = timedelta(days=1)
_FARTHEST = 3 * 366


class Lead(Struct, frozen=True, kw_only=True):
    """How long before something: working days, or working hours, or time as it passes. One of the three is more than nothing,
    or all are nothing."""

    days: int = 0
    hours: int = 0
    passing: timedelta = timedelta(0)

    def __str__(self) -> str:
        if self.days or self.hours:
            count, word = (self.days, "day") if self.days else (self.hours, "hour")
            return f"{count} working {word}{'s' if count != 1 else ''}"
        return say_duration(self.passing)


def parse_lead(text: str) -> Lead:
    """`2 working days before`, `4 working hours`, `3 days before`, `36h`; anything else is a ValueError that says so."""
    words = " ".join(text.lower().split()).removesuffix(" before")
    if found := _WORKING.fullmatch(words):
        return Lead(days=int(found[1])) if found[2] == "day" else Lead(hours=int(found[1]))
    if found := _PLAIN.fullmatch(words):
        return Lead(passing=int(found[1]) * timedelta(**{f"{found[2]}s": 1}))
    try:
        return Lead(passing=parse_duration(words))
    except ValueError:
        raise ValueError(f'"{text}" is no time before something; {EXAMPLE}') from None


class Hours(Struct, frozen=True, kw_only=True):
    """A stretch of working hours: weekday (0 = Monday), from and to in minutes since midnight by the wall clock."""

    weekday: int
    opens: int
    closes: int


def parse_hours(text: str) -> tuple[Hours, ...]:
    """The hours of one line, `mon-fri 09:00-17:00`; to `24:00` is allowed. Anything else is a ValueError that says so."""
    found = _SPAN.fullmatch(" ".join(text.split()))
    if found is None:
        raise ValueError(f'"{text}" are no working hours; write for instance mon-fri 09:00-17:00')
    opens = parse_slots(f"{found[1]} {found[2]}", "UTC")
    hour, minute = (int(part) for part in found[3].split(":"))
    closes = hour * 60 + minute
    if minute > 59 or closes > 24 * 60 or any(closes <= slot.hour * 60 + slot.minute for slot in opens):
        raise ValueError(f'"{text}" does not end on the same day, after it begins')
    return tuple(Hours(weekday=slot.weekday, opens=slot.hour * 60 + slot.minute, closes=closes) for slot in opens)


class WorkCalendar:
    """When one client works: hours by the wall clock of a zone, without the holidays of a country (or a part of it) and
    without the days it is `closed`."""

    def __init__(
        self,
        zone: str,
        *,
        hours: Sequence[str] = USUAL_HOURS,
        country: str = "",
        subdivision: str = "",
        closed: Collection[date] = (),
    ) -> None:
        self._zone = zone
        self._hours = tuple(span for line in hours or USUAL_HOURS for span in parse_hours(line))
        self._closed = frozenset(closed)
        self._country = country
        self._subdivision = subdivision

    def holiday(self, day: date) -> str:
        """The name of the holiday that falls on a day; empty where it is none. A country without a list is an `SmmError`."""
        if day in self._closed:
            return "closed"
        return holidays_of(self._country, self._subdivision, day.year).get(day, "")

    def is_open(self, instant: datetime) -> bool:
        """Whether somebody works at an instant."""
        return any(begin <= instant < end for begin, end in self._spans(wall_of(instant, self._zone).date()))

    def before(self, instant: datetime, lead: Lead) -> datetime:
        """The instant (UTC) so long before another one.

        By working days it is the same time of the day, brought into the working hours where it lies outside of them.
        """
        if lead.hours:
            return self._hours_before(instant, timedelta(hours=lead.hours))
        if lead.days:
            return self._days_before(instant, lead.days)
        return instant - lead.passing

    def _hours_before(self, instant: datetime, left: timedelta) -> datetime:
        for day in self._days_back(instant):
            for begin, end in reversed(self._spans(day)):
                end = min(end, instant)
                if end - begin >= left:
                    return end - left
                left -= max(end - begin, timedelta(0))
        raise self._never()

    def _days_before(self, instant: datetime, count: int) -> datetime:
        start = self._last_open(instant)
        days = (day for day in self._days_back(start) if self._spans(day) and day < wall_of(start, self._zone).date())
        for number, day in enumerate(days, start=1):
            if number == count:
                return self._at(day, wall_of(start, self._zone).time())
        raise self._never()

    def _last_open(self, instant: datetime) -> datetime:
        """The instant itself within working hours (or when they end), else the end of the last ones before it."""
        for day in self._days_back(instant):
            for begin, end in reversed(self._spans(day)):
                if begin <= instant:
                    return min(end, instant)
        raise self._never()

    def _at(self, day: date, time: wall_time) -> datetime:
        """A time of a working day, or the nearest end of its working hours before that, or where they begin."""
        spans = self._spans(day)
        wanted = instant_of(datetime.combine(day, time), self._zone)
        begun = [(begin, end) for begin, end in spans if begin <= wanted]
        return min(begun[-1][1], wanted) if begun else spans[0][0]

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The working hours of a day as instants, in order; none on a holiday."""
        spans = [span for span in self._hours if span.weekday == day.weekday()]
        if not spans or self.holiday(day):
            return []
        midnight = datetime.combine(day, wall_time())
        return sorted(
            (
                instant_of(midnight + timedelta(minutes=span.opens), self._zone),
                instant_of(midnight + timedelta(minutes=span.closes), self._zone),
            )
            for span in spans
        )

    def _days_back(self, instant: datetime) -> Iterator[date]:
        last = wall_of(instant, self._zone).date()
        return (last - number * _DAY for number in range(_FARTHEST))

    def _never(self) -> SmmError:
        return SmmError("there are no working hours in the years before", hint="look at working_hours and holidays")


@cache
def holidays_of(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """The public holidays of a country (ISO 3166, two letters) or of a part of it, by day; none without a country.

    One for which there is no list is an `SmmError`.
    """
    if not country:
        return MappingProxyType({})
    import holidays

    try:
        return MappingProxyType(dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year)))
    except NotImplementedError:
        where = f"{country}-{subdivision}" if subdivision else country
        hint = "leave `country` out and name the days in `holidays`, or mend `subdivision`"
        raise SmmError(f"there is no list of holidays for {where}", hint=hint) from None
