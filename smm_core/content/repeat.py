"""The `repeat` of a post file: reading the rule of a series, writing it, and changing single dates of it.

[repeat]
every = "week"
on = "mon, thu"
at = "09:00"
until = 2026-12-31

[[repeat.except]]
date = 2026-12-24
skip = true
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from smm_core.content.front_matter import Fields, Syntax, say_value, split_head, trim
from smm_core.content.parts import join_parts, split_parts
from smm_core.errors import ContentError
from smm_core.model import Every, Repeat, RepeatChange
from smm_core.series import EXAMPLES, RepeatMistake, check_repeat, parse_days, parse_every

REPEAT_KEYS = ("every", "on", "at", "starts", "until", "times", "except")
EXCEPT_KEYS = ("date", "skip", "at", "text")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
_DAY_AND_CLOCK = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]+([0-9]{1,2}:[0-9]{2}(?::00)?)")
_CLOCK_HINT = 'write for instance at = "09:00"'
_DATE_HINT = "write for instance 2026-12-31"


# ---------------------------------------------------------------- reading


def read_repeat(fields: Fields) -> Repeat | None:
    """The rule under `repeat`, None without one. Whatever is wrong with it is a `ContentError` with file and line."""
    if isinstance(fields.raw("repeat"), str):
        hint = 'write repeat = {every = "week", on = "monday", at = "09:00"}'
        raise fields.mistake("repeat", f"{say_value(fields.raw('repeat'))}, a table is expected", hint)
    table = fields.table("repeat")
    if table is None:
        return None
    table.only(REPEAT_KEYS)
    for key, hint in (("every", 'write every = "day", "week" or "month"'), ("at", _CLOCK_HINT)):
        if key not in table:
            raise table.mistake(key, "is missing", hint)
    try:
        interval, every = parse_every(table.text("every"))
        repeat = Repeat(
            every=every,
            interval=interval,
            on=_days(table, every),
            at=_clock(table, "at"),
            starts=_date(table, "starts"),
            until=_date(table, "until"),
            times=table.count("times"),
            changes=_changes(table),
        )
        check_repeat(repeat)
    except RepeatMistake as mistake:
        raise table.mistake(mistake.path, mistake.message, mistake.hint) from None
    return repeat


def _days(table: Fields, every: Every) -> tuple[str, ...]:
    value = table.raw("on")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    items = value if isinstance(value, list) else [value] if value not in (None, "") else []
    found: list[str] = []
    for item in items:
        number = isinstance(item, int) and not isinstance(item, bool)
        if not isinstance(item, str) and not number:
            raise table.mistake("on", f"{say_value(item)}, days are expected", EXAMPLES[every])
        try:
            found += parse_days(str(item), every)
        except ValueError as error:
            raise table.mistake("on", f"is not understood: {error}", EXAMPLES[every]) from None
    return tuple(dict.fromkeys(found))


def _changes(table: Fields) -> tuple[RepeatChange, ...]:
    found = []
    for one in table.tables("except", "{date = 2026-12-25, skip = true}"):
        one.only(EXCEPT_KEYS)
        day = _date(one, "date")
        if day is None:
            raise one.mistake("date", "is missing", "write which date is meant, for instance date = 2026-12-25")
        text = one.text("text")
        found.append(
            RepeatChange(
                date=day,
                skip=one.flag("skip"),
                at=_wall(one, day) if "at" in one else None,
                parts=split_parts(text) if text else None,
            )
        )
    return tuple(found)


def _clock(fields: Fields, key: str) -> time:
    value = fields.raw(key)
    found = value if isinstance(value, time) else parse_clock(trim(value)) if isinstance(value, str) else None
    if found is None or found.second or found.microsecond or found.tzinfo:
        # YAML takes a bare 17:30 for a number of minutes.
        hint = 'put it in quotes: at = "17:30"' if isinstance(value, int) else _CLOCK_HINT
        raise fields.mistake(key, f"{say_value(value)}, a time of day is expected", hint)
    return found


def _wall(fields: Fields, day: date) -> datetime:
    """A time of that day, or another date with a time."""
    value = fields.raw("at")
    if isinstance(value, str) and (found := _DAY_AND_CLOCK.fullmatch(trim(value))):
        moved, clock = _parsed_day(found[1]), parse_clock(found[2])
        if moved and clock:
            return datetime.combine(moved, clock)
    if isinstance(value, datetime) and not (value.tzinfo or value.second or value.microsecond):
        return value
    return datetime.combine(day, _clock(fields, "at"))


def _date(fields: Fields, key: str) -> date | None:
    value = fields.raw(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = _parsed_day(trim(value)) or value
    if not isinstance(value, date) or isinstance(value, datetime):
        raise fields.mistake(key, f"{say_value(value)}, a date is expected", _DATE_HINT)
    return value


def parse_clock(text: str) -> time | None:
    """`9:05` or `09:05` as a time of day, None when it is none."""
    found = _CLOCK.fullmatch(text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))


def _parsed_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-12-31") else None
    except ValueError:
        return None


# ---------------------------------------------------------------- writing


def repeat_table(repeat: Repeat) -> Mapping[str, object]:
    """The rule as the table of a front matter, which `read_repeat` reads as the same rule."""
    table: dict[str, object] = {
        "every": f"{repeat.interval} {repeat.every}s" if repeat.interval > 1 else str(repeat.every),
        "on": ", ".join(repeat.on) or None,
        "at": f"{repeat.at:%H:%M}",
        "starts": repeat.starts,
        "until": repeat.until,
        "times": repeat.times,
        "except": [change_table(one) for one in repeat.changes] or None,
    }
    return {key: value for key, value in table.items() if value is not None}


def change_table(change: RepeatChange) -> dict[str, object]:
    """One changed date as the table of a front matter."""
    table: dict[str, object] = {"date": change.date}
    if change.skip:
        table["skip"] = True
    if change.at:
        same_day = change.at.date() == change.date
        table["at"] = f"{change.at:%H:%M}" if same_day else change.at.isoformat(sep=" ", timespec="minutes")
    if change.parts is not None:
        table["text"] = join_parts(change.parts)
    return table


def edit_repeat(
    text: str, *, change: RepeatChange | None = None, until: date | None = None, name: str = "the file"
) -> str:
    """The file's text with one date changed, or the series' last day set; comments, order and line ends stay.

    A change replaces what the file said about that date before. A front matter that cannot be changed so (YAML, or no
    `repeat` in it) is a `ContentError` that asks for a person.
    """
    ending = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    split = split_head(plain, name=name)
    if split is None or split.syntax is not Syntax.TOML:
        hint = "change its `repeat` there by hand, or write the front matter as TOML between lines +++"
        raise ContentError("only a front matter in TOML can be changed for you", where=f"{name}:1", hint=hint)
    head = _edited(split.head, change, until, where=f"{name}:{split.before + 1}")
    lines = plain.split("\n")
    return ending.join([*lines[: split.before], *head.split("\n"), *lines[split.body_line - 2 :]])


def _edited(head: str, change: RepeatChange | None, until: date | None, *, where: str) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(head + "\n" if head else "")
        repeat = document["repeat"]
        if until is not None:
            repeat["until"] = until
        if change is not None:
            _put_change(repeat, change_table(change))
        edited = tomlkit.dumps(document).rstrip("\n")
        as_meant = tomllib.loads(edited) == _expected(head, change, until)
    except (TOMLKitError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError):
        as_meant = False
    if not as_meant:
        raise ContentError("its `repeat` cannot be changed for you", where=where, hint="change it there by hand")
    return edited


def _put_change(repeat: Any, table: Mapping[str, object]) -> None:
    """Put a changed date into the list of them, in the way in which the list is written."""
    import tomlkit
    from tomlkit.items import AoT, Table

    there = repeat.get("except")
    above = tomlkit.dumps(there[-1] if isinstance(there, AoT) and there else repeat)
    if there is None:
        repeat["except"] = tomlkit.aot() if isinstance(repeat, Table) else tomlkit.array()
        there = repeat["except"]
    old = next((one for one in there if str(one.get("date")) == str(table["date"])), None)
    if old is not None:
        for key in [key for key in old if key not in table]:
            del old[key]
        for key, value in table.items():
            if str(old.get(key)) != str(value) or key != "date":
                old[key] = value
        return
    new = tomlkit.table() if isinstance(there, AoT) else tomlkit.inline_table()
    new.update(table)
    if isinstance(new, Table):  # with empty lines around it
        new.trivia.indent = "" if above.endswith("\n\n") else "\n"
        new.add(tomlkit.nl())
    there.append(new)


def _expected(head: str, change: RepeatChange | None, until: date | None) -> Mapping[str, Any]:
    """What the edited head must say, worked out without the library that keeps comments."""
    table = tomllib.loads(head)
    repeat = table["repeat"]
    if until is not None:
        repeat["until"] = until
    if change is not None:
        wanted = change_table(change)
        there = repeat.setdefault("except", [])
        at = next((at for at, one in enumerate(there) if str(one.get("date")) == str(change.date)), len(there))
        kept = {"date": there[at]["date"]} if at < len(there) else {}
        there[at : at + 1] = [wanted | kept]
    return table
