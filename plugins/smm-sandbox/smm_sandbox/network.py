"""The local network's memory: accounts, posts, uploads and faults in one SQLite file, pictures as files beside it.

Nothing here judges; `service` does. Every `reading` or `writing` block has a connection of its own, so any thread and any process
may use the same network, and what a killed process had not finished leaves no trace.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from smm_core import StoreError
from smm_sandbox.session import Session

FILE = "network.db"
_VERSION = 3
_PATIENCE_SECONDS = 10.0
_SCHEMA = (
    """CREATE TABLE accounts (
        name TEXT PRIMARY KEY, title TEXT NOT NULL, handle TEXT NOT NULL, language TEXT NOT NULL, zone TEXT NOT NULL,
        rules TEXT NOT NULL, speed REAL NOT NULL, followers INTEGER NOT NULL, joined_at INTEGER NOT NULL)""",
    """CREATE TABLE uploads (
        account TEXT NOT NULL, sha256 TEXT NOT NULL, format TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
        bytes INTEGER NOT NULL, PRIMARY KEY (account, sha256))""",
    """CREATE TABLE posts (
        serial INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL,
        text TEXT NOT NULL, link TEXT, parent TEXT, root TEXT, created_at INTEGER NOT NULL, visible_at INTEGER NOT NULL,
        UNIQUE (account, key))""",
    "CREATE INDEX posts_of_account ON posts (account, created_at)",
    """CREATE TABLE post_pictures (
        post TEXT NOT NULL, position INTEGER NOT NULL, sha256 TEXT NOT NULL, alt TEXT NOT NULL, PRIMARY KEY (post, position))""",
    "CREATE TABLE faults (id INTEGER PRIMARY KEY, account TEXT NOT NULL, word TEXT NOT NULL)",
    "CREATE TABLE logged_out (account TEXT PRIMARY KEY)",
)
_SECOND = (
    "ALTER TABLE posts ADD COLUMN deleted_at INTEGER",
    "ALTER TABLE posts ADD COLUMN edited_at INTEGER",
    "CREATE TABLE schedules (id TEXT PRIMARY KEY, account TEXT NOT NULL, post TEXT NOT NULL, taken_back INTEGER NOT NULL DEFAULT 0)",
)
_THIRD = (
    """CREATE TABLE remarks (
        serial INTEGER PRIMARY KEY, account TEXT NOT NULL, author TEXT NOT NULL, author_name TEXT NOT NULL, text TEXT NOT NULL,
        on_post TEXT, at INTEGER NOT NULL)""",
    "CREATE INDEX remarks_of_account ON remarks (account, at)",
)
_VERSIONS = (_SCHEMA, _SECOND, _THIRD)


class Network:
    """The network of one workspace, in `folder` (the plugin's own folder; made with its file when first written to)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Questions only; they all see the same moment."""
        with self._session("BEGIN DEFERRED") as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: all of it is kept when the block ends, nothing of it when the block raises or the process dies."""
        with self._session("BEGIN IMMEDIATE") as session:
            yield session

    def keep_picture(self, sha256: str, body: bytes) -> None:
        """Keep a picture's bytes. The file is whole or not there at all; keeping it again changes nothing."""
        path = self.picture_path(sha256)
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".upload-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def picture_path(self, sha256: str) -> Path:
        """Where a picture lies. `sha256` comes from the network's own tables or from a checked attachment."""
        return self.folder / "pictures" / sha256[:2] / sha256

    @contextmanager
    def _session(self, begin: str) -> Iterator[Session]:
        try:
            with closing(self._connect()) as connection:
                connection.execute(begin)
                try:
                    yield Session(connection)
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path}: {error}", hint="close what else uses it, or start afresh with smm sandbox reset"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        new = not self.path.exists()
        if new:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, timeout=_PATIENCE_SECONDS, isolation_level=None)
        try:
            _ensure_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            _ensure_schema(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection


def _ensure_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait when two try this at once on a new file, so the loser waits here."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _ensure_schema(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == _VERSION:
        return
    if version > _VERSION:
        raise StoreError(f"{path}: made by a newer smm-sandbox", hint="upgrade smm-sandbox, or move the file away")
    connection.execute("BEGIN IMMEDIATE")
    try:
        present = connection.execute("PRAGMA user_version").fetchone()[0]
        for statement in (one for version in _VERSIONS[present:] for one in version):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
