"""Reviews and verdicts. An approval is a row for one digest; the ledger looks for it before anything is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from smm_core import lifecycle
from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound, TooLate
from smm_core.model import Decision, Post, PostState, Review, ReviewState, Verdict, from_json, to_json
from smm_core.store.database import Database, Row
from smm_core.store.posts import STARTED


class Reviews:
    """Questions to persons about exact variants, and their answers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def open(
        self, post: Post, approver: str, digests: Mapping[str, str], deadline: datetime | None, now: datetime
    ) -> Review:
        """Open a review of a rendered post and move the post on, in one transaction."""
        at = to_text(now)
        with self._db.write() as tx:
            changed = tx.execute(
                "UPDATE posts SET state = 'reviewing', updated_at = ? WHERE id = ? AND revision = ? AND state = 'rendered'",
                (at, post.id, post.revision),
            ).rowcount
            if not changed:
                raise TooLate(f"post {post.slug} was changed in the meantime", hint="it goes round again by itself")
            number = tx.execute(
                "INSERT INTO reviews (post_id, client, approver, digests, state, asked_at, deadline) VALUES (?, ?, ?, ?, 'open', ?, ?)",
                (post.id, post.client, approver, to_json(dict(digests)), at, to_text(deadline) if deadline else None),
            ).lastrowid
            return _review(tx.execute("SELECT * FROM reviews WHERE id = ?", (number,)).fetchone())

    def mark_asked(self, number: int) -> None:
        """The approver has put the question."""
        with self._db.write() as tx:
            tx.execute("UPDATE reviews SET asked = 1 WHERE id = ?", (number,))

    def unasked(self) -> list[Review]:
        """Open reviews whose approver has not yet put the question."""
        return [
            _review(row)
            for row in self._db.rows("SELECT * FROM reviews WHERE state = 'open' AND asked = 0 ORDER BY id")
        ]

    def get(self, number: int) -> Review:
        """One review; none of that number is `NotFound`."""
        row = self._db.row("SELECT * FROM reviews WHERE id = ?", (number,))
        if row is None:
            raise NotFound(f"there is no review {number}", hint="`smm reviews list` shows them")
        return _review(row)

    def listed(
        self,
        *,
        state: ReviewState | None = None,
        client: str | None = None,
        post: int | None = None,
        approver: str | None = None,
    ) -> list[Review]:
        """Oldest first."""
        sql, values = "SELECT * FROM reviews WHERE 1=1", []
        for column, value in (("state", state), ("client", client), ("post_id", post), ("approver", approver)):
            if value is not None:
                sql += f" AND {column} = ?"
                values.append(value)
        return [_review(row) for row in self._db.rows(f"{sql} ORDER BY id", tuple(values))]

    def decide(
        self,
        number: int,
        decision: Decision,
        by: str,
        now: datetime,
        remark: str = "",
        digests: Mapping[str, str] | None = None,
    ) -> Verdict:
        """Record an answer and let it count: approvals per digest, or the post goes back for rework.

        An answer to a review that is no longer open, or for other digests than it asked about, is `TooLate`. An expired
        review can still be approved as long as the post has not changed. Taking back an approval is `rework` on an
        approved review; it loses the race against what is already being sent.
        """
        at = to_text(now)
        with self._db.write() as tx:
            row = tx.execute("SELECT * FROM reviews WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise NotFound(f"there is no review {number}", hint="`smm reviews list` shows them")
            review = _review(row)
            if digests is not None and dict(digests) != dict(review.digests):
                raise TooLate(
                    f"review {number} asks about other variants than the answer was given for",
                    hint="look at the post again",
                )
            _check_open(review, decision)
            post = tx.execute("SELECT state, slug FROM posts WHERE id = ?", (review.post_id,)).fetchone()
            verdict_id = tx.execute(
                "INSERT INTO verdicts (review_id, decision, by, at, digests, remark) VALUES (?, ?, ?, ?, ?, ?)",
                (number, decision, by, at, row["digests"], remark),
            ).lastrowid
            if decision is Decision.APPROVE:
                _approve(tx, review, verdict_id, at)
            else:
                _send_back(tx, review, PostState(post["state"]), remark or "rework was asked", at)
            return Verdict(review_id=number, decision=decision, by=by, at=now, digests=review.digests, remark=remark)

    def expire(self, review: Review, now: datetime) -> None:
        """Nobody answered in time: nothing goes out."""
        at = to_text(now)
        with self._db.write() as tx:
            if tx.execute(
                "UPDATE reviews SET state = 'expired' WHERE id = ? AND state = 'open'", (review.id,)
            ).rowcount:
                tx.execute(
                    "UPDATE posts SET state = 'expired', reason = 'nobody answered in time', updated_at = ?"
                    " WHERE id = ? AND state = 'reviewing'",
                    (at, review.post_id),
                )

    def verdicts(self, number: int) -> list[Verdict]:
        """The answers to a review, oldest first."""
        return [
            Verdict(
                review_id=row["review_id"],
                decision=Decision(row["decision"]),
                by=row["by"],
                at=from_text(row["at"]),
                digests=from_json(row["digests"], dict[str, str]),
                remark=row["remark"],
            )
            for row in self._db.rows("SELECT * FROM verdicts WHERE review_id = ? ORDER BY id", (number,))
        ]


def _check_open(review: Review, decision: Decision) -> None:
    allowed = {ReviewState.OPEN, ReviewState.EXPIRED}
    allowed |= {ReviewState.REWORK} if decision is Decision.APPROVE else {ReviewState.APPROVED}
    if review.state not in allowed:
        raise TooLate(f"review {review.id} is {review.state}", hint="`smm reviews list` shows what is open")


def _approve(tx: sqlite3.Connection, review: Review, verdict_id: int | None, at: str) -> None:
    changed = tx.execute(
        "UPDATE posts SET state = 'approved', reason = '', updated_at = ? WHERE id = ? AND state IN ('reviewing', 'expired', 'rework')",
        (at, review.post_id),
    ).rowcount
    if not changed:
        raise TooLate(
            f"the post of review {review.id} was changed in the meantime", hint="`smm reviews list` shows what is open"
        )
    tx.execute("UPDATE reviews SET state = 'approved' WHERE id = ?", (review.id,))
    tx.executemany(
        "INSERT OR REPLACE INTO approvals (post_id, profile, digest, verdict_id, at) VALUES (?, ?, ?, ?, ?)",
        [(review.post_id, profile, digest, verdict_id, at) for profile, digest in review.digests.items()],
    )


def _send_back(tx: sqlite3.Connection, review: Review, state: PostState, reason: str, at: str) -> None:
    if not lifecycle.post_may(state, PostState.REWORK):
        raise TooLate(f"the post of review {review.id} is {state}", hint="`smm deliveries list` shows what is out")
    started = tx.execute(
        f"SELECT 1 FROM actions WHERE post_id = ? AND trial = 0 AND ({STARTED}) LIMIT 1", (review.post_id,)
    ).fetchone()
    if started:
        raise TooLate(f"the post of review {review.id} is already on its way", hint="`smm deliveries list` shows where")
    tx.execute("UPDATE reviews SET state = 'rework' WHERE id = ?", (review.id,))
    tx.execute("DELETE FROM approvals WHERE post_id = ?", (review.post_id,))
    tx.execute(
        "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE post_id = ? AND trial = 0"
        " AND state IN ('waiting', 'scheduled', 'held', 'refused')",
        (reason, review.post_id),
    )
    tx.execute(
        "UPDATE posts SET state = 'rework', reason = ?, updated_at = ? WHERE id = ?", (reason, at, review.post_id)
    )


def _review(row: Row) -> Review:
    return Review(
        id=row["id"],
        post_id=row["post_id"],
        client=row["client"],
        approver=row["approver"],
        digests=from_json(row["digests"], dict[str, str]),
        state=ReviewState(row["state"]),
        asked_at=from_text(row["asked_at"]),
        deadline=from_text(row["deadline"]) if row["deadline"] else None,
    )
