"""The inbox: what others said, each thing once, and what became of it here.

To which of our posts it belongs is looked up by receipt at every look: a comment may come before we know what it is on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound
from smm_core.model import Interaction, InteractionState, Review, from_json, to_json
from smm_core.store.database import Database, Row
from smm_core.store.lists import OURS

_MAY_BECOME = {
    InteractionState.NEW: (InteractionState.READ, InteractionState.DONE),
    InteractionState.READ: (InteractionState.NEW,),
    InteractionState.DONE: (InteractionState.NEW, InteractionState.READ),
}
"""State → the states from which a person brings it there: what is done is not merely read, unless it is opened again."""


class Entry(Struct, frozen=True, kw_only=True):
    """An interaction in the inbox. `state` is as `by` left it at `changed_at`; `edited_at` is when its author's change of it
    was noticed. `on_action` and `on_post` are our action and post to which it belongs, where we know them; `replies` are the
    numbers of our replies, oldest first. Instants are UTC.
    """

    id: int
    client: str
    interaction: Interaction
    state: InteractionState
    seen_at: datetime
    changed_at: datetime
    by: str = ""
    edited_at: datetime | None = None
    on_action: int | None = None
    on_post: int | None = None
    replies: tuple[int, ...] = ()


class Kept(Struct, frozen=True, kw_only=True):
    """What of a page was news: interactions not seen before, and those whose author has changed their text."""

    new: tuple[Interaction, ...] = ()
    edited: tuple[Interaction, ...] = ()


class Inbox:
    """What others said, and where each profile stopped listening."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # ------------------------------------------------------------ listening

    def cursor(self, profile: str) -> str:
        """Where listening to a profile stopped; empty at first."""
        return self._db.value("SELECT cursor FROM listened WHERE profile = ?", (profile,)) or ""

    def listened(self, profile: str) -> tuple[datetime, timedelta] | None:
        """When a profile was last listened to, and how long it wanted to be left alone then; None when it never was."""
        row = self._db.row("SELECT at, rest FROM listened WHERE profile = ?", (profile,))
        return (from_text(row["at"]), timedelta(seconds=row["rest"])) if row else None

    def keep(self, profile: str, client: str, interactions: Sequence[Interaction], cursor: str, now: datetime) -> Kept:
        """Keep a page together with where to go on. What is there already stays as it is; where its text is another now, that
        is kept, and it is new again."""
        at = to_text(now)
        new, edited = list[Interaction](), list[Interaction]()
        with self._db.write() as tx:
            for one in interactions:
                row = tx.execute(
                    "SELECT id, content FROM interactions WHERE profile = ? AND remote_id = ?", (profile, one.remote_id)
                ).fetchone()
                if row is None:
                    _insert(tx, one, client, at)
                    new.append(one)
                elif row["content"] != (content := to_json(one)):
                    tx.execute(
                        "UPDATE interactions SET content = ?, author = ?, kind = ?, on_remote = ? WHERE id = ?",
                        (content, one.author, one.kind, one.on, row["id"]),
                    )
                    if from_json(row["content"], Interaction).text != one.text:
                        tx.execute(
                            "UPDATE interactions SET edited_at = ?1, state = 'new', changed_at = ?1, changed_by = '' WHERE id = ?2",
                            (at, row["id"]),
                        )
                        edited.append(one)
            _stop_at(tx, profile, cursor, at)
        return Kept(new=tuple(new), edited=tuple(edited))

    def rest(self, profile: str, rest: timedelta, now: datetime) -> None:
        """A profile could not be listened to: its turn is over, and the next one is not before `rest` is."""
        at = to_text(now)
        with self._db.write() as tx:
            tx.execute(
                "INSERT INTO listened (profile, cursor, at, rest) VALUES (?, '', ?, ?)"
                " ON CONFLICT (profile) DO UPDATE SET at = excluded.at, rest = excluded.rest",
                (profile, at, rest.total_seconds()),
            )

    # ------------------------------------------------------------ looking, and what a person does

    def get(self, number: int) -> Entry:
        """One interaction; none of that number is `NotFound`."""
        row = self._db.row(f"SELECT i.*, {OURS} AS on_action FROM interactions i WHERE i.id = ?", (number,))
        if row is None:
            raise NotFound(f"there is no interaction {number}", hint="`smm inbox list --all` shows them")
        return self._entry(row)

    def mark(self, numbers: Collection[int], state: InteractionState, by: str, now: datetime) -> list[int]:
        """Change what becomes of interactions, on the word of `by`; those that were not so already. An unknown number is
        `NotFound`, and then nothing is changed."""
        changed: list[int] = []
        before = _MAY_BECOME[state]
        with self._db.write() as tx:
            for number in dict.fromkeys(numbers):
                row = tx.execute("SELECT state FROM interactions WHERE id = ?", (number,)).fetchone()
                if row is None:
                    raise NotFound(f"there is no interaction {number}", hint="`smm inbox list --all` shows them")
                if row["state"] in before:
                    tx.execute(
                        "UPDATE interactions SET state = ?, changed_by = ?, changed_at = ? WHERE id = ?",
                        (state, by, to_text(now), number),
                    )
                    changed.append(number)
        return changed

    def on_post(self, number: int) -> list[Entry]:
        """What was said about a post, as far as we know it is about that; oldest first."""
        rows = self._db.rows(
            f"SELECT i.*, {OURS} AS on_action FROM interactions i WHERE i.id IN (SELECT i.id FROM actions a"
            " JOIN interactions i ON i.profile = a.profile AND i.on_remote = CASE WHEN json_valid(a.receipt)"
            " THEN json_extract(a.receipt, '$.remote_id') END WHERE a.post_id = ? AND a.receipt IS NOT NULL)"
            " ORDER BY i.at, i.id",
            (number,),
        )
        return [entry for entry in map(self._entry, rows) if entry.on_post == number]

    def asked_about(self, review: Review) -> Entry | None:
        """What the reply answers that a review asks about; None where it asks about no such reply."""
        for profile, digest in review.digests.items():
            number = self._db.value(
                "SELECT interaction_id FROM actions WHERE post_id = ? AND kind = 'reply' AND profile = ?"
                " AND variant_digest = ? AND interaction_id IS NOT NULL ORDER BY id DESC LIMIT 1",
                (review.post_id, profile, digest),
            )
            if number is not None:
                return self.get(number)
        return None

    def _entry(self, row: Row) -> Entry:
        on = self._db.value("SELECT post_id FROM actions WHERE id = ?", (row["on_action"],))
        replies = self._db.rows("SELECT id FROM actions WHERE interaction_id = ? ORDER BY id", (row["id"],))
        return Entry(
            id=row["id"],
            client=row["client"],
            interaction=from_json(row["content"], Interaction),
            state=InteractionState(row["state"]),
            seen_at=from_text(row["seen_at"]),
            changed_at=from_text(row["changed_at"]),
            by=row["changed_by"],
            edited_at=from_text(row["edited_at"]) if row["edited_at"] else None,
            on_action=row["on_action"],
            on_post=on,
            replies=tuple(reply["id"] for reply in replies),
        )


def _insert(tx: sqlite3.Connection, one: Interaction, client: str, at: str) -> None:
    tx.execute(
        "INSERT INTO interactions (client, profile, remote_id, kind, author, at, on_remote, content, changed_at, seen_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (client, one.profile, one.remote_id, one.kind, one.author, to_text(one.at), one.on, to_json(one), at, at),
    )


def _stop_at(tx: sqlite3.Connection, profile: str, cursor: str, at: str) -> None:
    tx.execute("INSERT OR REPLACE INTO listened (profile, cursor, at, rest) VALUES (?, ?, ?, 0)", (profile, cursor, at))
