"""Reviews and verdicts. An approval is a row for one digest; the ledger looks for it before anything is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from smm_core import lifecycle
from smm_core.clock import from_text, to_text, wall_of
from smm_core.errors import NotFound, SmmError, TooLate
from smm_core.model import Decision, Post, PostState, Review, ReviewState, Verdict, from_json, to_json
from smm_core.store import edits
from smm_core.store.database import Database, Row
from smm_core.store.handed import STARTED, take_back


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
        *,
        for_series: bool = False,
    ) -> Verdict:
        """Record an answer and let it count: approvals per digest, or the post goes back for rework.

        An answer to a review that is no longer open, or for other digests than it asked about, is `TooLate`. An expired
        review can still be approved as long as the post has not changed. Taking back an approval is `rework` on an
        approved review; it loses the race against what is already being sent.

        An approval `for_series` holds for later dates of the post's series too (`follow_series`), where approver, profile and
        digest are the same. Rework ends that, and takes back what it alone had approved and is not on its way.
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
            post = tx.execute("SELECT state, slug, series_id FROM posts WHERE id = ?", (review.post_id,)).fetchone()
            for_series = for_series and decision is Decision.APPROVE
            if for_series and post["series_id"] is None:
                raise SmmError(f"post {post['slug']} belongs to no series", hint="approve it for itself")
            verdict = Verdict(
                review_id=number,
                decision=decision,
                by=by,
                at=now,
                digests=review.digests,
                remark=remark,
                for_series=for_series,
            )
            verdict_id = _write(tx, verdict)
            if decision is Decision.APPROVE:
                _approve(tx, review, verdict_id, at)
                if for_series:
                    _stand(tx, post["series_id"], review, verdict_id)
            else:
                _send_back(tx, review, PostState(post["state"]), remark or "rework was asked", at, by)
                if post["series_id"] is not None:
                    _end_standing(tx, post["series_id"], verdict)
            return verdict

    def follow_series(self, number: int, now: datetime, zone: str) -> Verdict | None:
        """Approve an open review because its very content was approved for the series, by the person who did; None where
        it was not. `zone` is for the day in the remark."""
        with self._db.write() as tx:
            row = tx.execute("SELECT * FROM reviews WHERE id = ? AND state = 'open'", (number,)).fetchone()
            standing = _standing(tx, _review(row)) if row else None
            if standing is None:
                return None
            review = _review(row)
            day = wall_of(from_text(standing["at"]), zone)
            verdict = Verdict(
                review_id=number,
                decision=Decision.APPROVE,
                by=standing["by"],
                at=now,
                digests=review.digests,
                remark=f"approved for the series on {day:%Y-%m-%d} (review {standing['review_id']})",
            )
            _approve(tx, review, _write(tx, verdict, follows=standing["id"]), to_text(now))
            return verdict

    def following(self) -> list[Review]:
        """Open reviews of posts whose series has an approval that may hold for them."""
        return [
            _review(row)
            for row in self._db.rows(
                "SELECT r.* FROM reviews r JOIN posts p ON p.id = r.post_id WHERE r.state = 'open' AND p.series_id IN"
                " (SELECT series_id FROM series_approvals) ORDER BY r.id"
            )
        ]

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
                for_series=bool(row["for_series"]),
            )
            for row in self._db.rows("SELECT * FROM verdicts WHERE review_id = ? ORDER BY id", (number,))
        ]


def _check_open(review: Review, decision: Decision) -> None:
    allowed = {ReviewState.OPEN, ReviewState.EXPIRED}
    allowed |= {ReviewState.REWORK} if decision is Decision.APPROVE else {ReviewState.APPROVED}
    if review.state not in allowed:
        raise TooLate(f"review {review.id} is {review.state}", hint="`smm reviews list` shows what is open")


def _approve(tx: sqlite3.Connection, review: Review, verdict_id: int | None, at: str) -> None:
    if edits.asks_about_an_edit(tx, review.post_id, review.digests):
        edits.approve(tx, review.post_id, review.digests, at)
    else:
        _approve_post(tx, review, at)
    tx.execute("UPDATE reviews SET state = 'approved' WHERE id = ?", (review.id,))
    tx.executemany(
        "INSERT OR REPLACE INTO approvals (post_id, profile, digest, verdict_id, at) VALUES (?, ?, ?, ?, ?)",
        [(review.post_id, profile, digest, verdict_id, at) for profile, digest in review.digests.items()],
    )


def _approve_post(tx: sqlite3.Connection, review: Review, at: str) -> None:
    changed = tx.execute(
        "UPDATE posts SET state = 'approved', reason = '', updated_at = ? WHERE id = ? AND state IN ('reviewing', 'expired', 'rework')",
        (at, review.post_id),
    ).rowcount
    if not changed:
        raise TooLate(
            f"the post of review {review.id} was changed in the meantime", hint="`smm reviews list` shows what is open"
        )


def _send_back(tx: sqlite3.Connection, review: Review, state: PostState, reason: str, at: str, by: str) -> None:
    if edits.asks_about_an_edit(tx, review.post_id, review.digests):
        edits.refuse(tx, review.post_id, review.digests, reason)
        tx.execute("UPDATE reviews SET state = 'rework' WHERE id = ?", (review.id,))
        return
    if not lifecycle.post_may(state, PostState.REWORK):
        raise TooLate(f"the post of review {review.id} is {state}", hint="`smm deliveries list` shows what is out")
    if _has_started(tx, review.post_id):
        raise TooLate(f"the post of review {review.id} is already on its way", hint="`smm deliveries list` shows where")
    tx.execute("UPDATE reviews SET state = 'rework' WHERE id = ?", (review.id,))
    tx.execute("DELETE FROM approvals WHERE post_id = ?", (review.post_id,))
    handed = take_back(tx, review.post_id, at, reason, by)
    tx.execute(
        "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE post_id = ? AND trial = 0"
        f" AND state IN ('waiting', 'scheduled', 'held', 'refused') AND profile NOT IN ({','.join('?' * len(handed))})",
        (reason, review.post_id, *handed),
    )
    tx.execute(
        "UPDATE posts SET state = 'rework', reason = ?, updated_at = ? WHERE id = ?", (reason, at, review.post_id)
    )


# ---------------------------------------------------------------- approvals for a series


def _write(tx: sqlite3.Connection, verdict: Verdict, *, follows: int | None = None) -> int | None:
    """Store a verdict; `follows` is the one for the series on which it rests. Its number."""
    return tx.execute(
        "INSERT INTO verdicts (review_id, decision, by, at, digests, remark, for_series, follows)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            verdict.review_id,
            verdict.decision,
            verdict.by,
            to_text(verdict.at),
            to_json(dict(verdict.digests)),
            verdict.remark,
            verdict.for_series,
            follows,
        ),
    ).lastrowid


def _stand(tx: sqlite3.Connection, series: int, review: Review, verdict_id: int | None) -> None:
    """Let an approval hold for later dates with the same digests."""
    tx.executemany(
        "INSERT OR REPLACE INTO series_approvals (series_id, profile, digest, verdict_id) VALUES (?, ?, ?, ?)",
        [(series, profile, digest, verdict_id) for profile, digest in review.digests.items()],
    )


def _standing(tx: sqlite3.Connection, review: Review) -> Row | None:
    """The latest of the verdicts for the series that together cover all digests of a review, given by the same approver."""
    rows: list[Row] = tx.execute(
        "SELECT s.profile, s.digest, v.* FROM series_approvals s JOIN verdicts v ON v.id = s.verdict_id"
        " JOIN reviews r ON r.id = v.review_id WHERE r.approver = ? AND s.series_id ="
        " (SELECT series_id FROM posts WHERE id = ?) ORDER BY v.id",
        (review.approver, review.post_id),
    ).fetchall()
    covering = [row for row in rows if review.digests.get(row["profile"]) == row["digest"]]
    covered = {row["profile"] for row in covering}
    return covering[-1] if covering and covered == set(review.digests) else None


def _end_standing(tx: sqlite3.Connection, series: int, verdict: Verdict) -> None:
    """Rework was asked: what it was asked about holds for no later date, and not for those it alone had approved."""
    tx.executemany(
        "DELETE FROM series_approvals WHERE series_id = ? AND profile = ? AND digest = ?",
        [(series, profile, digest) for profile, digest in verdict.digests.items()],
    )
    rows = tx.execute(
        "SELECT r.*, p.state AS post_state FROM posts p JOIN approvals a ON a.post_id = p.id JOIN verdicts v ON v.id = a.verdict_id"
        " JOIN variants x ON x.post_id = p.id AND x.profile = a.profile AND x.digest = a.digest AND x.revision = p.revision"
        " JOIN reviews r ON r.id = v.review_id WHERE p.series_id = ? AND p.state IN ('approved', 'scheduled')"
        " AND v.follows IS NOT NULL GROUP BY r.id",
        (series,),
    ).fetchall()
    for row in rows:
        other = _review(row)
        if not set(other.digests.items()) & set(verdict.digests.items()) or _has_started(tx, other.post_id):
            continue
        remark = f"{verdict.remark} (asked in review {verdict.review_id})".strip()
        _write(tx, replace(verdict, review_id=other.id, digests=other.digests, remark=remark))
        _send_back(tx, other, PostState(row["post_state"]), remark, to_text(verdict.at), verdict.by)


def _has_started(tx: sqlite3.Connection, number: int) -> bool:
    found = tx.execute(
        f"SELECT 1 FROM actions WHERE post_id = ? AND trial = 0 AND ({STARTED}) LIMIT 1", (number,)
    ).fetchone()
    return found is not None


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
