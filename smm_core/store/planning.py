"""Planning: the actions of a post with their due instants, put into the ledger or moved in it.

The ledger's methods of the same names are the way in. What a step chooses (a free slot, room at the front) is chosen
inside the transaction that writes it, so that of two who plan at once the second sees what the first has taken.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from smm_core.clock import from_text, to_text, zone_print, zone_version
from smm_core.errors import TooLate
from smm_core.model import Action, ActionKind, ActionState, Event, Post, PostState, WhenKind, digest_of
from smm_core.store.database import Database, Row
from smm_core.store.handed import STARTED, is_being_taken_back, take_back
from smm_core.store.journal import write_event
from smm_core.store.posts import end_post


class Planned(Struct, frozen=True, kw_only=True):
    """An action to be put into the ledger. `after` is the index, in the same plan, of the action that must be out before.

    `wall` (naive) and `zone` (IANA) are what a person meant where `due_at` follows from a wall time.
    """

    kind: ActionKind
    seq: int
    due_at: datetime
    after: int | None = None
    wall: datetime | None = None
    zone: str | None = None


class Held(Struct, frozen=True, kw_only=True):
    """A delivery that has its time already: in a slot of the queue, or at a time of its own.

    `moves` says that it holds a slot and nothing of it has begun, so that it may make room.
    """

    action_id: int
    post_id: int
    slug: str
    client: str
    profile: str
    digest: str
    state: ActionState
    due_at: datetime
    in_queue: bool = False
    moves: bool = False
    wall: datetime | None = None
    zone: str | None = None


class Move(Struct, frozen=True, kw_only=True):
    """A delivery gets another time; `event` tells of it, and `reason` stays with the delivery."""

    held: Held
    due_at: datetime
    wall: datetime | None
    zone: str | None
    reason: str
    event: Event


class Choice(Struct, frozen=True, kw_only=True):
    """What a step chose for one profile: the actions with their times, and who makes room for them.

    `is_kept` says that the delivery was in the ledger already and keeps its time.
    """

    planned: Sequence[Planned]
    moves: Sequence[Move] = ()
    is_kept: bool = False


class Plan:
    """The plan of one profile, as it stands in the transaction that is about to change it, without one post."""

    def __init__(self, tx: sqlite3.Connection, profile: str, without: int = 0) -> None:
        self._tx = tx
        self._profile = profile
        self._without = without

    def taken(self, since: datetime) -> list[datetime]:
        """When posts are due or went out since an instant, in order."""
        rows = self._tx.execute(
            f"SELECT {_TIME} AS time FROM actions a WHERE a.profile = ? AND a.due_at >= ? AND {_COUNTS} AND a.post_id != ?"
            " ORDER BY time",
            (self._profile, to_text(since), self._without),
        )
        return [from_text(row["time"]) for row in rows]

    def kept(self, digest: str) -> Held | None:
        """The post's own delivery of that variant where it is in the ledger already and keeps its time: it has begun."""
        row = self._tx.execute(
            f"SELECT {_HELD} FROM actions a JOIN posts p ON p.id = a.post_id WHERE a.post_id = ? AND a.profile = ?"
            f" AND a.variant_digest = ? AND {_COUNTS} LIMIT 1",
            (self._without, self._profile, digest),
        ).fetchone()
        return _held(row, "") if row else None

    def held(self, since: datetime, now: datetime) -> list[Held]:
        """The deliveries behind those instants, in order; what is due by `now` has begun."""
        rows = self._tx.execute(
            f"SELECT {_HELD} FROM actions a JOIN posts p ON p.id = a.post_id"
            f" WHERE a.profile = ? AND a.due_at >= ? AND {_COUNTS} AND a.post_id != ? ORDER BY time, a.id",
            (self._profile, to_text(since), self._without),
        )
        return [_held(row, to_text(now)) for row in rows]

    def last_in_queue(self, now: datetime) -> datetime | None:
        """When the last delivery is due that holds a slot of the queue; None when none is to come."""
        at = self._tx.execute(
            f"SELECT a.due_at FROM actions a JOIN posts p ON p.id = a.post_id WHERE a.profile = ? AND a.due_at > ?"
            f" AND {_COUNTS} AND a.post_id != ? AND {_WHEN} IN ({_QUEUE_WORDS}) ORDER BY a.due_at DESC LIMIT 1",
            (self._profile, to_text(now), self._without),
        ).fetchone()
        return from_text(at["due_at"]) if at else None


Choose = Callable[[Plan], Choice]
"""Chooses times inside the transaction: quick, and without reading or writing anything else."""

_PARTS = "kind IN ('publish', 'comment')"
_COUNTS = "a.seq = 0 AND a.trial = 0 AND a.kind = 'publish' AND a.state != 'cancelled'"
_AT_ONCE = timedelta(days=3650)
_TIME = "coalesce(a.published_at, a.due_at)"
_WHEN = "json_extract(p.content, '$.when.kind')"
_QUEUE_WORDS = ", ".join(f"'{kind}'" for kind in WhenKind if kind.is_in_queue)
_HELD = f"a.*, p.slug, {_TIME} AS time, {_WHEN} IN ({_QUEUE_WORDS}) AS in_queue"


def plan(
    db: Database,
    post: Post,
    plans: Mapping[str, tuple[str, Sequence[Planned] | Choose]],
    now: datetime,
    *,
    ahead: timedelta,
    at_once: Collection[str],
    trial: bool,
) -> list[int]:
    """See `Ledger.plan`."""
    at = to_text(now)
    numbers: list[int] = []
    with db.write() as tx:
        if not trial:
            row = tx.execute("SELECT state, revision FROM posts WHERE id = ?", (post.id,)).fetchone()
            if row is None or row["revision"] != post.revision or row["state"] != PostState.APPROVED:
                raise TooLate(f"post {post.slug} was changed in the meantime", hint="it goes round again by itself")
            if is_being_taken_back(tx, post.id):
                raise TooLate(f"post {post.slug} is on its way back from a platform's scheduler")
        workspace = tx.execute("SELECT value FROM meta WHERE key = 'workspace'").fetchone()[0]
        for profile, (digest, chosen) in plans.items():
            if not trial and not _replaces(tx, post.id, profile, digest):
                continue
            choice = chosen(Plan(tx, profile, post.id)) if callable(chosen) else Choice(planned=chosen)
            early = _AT_ONCE if profile in at_once else ahead
            move_all(tx, choice.moves, now, early)
            numbers += _insert(tx, post, profile, digest, choice.planned, at, workspace, ahead=early, trial=trial)
            _remember_zones(tx, {one.zone for one in choice.planned if one.zone})
        if not trial:
            tx.execute("UPDATE posts SET state = 'scheduled', reason = '', updated_at = ? WHERE id = ?", (at, post.id))
            end_post(tx, post.id, at)
    return numbers


def taken(db: Database, profile: str, since: datetime) -> list[datetime]:
    """See `Ledger.taken`."""
    with db.read() as tx:
        return Plan(tx, profile).taken(since)


def held(db: Database, profile: str, since: datetime, now: datetime) -> list[Held]:
    """See `Ledger.held`."""
    with db.read() as tx:
        return Plan(tx, profile).held(since, now)


def move_due(
    db: Database,
    action: Action,
    due_at: datetime | Callable[[Plan], Planned],
    reason: str,
) -> datetime:
    """See `Ledger.move_due`."""
    with db.write() as tx:
        wall, zone = None, None
        if callable(due_at):
            chosen = due_at(Plan(tx, action.profile, action.post_id))
            due_at, wall, zone = chosen.due_at, chosen.wall, chosen.zone
        at = to_text(due_at)
        tx.execute(
            "UPDATE actions SET due_at = ?, wall = ?, zone = ?, reason = ? WHERE post_id = ? AND profile = ? AND trial = ?"
            f" AND variant_digest = ? AND state IN ('waiting', 'scheduled') AND {_PARTS}",
            (
                at,
                _wall_text(wall),
                zone,
                reason,
                action.post_id,
                action.profile,
                int(action.trial),
                action.variant_digest,
            ),
        )
        tx.execute("UPDATE actions SET wake_at = ? WHERE id = ? AND state = 'scheduled'", (at, action.id))
        _remember_zones(tx, {zone} if zone else ())
        return due_at


def move_all(tx: sqlite3.Connection, moves: Iterable[Move], now: datetime, ahead: timedelta) -> None:
    """Give deliveries other times, their threads along with them, and tell of each. They have not begun: the caller has
    looked, in this transaction. What a platform's scheduler has is asked back: it has their old time."""
    for move in moves:
        whole = f"post_id = ? AND profile = ? AND variant_digest = ? AND trial = 0 AND {_PARTS}"
        key = (move.held.post_id, move.held.profile, move.held.digest)
        tx.execute(
            f"UPDATE actions SET due_at = ?, wall = ?, zone = ?, reason = ? WHERE {whole} AND state IN ('waiting', 'scheduled', 'held')",
            (to_text(move.due_at), _wall_text(move.wall), move.zone, move.reason, *key),
        )
        tx.execute(
            f"UPDATE actions SET wake_at = ? WHERE {whole} AND state = 'scheduled'",
            (max(to_text(move.due_at - ahead), to_text(now)), *key),
        )
        if move.held.state is ActionState.WAITING:
            take_back(tx, move.held.post_id, to_text(now), move.reason, "smm", profile=move.held.profile)
        write_event(tx, move.event)


# ---------------------------------------------------------------- the data of the time zones


def zones(db: Database) -> dict[str, str]:
    """See `Ledger.zones`."""
    return _zones(db.value("SELECT value FROM meta WHERE key = 'zones'"))


def replan(
    db: Database,
    changed: Collection[str],
    move: Callable[[Held], Move | None],
    now: datetime,
    *,
    ahead: timedelta,
    at_once: Collection[str],
) -> list[Move]:
    """See `Ledger.replan`."""
    marks = ",".join("?" * len(changed))
    with db.write() as tx:
        rows = tx.execute(
            f"SELECT {_HELD} FROM actions a JOIN posts p ON p.id = a.post_id WHERE a.zone IN ({marks}) AND a.wall IS NOT NULL"
            " AND a.state IN ('scheduled', 'held', 'waiting') AND a.attempts = 0 AND a.seq = 0 AND a.trial = 0"
            " AND a.kind = 'publish' ORDER BY a.due_at, a.id",
            tuple(changed),
        ).fetchall()
        moves = [found for row in rows if (found := move(_held(row, to_text(now)))) is not None]
        for one in moves:
            move_all(tx, [one], now, _AT_ONCE if one.held.profile in at_once else ahead)
        _remember_zones(tx, changed, again=True)
    return moves


def _zones(text: str | None) -> dict[str, str]:
    return dict(json.loads(text)) if text else {}


def _remember_zones(tx: sqlite3.Connection, names: Collection[str], *, again: bool = False) -> None:
    """Keep from which data the due instants of these zones follow: for new ones, or (`again`) as it is now."""
    row = tx.execute("SELECT value FROM meta WHERE key = 'zones'").fetchone()
    known = _zones(row["value"] if row else None)
    new = [name for name in names if again or name not in known]
    if not new:
        return
    known |= {name: zone_print(name) for name in new} | {"": zone_version()}
    text = json.dumps(known, sort_keys=True)
    tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('zones', ?)", (text,))


# ---------------------------------------------------------------- rows


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
        times = (
            to_text(action.due_at),
            _wall_text(action.wall),
            action.zone,
            max(to_text(action.due_at - ahead), at) if parent is None else None,
        )
        existing = tx.execute("SELECT id, state FROM actions WHERE key = ?", (key,)).fetchone()
        if existing is not None:
            if existing["state"] == ActionState.CANCELLED:
                tx.execute(
                    "UPDATE actions SET state = ?, due_at = ?, wall = ?, zone = ?, wake_at = ?, parent_id = ?, reason = '',"
                    " handles = '{}', handles_expire = NULL, failures = 0 WHERE id = ?",
                    (state, *times, parent, existing["id"]),
                )
            numbers.append(existing["id"])
            continue
        number = tx.execute(
            "INSERT INTO actions (post_id, client, profile, kind, seq, variant_digest, key, state, due_at, wall, zone, wake_at,"
            " parent_id, trial, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                post.id,
                post.client,
                profile,
                action.kind,
                action.seq,
                digest,
                key,
                state,
                *times,
                parent,
                int(trial),
                at,
            ),
        ).lastrowid
        numbers.append(number or 0)
    return numbers


def _replaces(tx: sqlite3.Connection, post: int, profile: str, digest: str) -> bool:
    """Cancel what an older variant of a post left behind on a profile; False when that has begun and stays."""
    others = "post_id = ? AND profile = ? AND trial = 0 AND variant_digest != ?"
    stays = f"({STARTED}) OR (kind = 'publish' AND seq = 0 AND state = 'waiting')"
    if tx.execute(f"SELECT 1 FROM actions WHERE {others} AND ({stays}) LIMIT 1", (post, profile, digest)).fetchone():
        return False
    tx.execute(
        f"UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = 'the post was edited' WHERE {others}"
        " AND state IN ('waiting', 'scheduled', 'held', 'refused')",
        (post, profile, digest),
    )
    return True


def _held(row: Row, now: str) -> Held:
    # A first part waits only while a platform's scheduler has it, and that can be asked to give it back.
    still = row["state"] in (ActionState.SCHEDULED, ActionState.WAITING)
    begun = not still or row["attempts"] or row["due_at"] <= now
    return Held(
        action_id=row["id"],
        post_id=row["post_id"],
        slug=row["slug"],
        client=row["client"],
        profile=row["profile"],
        digest=row["variant_digest"],
        state=ActionState(row["state"]),
        due_at=from_text(row["time"]),
        in_queue=bool(row["in_queue"]),
        moves=bool(row["in_queue"]) and not begun,
        wall=datetime.fromisoformat(row["wall"]) if row["wall"] else None,
        zone=row["zone"],
    )


def _wall_text(wall: datetime | None) -> str | None:
    return wall.isoformat() if wall else None
