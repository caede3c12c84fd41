"""The ledger: acts that cannot be taken back, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class ActionKind(StrEnum):
    """The irrevocable acts."""

    PUBLISH = "publish"
    COMMENT = "comment"
    REPLY = "reply"
    EDIT = "edit"
    DELETE = "delete"
    HAND_OVER = "hand-over"
    TAKE_BACK = "take-back"
    BOOST = "boost"


class ActionState(StrEnum):
    """Where an action stands; the table of allowed moves is in `lifecycle`."""

    WAITING = "waiting"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PENDING = "pending"
    UNKNOWN = "unknown"
    PUBLISHED = "published"
    HELD = "held"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Receipt(Struct, frozen=True, kw_only=True):
    """What the platform answered: its id, the public address where there is one, the instant; `extra` has no secrets."""

    remote_id: str
    url: str | None = None
    at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class Action(Struct, frozen=True, kw_only=True):
    """One irrevocable act. `seq` orders the actions of one variant; `parent_id` must be out before it.

    `on_id` is the action it acts on (what is deleted, edited, answered, handed over, taken back), `target` what it acts on
    where that is not ours, `by` the person on whose word it is done. `removed_at`: since when what it made is gone again.
    A reply to what someone said has its `interaction_id`; with `on_verdict` it goes out on a verdict only.
    """

    id: int
    post_id: int
    profile: str
    kind: ActionKind
    seq: int
    variant_digest: str
    key: str
    state: ActionState
    due_at: datetime
    parent_id: int | None = None
    trial: bool = False
    attempts: int = 0
    next_try_at: datetime | None = None
    handles: Mapping[str, Any] = field(default_factory=dict)
    handles_expire: datetime | None = None
    receipt: Receipt | None = None
    reason: str = ""
    on_id: int | None = None
    target: Receipt | None = None
    by: str = ""
    removed_at: datetime | None = None
    interaction_id: int | None = None
    on_verdict: bool = False


class Attempt(Struct, frozen=True, kw_only=True):
    """One time a request was allowed to leave. Written before it leaves; never changed after its outcome is known.

    The marks are the same instants by a clock that nobody can set (`smm_core.clock.mark`).
    """

    id: int
    action_id: int
    epoch: int
    started_at: datetime
    started_mark: str | None = None
    ended_at: datetime | None = None
    ended_mark: str | None = None
    outcome: str = ""
    detail: str = ""


class Delivery(Struct, frozen=True, kw_only=True):
    """The actions of one variant on its profile, seen as one. `sent` of `total` parts are out."""

    post_id: int
    slug: str
    profile: str
    state: str
    due_at: datetime | None
    sent: int
    total: int
    url: str | None = None
    reason: str = ""
    trial: bool = False
    action_ids: tuple[int, ...] = ()
