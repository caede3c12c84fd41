"""What went out, and when. All instants are UTC."""

from __future__ import annotations

from datetime import datetime

from smm_core.clock import from_text, to_text
from smm_core.model import Action
from smm_core.store.database import Database
from smm_core.store.rows import action_of


class Past:
    """The actions that are out, by the time they went out."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def published_since(self, since: datetime, profile: str | None = None) -> list[Action]:
        """What went out since an instant, oldest first."""
        whose = [profile] if profile else self._profiles()
        rows = self._db.rows(
            f"SELECT * FROM actions WHERE profile IN ({','.join('?' * len(whose))}) AND published_at >= ? ORDER BY published_at",
            (*whose, to_text(since)),
        )
        return [action_of(row) for row in rows]

    def _profiles(self) -> list[str]:
        """The profiles that have actions, each found by one look at the index."""
        rows = self._db.rows(
            "WITH RECURSIVE each (profile) AS (SELECT min(profile) FROM actions UNION ALL"
            " SELECT (SELECT min(profile) FROM actions WHERE profile > each.profile) FROM each WHERE each.profile IS NOT NULL)"
            " SELECT profile FROM each WHERE profile IS NOT NULL"
        )
        return [row["profile"] for row in rows]

    def last_out(self, profile: str, until: datetime) -> tuple[datetime, datetime] | None:
        """When the first part of a profile's last delivery went out, `until` then at the latest, and when it was due."""
        row = self._db.row(
            "SELECT published_at, due_at FROM actions WHERE profile = ? AND published_at <= ? AND seq = 0 AND trial = 0"
            " AND kind = 'publish' ORDER BY published_at DESC LIMIT 1",
            (profile, to_text(until)),
        )
        return (from_text(row["published_at"]), from_text(row["due_at"])) if row else None

    def nth_last_out(self, profile: str, nth: int, until: datetime) -> datetime | None:
        """When the last but `nth` action of a profile went out (1: the last one), `until` then at the latest; None when
        there are fewer."""
        at = self._db.value(
            "SELECT published_at FROM actions WHERE profile = ? AND published_at <= ? AND trial = 0"
            " AND kind IN ('publish', 'comment', 'reply') ORDER BY published_at DESC LIMIT 1 OFFSET ?",
            (profile, to_text(until), nth - 1),
        )
        return from_text(at) if at else None
