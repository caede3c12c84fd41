"""A workspace with fifty profiles on a publisher that does next to nothing, and a ledger with as many rows as one likes.

The rows are written by plain SQL, thousands at a time: what is measured is how the ledger is read and worked off.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from smm_core.clock import to_text
from smm_core.model import Part, PostContent, Receipt, Variant, sealed, to_json
from smm_core.store import Store

PROFILES = tuple(f"profile-{number:02}" for number in range(50))
PER_POST = 10
BATCH = 50_000

SINK = '''"""A publisher that answers at once; with an address in its settings it sends one request."""

from dataclasses import dataclass
from datetime import timedelta

from smm_core import Guarantees, Inspected, Limits, NoSettings, Prepared, Receipt, hookimpl, render_plain


@dataclass(frozen=True, kw_only=True, slots=True)
class SinkSettings:
    """Where to send; empty: nowhere."""

    address: str = ""


class Sink:
    name = "sink"
    title = "Sink"
    settings = SinkSettings
    guarantees = Guarantees(key_life=timedelta(days=1))
    abilities = frozenset()

    def inspect(self, request, ctx):
        return Inspected(account="sink")

    def limits(self, profile, known):
        return Limits()

    def render(self, post, profile, limits):
        return render_plain(post, profile, limits)

    def prepare(self, request, ctx):
        return Prepared()

    def send(self, request, ctx):
        address = request.profile.settings.address
        if address:
            ctx.http.request("POST", address, json={"key": request.key, "text": request.part.text})
        return Receipt(remote_id=request.key)


@hookimpl
def smm_publishers():
    return [Sink()]
'''


def make_workspace(root: Path, *, address: str = "") -> None:
    """A workspace with the sink and its profiles; `address` is where they send to (nowhere when empty)."""
    lines = [
        '[workspace]\nname = "Benchmark"\n',
        '[clients.bakery]\ntitle = "Bakery"\n',
        '[sources.content]\ntype = "folder"\nevery = "1d"\n',
        '[plugins]\nenabled = ["sink"]\n',
        '[daemon]\ncollect_every = "1h"\nmeasure_every = "1d"\n',
    ]
    for name in PROFILES:
        lines.append(f'[profiles.{name}]\nplatform = "sink"\nallow_private = true\n')
        if address:
            lines.append(f'[profiles.{name}.settings]\naddress = "{address}"\n')
    for folder in ("plugins", "content/posts", "content/ideas"):
        (root / folder).mkdir(parents=True)
    (root / "smm.toml").write_text("\n".join(lines), "utf-8")
    (root / "plugins" / "sink.py").write_text(SINK, "utf-8")
    Store(root / ".smm" / "smm.db").close()


def add_past(root: Path, count: int) -> None:
    """So many deliveries that went out, a minute apart, the last one an hour ago."""
    now = datetime.now(UTC) - timedelta(hours=1)
    with _quick(root) as db:
        _add(db, count, now - timedelta(minutes=count), timedelta(minutes=1), out=True)


def add_future(root: Path, count: int) -> None:
    """So many scheduled deliveries, the first one tomorrow, half a minute apart."""
    with _quick(root) as db:
        _add(db, count, datetime.now(UTC) + timedelta(days=1), timedelta(seconds=30), out=False)


def add_due(root: Path, count: int, due_at: datetime, *, profiles: int = len(PROFILES)) -> int:
    """So many approved deliveries that are all due at one instant, each post going to so many profiles; the first one's number."""
    text = "Rye is back. Come and try it."
    with _quick(root) as db:
        first = _next(db, "actions")
        for _ in range(count // profiles):
            post = _add_post(db, "scheduled", text)
            for profile in PROFILES[:profiles]:
                variant = sealed(Variant(profile=profile, parts=(Part(text=text),)))
                at = to_text(due_at - timedelta(hours=1))
                db.execute(
                    "INSERT INTO variants VALUES (?, ?, ?, 1, ?, '[]', ?)",
                    (post, profile, variant.digest, to_json(variant), at),
                )
                db.execute("INSERT INTO approvals VALUES (?, ?, ?, 0, ?)", (post, profile, variant.digest, at))
                db.execute(_INSERT, _action(_next(db, "actions"), post, profile, variant.digest, due_at, out=False))
    return first


@contextlib.contextmanager
def _quick(root: Path) -> Iterator[sqlite3.Connection]:
    """A connection that does not wait for the disk; only for filling."""
    with contextlib.closing(sqlite3.connect(root / ".smm" / "smm.db", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA cache_size=-200000")
        db.execute("BEGIN")
        yield db
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # What the system still has to write would otherwise be paid for by the first commits that are measured.
    os.sync()


_INSERT = (
    "INSERT INTO actions (id, post_id, client, profile, kind, seq, variant_digest, key, state, due_at, wake_at, attempts,"
    " receipt, published_at, created_at) VALUES (?, ?, 'bakery', ?, 'publish', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _add(db: sqlite3.Connection, count: int, first: datetime, step: timedelta, *, out: bool) -> None:
    rows = _rows(db, count, first, step, out=out)
    while batch := list(islice(rows, BATCH)):
        db.executemany(_INSERT, batch)


def _rows(
    db: sqlite3.Connection, count: int, first: datetime, step: timedelta, *, out: bool
) -> Iterator[tuple[Any, ...]]:
    start = _next(db, "actions")
    post = 0
    for number in range(count):
        if number % PER_POST == 0:
            post = _add_post(db, "done" if out else "scheduled", "Something for later.")
        profile = PROFILES[number % len(PROFILES)]
        yield _action(start + number, post, profile, f"{start + number:064x}", first + number * step, out=out)


def _action(number: int, post: int, profile: str, digest: str, due_at: datetime, *, out: bool) -> tuple[Any, ...]:
    due, key = to_text(due_at), f"{number:032x}"
    receipt = to_json(Receipt(remote_id=key, at=due_at)) if out else None
    state, wake, published = ("published", None, due) if out else ("scheduled", due, None)
    return (number, post, profile, digest, key, state, due, wake, int(out), receipt, published, due)


def _add_post(db: sqlite3.Connection, state: str, text: str) -> int:
    number = _next(db, "posts")
    key = f"content/posts/p{number}.md"
    content = to_json(PostContent(title=f"Post {number}", parts=(text,), profiles=PROFILES[:PER_POST]))
    at = to_text(datetime.now(UTC))
    db.execute(
        "INSERT INTO posts (id, client, source, key, slug, state, revision, content, created_at, updated_at)"
        " VALUES (?, 'bakery', 'content', ?, ?, ?, 1, ?, ?, ?)",
        (number, key, f"p{number}", state, content, at, at),
    )
    return number


def _next(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608 - our own names
