"""Reviews and verdicts. An approval is a row for one digest; the ledger looks for it before anything is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from smm_core.clock import from_text, to_text
from smm_core.contracts.reviews import Remark
from smm_core.errors import NotFound, Repeated, SmmError, TooLate
from smm_core.model import Decision, Post, Review, ReviewState, Verdict, When, from_json, to_json
from smm_core.store import review_course, review_log, review_series
from smm_core.store.database import Database
from smm_core.store.review_comments import add_comment
from smm_core.store.review_course import review_of, reviews_of, verdict_of
from smm_core.store.review_log import Entry, Kind, LogCheck
from smm_core.store.review_rules import Voice, check_current, check_open, stage_of
from smm_core.workflow import SILENCE, Audience, StageState, Workflow
from smm_core.workflow_plan import ReviewPlan, plain_plan

__all__ = ["Reviews", "StageRow", "Voice"]


class StageRow(Struct, frozen=True, kw_only=True):
    """A stage of a review as it stands: its state, its deadline (UTC), and since when it is its turn."""

    stage: str
    audience: Audience
    approver: str
    state: StageState
    deadline: datetime | None
    opened_at: datetime | None


class Reviews:
    """Questions to persons about exact variants, and their answers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # ------------------------------------------------------------ opening and looking

    def open(
        self,
        post: Post,
        approver: str,
        digests: Mapping[str, str],
        deadline: datetime | None,
        now: datetime,
        plan: ReviewPlan | None = None,
    ) -> Review:
        """Open a review of a rendered post and move the post on, in one transaction.

        Without a `plan` it has one stage, asked by `approver`, in which anybody may answer until `deadline`.
        """
        with self._db.write() as tx:
            changed = tx.execute(
                "UPDATE posts SET state = 'reviewing', updated_at = ? WHERE id = ? AND revision = ? AND state = 'rendered'",
                (to_text(now), post.id, post.revision),
            ).rowcount
            if not changed:
                raise TooLate(f"post {post.slug} was changed in the meantime", hint="it goes round again by itself")
            return review_course.open_review(
                tx,
                post=post.id,
                client=post.client,
                writer=post.by,
                digests=digests,
                plan=plan or plain_plan(approver, deadline),
                now=now,
            ).review

    def get(self, number: int) -> Review:
        """One review; none of that number is `NotFound`."""
        row = self._db.row("SELECT * FROM reviews WHERE id = ?", (number,))
        if row is None:
            raise NotFound(f"there is no review {number}", hint="`smm reviews list` shows them")
        return review_of(row)

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
        return reviews_of(self._db.rows(f"{sql} ORDER BY id", tuple(values)))

    def workflow(self, number: int) -> Workflow:
        """The workflow as it was when the review was opened."""
        row = self._db.row("SELECT course FROM reviews WHERE id = ?", (number,))
        if row is None:
            raise NotFound(f"there is no review {number}", hint="`smm reviews list` shows them")
        return from_json(row["course"], Workflow)

    def writer(self, number: int) -> str:
        """Who had written the post when the review was opened."""
        return str(self._db.value("SELECT writer FROM reviews WHERE id = ?", (number,)) or "")

    def stages(self, number: int) -> list[StageRow]:
        """The stages of a review, in order."""
        return [
            StageRow(
                stage=row["stage"],
                audience=Audience(row["audience"]),
                approver=row["approver"],
                state=StageState(row["state"]),
                deadline=from_text(row["deadline"]) if row["deadline"] else None,
                opened_at=from_text(row["opened_at"]) if row["opened_at"] else None,
            )
            for row in self._db.rows("SELECT * FROM review_stages WHERE review_id = ? ORDER BY seq", (number,))
        ]

    def verdicts(self, number: int) -> list[Verdict]:
        """The answers to a review, oldest first."""
        return [
            verdict_of(row)
            for row in self._db.rows("SELECT * FROM verdicts WHERE review_id = ? ORDER BY id", (number,))
        ]

    # ------------------------------------------------------------ answers

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
        stage: str = "",
        via: str = "",
        once: str = "",
        comments: Sequence[Remark] = (),
        voice: Voice | None = None,
    ) -> Verdict:
        """Record an answer and let it count: the next stage has its turn, or the digests are approved, or the post goes back
        for rework.

        An answer to a review that is no longer open, or for other digests than it asked about, is `TooLate`; one by
        somebody who is not asked, or wrote the post, is `NotAllowed` (with `voice`, also by who has no longer the role
        for which they were). The same `once` again is `Repeated`. An expired review can still be approved as long as the
        post has not changed. Taking back an approval is `rework` on an approved review; it loses the race against what is
        already being sent.

        An approval `for_series` holds for later dates of the post's series too (`follow_series`), where stage, profile and
        digest are the same. Rework ends that, and takes back what it alone had approved and is not on its way.
        """
        with self._db.write() as tx:
            if once and tx.execute("SELECT 1 FROM verdicts WHERE once = ?", (once,)).fetchone():
                raise Repeated("this answer was heard before")
            case = review_course.load(tx, number)
            check_open(case.review, decision)
            if digests is not None and dict(digests) != dict(case.review.digests):
                raise TooLate(
                    f"review {number} asks about other variants than the answer was given for",
                    hint="look at the post again",
                )
            check_current(tx, case.review)
            answered = stage_of(case, by, via, decision, stage, voice, now)
            for_series = for_series and decision is Decision.APPROVE
            series = _series_of(tx, case.review, wanted=for_series)
            verdict = Verdict(
                review_id=number,
                decision=decision,
                by=by,
                at=now,
                digests=case.review.digests,
                remark=remark,
                for_series=for_series,
                stage=answered.name,
                via=via,
            )
            verdict_id = review_course.write_verdict(tx, case.row, verdict, once=once)
            for one in comments:
                add_comment(tx, case.row, one, by=by, at=now, stage=answered.name, audience=answered.audience, via=via)
            review_course.settle(tx, review_course.load(tx, number), now, verdict=verdict_id)
            if for_series and series is not None:
                review_series.stand(tx, series, answered.name, case.review, verdict_id)
            if decision is Decision.REWORK and series is not None:
                review_series.end_standing(tx, series, verdict)
            return verdict

    def follow_series(self, number: int, now: datetime, zone: str) -> Verdict | None:
        """Answer a stage of an open review because its very content was approved for the series, by the person who did; None
        where it was not. `zone` is for the day in the remark."""
        with self._db.write() as tx:
            return review_series.follow(tx, number, now, zone)

    def following(self) -> list[Review]:
        """Open reviews of posts whose series has an approval that may hold for them."""
        return reviews_of(
            self._db.rows(
                "SELECT r.* FROM reviews r JOIN posts p ON p.id = r.post_id WHERE r.state = 'open' AND p.series_id IN"
                " (SELECT series_id FROM series_approvals) ORDER BY r.id"
            )
        )

    # ------------------------------------------------------------ silence

    def silent(self, now: datetime) -> list[Review]:
        """Open reviews with a stage whose approve-by time has come without an answer."""
        return reviews_of(
            self._db.rows(
                "SELECT * FROM reviews WHERE state = 'open' AND id IN (SELECT review_id FROM review_stages"
                " WHERE state = 'waiting' AND deadline <= ?) ORDER BY id",
                (to_text(now),),
            )
        )

    def next_wake(self, after: datetime) -> datetime | None:
        """The next instant (UTC) after one at which somebody is to be reminded, or silence has its effect."""
        at = self._db.value(
            "SELECT min(at) FROM (SELECT min(s.deadline) AS at FROM review_stages s JOIN reviews r ON r.id = s.review_id"
            " WHERE r.state = 'open' AND s.state = 'waiting' AND s.deadline > ?1 UNION ALL"
            " SELECT min(a.due_at) FROM asks a JOIN reviews r ON r.id = a.review_id JOIN review_stages s"
            " ON s.review_id = a.review_id AND s.stage = a.stage WHERE a.sent_at IS NULL AND a.due_at > ?1"
            " AND r.state = 'open' AND s.state = 'waiting')",
            (to_text(after),),
        )
        return from_text(at) if at else None

    def expected(self, profile: str) -> list[datetime]:
        """When the posts that are being reviewed are meant to go out on a profile (UTC), as far as that is known."""
        rows = self._db.rows(
            "SELECT due_at FROM reviews r WHERE state = 'open' AND due_at IS NOT NULL AND EXISTS"
            " (SELECT 1 FROM json_each(r.digests) d WHERE d.key = ?) ORDER BY due_at",
            (profile,),
        )
        return [from_text(row["due_at"]) for row in rows]

    def lapse(self, review: Review, now: datetime) -> Review:
        """Pass over the optional stages that are silent; the review as it stands then."""
        with self._db.write() as tx:
            case = review_course.load(tx, review.id)
            if case.review.state is ReviewState.OPEN:
                review_course.settle(tx, case, now)
            return review_course.load(tx, review.id).review

    def consent(self, review: Review, stages: Collection[str], remark: str, now: datetime) -> Verdict | None:
        """Silence says yes in these stages. None when somebody answered meanwhile."""
        verdict = None
        with self._db.write() as tx:
            for name in stages:
                case = review_course.load(tx, review.id)
                if case.review.state is not ReviewState.OPEN or name not in case.standing(now).waiting:
                    continue
                verdict = Verdict(
                    review_id=review.id,
                    decision=Decision.APPROVE,
                    by=SILENCE,
                    at=now,
                    digests=case.review.digests,
                    remark=remark,
                    stage=name,
                )
                number = review_course.write_verdict(tx, case.row, verdict, kind=Kind.CONSENT)
                review_course.settle(tx, review_course.load(tx, review.id), now, verdict=number)
        return verdict

    def expire(
        self, review: Review, now: datetime, reason: str = "nobody answered in time", *, dropped: bool = False
    ) -> bool:
        """Nobody answered in time: nothing goes out. What is `dropped` cannot be approved after all. Whether that is news."""
        at = to_text(now)
        with self._db.write() as tx:
            case = review_course.load(tx, review.id)
            if case.review.state is not ReviewState.OPEN:
                return False
            review_course.close(tx, case, ReviewState.WITHDRAWN if dropped else ReviewState.EXPIRED)
            tx.execute(
                "UPDATE posts SET state = 'expired', reason = ?, updated_at = ? WHERE id = ? AND state = 'reviewing'",
                (reason, at, review.post_id),
            )
            kind = Kind.DROPPED if dropped else Kind.EXPIRED
            review_log.append(tx, kind, case.row, at=at, data={"reason": reason, "stages": list(case.review.waiting)})
            return True

    def put_off(self, review: Review, plan: ReviewPlan, when: When | None, reason: str, now: datetime) -> None:
        """Nobody answered in time: the post gets a later place, `when` (None: it had no other), and its stages later times."""
        at = to_text(now)
        with self._db.write() as tx:
            case = review_course.load(tx, review.id)
            if case.review.state is not ReviewState.OPEN:
                return
            tx.execute("DELETE FROM asks WHERE review_id = ? AND sent_at IS NULL", (review.id,))
            for stage in case.workflow.stages:
                times = plan.of(stage.name)
                tx.execute(
                    "UPDATE review_stages SET deadline = ?, latest = ? WHERE review_id = ? AND stage = ?"
                    " AND state IN ('ahead', 'waiting')",
                    (
                        to_text(times.deadline) if times.deadline else None,
                        to_text(plan.latest) if plan.latest else None,
                        review.id,
                        stage.name,
                    ),
                )
                review_course.plan_asks(tx, review.id, stage, times)
            due = to_text(plan.due_at) if plan.due_at else None
            tx.execute("UPDATE reviews SET due_at = ? WHERE id = ?", (due, review.id))
            review_course.settle(tx, review_course.load(tx, review.id), now)
            if when is not None:
                _place(tx, review.post_id, when, reason, at)
            review_log.append(tx, Kind.MOVED, case.row, at=at, data={"reason": reason, "due_at": due})

    def replace(self, review: Review, by_post: Post, when: When, reason: str, now: datetime) -> bool:
        """Nobody answered in time: another, approved post takes the place. Whether it could: both are as they were."""
        at = to_text(now)
        with self._db.write() as tx:
            case = review_course.load(tx, review.id)
            free = tx.execute(
                "SELECT 1 FROM posts WHERE id = ? AND revision = ? AND state = 'approved'"
                " AND id NOT IN (SELECT post_id FROM placements)",
                (by_post.id, by_post.revision),
            ).fetchone()
            if case.review.state is not ReviewState.OPEN or not free:
                return False
            _place(tx, by_post.id, when, reason, at)
            review_course.close(tx, case, ReviewState.EXPIRED)
            tx.execute(
                "UPDATE posts SET state = 'expired', reason = ?, updated_at = ? WHERE id = ? AND state = 'reviewing'",
                (reason, at, review.post_id),
            )
            review_log.append(tx, Kind.REPLACED, case.row, at=at, data={"reason": reason, "by": by_post.slug})
            return True

    def placement(self, post: Post) -> When | None:
        """Where silence has put a post, as long as nobody has edited it since."""
        row = self._db.row(
            "SELECT content FROM placements WHERE post_id = ? AND revision = ?", (post.id, post.revision)
        )
        return from_json(row["content"], When) if row else None

    # ------------------------------------------------------------ the log

    def log(self, *, review: int | None = None) -> list[Entry]:
        """All entries of the log, or those about one review, oldest first."""
        return list(review_log.entries(self._db, review=review))

    def check_log(self, kept: str = "") -> LogCheck:
        """Check the log from end to end, and against a head (`SEQ:HASH`) that was kept elsewhere."""
        return review_log.check(self._db, kept=kept)


def _place(tx: sqlite3.Connection, post: int, when: When, why: str, at: str) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO placements (post_id, revision, content, why, at)"
        " SELECT id, revision, ?, ?, ? FROM posts WHERE id = ?",
        (to_json(when), why, at, post),
    )


def _series_of(tx: sqlite3.Connection, review: Review, *, wanted: bool) -> int | None:
    post = tx.execute("SELECT slug, series_id FROM posts WHERE id = ?", (review.post_id,)).fetchone()
    if wanted and post["series_id"] is None:
        raise SmmError(f"post {post['slug']} belongs to no series", hint="approve it for itself")
    number: int | None = post["series_id"]
    return number
