"""The file itself: versions, copies, restores, full and read-only disks."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.errors import StoreError
from smm_core.store import Store, database, identity
from smm_core.store.migrations import LATEST, migrations


def test_the_number_of_migrations_is_the_version() -> None:
    assert len(migrations._migrations) == LATEST == database.LATEST


def test_commits_are_durable(store: Store) -> None:
    assert store._db.value("PRAGMA synchronous") == 2
    assert store._db.value("PRAGMA journal_mode") == "wal"


def test_the_file_is_private(store: Store) -> None:
    assert store.path.stat().st_mode & 0o077 == 0
    assert store.path.parent.stat().st_mode & 0o077 == 0


def test_a_newer_database_is_refused_and_not_changed(store: Store) -> None:
    store.close()
    connection = sqlite3.connect(store.path)
    connection.execute(f"PRAGMA user_version={LATEST + 1}")
    connection.close()
    before = store.path.read_bytes()
    with pytest.raises(StoreError, match="newer smm"):
        Store(store.path)
    assert store.path.read_bytes() == before


def test_something_else_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "smm.db"
    path.write_bytes(b"this is a shopping list, long enough to have a header" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(path)


def test_a_copy_is_noticed_and_sends_nothing_until_it_is_adopted(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    store.begin_epoch(clock.now())
    store.close()
    shutil.copytree(store.path.parent, tmp_path / "copy")
    with Store(tmp_path / "copy" / "smm.db") as copy:
        with pytest.raises(StoreError, match="smm adopt"):
            copy.begin_epoch(clock.now())
        copy.adopt(clock.now())
        assert copy.begin_epoch(clock.now()) > 0


def test_a_restored_backup_is_noticed(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    store.begin_epoch(clock.now())
    store.close()
    backup = tmp_path / "backup.db"
    shutil.copy(store.path, backup)
    with Store(store.path) as later:
        later.begin_epoch(clock.now())
    store.path.write_bytes(backup.read_bytes())
    for leftover in store.path.parent.glob("smm.db-*"):
        leftover.unlink()
    with Store(store.path) as restored:
        assert "older than the one" in restored.doubt()


def test_another_machine_is_noticed(store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    store.begin_epoch(clock.now())
    monkeypatch.setattr(identity, "_machine", lambda: "elsewhere")
    assert store.doubt() == "it comes from another machine"


def test_a_full_database_changes_nothing_and_says_so(store: Store, clock: FakeClock) -> None:
    pages = store._db.value("PRAGMA page_count")
    with store._db.write() as tx:
        tx.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match="disk is full; nothing was changed"):
        store.sources.keep_cursor("feed", "x" * 10_000_000, clock.now())
    assert store.sources.cursor("feed") == ""
