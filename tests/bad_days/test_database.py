"""A database of a newer version, a damaged one, one from a backup, and one that was copied to another machine."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time

import pytest

from smm_core.store.database import LATEST
from smm_core.values import replace
from tests.bad_days.conftest import Program


def test_one_of_a_newer_version_is_left_alone(program: Program) -> None:
    program.post("fine")
    program.smm("collect")
    _execute(program, "PRAGMA user_version=99")
    database = program.root / ".smm" / "smm.db"
    before = database.read_bytes()
    for command in (("run",), ("posts", "list"), ("doctor",)):
        done = program.smm(*command, code=1)
        line = done.line(f"was written by a newer smm (schema 99, this one knows {LATEST})")
        assert str(database) in line
        assert "upgrade smm-core" in done.out + done.err
    assert database.read_bytes() == before
    assert program.sent() == []


@pytest.mark.parametrize("body", [b"bread, milk, eggs, written down at length" * 200, bytes(8192)])
def test_one_that_is_no_database_is_one_line(program: Program, body: bytes) -> None:
    program.write(".smm/smm.db", body)
    line = program.smm("run", code=1).line("error: ")
    assert "smm.db: file is not a database" in line
    assert "restore a backup and run `smm adopt`" in line
    assert (program.root / ".smm" / "smm.db").read_bytes() == body


def test_one_from_a_backup_sends_nothing_twice(program: Program) -> None:
    program.post("first")
    program.smm("run", "--once")
    state = program.root / ".smm"
    backup = program.root / "backup.db"
    with sqlite3.connect(state / "smm.db") as live, sqlite3.connect(backup) as copy:
        live.backup(copy)
    live.close()
    copy.close()
    program.post("second")
    program.smm("run", "--once")

    # Written over the old file, as a person would: even its inode is the same.
    for name in ("smm.db-wal", "smm.db-shm"):
        (state / name).unlink(missing_ok=True)
    (state / "smm.db").write_bytes(backup.read_bytes())
    done = program.smm("run", "--once", code=1)

    line = done.line("it is older than the one that was used last, as after restoring a backup")
    assert "nothing is sent until you run `smm adopt`" in line
    assert program.sent() == ["This is first.", "This is second."]
    assert program.logged("as after restoring a backup")
    assert program.attention("as after restoring a backup")["next_step"] == "smm adopt"


def test_a_daemon_on_a_copy_collects_but_sends_nothing_until_it_is_adopted(program: Program) -> None:
    program.post("first")
    program.smm("run", "--once")
    copy = replace(program, root=program.root.with_name("copy"), book=program.book.with_name("copy.jsonl"), daemons=[])
    shutil.copytree(program.root, copy.root)
    copy.configure()
    copy.post("second")

    daemon = copy.start()
    line = daemon.says("not publishing")
    assert "it is a copy of the file that was used last" in line
    assert "nothing is sent until you run `smm adopt`" in line
    daemon.waits_for(lambda: [one["state"] for one in copy.json("posts", "list", "--state", "scheduled")])
    refused = copy.smm("adopt", "--yes", code=2).line("already holds the workspace")
    assert f"kill {daemon.child}" in refused
    assert daemon.end() == 0
    assert daemon.said.count("not publishing") == 1
    assert copy.sent() == []
    assert copy.logged("not publishing")

    copy.smm("adopt", "--yes").line("the database was adopted by tester")
    copy.smm("run", "--once")
    assert copy.sent() == ["This is second."]
    assert program.sent() == ["This is first."]
    copy.close()


def test_one_from_another_machine_is_noticed(program: Program) -> None:
    program.smm("run", "--once")
    known = program.root / ".smm" / "machine.json"
    known.write_text(json.dumps({**json.loads(known.read_text()), "machine": "another"}))
    program.post("fine")
    program.smm("run", "--until-idle").line("not publishing", "it comes from another machine")
    assert program.sent() == []
    known.unlink()
    program.smm("run", "--once", code=1).line("it was copied here without its machine.json")
    assert program.sent() == []


def test_one_that_another_program_holds_is_waited_for(program: Program) -> None:
    program.smm("run", "--once")
    connection = sqlite3.connect(program.root / ".smm" / "smm.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        program.post("fine")
        daemon = program.start("--quiet")
        assert daemon.child
        time.sleep(1)
        assert program.sent() == []
    finally:
        connection.execute("COMMIT")
        connection.close()
    daemon.waits_for(lambda: program.sent() == ["This is fine."])
    assert daemon.end() == 0
    assert daemon.said == ""


def _execute(program: Program, statement: str) -> None:
    connection = sqlite3.connect(program.root / ".smm" / "smm.db")
    connection.execute(statement)
    connection.close()
