"""Series: posts that repeat, kept as their sources wrote them, so that an unchanged file still yields new dates."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Any

from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound, did_you_mean
from smm_core.model import PostContent, PostFound, Series, SeriesState, from_json, to_json
from smm_core.store.database import Database, Row
from smm_core.store.posts import series_of, slug_of


class SeriesStore:
    """The definitions of series. Each has an instant at which it is to be looked at again, which is none when it has ended."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, source: str, client: str, found: PostFound, now: datetime, by: str = "") -> tuple[Series, bool]:
        """Insert or update a series from its source; the series, and whether it is new or changed: then it is due at once."""
        state = _target(found)
        content, at = to_json(found.content), to_text(now)
        with self._db.write() as tx:
            row = _by_key(tx, source, found.key)
            if row is None:
                tx.execute(
                    "INSERT INTO series (client, source, key, slug, state, revision, content, by, updated_at, reached, wake_at)"
                    " VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)",
                    (client, source, found.key, slug_of(found.key), state, content, by, at, at, at),
                )
            elif (row["content"], row["state"], row["client"]) == (content, str(state), client):
                return _series(row), False
            else:
                tx.execute(
                    "UPDATE series SET client = ?, state = ?, revision = revision + 1, content = ?, reason = '', by = ?,"
                    " updated_at = ?, reached = ?, wake_at = ? WHERE id = ?",
                    # Dates of the new definition that are past already were not missed.
                    (client, state, content, by, at, at, at, row["id"]),
                )
            return _series(_by_key(tx, source, found.key)), True

    def end(self, series: Series, reason: str, now: datetime, by: str = "") -> bool:
        """Its source has it no more: it yields nothing from now on. Whether that is news."""
        at = to_text(now)
        with self._db.write() as tx:
            changed = tx.execute(
                "UPDATE series SET state = 'withdrawn', reason = ?, revision = revision + 1, by = ?, updated_at = ?, wake_at = ?"
                " WHERE id = ? AND state != 'withdrawn'",
                (reason, by, at, at, series.id),
            ).rowcount
            return bool(changed)

    def due(self, now: datetime, ahead: timedelta) -> list[tuple[Series, datetime]]:
        """The series to be looked at, each with the instant up to which its dates were made: those whose time has come,
        and all when it changes how far ahead dates are made."""
        rows = self._db.rows(
            "SELECT * FROM series WHERE wake_at IS NOT NULL AND (wake_at <= ? OR ahead != ?) ORDER BY id",
            (to_text(now), ahead.total_seconds()),
        )
        return [(_series(row), from_text(row["reached"])) for row in rows]

    def made(self, series: Series, reached: datetime, wake_at: datetime | None, ahead: timedelta) -> None:
        """Its dates are made; look again at `wake_at`. One that changed meanwhile stays due."""
        with self._db.write() as tx:
            tx.execute(
                "UPDATE series SET reached = ?, wake_at = ?, ahead = ? WHERE id = ? AND revision = ?",
                (
                    to_text(reached),
                    to_text(wake_at) if wake_at else None,
                    ahead.total_seconds(),
                    series.id,
                    series.revision,
                ),
            )

    def by_key(self, source: str, key: str) -> Series | None:
        """A series by its source's own name for it."""
        row = self._db.row("SELECT * FROM series WHERE source = ? AND key = ?", (source, key))
        return _series(row) if row else None

    def find(self, name: str) -> Series:
        """One series by its slug, the end of it, its file, or one of its dates (`bread@2026-11-30`); else `NotFound`."""
        wanted = slug_of(name.removesuffix(".md"))
        wanted = series_of(wanted) or wanted
        everything = self.listed()
        exact = [one for one in everything if one.slug == wanted]
        found = exact or [one for one in everything if one.slug.endswith(f"/{wanted}")]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{one.slug} of {one.source}" for one in found)
            raise NotFound(f"{len(found)} series are called {name!r}", hint=f"say more of the name: {names}")
        raise NotFound(
            f"there is no series {name!r}",
            hint=did_you_mean(wanted, [one.slug for one in everything], "`smm series list` shows them"),
        )

    def listed(self, *, client: str | None = None) -> list[Series]:
        """By their names."""
        rows = self._db.rows("SELECT * FROM series ORDER BY slug, id")
        return [_series(row) for row in rows if not client or row["client"] == client]


def _by_key(tx: sqlite3.Connection, source: str, key: str) -> Any:
    return tx.execute("SELECT * FROM series WHERE source = ? AND key = ?", (source, key)).fetchone()


def _target(found: PostFound) -> SeriesState:
    if found.withdrawn:
        return SeriesState.WITHDRAWN
    return SeriesState.DRAFT if found.draft else SeriesState.ACTIVE


def _series(row: Row) -> Series:
    return Series(
        id=row["id"],
        client=row["client"],
        source=row["source"],
        key=row["key"],
        slug=row["slug"],
        content=from_json(row["content"], PostContent),
        state=SeriesState(row["state"]),
        revision=row["revision"],
        updated_at=from_text(row["updated_at"]),
        by=row["by"],
        reason=row["reason"],
    )
