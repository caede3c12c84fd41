"""The log of reviews: whatever somebody with the database file changes in it, it is noticed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.contracts import Place, Remark
from smm_core.model import Decision
from smm_core.store import Store, review_log
from smm_core.store.review_log import GENESIS
from smm_core.workspace import Workspace
from tests.conftest import MONDAY
from tests.reviewing import post_at, round_, say, settle

COLUMNS = ("at", "kind", "review_id", "post_id", "client", "by", "data", "prev", "hash")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two reviews, three verdicts and two comments."""
    root = tmp_path_factory.mktemp("log")
    (root / "content" / "posts").mkdir(parents=True)
    settle(root)
    with Workspace(root, FakeClock(MONDAY)) as ws:
        post_at(root, "bread", "2026-12-10T09:00")
        post_at(root, "rye", "2026-12-11T09:00", text="Rye is back.")
        round_(ws)
        say(
            ws, "bread", "bert", comments=(Remark(text="Nice.", place=Place(profile="social", part=1, start=0, end=5)),)
        )
        say(ws, "bread", "carla", Decision.REWORK, remark="too salty", comments=(Remark(text="Less salt."),))
        say(ws, "rye", "anna", remark="“good”")
    return root / ".smm" / "smm.db"


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to tamper with."""
    copy = tmp_path / "smm.db"
    with contextlib.closing(sqlite3.connect(made)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


@contextmanager
def tampering(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with the file, who knows about triggers."""
    connection = sqlite3.connect(path)
    for name in ("review_log_stays", "review_log_is_kept"):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    yield connection
    connection.commit()
    connection.close()


def check(path: Path, kept: str = "") -> str:
    with Store(path) as store:
        return store.reviews.check_log(kept).finding


def head(path: Path) -> str:
    with Store(path) as store:
        return store.reviews.check_log().head


def test_what_nobody_touched_fits(path: Path) -> None:
    with Store(path) as store:
        found = store.reviews.check_log()
        assert (found.is_sound, found.entries) == (True, len(store.reviews.log()))
        assert found.entries >= 9
        kinds = [str(entry.kind) for entry in store.reviews.log(review=1)]
    assert kinds == ["opened", "turn", "verdict", "comment", "turn", "verdict", "comment"]
    assert check(path, found.head) == ""


def test_sqlite_itself_refuses_a_change_by_mistake(path: Path) -> None:
    connection = sqlite3.connect(path)
    for statement in ("UPDATE review_log SET by = 'x'", "DELETE FROM review_log"):
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            connection.execute(statement)
    connection.close()


def test_every_field_of_every_entry(path: Path) -> None:
    with Store(path) as store:
        count = store.reviews.check_log().entries
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as tx:
        tx.row_factory = sqlite3.Row
        for seq in range(1, count + 1):
            for column in COLUMNS:
                tx.execute("BEGIN")
                tx.execute("DROP TRIGGER review_log_stays")
                (value,) = tx.execute(f"SELECT {column} FROM review_log WHERE seq = ?", (seq,)).fetchone()  # noqa: S608
                other = value + 1 if isinstance(value, int) else f"{value} "
                tx.execute(f"UPDATE review_log SET {column} = ? WHERE seq = ?", (other, seq))  # noqa: S608
                found = review_log._check(tx, "").finding
                tx.execute("ROLLBACK")
                assert f"entry {seq}" in found or f"entry {seq + 1}" in found, f"{column} of entry {seq}: {found!r}"


def remove(tx: sqlite3.Connection, seq: int) -> None:
    tx.execute("DELETE FROM review_log WHERE seq = ?", (seq,))


def remove_and_close_the_gap(tx: sqlite3.Connection, seq: int) -> None:
    remove(tx, seq)
    tx.execute("UPDATE review_log SET seq = -seq WHERE seq > ?", (seq,))
    tx.execute("UPDATE review_log SET seq = -seq - 1 WHERE seq < 0")


def swap(tx: sqlite3.Connection, seq: int) -> None:
    tx.execute("UPDATE review_log SET seq = -1 WHERE seq = ?", (seq,))
    tx.execute("UPDATE review_log SET seq = ? WHERE seq = ?", (seq, seq + 1))
    tx.execute("UPDATE review_log SET seq = ? WHERE seq = -1", (seq + 1,))


def repeat(tx: sqlite3.Connection, seq: int) -> None:
    tx.execute(
        "INSERT INTO review_log SELECT (SELECT max(seq) + 1 FROM review_log), at, kind, review_id, post_id, client, by, data,"
        " prev, hash FROM review_log WHERE seq = ?",
        (seq,),
    )


def test_an_entry_written_anew_with_a_hash_that_fits_it(path: Path) -> None:
    with tampering(path) as tx:
        row = list(tx.execute("SELECT * FROM review_log WHERE kind = 'verdict' ORDER BY seq LIMIT 1").fetchone())
        row[6] = "mallory"
        tx.execute(
            "UPDATE review_log SET by = ?, hash = ? WHERE seq = ?", (row[6], review_log._hash(tuple(row[:-1])), row[0])
        )
    assert check(path) == f"entry {row[0] + 1} does not follow entry {row[0]}: one of the two was changed"


@pytest.mark.parametrize("how", [remove, remove_and_close_the_gap, swap, repeat], ids=lambda how: how.__name__)
@pytest.mark.parametrize("seq", [1, 3, 6])
def test_entries_removed_swapped_or_repeated(
    path: Path, how: Callable[[sqlite3.Connection, int], None], seq: int
) -> None:
    with tampering(path) as tx:
        how(tx, seq)
    assert check(path) != ""


def test_the_end_cut_off_shows_in_the_verdicts_and_against_a_head_that_was_kept(path: Path) -> None:
    kept = head(path)
    with tampering(path) as tx:
        last = tx.execute("SELECT max(seq) FROM review_log WHERE kind = 'verdict'").fetchone()[0]
        tx.execute("DELETE FROM review_log WHERE seq >= ?", (last,))
    assert "is not in the log" in check(path)
    with tampering(path) as tx:
        tx.execute("DELETE FROM approvals")
        tx.execute("DELETE FROM verdicts WHERE id = (SELECT max(id) FROM verdicts)")
    assert check(path) == "", "with its verdict it is gone without a trace …"
    assert "cut off or made anew" in check(path, kept), "… but for who kept the head"


def test_all_of_it_made_anew_shows_against_a_head_that_was_kept(path: Path) -> None:
    kept = head(path)
    with tampering(path) as tx:
        tx.execute("DELETE FROM review_log")
        tx.execute("DELETE FROM verdicts")
        tx.execute("DELETE FROM comments")
    assert check(path) == ""
    assert "cut off or made anew" in check(path, kept)


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE verdicts SET decision = 'approve' WHERE decision = 'rework'", "verdict 2 of review 1 is not what"),
        ("UPDATE verdicts SET by = 'mallory' WHERE id = 1", "verdict 1 of review 1 is not what"),
        ("UPDATE verdicts SET at = '2020-01-01T00:00:00.000000Z' WHERE id = 3", "verdict 3 of review 2 is not what"),
        ("UPDATE verdicts SET remark = '' WHERE id = 2", "verdict 2 of review 1 is not what"),
        ("UPDATE verdicts SET digests = '{}' WHERE id = 1", "verdict 1 of review 1 is not what"),
        ("UPDATE verdicts SET stage = 'client' WHERE id = 1", "verdict 1 of review 1 is not what"),
        ("UPDATE comments SET text = 'Perfect.' WHERE id = 2", "comment 2 of review 1 is not what"),
        ("UPDATE comments SET audience = 'client' WHERE id = 1", "comment 1 of review 1 is not what"),
        ("DELETE FROM comments WHERE id = 2", "comment 2 is in the log, but no longer there"),
        (
            "INSERT INTO verdicts (review_id, decision, by, at, digests) VALUES (2, 'approve', 'carla', 'x', '{}')",
            "not in the log",
        ),
    ],
)
def test_verdicts_and_comments_are_compared_with_it(path: Path, statement: str, word: str) -> None:
    with tampering(path) as tx:
        tx.execute(statement)
    assert word in check(path)


def test_an_older_database_is_taken_in_as_it_stands(tmp_path: Path) -> None:
    """What was said before there was a log is in it, and open reviews go on."""
    from sqlite_utils import Database as Utils

    from smm_core.store.migrations import migrations

    path = tmp_path / "smm.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrations.apply(Utils(connection), stop_before="m004_reviews")
    connection.execute(
        "INSERT INTO posts (id, client, source, key, slug, state, revision, content, created_at, updated_at)"
        " VALUES (1, 'acme', 'content', 'a', 'a', 'reviewing', 1, '{}', '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')"
    )
    connection.execute(
        "INSERT INTO reviews (id, post_id, client, approver, digests, state, asked_at, asked)"
        " VALUES (1, 1, 'acme', 'hand', '{\"social\": \"d\"}', 'rework', '2026-01-01T00:00:00.000000Z', 1),"
        " (2, 1, 'acme', 'rule', '{\"social\": \"e\"}', 'open', '2026-01-02T00:00:00.000000Z', 0)"
    )
    connection.execute(
        "INSERT INTO verdicts (review_id, decision, by, at, digests) VALUES (1, 'rework', 'anna', '2026-01-01T01:00:00.000000Z', '{}')"
    )
    connection.execute("INSERT INTO meta VALUES ('workspace', 'w'), ('epoch', '0')")
    connection.execute("PRAGMA user_version=2")
    connection.close()
    with Store(path) as store:
        (entry,) = store.reviews.log()
        assert (entry.kind, entry.by, entry.prev) == ("before", "anna", GENESIS)
        assert store.reviews.check_log().is_sound
        (ask,) = store.asks.due(FakeClock().now())
        assert (ask.review_id, ask.approver, ask.stage) == (2, "rule", "approval")
        assert store.reviews.get(2).waiting == ("approval",)
        store.reviews.decide(2, Decision.APPROVE, "anybody", FakeClock().now())
