"""What other posts of a profile say, and when: for the warnings before an approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from smm_core.clock import from_text, to_text
from smm_core.model import Variant, from_json
from smm_core.store.database import Database


class Neighbours:
    """Posts beside a post, on the same profile. `without` is the number of the post itself, 0 for one that is not stored."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def published_texts(self, profile: str, since: datetime, *, without: int) -> list[tuple[str, datetime, str]]:
        """First parts that went out on a profile since an instant: post's slug, when, text."""
        rows = self._db.rows(
            "SELECT p.slug, a.published_at, v.content FROM actions a JOIN posts p ON p.id = a.post_id"
            " JOIN variants v ON v.post_id = a.post_id AND v.profile = a.profile AND v.digest = a.variant_digest"
            " WHERE a.profile = ? AND a.published_at >= ? AND a.seq = 0 AND a.trial = 0 AND a.post_id != ?"
            " AND a.kind = 'publish' AND a.state != 'removed'",
            (profile, to_text(since), without),
        )
        return [
            (row["slug"], from_text(row["published_at"]), from_json(row["content"], Variant).parts[0].text)
            for row in rows
        ]

    def planned_with(self, text: str, profile: str, since: datetime, until: datetime, *, without: int) -> str | None:
        """The slug of a post whose first part on a profile says this, and that is on its way to approval or due in between."""
        says = "json_extract(v.content, '$.parts[0].text') = ?"
        row = self._db.row(
            "SELECT p.slug FROM posts p JOIN variants v ON v.post_id = p.id AND v.profile = ? AND v.revision = p.revision"
            f" WHERE p.state IN ('rendered', 'reviewing', 'approved') AND p.id != ? AND {says}"
            " UNION ALL SELECT p.slug FROM actions a JOIN posts p ON p.id = a.post_id"
            " JOIN variants v ON v.post_id = a.post_id AND v.profile = a.profile AND v.digest = a.variant_digest"
            " WHERE a.profile = ? AND a.due_at BETWEEN ? AND ? AND a.seq = 0 AND a.trial = 0 AND a.post_id != ?"
            f" AND a.kind = 'publish' AND a.state IN ('scheduled', 'waiting', 'held') AND {says} LIMIT 1",
            (profile, without, text, profile, to_text(since), to_text(until), without, text),
        )
        return row["slug"] if row else None

    def asked_times(
        self, profile: str, days: Sequence[date], *, without: int
    ) -> list[tuple[str, datetime, str | None]]:
        """Posts on their way to approval that ask for a wall time on one of these days: slug, wall time, zone if they name one."""
        # Looking for the day in the text first spares most posts from being read as JSON.
        on_day = " OR ".join("instr(content, ?)" for _ in days)
        rows = self._db.rows(
            "SELECT slug, json_extract(content, '$.when.wall') AS wall, json_extract(content, '$.when.zone') AS zone FROM posts"
            f" WHERE state IN ('written', 'rendered', 'reviewing', 'approved') AND id != ? AND ({on_day})"
            " AND json_extract(content, '$.when.kind') = 'at'"
            " AND EXISTS (SELECT 1 FROM json_each(content, '$.profiles') WHERE value = ?)",
            (without, *(f'"wall":"{day.isoformat()}' for day in days), profile),
        )
        return [(row["slug"], datetime.fromisoformat(row["wall"]), row["zone"]) for row in rows]
