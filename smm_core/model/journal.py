"""What is noted rather than decided: numbers and events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from smm_core.model.actions import Receipt


class SubjectKind(StrEnum):
    """What a reading is about."""

    POST = "post"
    PROFILE = "profile"


class Subject(Struct, frozen=True, kw_only=True):
    """What is to be measured: a published post (with its receipt) or a whole profile."""

    kind: SubjectKind
    id: str
    receipt: Receipt | None = None
    published_at: datetime | None = None


class Reading(Struct, frozen=True, kw_only=True):
    """One metric of one subject at one instant. A metric that the platform does not give is absent, never 0.

    `metric` is the canonical name (`impressions`, `reach`, `likes`, `comments`, `shares`, `clicks`, `followers` …),
    `native` the platform's own. `window` is None for a lifetime value.
    """

    subject: Subject
    metric: str
    native: str
    value: float
    at: datetime
    unit: str = "count"
    window: timedelta | None = None
    paid: bool = False
    provisional: bool = True


class Event(Struct, frozen=True, kw_only=True):
    """Something a person may want to be told. `kind` is a dotted word such as `review.asked` or `delivery.held`."""

    kind: str
    at: datetime
    message: str
    client: str = ""
    subject: str = ""
    urgent: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
