"""Faults on demand: what the network does to the next sends of an account, one after the other."""

from __future__ import annotations

import math
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

_LONGEST = 86_400.0


class FaultKind(StrEnum):
    """What can be asked for. `429`, `slow` and `pending` want seconds after a colon.

    `refuse`: the post is refused for good. `429`: too many requests, come back after so long. `503`: an answer that
    proves nothing; the post was not taken. `drop`: the post was taken, the answer got lost. `slow`: taken, but late.
    `pending`: taken, visible only after so long. `login`: the login no longer holds until `smm sandbox login`.
    """

    REFUSE = "refuse"
    RATE = "429"
    UNAVAILABLE = "503"
    DROP = "drop"
    SLOW = "slow"
    PENDING = "pending"
    LOGIN = "login"


_TIMED = frozenset({FaultKind.RATE, FaultKind.SLOW, FaultKind.PENDING})


class Fault(Struct, frozen=True, kw_only=True):
    """One fault; `seconds` counts only for those that take time."""

    kind: FaultKind
    seconds: float = 0.0

    @classmethod
    def parse(cls, word: str) -> Fault:
        """`drop`, `429:2`, `pending:0.5` …; anything else is a ValueError that says what would be right."""
        name, colon, number = word.strip().lower().partition(":")
        try:
            kind = FaultKind(name)
        except ValueError:
            known = ", ".join(f"{kind}:SECONDS" if kind in _TIMED else kind for kind in FaultKind)
            raise ValueError(f"{word!r} is not a fault; there are {known}") from None
        if kind not in _TIMED:
            if colon:
                raise ValueError(f"{word!r}: {kind} takes no seconds, write just {kind}")
            return cls(kind=kind)
        try:
            seconds = float(number)
        except ValueError:
            raise ValueError(f"{word!r}: {kind} wants seconds, for instance {kind}:2") from None
        if not (math.isfinite(seconds) and 0 <= seconds <= _LONGEST):
            raise ValueError(f"{word!r}: the seconds go from 0 to {_LONGEST:.0f}")
        return cls(kind=kind, seconds=seconds)

    @property
    def span(self) -> timedelta:
        """How long it takes."""
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        return f"{self.kind}:{self.seconds:g}" if self.kind in _TIMED else str(self.kind)
