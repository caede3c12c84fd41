"""A small line that shows how a number moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

WIDTH, HEIGHT, EDGE = 96, 24, 2
MOST_POINTS = 60


class Point(Struct, frozen=True, kw_only=True):
    """A value at an instant."""

    at: datetime
    value: float


def line_of(points: Sequence[Point]) -> str:
    """The `points` of an SVG polyline, `WIDTH` by `HEIGHT`, time to the right; empty when the value never moved."""
    if len({point.value for point in points}) < 2:
        return ""
    few = _thinned(points)
    start, span = few[0].at, (few[-1].at - few[0].at).total_seconds() or 1.0
    low = min(point.value for point in few)
    rise = max(point.value for point in few) - low
    return " ".join(
        f"{_place((point.at - start).total_seconds() / span, WIDTH):g},"
        f"{_place(1 - (point.value - low) / rise, HEIGHT):g}"
        for point in few
    )


def _place(share: float, length: int) -> float:
    return round(EDGE + share * (length - 2 * EDGE), 1)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """No more points than can be seen, the first and the last among them."""
    if len(points) <= MOST_POINTS:
        return list(points)
    last = len(points) - 1
    return [points[round(number * last / (MOST_POINTS - 1))] for number in range(MOST_POINTS)]
