"""The ledger of actions and attempts: the only way anything is sent.

`wake_at` is the one column that says when an action next needs a hand: its due time, its next try, the next look at a
pending or unknown one. One partial index on it serves the timer, however many actions there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from smm_core import lifecycle
from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound, StoreError, TooLate
from smm_core.model import (
    Action,
    ActionKind,
    ActionState,
    Attempt,
    Delivery,
    Post,
    PostState,
    Receipt,
    digest_of,
    from_json,
    to_json,
)
from smm_core.store import lists
from smm_core.store.database import Database, Row
from smm_core.store.posts import STARTED, end_post


class NotApproved(TooLate):
    """What an action would send is not approved (any more)."""


class Fenced(StoreError):
    """Another process took over: this one's epoch is no longer the ledger's, and what it wants to write does not count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """An action to be put into the ledger. `after` is the index, in the same plan, of the action that must be out before."""

    kind: ActionKind
    seq: int
    due_at: datetime
    after: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of an attempt, or of a look at a pending or unknown action.

    `failed` counts towards giving up; `absent` says that what an earlier attempt may have sent is surely not there.
    """

    state: ActionState
    reason: str = ""
    receipt: Receipt | None = None
    wake_at: datetime | None = None
    handles: Mapping[str, Any] | None = None
    failed: bool = False
    absent: bool = False


class Ledger:
    """Actions, their attempts, and the epoch that fences out a process that was overtaken."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # ------------------------------------------------------------ the epoch

    def epoch(self) -> int:
        """The present epoch."""
        return int(self._db.value("SELECT value FROM meta WHERE key = 'epoch'"))

    def raise_epoch(self, now: datetime) -> int:
        """Start a new epoch. Open attempts of earlier ones become `unknown`: nobody is left who will hear their answer."""
        at = to_text(now)
        with self._db.write() as tx:
            epoch = _epoch(tx) + 1
            tx.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (str(epoch),))
            for row in tx.execute(
                "SELECT id, action_id FROM attempts WHERE ended_at IS NULL AND epoch < ?", (epoch,)
            ).fetchall():
                reason = "the process ended before the answer came"
                tx.execute(
                    "UPDATE attempts SET ended_at = ?, outcome = 'unknown', detail = ? WHERE id = ?",
                    (at, reason, row["id"]),
                )
                tx.execute(
                    "UPDATE actions SET state = 'unknown', wake_at = ?, reason = ? WHERE id = ? AND state = 'sending'",
                    (at, reason, row["action_id"]),
                )
            return epoch

    # ------------------------------------------------------------ planning

    def plan(
        self,
        post: Post,
        plans: Mapping[str, tuple[str, Sequence[Planned]]],
        now: datetime,
        *,
        ahead: timedelta = timedelta(0),
        trial: bool = False,
    ) -> list[int]:
        """Put the actions of a post into the ledger (profile → variant digest and actions), the post moving to `scheduled`.

        They are woken `ahead` of their due time, to be prepared. All in one transaction; run again after a crash it adds
        nothing twice, because a key is unique. They take the place of what an older variant left behind; a profile on
        which that is out or may be out keeps it, and gets nothing new.
        """
        at = to_text(now)
        numbers: list[int] = []
        with self._db.write() as tx:
            if not trial:
                row = tx.execute("SELECT state, revision FROM posts WHERE id = ?", (post.id,)).fetchone()
                if row is None or row["revision"] != post.revision or row["state"] != PostState.APPROVED:
                    raise TooLate(f"post {post.slug} was changed in the meantime", hint="it goes round again by itself")
            workspace = tx.execute("SELECT value FROM meta WHERE key = 'workspace'").fetchone()[0]
            for profile, (digest, planned) in plans.items():
                if not trial and not _replaces(tx, post.id, profile, digest):
                    continue
                numbers += _insert(tx, post, profile, digest, planned, at, workspace, ahead=ahead, trial=trial)
            if not trial:
                tx.execute(
                    "UPDATE posts SET state = 'scheduled', reason = '', updated_at = ? WHERE id = ?", (at, post.id)
                )
                end_post(tx, post.id, at)
        return numbers

    def taken(self, profile: str, since: datetime) -> list[datetime]:
        """When posts of a profile are due or went out since an instant, for slots and distances."""
        rows = self._db.rows(
            "SELECT due_at FROM actions WHERE profile = ? AND due_at >= ? AND seq = 0 AND trial = 0 AND state != 'cancelled'",
            (profile, to_text(since)),
        )
        return [from_text(row["due_at"]) for row in rows]

    # ------------------------------------------------------------ what is due

    def due(
        self, now: datetime, *, without: Collection[str] = (), profile: str | None = None, limit: int = 1000
    ) -> list[Action]:
        """What needs a hand by now, most urgent first; leaves out paused clients and logged-out profiles."""
        sql = f"SELECT * FROM actions WHERE wake_at <= ? {_NOT_PAUSED}"
        values: list[str | int] = [to_text(now)]
        if without:
            sql += f" AND profile NOT IN ({','.join('?' * len(without))})"
            values.extend(without)
        if profile:
            # The plus keeps SQLite on the index of what is due; by profile it would read all that ever went out.
            sql += " AND +profile = ?"
            values.append(profile)
        return [_action(row) for row in self._db.rows(f"{sql} ORDER BY wake_at, id LIMIT ?", (*values, limit))]

    def next_wake(self, *, without: Collection[str] = (), until: datetime | None = None) -> datetime | None:
        """When the next action needs a hand, those of some profiles left out.

        With `until` it looks no further than that: where all profiles are left out, it would read everything to come.
        """
        others = f"AND profile NOT IN ({','.join('?' * len(without))})" if without else ""
        at = self._db.value(
            "SELECT wake_at FROM actions WHERE wake_at IS NOT NULL"
            f"{' AND wake_at <= ?' if until else ''} {_NOT_PAUSED} {others} ORDER BY wake_at LIMIT 1",
            (*((to_text(until),) if until else ()), *without),
        )
        return from_text(at) if at else None

    # ------------------------------------------------------------ one action

    def get(self, number: int) -> Action:
        """One action; none of that number is `NotFound`."""
        row = self._db.row("SELECT * FROM actions WHERE id = ?", (number,))
        if row is None:
            raise NotFound(f"there is no delivery {number}", hint="`smm deliveries list` shows them")
        return _action(row)

    def of_post(self, number: int) -> list[Action]:
        """All actions of a post, in order."""
        return [
            _action(row)
            for row in self._db.rows(
                "SELECT * FROM actions WHERE post_id = ? ORDER BY trial, profile, seq, id", (number,)
            )
        ]

    def attempts(self, number: int) -> list[Attempt]:
        """The attempts of an action, oldest first."""
        return [
            Attempt(
                id=row["id"],
                action_id=row["action_id"],
                epoch=row["epoch"],
                started_at=from_text(row["started_at"]),
                ended_at=from_text(row["ended_at"]) if row["ended_at"] else None,
                outcome=row["outcome"],
                detail=row["detail"],
            )
            for row in self._db.rows("SELECT * FROM attempts WHERE action_id = ? ORDER BY id", (number,))
        ]

    def doubts(self, number: int) -> list[Attempt]:
        """Those attempts of an action that may have published it, oldest first: without an answer, or without a final one."""
        return [one for one in self.attempts(number) if one.outcome in ("", "unknown", "pending")]

    def started(self, number: int) -> set[str]:
        """The profiles on which a post is out, on its way, or may be out: they keep what they have."""
        rows = self._db.rows(
            f"SELECT DISTINCT profile FROM actions WHERE post_id = ? AND trial = 0 AND ({STARTED})", (number,)
        )
        return {row["profile"] for row in rows}

    def receipts(self, action: Action) -> tuple[Receipt | None, Receipt | None]:
        """The receipts of an action's parent and of the first part of its thread."""
        if action.parent_id is None:
            return None, None
        parent = self.get(action.parent_id)
        first = parent
        while first.parent_id is not None:
            first = self.get(first.parent_id)
        return parent.receipt, first.receipt

    def keep_handles(self, action: Action, handles: Mapping[str, Any], expires_at: datetime | None) -> None:
        """Store what `prepare` made, at once."""
        with self._db.write() as tx:
            tx.execute(
                "UPDATE actions SET handles = ?, handles_expire = ? WHERE id = ?",
                (to_json(dict(handles)), to_text(expires_at) if expires_at else None, action.id),
            )

    def handles_hold(self, action: Action, now: datetime) -> bool:
        """Whether an action was prepared and its handles have not run out."""
        row = self._db.row("SELECT handles, handles_expire FROM actions WHERE id = ?", (action.id,))
        if row is None or row["handles"] == "{}":
            return False
        return row["handles_expire"] is None or from_text(row["handles_expire"]) > now

    # ------------------------------------------------------------ claiming and settling

    def claim(self, action: Action, epoch: int, now: datetime) -> Attempt:
        """Write the attempt, before anything leaves. On disk when this returns.

        Checked in the same transaction: the epoch is ours, the action is still scheduled, nothing pauses it, its parent is
        out, and its digest is approved (a trial on a test profile needs no approval). Anything else is `TooLate`.
        """
        at = to_text(now)
        with self._db.write() as tx:
            _fence(tx, epoch)
            row = tx.execute(f"SELECT * FROM actions WHERE id = ? {_NOT_PAUSED}", (action.id,)).fetchone()
            if row is None or row["state"] != ActionState.SCHEDULED:
                raise TooLate(f"delivery {action.id} was paused or changed in the meantime")
            if row["parent_id"] is not None:
                parent = tx.execute("SELECT state FROM actions WHERE id = ?", (row["parent_id"],)).fetchone()
                if parent["state"] != ActionState.PUBLISHED:
                    raise TooLate(f"delivery {action.id}: the part before it is not out")
            verdict_id = None
            if not row["trial"]:
                approval = tx.execute(
                    "SELECT verdict_id FROM approvals WHERE post_id = ? AND profile = ? AND digest = ?",
                    (row["post_id"], row["profile"], row["variant_digest"]),
                ).fetchone()
                if approval is None:
                    raise NotApproved(f"delivery {action.id}: what it would send is not approved")
                verdict_id = approval["verdict_id"]
            tx.execute(
                "UPDATE actions SET state = 'sending', wake_at = NULL, attempts = attempts + 1, reason = '' WHERE id = ?",
                (action.id,),
            )
            number = tx.execute(
                "INSERT INTO attempts (action_id, epoch, key, digest, verdict_id, started_at) VALUES (?, ?, ?, ?, ?, ?)",
                (action.id, epoch, row["key"], row["variant_digest"], verdict_id, at),
            ).lastrowid
        return Attempt(id=number or 0, action_id=action.id, epoch=epoch, started_at=now)

    def finish(self, attempt: Attempt, outcome: Outcome, now: datetime) -> None:
        """What became of an attempt and its action, in one transaction, fenced by the attempt's epoch."""
        with self._db.write() as tx:
            _fence(tx, attempt.epoch)
            tx.execute(
                "UPDATE attempts SET ended_at = ?, outcome = ?, detail = ? WHERE id = ? AND ended_at IS NULL",
                (to_text(now), outcome.state, outcome.reason, attempt.id),
            )
            _apply(tx, attempt.action_id, outcome, now)

    def settle(self, action: Action, outcome: Outcome, epoch: int | None, now: datetime) -> None:
        """Move an action on without an attempt: after `prepare`, `resume`, `find`, a late policy, or a person's word (no epoch)."""
        with self._db.write() as tx:
            if epoch is not None:
                _fence(tx, epoch)
            row = tx.execute("SELECT state, attempts FROM actions WHERE id = ?", (action.id,)).fetchone()
            # The same state after another attempt is another question: what was found out about the one before is no answer.
            if row["state"] != action.state or row["attempts"] != action.attempts:
                raise TooLate(f"delivery {action.id} is {row['state']} in the meantime")
            _apply(tx, action.id, outcome, now)

    def postpone(self, action: Action, wake_at: datetime, reason: str, *, failed: bool) -> None:
        """Look at an action again later, in the state it is in."""
        with self._db.write() as tx:
            tx.execute(
                "UPDATE actions SET wake_at = ?, reason = ?, failures = failures + ? WHERE id = ? AND state = ?",
                (to_text(wake_at), reason, int(failed), action.id, action.state),
            )

    def move_due(self, action: Action, due_at: datetime, reason: str) -> None:
        """Give a scheduled delivery another time, its thread along with it."""
        at = to_text(due_at)
        with self._db.write() as tx:
            tx.execute(
                "UPDATE actions SET due_at = ?, reason = ? WHERE post_id = ? AND profile = ? AND trial = ?"
                " AND variant_digest = ? AND state IN ('waiting', 'scheduled')",
                (at, reason, action.post_id, action.profile, int(action.trial), action.variant_digest),
            )
            tx.execute("UPDATE actions SET wake_at = ? WHERE id = ? AND state = 'scheduled'", (at, action.id))

    def failures(self, action: Action) -> int:
        """How often in a row an action could not be prepared or was surely not accepted."""
        return int(self._db.value("SELECT failures FROM actions WHERE id = ?", (action.id,)) or 0)

    def release_held(self, profile: str, now: datetime) -> int:
        """After a login: what was held for it goes on, by its late policy."""
        at = to_text(now)
        with self._db.write() as tx:
            return tx.execute(
                "UPDATE actions SET state = 'scheduled', wake_at = max(due_at, ?), reason = '' WHERE profile = ? AND state = 'held'"
                " AND reason LIKE 'login:%'",
                (at, profile),
            ).rowcount

    # ------------------------------------------------------------ what people see

    def deliveries(
        self,
        *,
        post: int | None = None,
        profile: str | None = None,
        client: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 500,
    ) -> list[Delivery]:
        """Deliveries by due time, the latest last."""
        found = lists.deliveries(
            self._db,
            post=post,
            profile=profile,
            client=client,
            since=to_text(since) if since else None,
            until=to_text(until) if until else None,
            limit=limit,
        )
        return [
            Delivery(
                post_id=one["post_id"],
                slug=one["post"],
                profile=one["profile"],
                state=one["state"],
                due_at=from_text(one["due"]),
                sent=one["sent"],
                total=one["total"],
                url=one["url"],
                reason=one["reason"],
                trial=one["trial"],
                action_ids=tuple(one["id"]),
            )
            for one in found
        ]

    def wanting(self) -> list[Action]:
        """Everything that waits for a person or for certainty: held, refused, unknown, pending."""
        rows = self._db.rows(
            "SELECT * FROM actions WHERE state IN ('held', 'refused', 'unknown', 'pending') ORDER BY due_at"
        )
        return [_action(row) for row in rows]

    def published_since(self, since: datetime, profile: str | None = None) -> list[Action]:
        """What went out since an instant, oldest first."""
        sql = "SELECT * FROM actions WHERE published_at >= ?"
        values: list[str] = [to_text(since)]
        if profile:
            sql += " AND profile = ?"
            values.append(profile)
        return [_action(row) for row in self._db.rows(sql + " ORDER BY published_at", tuple(values))]

    def unfinished(self, number: int) -> int:
        """How many actions of a post have not ended (trials do not count)."""
        return int(
            self._db.value(
                "SELECT count(*) FROM actions WHERE post_id = ? AND trial = 0 AND state NOT IN ('published', 'cancelled')",
                (number,),
            )
        )


_NOT_PAUSED = (
    "AND NOT EXISTS (SELECT 1 FROM pauses WHERE pauses.client IN ('', actions.client))"
    " AND NOT EXISTS (SELECT 1 FROM profiles WHERE profiles.profile = actions.profile AND logged_out = 1)"
)


def _epoch(tx: sqlite3.Connection) -> int:
    return int(tx.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])


def _fence(tx: sqlite3.Connection, epoch: int) -> None:
    if _epoch(tx) != epoch:
        raise Fenced("another smm process took over this workspace", hint="this one stops sending")


def _insert(
    tx: sqlite3.Connection,
    post: Post,
    profile: str,
    digest: str,
    planned: Sequence[Planned],
    at: str,
    workspace: str,
    *,
    ahead: timedelta,
    trial: bool,
) -> list[int]:
    numbers: list[int] = []
    run = at if trial else ""
    for action in planned:
        parent = numbers[action.after] if action.after is not None else None
        key = digest_of([workspace, post.id, profile, digest, action.kind, action.seq, run])[:32]
        state = ActionState.WAITING if parent is not None else ActionState.SCHEDULED
        due = to_text(action.due_at)
        wake = max(to_text(action.due_at - ahead), at) if parent is None else None
        existing = tx.execute("SELECT id, state FROM actions WHERE key = ?", (key,)).fetchone()
        if existing is not None:
            if existing["state"] == ActionState.CANCELLED:
                tx.execute(
                    "UPDATE actions SET state = ?, due_at = ?, wake_at = ?, parent_id = ?, reason = '', handles = '{}',"
                    " handles_expire = NULL, failures = 0 WHERE id = ?",
                    (state, due, wake, parent, existing["id"]),
                )
            numbers.append(existing["id"])
            continue
        number = tx.execute(
            "INSERT INTO actions (post_id, client, profile, kind, seq, variant_digest, key, state, due_at, wake_at, parent_id,"
            " trial, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                post.id,
                post.client,
                profile,
                action.kind,
                action.seq,
                digest,
                key,
                state,
                due,
                wake,
                parent,
                int(trial),
                at,
            ),
        ).lastrowid
        numbers.append(number or 0)
    return numbers


def _apply(tx: sqlite3.Connection, number: int, outcome: Outcome, now: datetime) -> None:
    row = tx.execute("SELECT * FROM actions WHERE id = ?", (number,)).fetchone()
    before = ActionState(row["state"])
    if before is not outcome.state and not lifecycle.action_may(before, outcome.state):
        raise StoreError(f"a delivery that is {before} cannot become {outcome.state}")
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
    if outcome.absent:
        tx.execute(
            "UPDATE attempts SET outcome = 'not sent' WHERE action_id = ? AND outcome IN ('unknown', 'pending')",
            (number,),
        )
    if published:
        _wake_children(tx, number, to_text(now))
    if outcome.state is ActionState.CANCELLED:
        _cancel_children(tx, number)
    if not row["trial"]:
        end_post(tx, row["post_id"], to_text(now))


def _replaces(tx: sqlite3.Connection, post: int, profile: str, digest: str) -> bool:
    """Cancel what an older variant of a post left behind on a profile; False when that has begun and stays."""
    others = "post_id = ? AND profile = ? AND trial = 0 AND variant_digest != ?"
    if tx.execute(f"SELECT 1 FROM actions WHERE {others} AND ({STARTED}) LIMIT 1", (post, profile, digest)).fetchone():
        return False
    tx.execute(
        f"UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = 'the post was edited' WHERE {others}"
        " AND state IN ('waiting', 'scheduled', 'held', 'refused')",
        (post, profile, digest),
    )
    return True


def _cancel_children(tx: sqlite3.Connection, number: int) -> None:
    tx.execute(
        "WITH RECURSIVE later (id) AS (SELECT id FROM actions WHERE parent_id = ?"
        " UNION ALL SELECT actions.id FROM actions JOIN later ON actions.parent_id = later.id)"
        " UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = 'the part before it was cancelled'"
        " WHERE id IN (SELECT id FROM later) AND state = 'waiting'",
        (number,),
    )


def _wake_children(tx: sqlite3.Connection, number: int, at: str) -> None:
    tx.execute(
        "UPDATE actions SET state = 'scheduled', wake_at = max(due_at, ?) WHERE parent_id = ? AND state = 'waiting'",
        (at, number),
    )


def _action(row: Row) -> Action:
    return Action(
        id=row["id"],
        post_id=row["post_id"],
        profile=row["profile"],
        kind=ActionKind(row["kind"]),
        seq=row["seq"],
        variant_digest=row["variant_digest"],
        key=row["key"],
        state=ActionState(row["state"]),
        due_at=from_text(row["due_at"]),
        parent_id=row["parent_id"],
        trial=bool(row["trial"]),
        attempts=row["attempts"],
        next_try_at=from_text(row["wake_at"]) if row["wake_at"] else None,
        handles={} if row["handles"] == "{}" else from_json(row["handles"], dict[str, Any]),
        receipt=from_json(row["receipt"], Receipt) if row["receipt"] else None,
        reason=row["reason"],
    )
