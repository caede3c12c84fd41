"""Ideas, each kept once, and where each source stopped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound
from smm_core.model import (
    Idea,
    IdeaFound,
    IdeaState,
    Trouble,
    from_json,
    to_json,
)
from smm_core.store.database import Database, Row

_AT_ONCE = 500


class Ideas:
    """Inspiration, each kept once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, source: str, client: str, found: Sequence[IdeaFound], cursor: str | None, now: datetime) -> int:
        """Store what is new of a page together with the source's cursor, in one transaction; how many were new."""
        at = to_text(now)
        names = [list(dict.fromkeys((idea.key, *idea.alternatives))) for idea in found]
        fresh: list[tuple[int, str, str, str, str, str]] = []
        keys: list[tuple[str, str, int]] = []
        with self._db.write() as tx:
            known = _known_keys(tx, source, [key for own in names for key in own])
            number = int(tx.execute("SELECT coalesce(max(id), 0) FROM ideas").fetchone()[0])
            for idea, own in zip(found, names, strict=True):
                same = next((known[key] for key in own if key in known), None)
                if same is None:
                    number += 1
                    same = number
                    fresh.append((number, client, source, idea.title, to_json(idea), at))
                keys += [(source, key, same) for key in own if key not in known]
                known.update((key, same) for key in own if key not in known)
            tx.executemany(
                "INSERT INTO ideas (id, client, source, title, state, found, collected_at) VALUES (?, ?, ?, ?, 'new', ?, ?)",
                fresh,
            )
            tx.executemany("INSERT INTO idea_keys (source, key, idea_id) VALUES (?, ?, ?)", keys)
            if cursor is not None:
                _keep_cursor(tx, source, cursor, at)
        return len(fresh)

    def get(self, number: int) -> Idea:
        """One idea; none of that number is `NotFound`."""
        row = self._db.row("SELECT * FROM ideas WHERE id = ?", (number,))
        if row is None:
            raise NotFound(f"there is no idea {number}", hint="`smm ideas list` shows them")
        return _idea(row)

    def listed(
        self, *, client: str | None = None, source: str | None = None, state: IdeaState | None = None, limit: int = 200
    ) -> list[Idea]:
        """The newest first."""
        sql = "SELECT * FROM ideas WHERE 1=1"
        values: list[str | int] = []
        for column, value in (("client", client), ("source", source), ("state", state)):
            if value:
                sql += f" AND {column} = ?"
                values.append(str(value))
        return [_idea(row) for row in self._db.rows(f"{sql} ORDER BY id DESC LIMIT ?", (*values, limit))]

    def mark(self, number: int, state: IdeaState) -> None:
        """Say what became of an idea."""
        with self._db.write() as tx:
            tx.execute("UPDATE ideas SET state = ? WHERE id = ?", (state, number))

    def uncomposed(self, source: str, rule: str, limit: int) -> list[Idea]:
        """New ideas of a source that a rule has not yet made a post of, oldest first."""
        rows = self._db.rows(
            "SELECT * FROM ideas i WHERE source = ? AND state = 'new'"
            " AND NOT EXISTS (SELECT 1 FROM composed c WHERE c.rule = ? AND c.idea_id = i.id) ORDER BY id LIMIT ?",
            (source, rule, limit),
        )
        return [_idea(row) for row in rows]

    def composed_since(self, rule: str, since: datetime) -> int:
        """How many posts a rule has made since an instant."""
        return int(self._db.value("SELECT count(*) FROM composed WHERE rule = ? AND at >= ?", (rule, to_text(since))))

    def mark_composed(self, rule: str, number: int, slug: str, now: datetime) -> None:
        """A rule made a post of an idea."""
        with self._db.write() as tx:
            tx.execute("INSERT OR REPLACE INTO composed VALUES (?, ?, ?, ?)", (rule, number, slug, to_text(now)))
            tx.execute("UPDATE ideas SET state = 'used' WHERE id = ?", (number,))


def _idea(row: Row) -> Idea:
    return Idea(
        id=row["id"],
        client=row["client"],
        source=row["source"],
        found=from_json(row["found"], IdeaFound),
        state=IdeaState(row["state"]),
        collected_at=from_text(row["collected_at"]),
    )


def _known_keys(tx: sqlite3.Connection, source: str, keys: Sequence[str]) -> dict[str, int]:
    """Which of these keys were seen before, and for which idea."""
    known: dict[str, int] = {}
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        rows = tx.execute(
            f"SELECT key, idea_id FROM idea_keys WHERE source = ? AND key IN ({','.join('?' * len(some))})",
            (source, *some),
        )
        known.update((row["key"], row["idea_id"]) for row in rows)
    return known


def _keep_cursor(tx: sqlite3.Connection, source: str, cursor: str, at: str) -> None:
    tx.execute("INSERT OR REPLACE INTO cursors (source, cursor, at) VALUES (?, ?, ?)", (source, cursor, at))


class Sources:
    """Where each source stopped, and what it could not read."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def cursor(self, source: str) -> str:
        """Where the source stopped; empty at first."""
        return self._db.value("SELECT cursor FROM cursors WHERE source = ?", (source,)) or ""

    def last(self, source: str) -> datetime | None:
        """When the source was last read."""
        at = self._db.value("SELECT at FROM cursors WHERE source = ?", (source,))
        return from_text(at) if at else None

    def keep_cursor(self, source: str, cursor: str, now: datetime) -> None:
        """Remember where the source stopped."""
        with self._db.write() as tx:
            _keep_cursor(tx, source, cursor, to_text(now))

    def keep_troubles(self, source: str, troubles: Iterable[Trouble], now: datetime) -> list[Trouble]:
        """Replace what a source could not read by what it cannot read now; those that are new."""
        fresh: list[Trouble] = []
        with self._db.write() as tx:
            known = {
                (row["place"], row["message"]): row["since"]
                for row in tx.execute("SELECT * FROM troubles WHERE source = ?", (source,))
            }
            tx.execute("DELETE FROM troubles WHERE source = ?", (source,))
            for trouble in troubles:
                since = known.get((trouble.where, trouble.message))
                if since is None:
                    fresh.append(trouble)
                tx.execute(
                    "INSERT OR REPLACE INTO troubles VALUES (?, ?, ?, ?)",
                    (source, trouble.where, trouble.message, since or to_text(now)),
                )
        return fresh

    def troubles(self) -> list[tuple[str, Trouble, datetime]]:
        """All that cannot be read: source, what, since when."""
        return [
            (row["source"], Trouble(where=row["place"], message=row["message"]), from_text(row["since"]))
            for row in self._db.rows("SELECT * FROM troubles ORDER BY since")
        ]
