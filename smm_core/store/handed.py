"""What the platform's own scheduler has of us, and taking it back.

A delivery that was handed over waits: nobody may claim it. It ends its waiting when the platform says it went out, or
when it was taken back; then it is scheduled again where it is still wanted, else it is cancelled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from smm_core.model import ActionKind, ActionState, Problem, Variant, digest_of, to_json
from smm_core.store.database import Row

MAY_BE_OUT = (
    "state IN ('sending', 'pending', 'unknown', 'published') OR (state IN ('scheduled', 'held', 'refused') AND EXISTS"
    " (SELECT 1 FROM attempts WHERE attempts.action_id = actions.id AND attempts.outcome IN ('unknown', 'pending')))"
)
"""SQL for an action that was done, is being done, or may have been done."""

_LOST_THERE = (
    "state = 'held' AND EXISTS (SELECT 1 FROM actions AS h WHERE h.on_id = actions.id AND h.kind = 'hand-over'"
    " AND h.state = 'published' AND h.removed_at IS NULL)"
)

STARTED = f"kind IN ('publish', 'comment') AND ({MAY_BE_OUT} OR ({_LOST_THERE}))"
"""SQL for a part of a delivery that is out, on its way, or may be out: what it sends can no longer be changed."""

WITH_THE_PLATFORM = f"kind = 'hand-over' AND removed_at IS NULL AND ({MAY_BE_OUT})"
"""SQL for a hand-over that the platform's scheduler has or may have."""

BY_ITSELF = "smm itself"
"""On whose word something is taken back that the platform published too soon."""

GIVE_UP = "give up"
"""What a taking back is for, where its delivery is to be given up whatever its post says."""


def take_back(
    tx: sqlite3.Connection, post: int, at: str, reason: str, by: str, *, profile: str = "", give_up: bool = False
) -> set[str]:
    """Plan the taking back of what the platform's scheduler has or may have of a post; the profiles where that is so.

    It is not yet gone from there when this returns: its delivery waits until that is known. A taking back that waited for
    a person is tried once more. What is about to be handed over for the first time is not touched.
    """
    rows = tx.execute(
        f"SELECT * FROM actions WHERE post_id = ? AND trial = 0 AND ? IN ('', profile) AND {WITH_THE_PLATFORM}"
        " AND (SELECT state FROM actions AS d WHERE d.id = actions.on_id) = 'waiting'",
        (post, profile),
    ).fetchall()
    handles = {"then": GIVE_UP} if give_up else {}
    for row in rows:
        before = tx.execute(
            "SELECT id, state FROM actions WHERE on_id = ? AND kind = 'take-back' AND state != 'cancelled'",
            (row["id"],),
        ).fetchone()
        if before is None:
            out = row["state"] == ActionState.PUBLISHED
            insert(
                tx,
                row,
                kind=ActionKind.TAKE_BACK,
                at=at,
                by=by or "its file",
                reason=reason,
                on=row["id"],
                parent=row["id"],
                waits=not out,
                handles=handles,
            )
            continue
        if handles:
            tx.execute("UPDATE actions SET handles = ? WHERE id = ?", (_json(handles), before["id"]))
        tx.execute(
            "UPDATE actions SET state = 'scheduled', wake_at = ?, reason = ? WHERE id = ? AND state IN ('held', 'refused')",
            (at, reason, before["id"]),
        )
    return {row["profile"] for row in rows}


def is_being_taken_back(tx: sqlite3.Connection, post: int) -> bool:
    """Whether something of a post is on its way back from the platform's scheduler."""
    return (
        tx.execute(
            "SELECT 1 FROM actions WHERE post_id = ? AND kind = 'take-back' AND state NOT IN ('published', 'cancelled')"
            " LIMIT 1",
            (post,),
        ).fetchone()
        is not None
    )


def insert(
    tx: sqlite3.Connection,
    like: Row | Mapping[str, Any],
    *,
    kind: ActionKind,
    at: str,
    by: str = "",
    reason: str = "",
    on: int | None = None,
    parent: int | None = None,
    waits: bool = False,
    digest: str = "",
    seq: int | None = None,
    target: str | None = None,
    handles: dict[str, Any] | None = None,
) -> int:
    """Put an act into the ledger, due at once, for the post and profile of another action; its number.

    Each one that is asked for has a key of its own: the platform must not take the second for the first.
    """
    workspace = tx.execute("SELECT value FROM meta WHERE key = 'workspace'").fetchone()[0]
    subject = on if on is not None else like["id"]
    (before,) = tx.execute(
        "SELECT count(*) FROM actions WHERE kind = ? AND post_id = ? AND profile = ?",
        (kind, like["post_id"], like["profile"]),
    ).fetchone()
    digest = digest or like["variant_digest"]
    key = digest_of([workspace, kind, subject, digest, target or "", before])[:32]
    number = tx.execute(
        "INSERT INTO actions (post_id, client, profile, kind, seq, variant_digest, key, state, due_at, wake_at, parent_id, on_id,"
        " target, by, trial, handles, reason, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            like["post_id"],
            like["client"],
            like["profile"],
            kind,
            like["seq"] if seq is None else seq,
            digest,
            key,
            ActionState.WAITING if waits else ActionState.SCHEDULED,
            at,
            None if waits else at,
            parent,
            on,
            target,
            by,
            like["trial"],
            _json(handles or {}),
            reason,
            at,
        ),
    ).lastrowid
    return number or 0


def keep_variant(tx: sqlite3.Connection, post: int, variant: Variant, problems: Sequence[Problem], at: str) -> None:
    """Store what an act sends; it belongs to no revision of the post."""
    tx.execute(
        "INSERT OR IGNORE INTO variants (post_id, profile, digest, revision, content, problems, created_at)"
        " VALUES (?, ?, ?, -1, ?, ?, ?)",
        (post, variant.profile, variant.digest, to_json(variant), to_json(list(problems)), at),
    )


def is_approved(tx: sqlite3.Connection, like: Row | Mapping[str, Any], digest: str) -> bool:
    """Whether a variant is approved for the post and profile of an action."""
    found = tx.execute(
        "SELECT 1 FROM approvals WHERE post_id = ? AND profile = ? AND digest = ?",
        (like["post_id"], like["profile"], digest),
    ).fetchone()
    return found is not None


def _json(handles: dict[str, Any]) -> str:
    import json

    return json.dumps(handles, sort_keys=True, separators=(",", ":"))
