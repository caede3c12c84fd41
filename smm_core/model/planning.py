"""When a post goes out, how it repeats, and what happens when it is late."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum

from msgspec import Struct


class Late(StrEnum):
    """What happens to a delivery that could not go out within its window."""

    NEXT_SLOT = "next-slot"
    ASK = "ask"
    DROP = "drop"


class WhenKind(StrEnum):
    """How a person said when: at a wall time, in the next free slot, at the queue's end or its front, at once, or not yet."""

    AT = "at"
    SLOT = "slot"
    END = "end"
    FIRST = "first"
    NOW = "now"
    UNPLANNED = "unplanned"

    @property
    def is_in_queue(self) -> bool:
        """Whether such a post takes one of the profile's slots."""
        return self in (WhenKind.SLOT, WhenKind.END, WhenKind.FIRST)


class When(Struct, frozen=True, kw_only=True):
    """When a post goes out. `wall` is a naive wall time, read in `zone` (None: the profile's own zone)."""

    kind: WhenKind = WhenKind.SLOT
    wall: datetime | None = None
    zone: str | None = None


class Every(StrEnum):
    """The step of a series."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class RepeatChange(Struct, frozen=True, kw_only=True):
    """What is different about one date of a series: it is skipped, comes at another wall time, or has another text."""

    date: date
    skip: bool = False
    at: datetime | None = None
    parts: tuple[str, ...] | None = None


class Repeat(Struct, frozen=True, kw_only=True):
    """How a post repeats: every so many days, weeks or months, `on` these days, `at` a wall time, in the zone of the post's
    `when`.

    `on` has words: for weeks `monday`; for months `first monday`, `last friday`, `15` or `last day`; for days nothing.
    `starts` and `until` are the first and last day on which it may come; `times` counts dates from `starts`.
    """

    every: Every
    at: time
    on: tuple[str, ...] = ()
    interval: int = 1
    starts: date | None = None
    until: date | None = None
    times: int | None = None
    changes: tuple[RepeatChange, ...] = ()
