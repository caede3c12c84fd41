"""One SQLite file: opening it, reading, and transactions.

WAL, `synchronous=FULL`, `BEGIN IMMEDIATE` for everything that writes. sqlite_utils is loaded only to migrate;
the everyday goes by plain SQL, which is several times quicker.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from smm_core.errors import StoreError

LATEST = 4
_LEAST_ROOM = 100_000
_MOST_TOGETHER = 64
Row = sqlite3.Row
T = TypeVar("T")


class Database:
    """A pool of connections to one file. Threads may share it; each transaction has a connection of its own."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """Open the file; made when there is none. One that is not `durable` is quicker and only for what is thrown away."""
        self.path = path
        self._durable = durable
        # Two lots, because every commit over one connection empties the page cache of all the others.
        self._readers: list[sqlite3.Connection] = []
        self._writers: list[sqlite3.Connection] = []
        self._watcher: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Work] = []
        self._closed = False
        if not path.exists():
            _make_private(path)
        self._bring_up_to_date()

    def close(self) -> None:
        """Close every connection; what is still in use closes when it is given back."""
        with self._lock:
            self._closed = True
        self._forget_connections()

    def _forget_connections(self) -> None:
        with self._lock:
            idle = [*self._readers, *self._writers, *([self._watcher] if self._watcher is not None else [])]
            self._readers.clear()
            self._writers.clear()
            self._watcher = None
        for connection in idle:
            connection.close()

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading."""
        connection = self._take(self._readers)
        try:
            with as_store_errors(self.path):
                yield connection
        finally:
            self._give_back(connection, self._readers)

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction: all of it or nothing. It is on disk when the block ends."""
        connection = self._take(self._writers)
        try:
            with as_store_errors(self.path):
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    with contextlib.suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                    raise
        finally:
            self._give_back(connection, self._writers)

    def together(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One durable transaction like `write`, which threads that come at the same time share: one sync for all of them.

        What one of them raises undoes its own part only. It may be that `work` runs in another thread of those waiting, and
        that it runs twice, so it is to do nothing but read and write; what it refuses it should refuse before it writes.
        """
        mine = _Work(work)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:  # who comes first writes for all that wait by then; the others find it done
            while not mine.done:
                with self._lock:
                    batch, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
                self._write_all(batch)
        if mine.error is not None:
            raise mine.error
        result: T = mine.result
        return result

    def _write_all(self, batch: list[_Work]) -> None:
        try:
            try:
                self._write_together(batch)
            except _NotTogether:
                for one in batch:
                    one.error = None
                    self._write_together([one])
        except BaseException as error:
            for one in batch:
                if not one.done:
                    one.error = StoreError(f"{self.path}: writing was broken off", hint="run it again")
            raise error from None
        finally:
            for one in batch:
                one.done = True

    def _write_together(self, batch: list[_Work]) -> None:
        """One transaction. A part that raises before it has written anything is left out; any other error is everybody's."""
        try:
            with self.write() as tx:
                for one in batch:
                    _do(one, tx, alone=len(batch) == 1)
        except _NotTogether:
            raise
        except Exception as error:
            for one in batch:
                one.error = one.error or error
        for one in batch:
            one.done = True

    def rows(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> list[Row]:
        """All rows of a query."""
        connection = self._take(self._readers)
        try:
            return connection.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise _explained(error, self.path) from error
        finally:
            self._give_back(connection, self._readers)

    def row(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> Row | None:
        """The first row of a query, or None."""
        connection = self._take(self._readers)
        try:
            found: Row | None = connection.execute(sql, parameters).fetchone()
        except sqlite3.DatabaseError as error:
            raise _explained(error, self.path) from error
        finally:
            self._give_back(connection, self._readers)
        return found

    def value(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, parameters)
        return row[0] if row is not None else None

    def version(self) -> int:
        """Changes whenever anybody, this process or another, has committed something. For one thread at a time."""
        if self._watcher is None:
            self._watcher = self._connect()
        with as_store_errors(self.path):
            version: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
        return version

    def copy_to(self, path: Path) -> None:
        """Write what is committed now into a new file. Others, a daemon too, go on reading and writing meanwhile."""
        _make_private(path)
        with as_store_errors(path), contextlib.closing(sqlite3.connect(path)) as copy, self.read() as connection:
            connection.backup(copy)

    # ------------------------------------------------------------ connections

    def _take(self, idle: list[sqlite3.Connection]) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreError(f"{self.path} is closed")
            if idle:
                return idle.pop()
        return self._connect()

    def _give_back(self, connection: sqlite3.Connection, idle: list[sqlite3.Connection]) -> None:
        with self._lock:
            if not self._closed:
                idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        with as_store_errors(self.path):
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            try:
                connection.row_factory = sqlite3.Row
                connection.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'OFF'}")
                connection.execute("PRAGMA foreign_keys=ON")
            except sqlite3.Error:
                connection.close()
                raise
            return connection

    # ------------------------------------------------------------ versions

    def _bring_up_to_date(self) -> None:
        version = self.value("PRAGMA user_version")
        if version == LATEST:
            return
        if version > LATEST:
            raise StoreError(
                f"{self.path} was written by a newer smm (schema {version}, this one knows {LATEST})",
                hint="upgrade smm-core; nothing was changed",
            )
        with _migration_lock(self.path):
            self._migrate()
        self._forget_connections()

    def _migrate(self) -> None:
        import uuid

        from sqlite_utils import Database as Utils

        from smm_core.store.migrations import migrations

        connection = self._connect()
        try:
            with as_store_errors(self.path):
                connection.execute("PRAGMA journal_mode=WAL")
                connection.row_factory = None
                migrations.apply(Utils(connection))
                connection.execute(
                    "INSERT OR IGNORE INTO meta (key, value) VALUES ('workspace', ?), ('epoch', '0')",
                    (uuid.uuid4().hex,),
                )
                connection.execute(f"PRAGMA user_version={LATEST}")
        finally:
            connection.close()


class _NotTogether(Exception):
    """One part of a shared transaction failed half-way, so that each has to be done by itself."""


class _Work:
    """One thread's part of a shared transaction, and what came of it."""

    __slots__ = ("done", "error", "result", "work")

    def __init__(self, work: Callable[[sqlite3.Connection], Any]) -> None:
        self.work = work
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None


def _do(one: _Work, tx: sqlite3.Connection, *, alone: bool) -> None:
    """One part of a transaction; what it refuses before it has written anything is its own affair."""
    before = tx.total_changes
    try:
        one.result = one.work(tx)
    except Exception as error:
        if tx.total_changes != before and not alone:
            raise _NotTogether from error
        if isinstance(error, sqlite3.Error) or tx.total_changes != before:
            raise
        one.error = error


def _make_private(path: Path) -> None:
    """An empty file that only the user can read, in a folder only the user can enter."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}", hint="the workspace must be writable") from None


@contextlib.contextmanager
def _migration_lock(path: Path) -> Iterator[None]:
    import fcntl

    try:
        file = (path.parent / "migrate.lock").open("w")
    except OSError as error:
        raise StoreError(f"{path.parent}: {error.strerror}", hint="the workspace must be writable") from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class as_store_errors:
    """What SQLite says within the block, in words that name the file and the next step."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.DatabaseError):
            raise _explained(error, self._path) from error


def _explained(error: sqlite3.DatabaseError, path: Path) -> Exception:
    said = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        return error
    if "full" in said or ("I/O error" in said and not _has_room(path)):
        return StoreError(f"{path}: the disk is full; nothing was changed", hint="free some space, then run it again")
    if "readonly" in said or "unable to open" in said:
        return StoreError(f"{path}: cannot be written ({said})", hint="check the folder's permissions")
    if "malformed" in said or "not a database" in said:
        return StoreError(f"{path}: {said}", hint="restore a backup and run `smm adopt`")
    if "locked" in said:
        return StoreError(f"{path}: another program holds the database", hint="try again when it is done")
    return StoreError(f"{path}: {said}", hint="look whether the disk is in order, then run it again")


def _has_room(path: Path) -> bool:
    """Whether SQLite finds room for the files it keeps beside the database; where it does not, it only says I/O error."""
    try:
        return shutil.disk_usage(path.parent).free >= _LEAST_ROOM
    except OSError:
        return True
