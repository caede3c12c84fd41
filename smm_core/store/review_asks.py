"""Who is asked, reminded or told, by whom and when. Each of these is a row before it goes out, and stays one until it has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

from smm_core.clock import to_text
from smm_core.model import Review, from_json, to_json
from smm_core.store.database import Database, Row
from smm_core.store.review_course import review_of, reviews_of
from smm_core.workflow import AskKind

_OPEN = (
    " JOIN reviews r ON r.id = a.review_id JOIN review_stages s ON s.review_id = a.review_id AND s.stage = a.stage"
    " WHERE r.state = 'open' AND s.state = 'waiting'"
)
_POLLED = (
    " JOIN reviews r ON r.id = a.review_id JOIN posts p ON p.id = r.post_id"
    " WHERE a.kind = 'ask' AND (r.state = 'open' OR (r.state = 'expired' AND p.state = 'expired'))"
)


class Ask(Struct, frozen=True, kw_only=True):
    """A question, reminder or escalation that is to go out. `thread` is what the approver said when it put the question."""

    id: int
    review_id: int
    stage: str
    kind: AskKind
    number: int
    approver: str
    persons: tuple[str, ...]
    thread: str


class Asks:
    """The questions and reminders of open reviews."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def due(self, now: datetime) -> list[Ask]:
        """What is to go out now, oldest first. Of several reminders that a stage has missed it is the last."""
        rows = self._db.rows(
            "SELECT a.*, (SELECT q.thread FROM asks q WHERE q.review_id = a.review_id AND q.stage = a.stage"
            " AND q.kind = 'ask') AS question"
            f" FROM asks a{_OPEN} AND a.sent_at IS NULL AND a.due_at <= ?1"
            " AND (a.kind = 'ask' OR s.deadline IS NULL OR s.deadline > ?1) ORDER BY a.review_id, a.kind, a.number, a.id",
            (to_text(now),),
        )
        last = {(row["review_id"], row["stage"], row["kind"]): row for row in rows if row["kind"] == AskKind.REMIND}
        kept = [row for row in rows if row["kind"] != AskKind.REMIND or last[_about(row)]["id"] == row["id"]]
        return [_ask(row) for row in sorted(kept, key=lambda row: int(row["id"]))]

    def unput(self) -> tuple[int, ...]:
        """The questions that nobody has put yet, by number."""
        return tuple(
            row["id"]
            for row in self._db.rows(f"SELECT a.id FROM asks a{_OPEN} AND a.kind = 'ask' AND a.sent_at IS NULL")
        )

    def mark_sent(self, ask: Ask, persons: Collection[str], thread: str, now: datetime) -> None:
        """It is out, to these persons; reminders of the stage that were missed before it are given up."""
        at = to_text(now)
        with self._db.write() as tx:
            tx.execute(
                "UPDATE asks SET sent_at = ?, persons = ?, thread = ? WHERE id = ?",
                (at, to_json(list(persons)), thread, ask.id),
            )
            tx.execute(
                "DELETE FROM asks WHERE review_id = ? AND stage = ? AND kind = 'remind' AND kind = ? AND number < ?"
                " AND sent_at IS NULL",
                (ask.review_id, ask.stage, str(ask.kind), ask.number),
            )

    def give_up(self, ask: Ask) -> None:
        """Nobody is left to hear it."""
        with self._db.write() as tx:
            tx.execute("DELETE FROM asks WHERE id = ? AND sent_at IS NULL", (ask.id,))

    def reminded(self, review: int, stage: str) -> frozenset[str]:
        """Who was reminded of a stage."""
        rows = self._db.rows(
            "SELECT persons FROM asks WHERE review_id = ? AND stage = ? AND kind = 'remind' AND sent_at IS NOT NULL",
            (review, stage),
        )
        return frozenset(person for row in rows for person in from_json(row["persons"], list[str]))

    def pollers(self) -> list[str]:
        """The approvers that have something open, by name. What expired may still be answered."""
        rows = self._db.rows(f"SELECT DISTINCT a.approver FROM asks a{_POLLED} ORDER BY a.approver")
        return [row["approver"] for row in rows]

    def polled(self, approver: str) -> tuple[list[Review], dict[int, tuple[str, ...]]]:
        """The reviews that an approver has open, and the threads of each."""
        rows = self._db.rows(f"SELECT DISTINCT r.* FROM asks a{_POLLED} AND a.approver = ? ORDER BY r.id", (approver,))
        threads: dict[int, tuple[str, ...]] = {}
        for row in self._db.rows(
            f"SELECT a.review_id, a.thread FROM asks a{_POLLED} AND a.approver = ? AND a.thread != '' ORDER BY a.id",
            (approver,),
        ):
            threads[row["review_id"]] = (*threads.get(row["review_id"], ()), row["thread"])
        return reviews_of(rows), threads

    # ------------------------------------------------------------ one person's list

    def waiting_for(
        self, person: str, clients: Sequence[str], *, start: int, limit: int
    ) -> tuple[list[tuple[Review, tuple[str, ...]]], int]:
        """What waits for a person at these clients, the earliest deadline first, and how much it is in all: the reviews, each
        with the stages in which they have not answered."""
        marks = ",".join("?" * len(clients))
        where = (
            " FROM review_persons p JOIN reviews r ON r.id = p.review_id"
            " JOIN review_stages s ON s.review_id = p.review_id AND s.stage = p.stage"
            f" WHERE p.person = ? AND r.state = 'open' AND s.state = 'waiting' AND r.client IN ({marks})"
            " AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.review_id = r.id AND v.stage = s.stage AND v.by = p.person)"
        )
        total = self._db.value(f"SELECT count(DISTINCT r.id){where}", (person, *clients))
        rows = self._db.rows(
            "SELECT r.*, group_concat(s.stage, char(31)) AS stages, min(s.deadline) AS until"
            f"{where} GROUP BY r.id ORDER BY until IS NULL, until, r.id LIMIT ? OFFSET ?",
            (person, *clients, limit, start),
        )
        return [(review_of(row), tuple(row["stages"].split("\x1f"))) for row in rows], int(total)

    def open_for(
        self, internal: Sequence[str], client: Sequence[str], *, start: int, limit: int
    ) -> tuple[list[Review], int]:
        """Open reviews that somebody may see, the earliest deadline first, and how many: all of the clients for whom they work
        (`internal`), and of those on whose side they are (`client`) what has come to the client."""
        where = (
            f" FROM reviews r WHERE r.state = 'open' AND (r.client IN ({','.join('?' * len(internal))})"
            f" OR (r.client IN ({','.join('?' * len(client))}) AND EXISTS (SELECT 1 FROM review_stages s"
            " WHERE s.review_id = r.id AND s.audience = 'client' AND s.opened_at IS NOT NULL)))"
        )
        total = self._db.value(f"SELECT count(*){where}", (*internal, *client))
        rows = self._db.rows(
            f"SELECT r.*{where} ORDER BY r.deadline IS NULL, r.deadline, r.id LIMIT ? OFFSET ?",
            (*internal, *client, limit, start),
        )
        return reviews_of(rows), int(total)


def _about(row: Row) -> tuple[int, str, str]:
    return (row["review_id"], row["stage"], row["kind"])


def _ask(row: Row) -> Ask:
    return Ask(
        id=row["id"],
        review_id=row["review_id"],
        stage=row["stage"],
        kind=AskKind(row["kind"]),
        number=row["number"],
        approver=row["approver"],
        persons=from_json(row["persons"], tuple[str, ...]),
        thread=row["question"] or "",
    )
