"""The small line: inside its box, ends where the numbers end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from smm_core.pages.sparkline import HEIGHT, MOST_POINTS, WIDTH, Point, line_of

START = datetime(2026, 11, 23, tzinfo=UTC)
VALUES = st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=200)


def points_of(values: list[float]) -> list[Point]:
    return [Point(at=START + timedelta(hours=number), value=value) for number, value in enumerate(values)]


@given(VALUES)
def test_every_point_is_inside(values: list[float]) -> None:
    line = line_of(points_of(values))
    if len(set(values)) == 1:
        assert line == ""
        return
    places = [tuple(map(float, pair.split(","))) for pair in line.split()]
    assert 2 <= len(places) <= MOST_POINTS
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert [x for x, _ in places] == sorted(x for x, _ in places)


def test_up_is_up() -> None:
    (x1, y1), (x2, y2) = (map(float, pair.split(",")) for pair in line_of(points_of([0, 10])).split())
    assert x1 < x2
    assert y1 > y2, "an SVG counts downwards"


def test_readings_of_one_instant_do_no_harm() -> None:
    assert line_of([Point(at=START, value=1), Point(at=START, value=2)])
    assert line_of([]) == line_of([Point(at=START, value=1)]) == ""
