"""What a simulation comes back with."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from smm_core.model import ActionKind, ActionState
from smm_core.values import replace


class Outcome(Struct, frozen=True, kw_only=True):
    """One action (a part of a post, or its first comment) and where it ends, at an instant (UTC).

    `published`; `pending`, where a person publishes it by hand or the platform takes its time; `held`, `refused`;
    `cancelled`, when it is dropped for being late. `asked` is when it should have been; `part` counts from 1, the first
    comment last; `reason` is what moved or stopped it.
    """

    at: datetime
    asked: datetime
    post: str
    client: str
    profile: str
    kind: ActionKind
    part: int
    state: ActionState
    reason: str = ""
    delivery: int = 0


class Cause(StrEnum):
    """Why something does not happen, or not as it was meant."""

    APPROVAL = "approval"
    EXPIRED = "expired"
    REWORK = "rework"
    BLOCKED = "blocked"
    DRAFT = "draft"
    UNPLANNED = "unplanned"
    FILE = "file"
    HELD = "held"
    DROPPED = "dropped"
    LOGIN = "login"
    PAUSE = "pause"
    DATABASE = "database"
    PROFILE = "profile"
    TOKEN = "token"  # noqa: S105 - a word
    MOVED = "moved"
    SILENCE = "silence"
    CONFLICT = "conflict"


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that a person may want to change before it comes true.

    `at` is the instant (UTC) that matters: the deadline of an approval, the first delivery that is held up, the end of a
    token. `next_step` is a command where there is one.
    """

    cause: Cause
    why: str
    at: datetime | None = None
    client: str = ""
    post: str = ""
    profile: str = ""
    next_step: str = ""


class Gap(Struct, frozen=True, kw_only=True):
    """The slots of one profile within the period, and those (UTC) that stay empty.

    `weeks` are the Mondays of those weeks in which it has slots and nothing goes out on it at all.
    """

    profile: str
    client: str
    zone: str
    slots: int
    empty: tuple[datetime, ...]
    weeks: tuple[date, ...] = ()


class Forecast(Struct, frozen=True, kw_only=True):
    """From one instant to another (UTC): what happens, in order; what does not; what happens with a catch; empty slots."""

    since: datetime
    until: datetime
    happens: tuple[Outcome, ...]
    prevented: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]

    def of_client(self, client: str) -> Forecast:
        """The same for one client; what concerns all stays."""
        return replace(
            self,
            happens=tuple(one for one in self.happens if one.client == client),
            prevented=tuple(one for one in self.prevented if one.client in ("", client)),
            warnings=tuple(one for one in self.warnings if one.client in ("", client)),
            gaps=tuple(one for one in self.gaps if one.client == client),
        )
