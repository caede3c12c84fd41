"""Dates as feeds write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_COMMON = re.compile(
    r"(?:[A-Za-z]{3}, )?(\d\d?) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? (?:GMT|UTC|([+-])(\d\d):?(\d\d))"
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?")


def parse_date(text: str | None) -> datetime | None:
    """The instant (UTC) of an RFC 822 or ISO 8601 date; None where there is none; a ValueError where it is neither.

    A date without a zone is read as UTC, a date without a time as midnight.
    """
    text = (text or "").strip()
    if not text:
        return None
    if common := _COMMON.fullmatch(text):
        return _from_parts(common)
    if _ISO.fullmatch(text):
        return _utc(datetime.fromisoformat(text))
    return _utc(_by_library(text))


def _from_parts(match: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, sign, off_hours, off_minutes = match.groups()
    if month.lower() not in _MONTHS:
        raise ValueError(f"{match[0]!r} is no date")
    zone = UTC
    if sign and (off_hours, off_minutes) != ("00", "00"):
        offset = timedelta(hours=int(off_hours), minutes=int(off_minutes))
        zone = timezone(-offset if sign == "-" else offset)
    wall = datetime(int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), int(second or 0), tzinfo=zone)
    return _utc(wall)


def _by_library(text: str) -> datetime:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text)
    except (TypeError, IndexError) as error:
        raise ValueError(f"{text[:60]!r} is no date") from error


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{moment} is out of range") from error
