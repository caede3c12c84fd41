"""Replies in the ledger: planning one, below something of ours or someone else's, and what follows when it comes to an end.

A reply goes out on the word of a person or, with an approver, on a verdict. What is no reply to a delivery of a post has a
home of its own for each profile: a post that nobody sees, which no edit of another post can touch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound, SmmError, TooLate
from smm_core.model import ActionKind, ActionState, PostContent, Problem, Receipt, Variant, to_json
from smm_core.store.database import Database, Row
from smm_core.store.handed import insert, is_approved, keep_variant
from smm_core.store.lists import REPLIES
from smm_core.store.review_course import open_review, withdraw
from smm_core.workflow_plan import ReviewPlan


class PlannedReply(Struct, frozen=True, kw_only=True):
    """A reply as it is to be planned: a variant of one part, what the checks said of it, and on whose word (`by`).

    It is below our action `below`, or below `target`, which is someone else's; with `interaction` (its number) the answer to
    that. With a `plan` it waits for a review, in which whoever planned it counts as its writer. `once_since`: the same reply to the same interaction, planned since then,
    is refused.
    """

    variant: Variant
    by: str
    problems: Sequence[Problem] = ()
    below: int | None = None
    target: Receipt | None = None
    interaction: int | None = None
    plan: ReviewPlan | None = None
    once_since: datetime | None = None


def plan_reply(db: Database, reply: PlannedReply, now: datetime) -> int:
    """See `Ledger.plan_reply`."""
    at = to_text(now)
    with db.write() as tx:
        below = _below(tx, reply.below) if reply.below is not None else None
        if reply.interaction is not None and reply.once_since is not None:
            _refuse_second(tx, reply, to_text(reply.once_since))
        like: Row | Mapping[str, Any]
        like = below if below is not None and not (reply.interaction or reply.plan) else _home(tx, reply, at)
        digest = reply.variant.digest
        keep_variant(tx, like["post_id"], reply.variant, reply.problems, at)
        waits = reply.plan is not None and not is_approved(tx, like, digest)
        number = insert(
            tx,
            like,
            kind=ActionKind.REPLY,
            at=at,
            by=reply.by,
            on=below["id"] if below is not None else None,
            digest=digest,
            seq=0,
            waits=waits,
            target=to_json(reply.target) if reply.target else None,
        )
        tx.execute(
            "UPDATE actions SET interaction_id = ?, on_verdict = ? WHERE id = ?",
            (reply.interaction, reply.plan is not None, number),
        )
        tx.execute(
            "UPDATE interactions SET state = 'read', changed_by = ?, changed_at = ? WHERE id = ? AND state = 'new'",
            (reply.by, at, reply.interaction),
        )
        if waits and reply.plan is not None:
            open_review(
                tx,
                post=like["post_id"],
                client=like["client"],
                writer=reply.by,
                digests={like["profile"]: digest},
                plan=reply.plan,
                now=now,
            )
        return number


def ended(tx: sqlite3.Connection, number: int, state: ActionState, at: str) -> None:
    """A reply is out, and what it answers is done with; or it was given up, and nobody need be asked about it any more."""
    if state is ActionState.PUBLISHED:
        tx.execute(
            "UPDATE interactions SET state = 'done', changed_at = ?, changed_by = (SELECT by FROM actions WHERE id = ?)"
            " WHERE id = (SELECT interaction_id FROM actions WHERE id = ?)",
            (at, number, number),
        )
    elif state is ActionState.CANCELLED:
        row = tx.execute(
            "SELECT post_id, profile, variant_digest, by FROM actions WHERE id = ? AND on_verdict", (number,)
        ).fetchone()
        if row is not None:
            digests = to_json({row["profile"]: row["variant_digest"]})
            withdraw(tx, row["post_id"], "the reply was given up", at, row["by"], digests=digests)


def _below(tx: sqlite3.Connection, number: int) -> Row:
    row: Row | None = tx.execute("SELECT * FROM actions WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"there is no delivery {number}", hint="`smm deliveries list` shows them")
    if row["state"] != ActionState.PUBLISHED or row["removed_at"] is not None:
        word = "removed" if row["removed_at"] is not None else row["state"]
        raise TooLate(f"delivery {number} is {word}", hint="a reply goes below what is out")
    return row


def _refuse_second(tx: sqlite3.Connection, reply: PlannedReply, since: str) -> None:
    """The same answer to the same thing is more often a second press of a key than meant."""
    row = tx.execute(
        "SELECT id, by, created_at FROM actions WHERE interaction_id = ? AND variant_digest = ? AND state != 'cancelled'"
        " AND created_at >= ? ORDER BY id DESC LIMIT 1",
        (reply.interaction, reply.variant.digest, since),
    ).fetchone()
    if row is not None:
        raise SmmError(
            f"{row['by']} gave the same reply on {from_text(row['created_at']):%Y-%m-%d %H:%M} UTC (delivery {row['id']})",
            hint="say --again if it is meant twice",
        )


def _home(tx: sqlite3.Connection, reply: PlannedReply, at: str) -> dict[str, Any]:
    """What a reply is like that belongs to no delivery; the home of its profile is made when there is none."""
    profile = reply.variant.profile
    (client,) = tx.execute(
        "SELECT coalesce((SELECT client FROM interactions WHERE id = ?), (SELECT client FROM actions WHERE id = ?))",
        (reply.interaction, reply.below),
    ).fetchone()
    content = PostContent(title=f"Replies on {profile}", profiles=(profile,))
    tx.execute(
        "INSERT INTO posts (client, source, key, slug, state, revision, content, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, 'done', 1, ?, ?, ?) ON CONFLICT (source, key) DO UPDATE SET client = excluded.client",
        (client, REPLIES, profile, f"replies on {profile}", to_json(content), at, at),
    )
    (number,) = tx.execute("SELECT id FROM posts WHERE source = ? AND key = ?", (REPLIES, profile)).fetchone()
    return {"id": 0, "post_id": number, "client": client, "profile": profile, "seq": 0, "trial": 0}
