"""Links to reviews: which were given out, to whom, until when, and which were taken back. The links themselves are not kept."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from smm_core.clock import from_text, to_text
from smm_core.store.database import Database, Row


class LinkRow(Struct, frozen=True, kw_only=True):
    """A link as it was given out. `review` is None for one to all that waits for the person."""

    id: str
    person: str
    review: int | None
    made_at: datetime
    until: datetime
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is neither over nor taken back."""
        return self.revoked_at is None and now < self.until


class Links:
    """Links that were given out."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, link: LinkRow) -> None:
        """Keep that a link was given out. Those that ended long ago are forgotten: a link that is not known does not hold."""
        with self._db.write() as tx:
            tx.execute(
                "INSERT INTO review_links (id, person, review_id, made_at, until) VALUES (?, ?, ?, ?, ?)",
                (link.id, link.person, link.review, to_text(link.made_at), to_text(link.until)),
            )
            tx.execute(
                "DELETE FROM review_links WHERE until < ?", (to_text(link.made_at - (link.until - link.made_at)),)
            )

    def get(self, number: str) -> LinkRow | None:
        """A link by its id; None where it was never given out, or ended long ago."""
        row = self._db.row("SELECT * FROM review_links WHERE id = ?", (number,))
        return _link(row) if row else None

    def listed(self, *, person: str | None = None) -> list[LinkRow]:
        """The latest last."""
        where, values = (" WHERE person = ?", (person,)) if person else ("", ())
        return [_link(row) for row in self._db.rows(f"SELECT * FROM review_links{where} ORDER BY made_at, id", values)]

    def revoke(self, now: datetime, *, link: str | None = None, person: str | None = None) -> int:
        """Take back one link, or all of a person; how many of them held until now."""
        column, value = ("id", link) if link is not None else ("person", person)
        with self._db.write() as tx:
            return tx.execute(
                f"UPDATE review_links SET revoked_at = ?1 WHERE {column} = ?2 AND revoked_at IS NULL AND until > ?1",
                (to_text(now), value),
            ).rowcount


def _link(row: Row) -> LinkRow:
    return LinkRow(
        id=row["id"],
        person=row["person"],
        review=row["review_id"],
        made_at=from_text(row["made_at"]),
        until=from_text(row["until"]),
        revoked_at=from_text(row["revoked_at"]) if row["revoked_at"] else None,
    )
