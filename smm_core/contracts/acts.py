"""What a publisher may be able to do besides publishing: delete, edit, reply, and use the platform's own scheduler.

Each method is **one** request that cannot be taken back, guarded by the ledger like `Publisher.send`: the attempt is on
disk before it leaves, it has a key that is the same at every attempt, and nothing may be sent after `send_by`. Raise
`Rejected`, `TryLater`, `NeedsLogin`; let `OutcomeUnknown` pass. Deleting, editing and taking back may be asked twice
for the same thing, and must then do no more than once: what is gone already is a success.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct, field

from smm_core.contracts.given import Context
from smm_core.contracts.publishers import Guarantees, Pending
from smm_core.model import Part, Profile, Receipt


class DeleteRequest(Struct, frozen=True, kw_only=True):
    """Take one post, part or comment off the platform: the one that `receipt` names."""

    profile: Profile
    receipt: Receipt
    key: str
    send_by: datetime
    number: int = 0


@runtime_checkable
class Deletes(Protocol):
    """Ability: takes off the platform what it published."""

    def delete(self, request: DeleteRequest, ctx: Context) -> Receipt | Pending:
        """One request that removes it. The receipt names what is gone; gone already is a success."""
        ...


class EditRequest(Struct, frozen=True, kw_only=True):
    """Make what `receipt` names look like `part`. `handles` come from `prepare`, which was asked for the new part."""

    profile: Profile
    receipt: Receipt
    part: Part
    key: str
    digest: str
    send_by: datetime
    number: int = 0
    handles: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""


@runtime_checkable
class Edits(Protocol):
    """Ability: changes what it published."""

    def edit(self, request: EditRequest, ctx: Context) -> Receipt | Pending:
        """One request that changes it. The receipt names it as the platform knows it from now on."""
        ...


class ReplyRequest(Struct, frozen=True, kw_only=True):
    """Reply below something on the platform, ours or someone else's: the one that `to` names."""

    profile: Profile
    to: Receipt
    part: Part
    key: str
    digest: str
    send_by: datetime
    number: int = 0
    handles: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Replies(Protocol):
    """Ability: replies. The publisher's `guarantees` hold for replies as they do for posts."""

    def reply(self, request: ReplyRequest, ctx: Context) -> Receipt | Pending:
        """One request that makes the reply visible."""
        ...


class Scheduling(Struct, frozen=True, kw_only=True):
    """What the platform's own scheduler takes, as data.

    A post is handed over no sooner than `at_most` and no later than `at_least` before it is due. `guarantees` are those
    of handing over; None: those of the publisher.
    """

    at_least: timedelta = timedelta(minutes=10)
    at_most: timedelta = timedelta(days=30)
    guarantees: Guarantees | None = None


class HandOverRequest(Struct, frozen=True, kw_only=True):
    """Have the platform publish `part` at the instant `at`. `handles` come from `prepare`."""

    profile: Profile
    part: Part
    at: datetime
    key: str
    digest: str
    send_by: datetime
    number: int = 0
    handles: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    campaign: str | None = None
    link: str | None = None


class TakeBackRequest(Struct, frozen=True, kw_only=True):
    """Have the platform forget the schedule that was handed over, before it publishes it."""

    profile: Profile
    schedule: Receipt
    key: str
    send_by: datetime
    number: int = 0


class WentOutRequest(Struct, frozen=True, kw_only=True):
    """Ask what became of a schedule. `at` is when it was due, `key` the one it was handed over with."""

    profile: Profile
    schedule: Receipt
    part: Part
    at: datetime
    key: str


@runtime_checkable
class SchedulesNatively(Protocol):
    """Ability: the platform has a scheduler of its own, to which single posts can be handed over."""

    scheduling: Scheduling

    def hand_over(self, request: HandOverRequest, ctx: Context) -> Receipt | Pending:
        """One request that gives a post to the platform's scheduler; the receipt's `remote_id` is the schedule's."""
        ...

    def take_back(self, request: TakeBackRequest, ctx: Context) -> Receipt | Pending:
        """One request that removes a schedule. `Rejected` when it is too late: the platform has published it."""
        ...

    def went_out(self, request: WentOutRequest, ctx: Context) -> Receipt | Pending | None:
        """The post's receipt; pending while the platform still has it; None when it knows neither schedule nor post."""
        ...
