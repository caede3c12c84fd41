"""The course of a review inside a transaction: it is opened, stages have their turn, and what was answered counts.

`workflow.standing` says where a review stands; here that is written down, and the post is moved on with it. An approval
is a row for one digest, written when the last stage is through, so that the ledger has one thing to look for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from smm_core import lifecycle
from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound, TooLate
from smm_core.model import Decision, PostState, Review, ReviewState, Verdict, from_json, to_json
from smm_core.store import edits, review_log
from smm_core.store.database import Row
from smm_core.store.handed import STARTED, take_back
from smm_core.store.review_log import Kind
from smm_core.workflow import WORKFLOW, AskKind, Stage, StageState, Standing, Workflow, standing, voices
from smm_core.workflow_plan import ReviewPlan, StagePlan

NOBODY_HAS_TO = "this workflow asks nobody"
NOBODY_OBJECTED = "nobody had to answer, and nobody objected in time"


class Case(Struct, frozen=True, kw_only=True):
    """All that decides about a review: its row, the workflow it was opened with, the verdicts so far, the stages' deadlines."""

    row: Row
    review: Review
    workflow: Workflow
    verdicts: tuple[Verdict, ...]
    deadlines: Mapping[str, datetime]

    @property
    def writer(self) -> str:
        """Who wrote the post."""
        return str(self.row["writer"])

    def standing(self, now: datetime) -> Standing:
        """Where it stands at an instant."""
        return standing(self.workflow, self.verdicts, now, writer=self.writer, deadlines=self.deadlines)


def load(tx: sqlite3.Connection, number: int) -> Case:
    """A review with everything that decides about it; none of that number is `NotFound`."""
    row = tx.execute("SELECT * FROM reviews WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"there is no review {number}", hint="`smm reviews list` shows them")
    deadlines = tx.execute("SELECT stage, deadline FROM review_stages WHERE review_id = ?", (number,)).fetchall()
    verdicts = tx.execute("SELECT * FROM verdicts WHERE review_id = ? ORDER BY id", (number,)).fetchall()
    return Case(
        row=row,
        review=review_of(row),
        workflow=from_json(row["course"], Workflow),
        verdicts=tuple(map(verdict_of, verdicts)),
        deadlines={one["stage"]: from_text(one["deadline"]) for one in deadlines if one["deadline"]},
    )


# ---------------------------------------------------------------- opening


def open_review(
    tx: sqlite3.Connection,
    *,
    post: int,
    client: str,
    writer: str,
    digests: Mapping[str, str],
    plan: ReviewPlan,
    now: datetime,
) -> Case:
    """Open a review: those whose turn is first are to be asked; where nobody has to be, it is approved at once."""
    at = to_text(now)
    number = tx.execute(
        "INSERT INTO reviews (post_id, client, approver, digests, state, asked_at, workflow, course, writer, due_at)"
        " VALUES (?, ?, '', ?, 'open', ?, ?, ?, ?, ?)",
        (
            post,
            client,
            to_json(dict(digests)),
            at,
            plan.workflow.name,
            to_json(plan.workflow),
            writer,
            to_text(plan.due_at) if plan.due_at else None,
        ),
    ).lastrowid
    for seq, stage in enumerate(plan.workflow.stages):
        _add_stage(tx, number, seq, stage, plan, writer)
    case = load(tx, number or 0)
    review_log.append(
        tx,
        Kind.OPENED,
        case.row,
        at=at,
        by=writer,
        data={
            "digests": dict(digests),
            "workflow": plan.workflow.name,
            "stages": [one.name for one in plan.workflow.stages],
        },
    )
    settle(tx, case, now)
    return load(tx, case.review.id)


def _add_stage(
    tx: sqlite3.Connection, number: int | None, seq: int, stage: Stage, plan: ReviewPlan, writer: str
) -> None:
    times = plan.of(stage.name)
    tx.execute(
        "INSERT INTO review_stages (review_id, seq, stage, audience, approver, state, deadline, latest)"
        " VALUES (?, ?, ?, ?, ?, 'ahead', ?, ?)",
        (number, seq, stage.name, stage.audience, stage.approver, _text(times.deadline), _text(plan.latest)),
    )
    tx.executemany(
        "INSERT INTO review_persons (person, review_id, stage) VALUES (?, ?, ?)",
        [(person, number, stage.name) for person in voices(plan.workflow, stage, writer)],
    )
    plan_asks(tx, number, stage, times)


def plan_asks(tx: sqlite3.Connection, number: int | None, stage: Stage, times: StagePlan) -> None:
    """Write down the reminders and escalations of a stage, after those that it had; they wait for its turn."""
    for ask in times.asks:
        tx.execute(
            "INSERT INTO asks (review_id, stage, kind, number, approver, persons, due_at) VALUES (?1, ?2, ?3,"
            " (SELECT coalesce(max(number), 0) + 1 FROM asks WHERE review_id = ?1 AND stage = ?2 AND kind = ?3), ?4, ?5, ?6)",
            (number, stage.name, str(ask.kind), stage.approver, to_json(list(ask.persons)), to_text(ask.at)),
        )


# ---------------------------------------------------------------- what was answered counts


def settle(tx: sqlite3.Connection, case: Case, now: datetime, *, verdict: int | None = None) -> None:
    """Write down where a review stands now, and move its post on. `verdict` is the number of the one that was just given."""
    stands = case.standing(now)
    _write_stages(tx, case, stands, now)
    if stands.is_rework:
        last = case.verdicts[-1]
        send_back(tx, case.review, last.remark or "rework was asked", to_text(now), last.by)
    elif stands.is_approved:
        approve(tx, case, verdict or _last_yes(tx, case, now), to_text(now))
    else:
        _go_on(tx, case, now)


def _write_stages(tx: sqlite3.Connection, case: Case, stands: Standing, now: datetime) -> None:
    before = {
        row["stage"]: row for row in tx.execute("SELECT * FROM review_stages WHERE review_id = ?", (case.review.id,))
    }
    for name, state in stands.stages.items():
        if before[name]["state"] == state:
            continue
        tx.execute(
            "UPDATE review_stages SET state = ? WHERE review_id = ? AND stage = ?", (state, case.review.id, name)
        )
        if state is StageState.WAITING:
            _begin_turn(tx, case, name, before[name], now)
        if state is StageState.LAPSED:
            review_log.append(tx, Kind.LAPSED, case.row, at=to_text(now), data={"stage": name})


def _begin_turn(tx: sqlite3.Connection, case: Case, name: str, row: Row, now: datetime) -> None:
    """It is a stage's turn: its question is to be put now, and it is too late for what should have been said before."""
    at, stage = to_text(now), case.workflow.stage(name)
    deadline = row["deadline"]
    if deadline is not None and deadline <= at and row["latest"]:
        deadline = max(deadline, row["latest"])
    tx.execute(
        "UPDATE review_stages SET opened_at = coalesce(opened_at, ?), deadline = ? WHERE review_id = ? AND stage = ?",
        (at, deadline, case.review.id, name),
    )
    tx.execute(
        "DELETE FROM asks WHERE review_id = ? AND stage = ? AND sent_at IS NULL AND due_at <= ?",
        (case.review.id, name, at),
    )
    tx.execute(
        "INSERT OR IGNORE INTO asks (review_id, stage, kind, number, approver, persons, due_at) VALUES (?, ?, ?, 0, ?, ?, ?)",
        (
            case.review.id,
            name,
            str(AskKind.ASK),
            row["approver"],
            to_json(list(voices(case.workflow, stage, case.writer)) if stage else []),
            at,
        ),
    )
    review_log.append(tx, Kind.TURN, case.row, at=at, data={"stage": name, "deadline": deadline})


def _waiting(tx: sqlite3.Connection, number: int) -> None:
    """Write into the review's row which of its stages wait now."""
    rows = tx.execute(
        "SELECT * FROM review_stages WHERE review_id = ? AND state = 'waiting' ORDER BY seq", (number,)
    ).fetchall()
    deadline = min((row["deadline"] for row in rows if row["deadline"]), default=None)
    sides = list(dict.fromkeys(row["audience"] for row in rows))
    tx.execute(
        "UPDATE reviews SET waiting = ?, waits_for = ?, deadline = coalesce(?, deadline),"
        " approver = coalesce(?, approver) WHERE id = ?",
        (
            to_json([row["stage"] for row in rows]),
            to_json(sides),
            deadline,
            rows[0]["approver"] if rows else None,
            number,
        ),
    )


def _go_on(tx: sqlite3.Connection, case: Case, now: datetime) -> None:
    """Others have yet to answer: the review is open, and so is the post."""
    _waiting(tx, case.review.id)
    if case.review.state is ReviewState.OPEN:
        return
    tx.execute("UPDATE reviews SET state = 'open' WHERE id = ?", (case.review.id,))
    if not edits.asks_about_an_edit(tx, case.review.post_id, case.review.digests):
        tx.execute(
            "UPDATE posts SET state = 'reviewing', reason = '', updated_at = ? WHERE id = ? AND state IN ('expired', 'rework')",
            (to_text(now), case.review.post_id),
        )


def _last_yes(tx: sqlite3.Connection, case: Case, now: datetime) -> int | None:
    """The verdict on which an approval rests that nobody gave just now: the last yes, or else the workflow's own."""
    row = tx.execute(
        "SELECT max(id) FROM verdicts WHERE review_id = ? AND decision = 'approve'", (case.review.id,)
    ).fetchone()
    if row[0] is not None:
        return int(row[0])
    verdict = Verdict(
        review_id=case.review.id,
        decision=Decision.APPROVE,
        by=WORKFLOW,
        at=now,
        digests=case.review.digests,
        remark=NOBODY_OBJECTED if case.workflow.stages else NOBODY_HAS_TO,
    )
    return write_verdict(tx, case.row, verdict)


def approve(tx: sqlite3.Connection, case: Case, verdict: int | None, at: str) -> None:
    """Every stage is through: the digests are approved, and so is the post."""
    review = case.review
    _waiting(tx, review.id)
    if edits.asks_about_an_edit(tx, review.post_id, review.digests):
        edits.approve(tx, review.post_id, review.digests, at)
    else:
        changed = tx.execute(
            "UPDATE posts SET state = 'approved', reason = '', updated_at = ? WHERE id = ?"
            " AND state IN ('reviewing', 'expired', 'rework')",
            (at, review.post_id),
        ).rowcount
        if not changed:
            raise changed_meanwhile(review)
    tx.execute("UPDATE reviews SET state = 'approved' WHERE id = ?", (review.id,))
    tx.executemany(
        "INSERT OR REPLACE INTO approvals (post_id, profile, digest, verdict_id, at) VALUES (?, ?, ?, ?, ?)",
        [(review.post_id, profile, digest, verdict, at) for profile, digest in review.digests.items()],
    )


def send_back(tx: sqlite3.Connection, review: Review, reason: str, at: str, by: str) -> None:
    """Somebody wants changes: what was approved is not any more, unless it is on its way already."""
    if edits.asks_about_an_edit(tx, review.post_id, review.digests):
        edits.refuse(tx, review.post_id, review.digests, reason)
        _close(tx, review.id, ReviewState.REWORK)
        return
    state = PostState(tx.execute("SELECT state FROM posts WHERE id = ?", (review.post_id,)).fetchone()["state"])
    if state is PostState.REWORK:
        _close(tx, review.id, ReviewState.REWORK)
        return
    if not lifecycle.post_may(state, PostState.REWORK):
        raise TooLate(f"the post of review {review.id} is {state}", hint="`smm deliveries list` shows what is out")
    if has_started(tx, review.post_id):
        raise TooLate(f"the post of review {review.id} is already on its way", hint="`smm deliveries list` shows where")
    _close(tx, review.id, ReviewState.REWORK)
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


def withdraw(tx: sqlite3.Connection, post: int, reason: str, at: str, by: str, *, digests: str = "") -> None:
    """The post was edited or taken back: nobody is to answer any more, also not those who come late.

    With `digests` (as JSON) only the reviews that ask about exactly these.
    """
    rows = tx.execute(
        "SELECT * FROM reviews WHERE post_id = ?1 AND state IN ('open', 'expired', 'rework') AND ?2 IN ('', digests)",
        (post, digests),
    ).fetchall()
    for row in rows:
        _close(tx, row["id"], ReviewState.WITHDRAWN)
        review_log.append(tx, Kind.WITHDRAWN, row, at=at, by=by, data={"reason": reason})
    if not digests:
        tx.execute("DELETE FROM placements WHERE post_id = ?", (post,))


def close(tx: sqlite3.Connection, case: Case, state: ReviewState) -> None:
    """End a review without an answer."""
    _close(tx, case.review.id, state)


def _close(tx: sqlite3.Connection, number: int, state: ReviewState) -> None:
    tx.execute("UPDATE reviews SET state = ?, waiting = '[]', waits_for = '[]' WHERE id = ?", (state, number))


def has_started(tx: sqlite3.Connection, post: int) -> bool:
    """Whether something of a post is out, on its way, or may be out."""
    found = tx.execute(
        f"SELECT 1 FROM actions WHERE post_id = ? AND trial = 0 AND ({STARTED}) LIMIT 1", (post,)
    ).fetchone()
    return found is not None


def changed_meanwhile(review: Review) -> TooLate:
    """What is said to an answer that an edit came before."""
    return TooLate(
        f"the post of review {review.id} was changed in the meantime", hint="`smm reviews list` shows what is open"
    )


# ---------------------------------------------------------------- rows


def write_verdict(
    tx: sqlite3.Connection,
    row: Row,
    verdict: Verdict,
    *,
    follows: int | None = None,
    once: str = "",
    kind: Kind = Kind.VERDICT,
) -> int | None:
    """Store a verdict and log it; `follows` is the one for the series on which it rests. Its number."""
    number = tx.execute(
        "INSERT INTO verdicts (review_id, decision, by, at, digests, remark, for_series, follows, stage, via, once)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            verdict.review_id,
            verdict.decision,
            verdict.by,
            to_text(verdict.at),
            to_json(dict(verdict.digests)),
            verdict.remark,
            verdict.for_series,
            follows,
            verdict.stage,
            verdict.via,
            once,
        ),
    ).lastrowid
    data = review_log.row_of(tx, "verdicts", number)
    review_log.append(tx, kind, row, at=to_text(verdict.at), by=verdict.by, data=data)
    return number


def review_of(row: Row) -> Review:
    """A review as the store has it."""
    return Review(
        id=row["id"],
        post_id=row["post_id"],
        client=row["client"],
        approver=row["approver"],
        digests=from_json(row["digests"], dict[str, str]),
        state=ReviewState(row["state"]),
        asked_at=from_text(row["asked_at"]),
        deadline=from_text(row["deadline"]) if row["deadline"] else None,
        workflow=row["workflow"],
        waiting=from_json(row["waiting"], tuple[str, ...]),
        waits_for=from_json(row["waits_for"], tuple[str, ...]),
        due_at=from_text(row["due_at"]) if row["due_at"] else None,
    )


def verdict_of(row: Row) -> Verdict:
    """A verdict as the store has it."""
    return Verdict(
        review_id=row["review_id"],
        decision=Decision(row["decision"]),
        by=row["by"],
        at=from_text(row["at"]),
        digests=from_json(row["digests"], dict[str, str]),
        remark=row["remark"],
        for_series=bool(row["for_series"]),
        stage=row["stage"],
        via=row["via"],
    )


def reviews_of(rows: Sequence[Row]) -> list[Review]:
    """Reviews as the store has them."""
    return [review_of(row) for row in rows]


def _text(instant: datetime | None) -> str | None:
    return to_text(instant) if instant else None
