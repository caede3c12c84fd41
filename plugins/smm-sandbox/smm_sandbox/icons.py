"""The three small signs below a post, as lines in a square of 24 units: one source for SVG and for pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping

Stroke = tuple[tuple[float, float], ...]


def icons() -> Mapping[str, tuple[Stroke, ...]]:
    """Answer, pass on, like: the strokes of each."""
    return {"answer": (_bubble(),), "pass on": _arrows(), "like": (_heart(),)}


def svg_path(strokes: tuple[Stroke, ...]) -> str:
    """The `d` of an SVG path."""
    return " ".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in stroke) for stroke in strokes)


def _bubble() -> Stroke:
    steps = [math.radians(degrees) for degrees in range(140, 471, 10)]
    oval = [(12 + 9 * math.cos(angle), 11 + 7.5 * math.sin(angle)) for angle in steps]
    return (*oval, (6.0, 21.0), oval[0])


def _arrows() -> tuple[Stroke, ...]:
    return (
        ((5.0, 11.0), (5.0, 7.0), (18.5, 7.0)),
        ((15.0, 3.5), (18.5, 7.0), (15.0, 10.5)),
        ((19.0, 13.0), (19.0, 17.0), (5.5, 17.0)),
        ((9.0, 13.5), (5.5, 17.0), (9.0, 20.5)),
    )


def _heart() -> Stroke:
    angles = [math.radians(degrees) for degrees in range(0, 361, 8)]
    return tuple(
        (
            12 + 0.56 * 16 * math.sin(angle) ** 3,
            11.5
            - 0.56 * (13 * math.cos(angle) - 5 * math.cos(2 * angle) - 2 * math.cos(3 * angle) - math.cos(4 * angle)),
        )
        for angle in angles
    )
