"""`smm doctor --ledger`: a sound ledger passes, and every rule finds what breaks it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.errors import StoreError
from smm_core.model import ActionState, Decision, PostContent, PostFound, Receipt, When, WhenKind
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store import Outcome, Store
from smm_core.store.audit import FIRST, audit, read_ledger
from smm_core.store.audit_rules import RULES
from smm_core.workspace import Workspace
from tests.crash.model import ABILITIES, BRAND, CONFIGURATION, PUBLISHERS, ModelPlatform, Turn
from tests.store.test_ledger import planned

ANSWERS = ("ok", "lost", "late", "nothing", "try later", "rejected", "login", "pending", "gives up", "bug")


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which real steps met every answer there is, on every kind of publisher, and one process died."""
    root, clock = tmp_path_factory.mktemp("lived-in"), FakeClock()
    (root / "plugins").mkdir()
    (root / "smm.toml").write_text(CONFIGURATION)
    (root / "brand.toml").write_text(BRAND)
    (root / "plugins" / "model.py").write_text(PUBLISHERS)
    with Workspace(root, clock) as ws:
        store, now = ws.store, clock.now
        platform = ModelPlatform(clock, lambda what: None)
        for ability in ABILITIES:
            ws.plugins.publisher(f"model-{ability}").platform = platform  # type: ignore[attr-defined]
            for number, answer in enumerate(ANSWERS):
                content = PostContent(
                    parts=tuple(f"{ability} {answer} part {part}" for part in range(1 + number % 3)),
                    profiles=(ability,),
                    when=When(kind=WhenKind.NOW),
                )
                store.posts.put("content", "acme", PostFound(key=f"posts/{ability}-{number}", content=content), now())
        for step in (render, review):
            step(ws)
        for one in store.reviews.listed():
            store.reviews.decide(one.id, Decision.APPROVE, "tester", now())
        schedule(ws)
        store.posts.withdraw(3, now(), "no", "tester")
        store.reviews.decide(4, Decision.REWORK, "tester", now(), "not like that")
        for turn in range(40):
            platform.turns = [Turn(answer=answer) for answer in ANSWERS[turn % 7 :]] if turn < 8 else []
            for state in store.profiles.logged_out():
                store.profiles.log_in(state.profile)
            publish(ws, store.begin_epoch(now()))
            clock.advance(timedelta(minutes=7))
            platform.tick()
        due = planned(store, clock, "for a process that dies")[0]
        store.ledger.claim(due, store.begin_epoch(now()), now())
        store.begin_epoch(now())
        open_one = planned(store, clock, "just being sent")[0]
        store.ledger.claim(open_one, store.ledger.epoch(), now())
    return root / ".smm" / "smm.db"


def test_a_ledger_that_real_steps_wrote_is_sound(lived_in: Path) -> None:
    found = read_ledger(lived_in)
    assert [str(one) for checked in found.checked for one in checked.findings] == []
    assert found.is_sound
    assert found.attempts > found.receipts > 15
    assert found.epoch > 40
    with closing(sqlite3.connect(lived_in)) as connection:
        outcomes = {row[0] for row in connection.execute("SELECT DISTINCT outcome FROM attempts")}
        states = {row[0] for row in connection.execute("SELECT DISTINCT state FROM actions")}
    assert {"", "published", "unknown", "pending", "refused", "not sent"} <= outcomes
    assert {"published", "cancelled", "refused", "sending", "unknown"} <= states


# ---------------------------------------------------------------- every rule bites

# rule → what breaks it. 1 and 2 are the parts of a thread that is out, 3 is another post that waits for its time.
BREAKS = {
    "file": [
        "CREATE TABLE spoilt (a, b); CREATE INDEX spoilt_a ON spoilt (a); INSERT INTO spoilt VALUES (1, 2);"
        " PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE INDEX spoilt_a ON spoilt (b)'"
        " WHERE name = 'spoilt_a'"
    ],
    "references": ["UPDATE attempts SET action_id = 99 WHERE id = 2", "UPDATE actions SET post_id = 99 WHERE id = 3"],
    "known-states": [
        "UPDATE actions SET state = 'sent' WHERE id = 3",
        "UPDATE actions SET kind = 'shout' WHERE id = 3",
        "UPDATE posts SET state = 'gone' WHERE id = 2",
        "UPDATE reviews SET state = 'perhaps' WHERE id = 1",
        "UPDATE attempts SET outcome = 'maybe' WHERE id = 1",
    ],
    "instants": [
        "UPDATE actions SET wake_at = '2026-11-23 09:00' WHERE id = 3",
        "UPDATE actions SET due_at = '2026-11-23T09:00:00Z' WHERE id = 3",
        "UPDATE attempts SET ended_at = 'today' WHERE id = 1",
    ],
    "one-copy": [
        "INSERT INTO actions (post_id, client, profile, kind, seq, variant_digest, key, state, due_at, receipt, published_at,"
        " created_at) SELECT post_id, client, profile, kind, seq, 'another', 'another', 'published', due_at,"
        " replace(receipt, '1', '9'), published_at, created_at FROM actions WHERE id = 1",
    ],
    "one-sender": [
        "INSERT INTO actions (post_id, client, profile, kind, seq, variant_digest, key, state, due_at, on_id, created_at)"
        " SELECT post_id, client, profile, 'hand-over', 0, variant_digest, 'another', 'published', due_at, 3, created_at"
        " FROM actions WHERE id = 3",
    ],
    "acts": [
        "UPDATE actions SET kind = 'delete' WHERE id = 3",
        "UPDATE actions SET removed_at = published_at WHERE id = 1",
        "UPDATE actions SET removed_at = due_at WHERE id = 3",
    ],
    "remote-ids": ["UPDATE actions SET receipt = (SELECT receipt FROM actions WHERE id = 1) WHERE id = 2"],
    "approved": [
        "UPDATE attempts SET verdict_id = NULL WHERE id = 1",
        "UPDATE attempts SET verdict_id = 99 WHERE id = 1",
        "UPDATE attempts SET verdict_id = 2 WHERE id = 1",
        "UPDATE verdicts SET decision = 'rework' WHERE id = 1",
        "UPDATE verdicts SET digests = replace(digests, '\":\"', '\":\"0') WHERE id = 1",
        "UPDATE verdicts SET digests = 'yes to all' WHERE id = 1",
        "UPDATE actions SET kind = 'delete', on_id = 1 WHERE id = 2",
        "UPDATE actions SET kind = 'reply', on_id = 1 WHERE id = 2",
        "UPDATE actions SET kind = 'reply', on_id = 1, by = 'ann', on_verdict = 1 WHERE id = 2;"
        " UPDATE attempts SET verdict_id = NULL WHERE id = 2",
    ],
    "approval-stood": [
        "INSERT INTO verdicts (review_id, decision, by, at, digests) SELECT review_id, 'rework', by, at, digests FROM verdicts"
        " WHERE id = 1; UPDATE attempts SET started_at = '2027-01-01T00:00:00.000000Z', ended_at ="
        " '2027-01-01T00:00:01.000000Z' WHERE id = 2",
    ],
    "approvals": [
        "UPDATE approvals SET verdict_id = 99 WHERE post_id = 1",
        "UPDATE approvals SET digest = 'another' WHERE post_id = 1",
    ],
    "same-key": [
        "UPDATE attempts SET key = 'another' WHERE id = 1",
        "UPDATE attempts SET digest = 'another' WHERE id = 1",
    ],
    "variants": [
        "DELETE FROM variants WHERE post_id = 2",
        "UPDATE variants SET content = replace(content, 'bread', 'cake') WHERE post_id = 1",
        "UPDATE variants SET content = 'lost' WHERE post_id = 1",
    ],
    "attempts-kept": ["DELETE FROM attempts WHERE id = 2", "UPDATE actions SET attempts = 0 WHERE id = 1"],
    "attempts-end": [
        "UPDATE attempts SET ended_at = NULL WHERE id = 1",
        "UPDATE attempts SET outcome = '' WHERE id = 1",
    ],
    "open-attempts": [
        "UPDATE attempts SET ended_at = NULL, outcome = '' WHERE id = 1",
        "UPDATE actions SET state = 'sending', wake_at = NULL WHERE id = 3",
        "INSERT INTO attempts (action_id, epoch, key, digest, verdict_id, started_at) SELECT id, 0, key, variant_digest, 2, due_at"
        " FROM actions WHERE id = 3; UPDATE actions SET state = 'sending', wake_at = NULL, attempts = 1 WHERE id = 3",
    ],
    "in-turn": [
        "INSERT INTO attempts (action_id, epoch, key, digest, verdict_id, started_at, ended_at, outcome) SELECT action_id, epoch,"
        " key, digest, verdict_id, '2026-11-23T09:00:00.500000Z', ended_at, 'unknown' FROM attempts WHERE id = 1;"
        " UPDATE attempts SET ended_at = '2026-11-23T09:00:01.000000Z' WHERE id = 1",
        "INSERT INTO attempts (action_id, epoch, key, digest, verdict_id, started_at, ended_at, outcome) SELECT action_id, epoch,"
        " key, digest, verdict_id, started_at, ended_at, outcome FROM attempts WHERE id = 1;"
        " UPDATE attempts SET ended_at = NULL WHERE id = 1",
    ],
    "epochs": ["UPDATE attempts SET epoch = 2 WHERE id = 2", "UPDATE attempts SET epoch = 0 WHERE id = 2"],
    "one-publishes": [
        "INSERT INTO attempts (action_id, epoch, key, digest, verdict_id, started_at, ended_at, outcome) SELECT action_id, epoch,"
        " key, digest, verdict_id, started_at, ended_at, outcome FROM attempts WHERE id = 1",
    ],
    "published-by": ["UPDATE attempts SET outcome = 'refused' WHERE id = 1"],
    "receipts": [
        "UPDATE actions SET receipt = NULL WHERE id = 1",
        "UPDATE actions SET published_at = NULL WHERE id = 1",
        "UPDATE actions SET receipt = 'lost' WHERE id = 1",
        "UPDATE actions SET receipt = '{}' WHERE id = 3",
    ],
    "answers-count": [
        "UPDATE actions SET state = 'scheduled', wake_at = due_at, receipt = NULL, published_at = NULL WHERE id = 2",
        "UPDATE actions SET state = 'unknown' WHERE id = 3",
    ],
    "in-order": [
        "UPDATE actions SET state = 'held', receipt = NULL, published_at = NULL WHERE id = 1",
        "UPDATE attempts SET id = 9 WHERE id = 1",
    ],
    "threads": ["UPDATE actions SET parent_id = 1 WHERE id = 3", "UPDATE actions SET parent_id = 2 WHERE id = 1"],
    "nothing-waits-in-vain": [
        "UPDATE actions SET state = 'waiting', wake_at = NULL WHERE id = 3",
        "UPDATE actions SET kind = 'reply', by = 'ann', state = 'waiting', wake_at = NULL WHERE id = 3",
        "UPDATE actions SET state = 'waiting', receipt = NULL, published_at = NULL WHERE id = 2",
    ],
    "waking": [
        "UPDATE actions SET wake_at = NULL WHERE id = 3",
        "UPDATE actions SET wake_at = due_at WHERE id = 1",
    ],
    "posts-agree": [
        "UPDATE posts SET state = 'done' WHERE id = 2",
        "UPDATE posts SET state = 'scheduled' WHERE id = 1",
        "UPDATE posts SET state = 'withdrawn' WHERE id = 2",
    ],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thread of two parts that is out, and a post that waits for its time."""
    path, clock = tmp_path_factory.mktemp("small") / "smm.db", FakeClock()
    with Store(path) as store:
        thread = planned(store, clock, "bread", parts=2)
        epoch = store.begin_epoch(clock.now())
        for action in thread:
            attempt = store.ledger.claim(action, epoch, clock.now())
            receipt = Receipt(remote_id=f"remote-{action.id}")
            store.ledger.finish(attempt, Outcome(state=ActionState.PUBLISHED, receipt=receipt), clock.now())
        planned(store, clock, "cake")
    return path


@pytest.fixture
def broken(small: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of it to break."""
    shutil.copy(small, tmp_path / "smm.db")
    with closing(sqlite3.connect(tmp_path / "smm.db")) as connection:
        yield connection


def _path_of(connection: sqlite3.Connection) -> Path:
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


def test_the_ledger_to_be_broken_is_sound(small: Path) -> None:
    assert audit(small) == []


@pytest.mark.parametrize(
    ("rule", "statements"), [(rule, statements) for rule, breaks in BREAKS.items() for statements in breaks]
)
def test_every_rule_finds_what_breaks_it(broken: sqlite3.Connection, rule: str, statements: str) -> None:
    broken.executescript(statements)
    found = audit(_path_of(broken))
    assert rule in {one.rule for one in found}, found
    assert all(one.message for one in found)


def test_every_rule_is_tried() -> None:
    assert [rule.name for rule in RULES] == list(BREAKS)


def test_the_first_findings_are_kept_and_all_are_counted(small: Path) -> None:
    path = small.with_name("many.db")
    shutil.copy(small, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(FIRST + 5):
            connection.execute(
                "INSERT INTO actions (post_id, client, profile, kind, seq, variant_digest, key, state, due_at, created_at)"
                " SELECT post_id, client, profile, kind, ?, variant_digest, ?, 'scheduled', due_at, created_at"
                " FROM actions WHERE id = 3",
                (number + 1, f"key {number}"),
            )
    (waking,) = [one for one in read_ledger(path).checked if one.rule.name == "waking"]
    assert (waking.broken, len(waking.findings)) == (FIRST + 5, FIRST)


def test_a_damaged_file_is_a_finding_and_not_the_end(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    whole = small.read_bytes()
    page = 4096
    path.write_bytes(whole[: page * 3] + os.urandom(len(whole) - page * 3))
    with closing(sqlite3.connect(small)) as connection:
        assert connection.execute("PRAGMA page_size").fetchone()[0] == page
    assert "file" in {one.rule for one in audit(path)}


# ---------------------------------------------------------------- files


def test_nothing_is_written_beside_a_backup(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    shutil.copy(small, folder / "smm.db")
    before = (folder / "smm.db").read_bytes()
    assert read_ledger(folder / "smm.db", at_rest=True).is_sound
    assert [path.name for path in folder.iterdir()] == ["smm.db"]
    assert (folder / "smm.db").read_bytes() == before


def test_it_reads_what_a_daemon_has_just_written(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    store.ledger.claim(action, store.begin_epoch(clock.now()), clock.now())
    found = read_ledger(store.path)
    assert (found.is_sound, found.attempts) == (True, 1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "is not there"),
        (lambda path: path.write_bytes(b"a shopping list, long enough to have a header" * 100), "not a database"),
        (lambda path: path.write_bytes(b""), "no database of this smm"),
        (lambda path: _with_version(path, 99), "newer smm"),
    ],
)
def test_what_is_no_ledger_is_said_in_one_line(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    path = tmp_path / "some.db"
    make(path)
    with pytest.raises(StoreError, match=said):
        audit(path)


def _with_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE one (a)")
        connection.execute(f"PRAGMA user_version={version}")


def test_progress_names_every_rule(small: Path) -> None:
    told: list[tuple[int, int, str]] = []
    read_ledger(small, progress=lambda done, of, rule: told.append((done, of, rule.name)))
    assert told == [(number, len(RULES), rule.name) for number, rule in enumerate(RULES)]
