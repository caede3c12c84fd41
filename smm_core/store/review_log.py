"""The log of reviews: what was asked, answered, said, and what silence did. It is only ever added to.

Each entry carries the hash of the one before it, so that nothing can be changed, left out, put in or swapped unnoticed. Only
cutting off its end leaves a chain that fits; a head that is kept elsewhere (`LogCheck.head`) shows that, too. Verdicts and
comments stand in tables of their own as well, and are compared with what the log says of them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from smm_core.clock import from_text
from smm_core.store.database import Database, Row

GENESIS = "0" * 64
"""What stands for the hash before the first entry."""


class Kind(StrEnum):
    """What an entry is about."""

    OPENED = "opened"
    TURN = "turn"
    VERDICT = "verdict"
    CONSENT = "consent"
    COMMENT = "comment"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    MOVED = "moved"
    REPLACED = "replaced"
    DROPPED = "dropped"
    WITHDRAWN = "withdrawn"
    BEFORE = "before"


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of the log. `data` depends on the kind; of a verdict or comment it is the whole row."""

    seq: int
    at: datetime
    kind: str
    review_id: int
    post_id: int
    client: str
    by: str
    data: Mapping[str, Any]
    prev: str
    hash: str


class LogCheck(Struct, frozen=True, kw_only=True):
    """What came of checking the log: how many entries there are, `SEQ:HASH` of the last one, and in words the first thing that
    does not fit, with its number; empty when all of it does."""

    entries: int
    head: str
    seq: int | None = None
    finding: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether everything fits."""
        return not self.finding


def append(
    tx: sqlite3.Connection,
    kind: Kind,
    review: Row | Mapping[str, Any],
    *,
    at: str,
    by: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry about a review (its row)."""
    last = tx.execute("SELECT seq, hash FROM review_log ORDER BY seq DESC LIMIT 1").fetchone()
    seq, prev = (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)
    values = (seq, at, str(kind), review["id"], review["post_id"], review["client"], by, _canonical(data or {}), prev)
    tx.execute(
        "INSERT INTO review_log (seq, at, kind, review_id, post_id, client, by, data, prev, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, _hash(values)),
    )


def begin(connection: sqlite3.Connection) -> None:
    """Take what was said before there was a log into it, as it stands now. Part of the migration."""
    before = connection.row_factory
    connection.row_factory = sqlite3.Row
    try:
        for row in connection.execute(
            "SELECT v.*, r.post_id, r.client FROM verdicts v JOIN reviews r ON r.id = v.review_id ORDER BY v.id"
        ).fetchall():
            review = {"id": row["review_id"], "post_id": row["post_id"], "client": row["client"]}
            append(
                connection,
                Kind.BEFORE,
                review,
                at=row["at"],
                by=row["by"],
                data=row_of(connection, "verdicts", row["id"]),
            )
    finally:
        connection.row_factory = before


def row_of(tx: sqlite3.Connection, table: str, number: int | None) -> dict[str, Any]:
    """A row of `verdicts` or `comments` as the log keeps it: which table, and every column."""
    row = tx.execute(f"SELECT * FROM {table} WHERE id = ?", (number,)).fetchone()
    return {"table": table, **{key: row[key] for key in row.keys()}}  # noqa: SIM118 - a row iterates over its values


def entries(db: Database, *, review: int | None = None) -> Iterator[Entry]:
    """All entries, or those about one review, oldest first."""
    where, values = (" WHERE review_id = ?", (review,)) if review is not None else ("", ())
    for row in db.rows(f"SELECT * FROM review_log{where} ORDER BY seq", values):
        yield Entry(
            seq=row["seq"],
            at=from_text(row["at"]),
            kind=row["kind"],
            review_id=row["review_id"],
            post_id=row["post_id"],
            client=row["client"],
            by=row["by"],
            data=json.loads(row["data"]),
            prev=row["prev"],
            hash=row["hash"],
        )


def check(db: Database, *, kept: str = "") -> LogCheck:
    """Check the chain from its first entry to its last, then verdicts and comments against it.

    `kept` is a head (`SEQ:HASH`) from earlier: the log must still have that entry.
    """
    with db.read() as tx:
        tx.execute("BEGIN")
        try:
            return _check(tx, kept)
        finally:
            tx.execute("ROLLBACK")


def _check(tx: sqlite3.Connection, kept: str) -> LogCheck:
    seq, prev = 0, GENESIS
    logged: dict[tuple[str, int], str] = {}
    kept_seq, _, kept_hash = kept.partition(":")
    is_kept_there = not kept or kept == f"0:{GENESIS}"

    def broken(number: int, why: str) -> LogCheck:
        return LogCheck(entries=seq, head=f"{seq}:{prev}", seq=number, finding=why)

    for row in tx.execute("SELECT * FROM review_log ORDER BY seq"):
        values = tuple(row)[:-1]
        if row["seq"] != seq + 1:
            return broken(seq + 1, f"entry {seq + 1} is missing: the next one is {row['seq']}")
        if row["prev"] != prev:
            return broken(row["seq"], f"entry {row['seq']} does not follow entry {seq}: one of the two was changed")
        if row["hash"] != _hash(values):
            return broken(row["seq"], f"entry {row['seq']} ({row['kind']}) was changed")
        seq, prev = row["seq"], row["hash"]
        if kept_seq == str(seq) and kept_hash == prev:
            is_kept_there = True
        _note_row(logged, row["data"])
    if not is_kept_there:
        return broken(
            seq, f"the head that was kept is not in it: the log was cut off or made anew, and ends at entry {seq}"
        )
    finding = _against_tables(tx, logged)
    return broken(seq, finding) if finding else LogCheck(entries=seq, head=f"{seq}:{prev}")


def _note_row(logged: dict[tuple[str, int], str], data: str) -> None:
    said = json.loads(data)
    if "table" in said:
        logged[said["table"], said["id"]] = data


def _against_tables(tx: sqlite3.Connection, logged: dict[tuple[str, int], str]) -> str:
    """What differs between the log and the rows that it is about; empty when nothing does."""
    for table, word in (("verdicts", "verdict"), ("comments", "comment")):
        for row in tx.execute(f"SELECT * FROM {table} ORDER BY id"):
            said = logged.pop((table, row["id"]), None)
            if said is None:
                return f"{word} {row['id']} of review {row['review_id']} is not in the log"
            if _differs(json.loads(said), row):
                return f"{word} {row['id']} of review {row['review_id']} is not what the log says of it"
    if logged:
        table, number = min(logged)
        return f"{table.removesuffix('s')} {number} is in the log, but no longer there"
    return ""


def _differs(said: Mapping[str, Any], row: Row) -> bool:
    """Whether a row is not what the log says. A column that came with a later version is not in older entries."""
    columns = row.keys()
    return any(key not in columns or row[key] != value for key, value in said.items() if key != "table")


def _canonical(data: Mapping[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _hash(values: tuple[Any, ...]) -> str:
    """The hash of an entry: of all its columns but the hash, as one JSON list."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
