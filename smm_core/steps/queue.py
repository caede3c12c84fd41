"""The queue as people see it: a profile's coming slots and times, and what is in them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from msgspec import Struct

from smm_core.model import Profile
from smm_core.slots import free_instants, next_instants
from smm_core.steps.placing import look_back
from smm_core.store import Held
from smm_core.workspace import Workspace


class SeatKind(StrEnum):
    """What a line of the queue is: a slot with a post, a post at a time of its own, a free slot, one that stays empty."""

    SLOT = "slot"
    TIME = "time"
    FREE = "free"
    CLOSED = "closed"


class Seat(Struct, frozen=True, kw_only=True):
    """One coming slot or time of a profile (an instant, UTC), and the delivery that has it."""

    profile: str
    at: datetime
    kind: SeatKind
    held: Held | None = None


def queue_of(ws: Workspace, profile: Profile, until: datetime) -> list[Seat]:
    """A profile's coming slots and what is planned on it up to an instant, in order.

    A slot is closed when it is empty, but the distance or the cap of its day keeps posts out of it.
    """
    now = ws.clock.now()
    held = ws.store.ledger.held(profile.name, now - look_back(profile), now)
    seats = [
        Seat(profile=profile.name, at=one.due_at, kind=SeatKind.SLOT if one.in_queue else SeatKind.TIME, held=one)
        for one in held
        if now < one.due_at <= until
    ]
    if not profile.slots:
        return seats

    def near(instant: datetime) -> bool:
        return instant <= until

    taken = [one.due_at for one in held]
    free = set(
        takewhile(
            near,
            free_instants(
                profile.slots, now, taken, distance=profile.distance, per_day=profile.per_day, zone=profile.zone
            ),
        )
    )
    for instant in takewhile(near, next_instants(profile.slots, now)):
        if instant not in taken:
            kind = SeatKind.FREE if instant in free else SeatKind.CLOSED
            seats.append(Seat(profile=profile.name, at=instant, kind=kind))
    return sorted(seats, key=lambda seat: seat.at)
