"""A month of what is coming, laid out in weeks as they begin here."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from smm_core import Coming, PostState


class Entry(Struct, frozen=True, kw_only=True):
    """A post that goes out at one time on some profiles."""

    at: datetime
    title: str
    profiles: tuple[str, ...]
    state: PostState
    review: int | None = None


class Day(Struct, frozen=True, kw_only=True):
    """A day of the grid; `is_other`: it belongs to the month before or after."""

    date: date
    is_other: bool
    is_today: bool
    entries: tuple[Entry, ...] = ()


class Month(Struct, frozen=True, kw_only=True):
    """A month in weeks, with the first days of the months around it as `2026-11`."""

    first: date
    before: str
    after: str
    weeks: tuple[tuple[Day, ...], ...]


def month_named(text: str, today: date) -> date:
    """The first day of a month such as `2026-11`; of this one for anything else."""
    found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text, re.ASCII)
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def span_of(first: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when to when a month lasts in a zone (UTC)."""
    return _midnight(first, zone), _midnight(_next(first), zone)


def month_of(first: date, coming: Sequence[Coming], zone: ZoneInfo, today: date, first_weekday: int) -> Month:
    """The month that begins on a day, with what goes out in it by the clocks of a zone."""
    days: dict[date, list[Coming]] = {}
    for one in coming:
        days.setdefault(one.at.astimezone(zone).date(), []).append(one)
    weeks = calendar.Calendar(first_weekday).monthdatescalendar(first.year, first.month)
    return Month(
        first=first,
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{_next(first):%Y-%m}",
        weeks=tuple(
            tuple(
                Day(
                    date=day,
                    is_other=day.month != first.month,
                    is_today=day == today,
                    entries=_entries(days.get(day, [])) if day.month == first.month else (),
                )
                for day in week
            )
            for week in weeks
        ),
    )


def _entries(coming: Sequence[Coming]) -> tuple[Entry, ...]:
    """One for each post and time; its profiles together."""
    together: dict[tuple[datetime, str, PostState, int | None], list[Coming]] = {}
    for one in coming:
        together.setdefault((one.at, one.post, one.state, one.review), []).append(one)
    return tuple(
        Entry(
            at=found[0].at,
            title=found[0].title,
            profiles=tuple(one.profile for one in found),
            state=found[0].state,
            review=found[0].review,
        )
        for found in together.values()
    )


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
