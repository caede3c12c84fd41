"""`smm doctor --ledger` as a person uses it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.store import Store
from smm_core.store.audit_rules import RULES
from tests.cli.conftest import Smm
from tests.store.test_ledger import planned


@pytest.fixture
def database(root: Path, clock: FakeClock) -> Path:
    """The workspace's database, with one delivery that waits for its time."""
    path = root / ".smm" / "smm.db"
    with Store(path) as store:
        planned(store, clock)
    return path


def _forget_to_wake(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE actions SET wake_at = NULL")


def test_a_sound_ledger_is_said_rule_by_rule(smm: Smm, database: Path) -> None:
    ran = smm("doctor", "--ledger")
    assert ran.code == 0
    assert ran.out.startswith("read 1 actions, 0 attempts and 0 receipts of ")
    assert ran.out.count("✓") == len(RULES)
    assert ran.out.endswith("every rule holds\n")


def test_a_broken_rule_is_said_with_its_delivery_and_the_next_step(smm: Smm, database: Path) -> None:
    _forget_to_wake(database)
    ran = smm("doctor", "--ledger")
    assert ran.code == 1
    assert "✗ waking: 1 broken" in ran.out
    assert "· delivery 1 is scheduled and is never looked at again" in ran.out
    assert "→ `smm deliveries show 1`" in ran.out
    assert ran.out.endswith(f"1 of {len(RULES)} rules are broken\n")


def test_json_has_all_of_it(smm: Smm, database: Path) -> None:
    _forget_to_wake(database)
    ran = smm("doctor", "--ledger", "--json")
    assert (ran.code, ran.json["sound"], ran.json["actions"]) == (1, False, 1)
    (broken,) = [rule for rule in ran.json["rules"] if rule["broken"]]
    assert broken["findings"] == [{"delivery": 1, "message": "is scheduled and is never looked at again"}]
    assert [rule["name"] for rule in ran.json["rules"]] == [rule.name for rule in RULES]


def test_a_backup_is_read_without_a_workspace(
    smm: Smm, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = tmp_path / "backup.db"
    shutil.copy(database, backup)
    _forget_to_wake(database)
    monkeypatch.setenv("SMM_WORKSPACE", str(tmp_path / "nowhere"))
    assert smm("doctor", "--ledger", "--file", str(backup)).code == 0


def test_a_workspace_without_a_database_says_so(smm: Smm, root: Path) -> None:
    ran = smm("doctor", "--ledger")
    assert (ran.code, "is not there" in ran.err) == (1, True)


@pytest.mark.parametrize("arguments", [("--file", "smm.toml"), ("--ledger", "--online")])
def test_what_does_not_go_together_is_wrong_usage(
    smm: Smm, root: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert smm("doctor", *arguments).code == 2
