"""`--at`: what a person types, and what stands in the file then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.cli.when import front_matter_of, read_at, say_when
from smm_core.clock import instant_of
from smm_core.model import WhenKind

NOW = datetime(2026, 11, 23, 8, 0, 30, 999, tzinfo=UTC)
ZONES = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC"]


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda wall: wall.replace(tzinfo=UTC)),
    minutes=st.integers(1, 400 * 24 * 60),
    zone=st.sampled_from(ZONES),
)
def test_a_time_from_now_means_that_instant_in_every_zone(now: datetime, minutes: int, zone: str) -> None:
    when = read_at(f"+{minutes}m", zone=zone, now=now)
    assert when.wall is not None
    assert when.zone is not None
    assert instant_of(when.wall, when.zone) == (now + timedelta(minutes=minutes)).replace(microsecond=0)


def test_the_hour_that_occurs_twice_is_named_in_utc_the_second_time() -> None:
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert read_at("+10m", zone="Europe/Amsterdam", now=second).zone == "UTC"
    first = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    assert read_at("+10m", zone="Europe/Amsterdam", now=first).zone == "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("2026-12-01T09:00", {"at": datetime(2026, 12, 1, 9)}),
        ("2026-12-01 09:00", {"at": datetime(2026, 12, 1, 9)}),
        ("+90s", {"at": datetime(2026, 11, 23, 9, 2, 0), "zone": "Europe/Amsterdam"}),
        ("next", {"at": None}),
        ("end", {"at": "end"}),
        ("First", {"at": "first"}),
        ("Now", {"at": "now"}),
        ("unplanned", {"at": "unplanned"}),
    ],
)
def test_what_it_says_in_the_front_matter(text: str, keys: dict[str, object]) -> None:
    assert front_matter_of(read_at(text, zone="Europe/Amsterdam", now=NOW)) == keys


@pytest.mark.parametrize("text", ["tomorrow", "2026-12-01", "+", "+soon", "2026-12-01T25:00", "+99999999w", ""])
def test_what_is_no_time_is_a_usage_error(text: str) -> None:
    with pytest.raises(click.BadParameter):
        read_at(text, zone="UTC", now=NOW)


def test_an_offset_is_answered_with_the_wall_time() -> None:
    with pytest.raises(click.BadParameter, match="2026-12-01T09:00"):
        read_at("2026-12-01T09:00+01:00", zone="UTC", now=NOW)


def test_a_listing_says_the_zone_only_where_it_is_another() -> None:
    when = read_at("+1h", zone="Europe/Amsterdam", now=NOW)
    assert say_when(when, "Europe/Amsterdam") == "2026-11-23 10:00"
    assert say_when(when, "UTC") == "2026-11-23 10:00 Europe/Amsterdam"
    assert when.kind is WhenKind.AT
