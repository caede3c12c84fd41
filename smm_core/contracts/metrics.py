"""Metrics: numbers read from one platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from smm_core.contracts.given import Context
from smm_core.model import (
    Profile,
    Reading,
    Subject,
)


class MetricsRequest(Struct, frozen=True, kw_only=True):
    """Which subjects of which profile to read."""

    profile: Profile
    subjects: tuple[Subject, ...]


@runtime_checkable
class Metrics(Protocol):
    """Reads numbers of one platform; `name` is the platform's name, like the publisher's, whose settings it is given."""

    name: str

    def read(self, request: MetricsRequest, ctx: Context) -> Sequence[Reading]:
        """The readings there are now. What the platform does not give is left out."""
        ...
