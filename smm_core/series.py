"""Series: from a rule such as "every 2 weeks on monday at 09:00" to its dates. Pure arithmetic on wall clocks, no clock of its own.

A series has at most one occurrence for each date of its rule, and the date names it for good: one that is moved keeps
the name of the date it was moved from. A date that a month does not have (the 31st, a fifth Monday) is left out in that month.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice, takewhile

from msgspec import Struct

from smm_core.model import Every, PostContent, Repeat, RepeatChange, When, WhenKind
from smm_core.values import replace

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINALS = ("first", "second", "third", "fourth", "fifth")
MOST_STEPS = 99
MOST_TIMES = 1000
EXAMPLES = {
    Every.DAY: 'leave `on` out, or write every = "week" and on = "mon-fri"',
    Every.WEEK: 'write for instance on = "monday", on = "mon, thu" or on = "mon-fri"',
    Every.MONTH: 'write for instance on = "first monday", on = "last friday", on = "15" or on = "last day"',
}
_EVERY = re.compile(r"(?:([0-9]{1,4}) *)?(day|week|month)s?")
_SUFFIX = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")


class RepeatMistake(ValueError):
    """What is wrong with a rule: `path` leads to the key as a front matter has it, `hint` says what would be right."""

    def __init__(self, path: tuple[str | int, ...], message: str, hint: str = "") -> None:
        super().__init__(f"repeat.{path[0]} {message}" if path else f"repeat {message}")
        self.path = path
        self.message = message
        self.hint = hint


class Occurrence(Struct, frozen=True, kw_only=True):
    """One date of a series: the `date` of the rule that names it, its wall time, and its own text where it has one."""

    date: date
    wall: datetime
    parts: tuple[str, ...] | None = None


# ---------------------------------------------------------------- reading the words


def parse_every(text: str) -> tuple[int, Every]:
    """`week` or `2 weeks` as a number and a step; anything else is a `RepeatMistake`."""
    found = _EVERY.fullmatch(" ".join(text.lower().split()).removeprefix("every "))
    if not found:
        hint = 'write every = "day", "week" or "month", or for instance "2 weeks"'
        raise RepeatMistake(("every",), f'is the text "{text}"', hint)
    return int(found[1] or 1), Every(found[2])


def parse_days(text: str, every: Every) -> tuple[str, ...]:
    """The days of one text (`mon, thu`, `mon-fri`, `first monday, 15`) as `Repeat.on` has them; a mistake is a ValueError."""
    words = re.sub(r"\s*-\s*", "-", " ".join(text.lower().replace(" and ", ",").split()))
    pieces = [piece.strip() for piece in words.split(",")]
    if every is Every.WEEK:
        return tuple(WEEKDAYS[number] for piece in pieces for number in _weekdays(piece))
    return tuple(_day_of_month(piece) for piece in pieces)


def _weekdays(piece: str) -> list[int]:
    first, dash, last = piece.partition("-")
    start = _weekday(first)
    length = (_weekday(last) - start) % 7 if dash else 0
    return [(start + step) % 7 for step in range(length + 1)]


def _weekday(word: str) -> int:
    for number, name in enumerate(WEEKDAYS):
        if word == f"{name}s" or (len(word) >= 3 and name.startswith(word)):
            return number
    raise ValueError(f'"{word}" is not a weekday')


def _day_of_month(piece: str) -> str:
    piece = piece.removeprefix("the ")
    if piece in ("last", "last day"):
        return "last day"
    if (number := _SUFFIX.fullmatch(piece)) and 1 <= int(number[1]) <= 31:
        return number[1].lstrip("0")
    ordinal, _, day = piece.partition(" ")
    if (place := _SUFFIX.fullmatch(ordinal)) and 1 <= int(place[1]) <= 5:
        ordinal = ORDINALS[int(place[1]) - 1]
    if ordinal in (*ORDINALS, "last") and day:
        return f"{ordinal} {WEEKDAYS[_weekday(day)]}"
    raise ValueError(f'"{piece}" is not a day of a month')


# ---------------------------------------------------------------- the rule


def dates(repeat: Repeat, since: date) -> Iterator[date]:
    """The dates of the rule from `since` on, in order, whatever was changed or skipped, for as long as calendars go."""
    if repeat.times is None:
        found: Iterator[date] = _pattern(repeat, since)
    else:
        found = (day for day in islice(_pattern(repeat, date.min), repeat.times) if day >= since)
    return takewhile(lambda day: repeat.until is None or day <= repeat.until, found)


def occurrences(repeat: Repeat, since: date) -> Iterator[Occurrence]:
    """What comes on or after the day `since`, in the order of wall times: without what is skipped, with what was moved."""
    changed = {one.date: one for one in repeat.changes}
    plain = (
        _occurrence(repeat, day, changed.get(day))
        for day in dates(repeat, since)
        if day not in changed or not (changed[day].skip or changed[day].at)
    )
    moved = (occurrence_on(repeat, one.date) for one in repeat.changes if one.at and not one.skip)
    moved_there = sorted((one for one in moved if one and one.wall.date() >= since), key=_wall)
    return heapq.merge(plain, moved_there, key=_wall)


def occurrence_on(repeat: Repeat, day: date) -> Occurrence | None:
    """The occurrence that a date of the rule names; None where the rule has no such date, or it is skipped."""
    change = next((one for one in repeat.changes if one.date == day), None)
    if (change and change.skip) or next(dates(repeat, day), None) != day:
        return None
    return _occurrence(repeat, day, change)


def content_on(content: PostContent, occurrence: Occurrence) -> PostContent:
    """The content of the post that an occurrence is. An occurrence with its own text has it on every profile."""
    made = replace(
        content,
        repeat=None,
        when=When(kind=WhenKind.AT, wall=occurrence.wall, zone=content.when.zone),
        repeat_allowed=True,
    )
    return made if occurrence.parts is None else replace(made, parts=occurrence.parts, variations={})


def _occurrence(repeat: Repeat, day: date, change: RepeatChange | None) -> Occurrence:
    wall = change.at if change and change.at else datetime.combine(day, repeat.at)
    return Occurrence(date=day, wall=wall, parts=change.parts if change else None)


def _wall(one: Occurrence) -> datetime:
    return one.wall


def _pattern(repeat: Repeat, since: date) -> Iterator[date]:
    """The dates from `since` and `starts` on, each once, without an end."""
    from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

    first = max(since, repeat.starts or since)
    freq = {Every.DAY: DAILY, Every.WEEK: WEEKLY, Every.MONTH: MONTHLY}[repeat.every]
    days: list[dict[str, object]] = []
    if repeat.every is Every.WEEK:
        days = [{"byweekday": [WEEKDAYS.index(word) for word in repeat.on]}]
    elif repeat.every is Every.MONTH:
        for word in repeat.on:
            ordinal, _, day = word.partition(" ")
            if word == "last day":
                days.append({"bymonthday": -1})
            elif day:
                place = -1 if ordinal == "last" else ORDINALS.index(ordinal) + 1
                days.append({"byweekday": weekday(WEEKDAYS.index(day), place)})
            else:
                days.append({"bymonthday": int(word)})
    start = datetime.combine(_anchor(repeat, first), datetime.min.time())
    rules = [rrule(freq, dtstart=start, interval=repeat.interval, wkst=0, **one) for one in days or [{}]]
    last = None
    for moment in heapq.merge(*rules):
        day = moment.date()
        if day >= first and day != last:
            yield day
            last = day


def _anchor(repeat: Repeat, first: date) -> date:
    """The first day of the step (day, week or month) that the rule counts from, as near before `first` as the interval allows."""
    base = _floor(repeat.every, repeat.starts or first)
    target = _floor(repeat.every, first)
    if repeat.every is Every.MONTH:
        apart = (target.year - base.year) * 12 + target.month - base.month
        months = base.year * 12 + base.month - 1 + apart // repeat.interval * repeat.interval
        return date(months // 12, months % 12 + 1, 1)
    days = repeat.interval * (7 if repeat.every is Every.WEEK else 1)
    return base + timedelta(days=(target - base).days // days * days)


def _floor(every: Every, day: date) -> date:
    if every is Every.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=min(day.weekday(), day.toordinal() - 1)) if every is Every.WEEK else day


# ---------------------------------------------------------------- what is wrong with a rule


def check_repeat(repeat: Repeat) -> None:
    """Refuse, as a `RepeatMistake`, a rule that is not complete, contradicts itself, or never comes."""
    if not 1 <= repeat.interval <= MOST_STEPS:
        raise RepeatMistake(("every",), f"is {repeat.interval} {repeat.every}s", f"1 to {MOST_STEPS} are possible")
    _check_days(repeat)
    if repeat.times is not None and not 1 <= repeat.times <= MOST_TIMES:
        raise RepeatMistake(("times",), f"is {repeat.times}", f"1 to {MOST_TIMES} are possible; or leave it out")
    for key, counted in (("every", repeat.interval > 1), ("times", repeat.times is not None)):
        if counted and repeat.starts is None:
            hint = "write from which day to count, for instance starts = 2026-11-30"
            raise RepeatMistake((key,), "needs `starts` beside it", hint)
    if repeat.starts and next(dates(repeat, repeat.starts), None) is None:
        key = "until" if repeat.until else "on"
        raise RepeatMistake((key,), "leaves no date at all", "look at `starts`, `on` and `until` together")
    _check_changes(repeat)


def _check_days(repeat: Repeat) -> None:
    hint = EXAMPLES[repeat.every]
    if repeat.every is Every.DAY and repeat.on:
        raise RepeatMistake(("on",), f"does not go with every {repeat.every}", hint)
    if repeat.every is not Every.DAY and not repeat.on:
        raise RepeatMistake(("on",), f"is missing: on which day of the {repeat.every}?", hint)
    for word in repeat.on:
        try:
            known = parse_days(word, repeat.every) == (word,)
        except ValueError as error:
            raise RepeatMistake(("on",), str(error), hint) from None
        if not known:
            raise RepeatMistake(("on",), f'has "{word}", which is not one day', hint)


def _check_changes(repeat: Repeat) -> None:
    free = replace(repeat, until=None, times=None, changes=())
    named = Counter(one.date for one in repeat.changes)
    for number, one in enumerate(repeat.changes):
        if named[one.date] > 1:
            raise RepeatMistake(("except", number, "date"), f"{one.date} is there twice", "put both into one table")
        if one.skip and (one.at or one.parts is not None):
            raise RepeatMistake(("except", number, "skip"), "goes with neither at nor text", "take one of them away")
        if not (one.skip or one.at or one.parts is not None):
            raise RepeatMistake(("except", number), "changes nothing", "add skip = true, at or text")
        before_starts = repeat.starts is not None and one.date < repeat.starts
        if not before_starts and next(dates(free, one.date), None) != one.date:
            raise RepeatMistake(
                ("except", number, "date"), f"{one.date} is not one of its dates", f"near it: {_near(free, one.date)}"
            )
    _check_clashes(repeat)


def _check_clashes(repeat: Repeat) -> None:
    """Two occurrences at one wall time would be one post sent twice."""
    walls = Counter(one.at for one in repeat.changes if one.at and not one.skip)
    for number, one in enumerate(repeat.changes):
        if one.at is None or one.skip:
            continue
        there = None
        if one.at.date() != one.date:
            there = occurrence_on(replace(repeat, until=None, times=None), one.at.date())
        if walls[one.at] > 1 or (there and there.wall == one.at):
            message = f"{one.at:%Y-%m-%d %H:%M} is the time of another of its dates"
            raise RepeatMistake(("except", number, "at"), message, "choose another time, or skip one of the two")


def _near(repeat: Repeat, day: date) -> str:
    around = islice(dates(repeat, date.fromordinal(max(day.toordinal() - 62, 1))), 200)
    nearest = sorted(around, key=lambda one: abs(one - day))[:2]
    return ", ".join(str(one) for one in sorted(nearest)) or "none"


# ---------------------------------------------------------------- saying it


def say_repeat(repeat: Repeat) -> str:
    """The rule as a person reads it aloud: `every 2 weeks on monday and thursday at 09:00, until 2026-12-31`."""
    step = f"{repeat.interval} {repeat.every}s" if repeat.interval > 1 else str(repeat.every)
    on = f" on {_listed([f'the {word}' if repeat.every is Every.MONTH else word for word in repeat.on])}"
    said = f"every {step}{on if repeat.on else ''} at {repeat.at:%H:%M}"
    limits = (
        f"from {repeat.starts}" if repeat.starts else "",
        f"until {repeat.until}" if repeat.until else "",
        f"{repeat.times} times" if repeat.times else "",
    )
    return ", ".join(filter(None, (said, *limits)))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
