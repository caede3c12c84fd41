"""Transactions that threads share: nobody's mistake is another's, and nothing is said to be written that is not."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from smm_core.errors import StoreError, TooLate
from smm_core.store.database import Database

Work = Callable[[sqlite3.Connection], Any]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "smm.db")
    with database.write() as tx:
        tx.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, thread INTEGER)")
    yield database
    database.close()


def written(db: Database) -> list[int]:
    return [row["number"] for row in db.rows("SELECT number FROM notes ORDER BY number")]


def putting(number: int) -> Work:
    """Work that writes a number, and answers with it."""

    def work(tx: sqlite3.Connection) -> int:
        tx.execute("INSERT INTO notes VALUES (?, ?)", (number, threading.get_ident()))
        return number

    return work


def gathered(db: Database, *works: Work) -> list[Future[Any]]:
    """What became of each: the first is written by itself, the others meanwhile wait and are written in one transaction."""
    with ThreadPoolExecutor(len(works)) as pool, closing(sqlite3.connect(db.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        first = pool.submit(db.together, works[0])
        until(lambda: db._turn.locked() and not db._waiting)
        rest = [pool.submit(db.together, work) for work in works[1:]]
        until(lambda: len(db._waiting) == len(rest))
        other.execute("ROLLBACK")
    return [first, *rest]


def until(come_true: Callable[[], bool]) -> None:
    """Wait for it."""
    while not come_true():
        threading.Event().wait(0.005)


def test_everybody_gets_an_own_result(db: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: db.together(putting(number)), range(300))) == list(range(300))
    assert written(db) == list(range(300))


def test_those_who_wait_are_written_at_once(db: Database) -> None:
    commits: list[str] = []
    with db.write() as connection:
        connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    commits.clear()
    for number, one in enumerate(gathered(db, *map(putting, range(6)))):
        assert one.result() == number
    assert written(db) == [0, 1, 2, 3, 4, 5]
    assert len(commits) == 2


def test_what_one_refuses_is_not_the_others_affair(db: Database) -> None:
    def refuse(tx: sqlite3.Connection) -> None:
        raise TooLate("not any more")

    first, refused, *others = gathered(db, putting(0), refuse, putting(1), putting(2), putting(3))
    with pytest.raises(TooLate):
        refused.result()
    assert [one.result() for one in (first, *others)] == written(db) == [0, 1, 2, 3]


@pytest.mark.parametrize("mistake", [ZeroDivisionError("oops"), sqlite3.IntegrityError("twice")])
def test_a_mistake_half_way_undoes_only_its_own_part(db: Database, mistake: Exception) -> None:
    def half(tx: sqlite3.Connection) -> None:
        tx.execute("INSERT INTO notes VALUES (99, 0)")
        raise mistake

    first, wrong, *others = gathered(db, putting(0), half, putting(1), putting(2), putting(3))
    with pytest.raises(type(mistake)):
        wrong.result()
    assert [one.result() for one in (first, *others)] == written(db) == [0, 1, 2, 3]


def test_when_the_commit_fails_nobody_is_told_that_it_is_written(db: Database, tmp_path: Path) -> None:
    db.together(putting(0))
    pages = db.value("PRAGMA page_count")
    with db.write() as connection:
        connection.execute(f"PRAGMA max_page_count={pages}")

    def much(tx: sqlite3.Connection) -> None:
        tx.execute("CREATE TABLE more AS SELECT zeroblob(100000) AS much")

    with pytest.raises(StoreError, match="full"):
        db.together(much)
    assert written(db) == [0]


def test_a_closed_database_says_so(db: Database) -> None:
    db.close()
    with pytest.raises(StoreError, match="closed"):
        db.together(putting(1))
