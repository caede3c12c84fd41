"""Going back by working days and hours: over nights, weekends, holidays, and days on which the clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smm_core.clock import instant_of, wall_of
from smm_core.errors import SmmError
from smm_core.working_time import Lead, WorkCalendar, parse_hours, parse_lead

ZONE = "Europe/Amsterdam"
DUTCH = WorkCalendar(ZONE, country="NL")


def before(calendar: WorkCalendar, wall: str, lead: str) -> str:
    instant = instant_of(datetime.fromisoformat(wall), ZONE)
    return f"{wall_of(calendar.before(instant, parse_lead(lead)), ZONE):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("wall", "lead", "expected"),
    [
        ("2026-12-10T09:00", "2 working days before", "2026-12-08 09:00"),
        ("2026-12-14T12:00", "1 working day before", "2026-12-11 12:00"),  # over a weekend
        ("2026-12-13T20:15", "1 working day before", "2026-12-10 17:00"),  # Sunday: Friday's end, one day before
        ("2026-12-10T07:00", "1 working day before", "2026-12-08 17:00"),  # early: the day before has ended
        ("2026-12-10T23:00", "1 working day", "2026-12-09 17:00"),
        ("2026-12-28T09:00", "1 working day before", "2026-12-24 09:00"),  # Christmas on Friday and Saturday
        ("2026-12-10T11:00", "4 working hours before", "2026-12-09 15:00"),
        ("2026-12-14T09:00", "1 working hour before", "2026-12-11 16:00"),
        ("2026-12-10T09:00", "36h before", "2026-12-08 21:00"),
        ("2026-12-10T09:00", "3 days before", "2026-12-07 09:00"),
        ("2026-10-26T09:00", "1 working day before", "2026-10-23 09:00"),  # clocks went back in between
        ("2026-10-26T09:00", "36h before", "2026-10-24 22:00"),  # as time passes, one hour is there twice
        ("2026-03-30T09:00", "1 working day before", "2026-03-27 09:00"),  # and forward
        ("2026-04-28T10:00", "9 working hours before", "2026-04-24 09:00"),  # Monday 27 April is King's Day
    ],
)
def test_in_amsterdam(wall: str, lead: str, expected: str) -> None:
    assert before(DUTCH, wall, lead) == expected


def test_working_hours_on_a_night_when_the_clocks_change() -> None:
    """A bar that works through the night has one more hour to answer when the clocks go back."""
    bar = WorkCalendar(ZONE, hours=("daily 00:00-24:00",))
    assert before(bar, "2026-10-25T12:00", "12 working hours before") == "2026-10-25 01:00"
    assert before(bar, "2026-03-29T12:00", "12 working hours before") == "2026-03-28 23:00"
    assert before(bar, "2026-12-10T12:00", "12 working hours before") == "2026-12-10 00:00"


def test_parts_of_a_country_and_days_of_its_own() -> None:
    assert WorkCalendar(ZONE, country="DE").holiday(date(2026, 1, 6)) == ""
    assert WorkCalendar(ZONE, country="DE", subdivision="BY").holiday(date(2026, 1, 6)) != ""
    closed = WorkCalendar(ZONE, closed=[date(2026, 12, 9)])
    assert before(closed, "2026-12-10T09:00", "1 working day before") == "2026-12-08 09:00"
    assert closed.is_open(instant_of(datetime(2026, 12, 8, 9), ZONE))
    assert not closed.is_open(instant_of(datetime(2026, 12, 9, 9), ZONE))


@pytest.mark.parametrize(("country", "part"), [("XX", ""), ("NL", "QQ")])
def test_a_country_without_a_list_is_said(country: str, part: str) -> None:
    with pytest.raises(SmmError, match=f"no list of holidays for {country}"):
        WorkCalendar(ZONE, country=country, subdivision=part).holiday(date(2026, 1, 1))


def test_a_client_who_never_works_is_said() -> None:
    never = WorkCalendar(
        ZONE, hours=("mon 09:00-10:00",), closed=[date(2020, 1, 1) + timedelta(days=n) for n in range(4000)]
    )
    with pytest.raises(SmmError, match="no working hours"):
        before(never, "2026-12-10T09:00", "1 working day before")


@pytest.mark.parametrize("text", ["", "soon", "2 workdays", "-1 working days", "1.5 working hours", "2 years"])
def test_what_is_no_lead_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is no time before something"):
        parse_lead(text)


@pytest.mark.parametrize("text", ["mon 09:00", "mon 17:00-09:00", "fri 09:00-24:30", "someday 09:00-17:00", ""])
def test_what_are_no_working_hours_is_said(text: str) -> None:
    with pytest.raises(ValueError):
        parse_hours(text)


leads = st.one_of(
    st.builds(Lead, days=st.integers(1, 8)),
    st.builds(Lead, hours=st.integers(1, 60)),
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda wall: instant_of(wall, ZONE))


@settings(max_examples=40, deadline=None)
@given(instant=instants, lead=leads)
def test_it_is_always_earlier_and_in_working_hours(instant: datetime, lead: Lead) -> None:
    found = DUTCH.before(instant, lead)
    assert found < instant
    assert DUTCH.is_open(found) or DUTCH.is_open(found - timedelta(microseconds=1)), "or when they end"
    more = Lead(days=lead.days + 1) if lead.days else Lead(hours=lead.hours + 1)
    assert DUTCH.before(instant, more) < found
