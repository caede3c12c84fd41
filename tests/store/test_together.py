"""Transactions that threads share: nobody's mistake is another's, and nothing is said to be written that is not."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smm_core.errors import StoreError, TooLate
from smm_core.store.database import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "smm.db")
    with database.write() as tx:
        tx.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, thread INTEGER)")
    yield database
    database.close()


def written(db: Database) -> list[int]:
    return [row["number"] for row in db.rows("SELECT number FROM notes ORDER BY number")]


def put(db: Database, number: int) -> int:
    def work(tx: sqlite3.Connection) -> int:
        tx.execute("INSERT INTO notes VALUES (?, ?)", (number, threading.get_ident()))
        return number

    return db.together(work)


class Held:
    """Keeps the file locked while others gather, so that they are written in one transaction."""

    def __init__(self, db: Database) -> None:
        self._connection = sqlite3.connect(db.path, isolation_level=None, check_same_thread=False)

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


def gathered(db: Database, count: int) -> None:
    """Wait until so many wait for their turn."""
    while len(db._waiting) < count:
        threading.Event().wait(0.005)


def test_everybody_gets_an_own_result(db: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: put(db, number), range(300))) == list(range(300))
    assert written(db) == list(range(300))


def test_those_who_wait_are_written_at_once(db: Database) -> None:
    commits: list[str] = []
    with ThreadPoolExecutor(6) as pool:
        with Held(db):
            first = pool.submit(put, db, 0)
            while db._waiting or not db._writer.locked():
                threading.Event().wait(0.005)
            others = [pool.submit(put, db, number) for number in range(1, 6)]
            gathered(db, 5)
            connection = db._take()
            connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
            db._give_back(connection)
        for one in (first, *others):
            one.result()
    assert written(db) == [0, 1, 2, 3, 4, 5]
    assert len(commits) <= 2


def test_what_one_refuses_is_not_the_others_affair(db: Database) -> None:
    def refuse(tx: sqlite3.Connection) -> None:
        raise TooLate("not any more")

    with ThreadPoolExecutor(6) as pool:
        with Held(db):
            first = pool.submit(put, db, 0)
            while db._waiting or not db._writer.locked():
                threading.Event().wait(0.005)
            refused = pool.submit(db.together, refuse)
            others = [pool.submit(put, db, number) for number in range(1, 4)]
            gathered(db, 4)
        with pytest.raises(TooLate):
            refused.result()
        for one in (first, *others):
            one.result()
    assert written(db) == [0, 1, 2, 3]


@pytest.mark.parametrize("mistake", [ZeroDivisionError("oops"), sqlite3.IntegrityError("twice")])
def test_a_mistake_half_way_undoes_only_its_own_part(db: Database, mistake: Exception) -> None:
    def half(tx: sqlite3.Connection) -> None:
        tx.execute("INSERT INTO notes VALUES (99, 0)")
        raise mistake

    with ThreadPoolExecutor(6) as pool:
        with Held(db):
            first = pool.submit(put, db, 0)
            while db._waiting or not db._writer.locked():
                threading.Event().wait(0.005)
            wrong = pool.submit(db.together, half)
            others = [pool.submit(put, db, number) for number in range(1, 4)]
            gathered(db, 4)
        with pytest.raises(type(mistake)):
            wrong.result()
        for one in (first, *others):
            one.result()
    assert written(db) == [0, 1, 2, 3]


def test_when_the_commit_fails_nobody_is_told_that_it_is_written(db: Database, tmp_path: Path) -> None:
    put(db, 0)
    pages = db.value("PRAGMA page_count")
    with db.read() as connection:
        connection.execute(f"PRAGMA max_page_count={pages}")

    def much(tx: sqlite3.Connection) -> None:
        tx.execute("CREATE TABLE more AS SELECT zeroblob(100000) AS much")

    with pytest.raises(StoreError, match="full"):
        db.together(much)
    assert written(db) == [0]


def test_a_closed_database_says_so(db: Database) -> None:
    db.close()
    with pytest.raises(StoreError, match="closed"):
        put(db, 1)
