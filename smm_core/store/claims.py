"""Claiming and settling: the attempts of an action, and the moves of its state.

The ledger's methods of the same names are the way in. Every function here is one transaction, or a part of one that
threads share: what is due together on many profiles waits for the disk together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from smm_core import lifecycle
from smm_core.clock import Clock, moment, to_text
from smm_core.clock import mark as mark_of
from smm_core.errors import StoreError, TooLate
from smm_core.model import Action, ActionState, Attempt, Event, Receipt, to_json
from smm_core.store import acts
from smm_core.store.database import Database, Row
from smm_core.store.journal import rest, write_event
from smm_core.store.posts import end_post
from smm_core.store.timekeeping import keep_up

NOT_PAUSED = (
    "AND NOT EXISTS (SELECT 1 FROM pauses WHERE pauses.client IN ('', actions.client))"
    " AND NOT EXISTS (SELECT 1 FROM profiles WHERE profiles.profile = actions.profile AND logged_out = 1)"
)
_EPOCH = "(SELECT value FROM meta WHERE key = 'epoch') AS epoch"
_CLAIM = f"""
    SELECT actions.id, actions.state, actions.due_at, actions.parent_id, actions.kind, actions.trial, actions.key,
        actions.variant_digest, actions.on_id, actions.target, actions.by,
        actions.on_verdict, {_EPOCH}, parent.state AS parent_state,
        approvals.verdict_id
    FROM actions
    LEFT JOIN actions AS parent ON parent.id = actions.parent_id
    LEFT JOIN approvals ON approvals.post_id = actions.post_id AND approvals.profile = actions.profile
        AND approvals.digest = actions.variant_digest
    WHERE actions.id = ? {NOT_PAUSED}
"""
_STATE = f"""
    SELECT state, attempts, profile, post_id, trial, kind, on_id, {_EPOCH},
    (SELECT failures FROM profiles WHERE profiles.profile = actions.profile) AS troubles,
    EXISTS (SELECT 1 FROM actions AS child WHERE child.parent_id = actions.id) AS has_children
    FROM actions WHERE id = ?
"""


class NotApproved(TooLate):
    """What an action would send is not approved (any more)."""


class Fenced(StoreError):
    """Another process took over: this one's epoch is no longer the ledger's, and what it wants to write does not count."""


class NotSent(StrEnum):
    """What an outcome proves about the attempts that were in doubt: nothing, that the last, or all of them sent nothing."""

    NONE = ""
    LAST = "last"
    ALL = "all"


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of an attempt, or of a look at a pending or unknown action.

    `failed` counts towards giving up; `not_sent` says which earlier attempts are no longer in doubt. `rest_until`: nothing
    else of the profile before that, because the platform asked for patience or gives no clear answers.
    """

    state: ActionState
    reason: str = ""
    receipt: Receipt | None = None
    wake_at: datetime | None = None
    handles: Mapping[str, Any] | None = None
    failed: bool = False
    not_sent: NotSent = NotSent.NONE
    rest_until: datetime | None = None


def epoch_of(tx: sqlite3.Connection) -> int:
    """The present epoch."""
    return int(tx.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])


def raise_epoch(db: Database, now: datetime, clock: Clock) -> int:
    at = to_text(now)
    with db.write() as tx:
        epoch = epoch_of(tx) + 1
        tx.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (str(epoch),))
        keep_up(tx, clock)
        for row in tx.execute(
            "SELECT attempts.id, action_id FROM actions JOIN attempts ON attempts.action_id = actions.id"
            " WHERE actions.state = 'sending' AND ended_at IS NULL AND epoch < ?",
            (epoch,),
        ).fetchall():
            reason = "the process ended before the answer came"
            tx.execute(
                "UPDATE attempts SET ended_at = ?, ended_mark = ?, outcome = 'unknown', detail = ? WHERE id = ?",
                (at, mark_of(clock, lifecycle.A_MOMENT), reason, row["id"]),
            )
            tx.execute(
                "UPDATE actions SET state = 'unknown', wake_at = ?, reason = ? WHERE id = ? AND state = 'sending'",
                (at, reason, row["action_id"]),
            )
        return epoch


def claim(db: Database, action: Action, epoch: int, now: datetime, clock: Clock) -> Attempt:
    at, mark = to_text(now), mark_of(clock)

    def work(tx: sqlite3.Connection) -> int:
        row = tx.execute(_CLAIM, (action.id,)).fetchone()
        _fence(epoch_of(tx) if row is None else int(row["epoch"]), epoch)
        if row is None or row["state"] != ActionState.SCHEDULED:
            raise TooLate(f"delivery {action.id} was paused or changed in the meantime")
        if row["due_at"] != to_text(action.due_at):
            raise TooLate(f"delivery {action.id} was given another time in the meantime")
        if row["parent_id"] is not None and row["parent_state"] != ActionState.PUBLISHED:
            raise TooLate(f"delivery {action.id}: the part before it is not out")
        if row["kind"] not in lifecycle.PARTS and (why := acts.stale(tx, row)):
            raise TooLate(f"delivery {action.id}: {why}")
        needs_verdict = not row["trial"] and (row["on_verdict"] or row["kind"] not in lifecycle.ON_A_WORD)
        if needs_verdict and row["verdict_id"] is None:
            raise NotApproved(f"delivery {action.id}: what it would send is not approved")
        tx.execute(
            "UPDATE actions SET state = 'sending', wake_at = NULL, attempts = attempts + 1, reason = '' WHERE id = ?",
            (action.id,),
        )
        verdict = row["verdict_id"] if needs_verdict else None
        return (
            tx.execute(
                "INSERT INTO attempts (action_id, epoch, key, digest, verdict_id, started_at, started_mark)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (action.id, epoch, row["key"], row["variant_digest"], verdict, at, mark),
            ).lastrowid
            or 0
        )

    return Attempt(id=db.together(work), action_id=action.id, epoch=epoch, started_at=now, started_mark=mark)


def finish(db: Database, attempt: Attempt, outcome: Outcome, now: datetime, clock: Clock, event: Event | None) -> None:
    mark = mark_of(clock)

    def work(tx: sqlite3.Connection) -> None:
        row = tx.execute(_STATE, (attempt.action_id,)).fetchone()
        _fence(int(row["epoch"]), attempt.epoch)
        tx.execute(
            "UPDATE attempts SET ended_at = ?, ended_mark = ?, outcome = ?, detail = ? WHERE id = ? AND ended_at IS NULL",
            (to_text(now), mark, outcome.state, outcome.reason, attempt.id),
        )
        _apply(tx, attempt.action_id, row, outcome, now, clock, event)

    db.together(work)


def settle(
    db: Database,
    action: Action,
    outcome: Outcome,
    epoch: int | None,
    now: datetime,
    clock: Clock,
    event: Event | None,
) -> None:
    def work(tx: sqlite3.Connection) -> None:
        row = tx.execute(_STATE, (action.id,)).fetchone()
        if epoch is not None:
            _fence(int(row["epoch"]), epoch)
        # The same state after another attempt is another question: what was found out about the one before is no answer.
        if row["state"] != action.state or row["attempts"] != action.attempts:
            raise TooLate(f"delivery {action.id} is {row['state']} in the meantime")
        _apply(tx, action.id, row, outcome, now, clock, event)

    db.together(work)


def require_epoch(db: Database, epoch: int) -> None:
    """See `Ledger.require`."""
    with db.read() as tx:
        _fence(epoch_of(tx), epoch)


def _fence(present: int, epoch: int) -> None:
    if present != epoch:
        raise Fenced("another smm process took over this workspace", hint="this one stops sending")


def _apply(
    tx: sqlite3.Connection,
    number: int,
    row: Row,
    outcome: Outcome,
    now: datetime,
    clock: Clock,
    event: Event | None,
) -> None:
    before = ActionState(row["state"])
    if before is not outcome.state and not lifecycle.action_may(before, outcome.state):
        raise StoreError(f"a delivery that is {before} cannot become {outcome.state}")
    at = to_text(now)
    published = outcome.state is ActionState.PUBLISHED
    receipt_at = (outcome.receipt.at if outcome.receipt and outcome.receipt.at else now) if published else None
    tx.execute(
        "UPDATE actions SET state = ?, reason = ?, wake_at = ?, receipt = coalesce(?, receipt), published_at = coalesce(?, published_at),"
        " handles = coalesce(?, handles), failures = CASE WHEN ? THEN failures + 1 ELSE 0 END WHERE id = ?",
        (
            outcome.state,
            outcome.reason,
            to_text(outcome.wake_at) if outcome.wake_at else None,
            to_json(outcome.receipt) if outcome.receipt else None,
            to_text(receipt_at) if receipt_at else None,
            to_json(dict(outcome.handles)) if outcome.handles is not None else None,
            int(outcome.failed),
            number,
        ),
    )
    if outcome.not_sent:
        _no_longer_in_doubt(tx, number, outcome.not_sent)
    if published and row["has_children"]:
        tx.execute(
            "UPDATE actions SET state = 'scheduled', wake_at = max(due_at, ?) WHERE parent_id = ? AND state = 'waiting'",
            (at, number),
        )
    if outcome.state is ActionState.CANCELLED:
        _cancel_children(tx, number)
    if row["kind"] not in lifecycle.PARTS:
        acts.follow(tx, row, number, outcome.state, at)
    elif before is ActionState.WAITING and published:
        acts.came_out(tx, number)
    elif before is ActionState.HELD and outcome.not_sent:
        acts.not_there(tx, number, at)
    if outcome.rest_until is not None:
        rest(tx, row["profile"], outcome.rest_until, moment(clock))
    elif row["troubles"] and outcome.state in _CLEAR:
        tx.execute("UPDATE profiles SET failures = 0 WHERE profile = ?", (row["profile"],))
    if event is not None:
        write_event(tx, event)
    if outcome.state in lifecycle.ENDED and not row["trial"]:
        end_post(tx, row["post_id"], at)


_CLEAR = (ActionState.PUBLISHED, ActionState.PENDING, ActionState.REFUSED)


def _no_longer_in_doubt(tx: sqlite3.Connection, number: int, which: NotSent) -> None:
    last = " AND id = (SELECT max(id) FROM attempts WHERE action_id = ?1)" if which is NotSent.LAST else ""
    tx.execute(
        f"UPDATE attempts SET outcome = 'not sent' WHERE action_id = ?1 AND outcome IN ('unknown', 'pending'){last}",
        (number,),
    )


def _cancel_children(tx: sqlite3.Connection, number: int) -> None:
    tx.execute(
        "WITH RECURSIVE later (id) AS (SELECT id FROM actions WHERE parent_id = ?"
        " UNION ALL SELECT actions.id FROM actions JOIN later ON actions.parent_id = later.id)"
        " UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = 'the part before it was cancelled'"
        " WHERE id IN (SELECT id FROM later) AND state = 'waiting'",
        (number,),
    )
