"""Approvals for a series: what was approved for all its dates holds for a later one with the very same content."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from smm_core.clock import from_text, to_text, wall_of
from smm_core.model import Decision, Review, ReviewState, Verdict
from smm_core.store import review_course
from smm_core.store.database import Row
from smm_core.store.review_course import Case
from smm_core.values import replace
from smm_core.workflow import may_answer


def stand(tx: sqlite3.Connection, series: int, stage: str, review: Review, verdict_id: int | None) -> None:
    """Let an approval hold for later dates with the same digests."""
    tx.executemany(
        "INSERT OR REPLACE INTO series_approvals (series_id, stage, profile, digest, verdict_id) VALUES (?, ?, ?, ?, ?)",
        [(series, stage, profile, digest, verdict_id) for profile, digest in review.digests.items()],
    )


def follow(tx: sqlite3.Connection, number: int, now: datetime, zone: str) -> Verdict | None:
    """See `Reviews.follow_series`."""
    case = review_course.load(tx, number)
    if case.review.state is not ReviewState.OPEN:
        return None
    for name in case.standing(now).waiting:
        standing = _standing(tx, case, name)
        if standing is None:
            continue
        day = wall_of(from_text(standing["at"]), zone)
        verdict = Verdict(
            review_id=number,
            decision=Decision.APPROVE,
            by=standing["by"],
            at=now,
            digests=case.review.digests,
            remark=f"approved for the series on {day:%Y-%m-%d} (review {standing['review_id']})",
            stage=name,
            via=standing["via"],
        )
        written = review_course.write_verdict(tx, case.row, verdict, follows=standing["id"])
        review_course.settle(tx, review_course.load(tx, number), now, verdict=written)
        return verdict
    return None


def _standing(tx: sqlite3.Connection, case: Case, name: str) -> Row | None:
    """The latest of the verdicts for the series that together cover all digests of a review, given in a stage of the same
    name and approver, by somebody who may answer in it and has not."""
    stage = case.workflow.stage(name)
    rows: list[Row] = tx.execute(
        "SELECT a.profile, a.digest, v.* FROM series_approvals a JOIN verdicts v ON v.id = a.verdict_id"
        " JOIN review_stages s ON s.review_id = v.review_id AND s.stage = a.stage WHERE s.approver = ? AND a.stage = ?"
        " AND a.series_id = (SELECT series_id FROM posts WHERE id = ?) ORDER BY v.id",
        (stage.approver if stage else "", name, case.review.post_id),
    ).fetchall()
    covering = [row for row in rows if case.review.digests.get(row["profile"]) == row["digest"]]
    if not covering or {row["profile"] for row in covering} != set(case.review.digests):
        return None
    last = covering[-1]
    answered = {one.by for one in case.verdicts if one.stage == name}
    may = stage is not None and may_answer(case.workflow, stage, last["by"], case.writer)
    return last if may and last["by"] not in answered else None


def end_standing(tx: sqlite3.Connection, series: int, verdict: Verdict) -> None:
    """Rework was asked: what it was asked about holds for no later date, and not for those it alone had approved."""
    tx.executemany(
        "DELETE FROM series_approvals WHERE series_id = ? AND profile = ? AND digest = ?",
        [(series, profile, digest) for profile, digest in verdict.digests.items()],
    )
    rows = tx.execute(
        "SELECT r.* FROM posts p JOIN approvals a ON a.post_id = p.id JOIN verdicts v ON v.id = a.verdict_id"
        " JOIN variants x ON x.post_id = p.id AND x.profile = a.profile AND x.digest = a.digest AND x.revision = p.revision"
        " JOIN reviews r ON r.id = v.review_id WHERE p.series_id = ? AND p.state IN ('approved', 'scheduled')"
        " AND EXISTS (SELECT 1 FROM verdicts f WHERE f.review_id = r.id AND f.follows IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM verdicts g WHERE g.review_id = r.id AND g.stage = f.stage AND g.id > f.id)) GROUP BY r.id",
        (series,),
    ).fetchall()
    for row in rows:
        other = review_course.review_of(row)
        if not set(other.digests.items()) & set(verdict.digests.items()) or review_course.has_started(
            tx, other.post_id
        ):
            continue
        remark = f"{verdict.remark} (asked in review {verdict.review_id})".strip()
        review_course.write_verdict(tx, row, replace(verdict, review_id=other.id, digests=other.digests, remark=remark))
        review_course.send_back(tx, other, remark, to_text(verdict.at), verdict.by)
        tx.execute(
            "UPDATE review_stages SET state = 'rework' WHERE review_id = ? AND stage = ?", (other.id, verdict.stage)
        )
