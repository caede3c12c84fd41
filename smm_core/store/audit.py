"""Reads a ledger from end to end and proves what it promises: the rules of `audit_rules`, one after the other.

Nothing is written, and all of it is one snapshot: it may be done while a daemon runs, on a copy and on a backup. Rows
are streamed and only the first findings of a rule are kept, so a million actions need no more memory than a thousand.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from smm_core.errors import StoreError
from smm_core.model import Variant, from_json, sealed
from smm_core.store.audit_rules import RULES, Rule
from smm_core.store.database import LATEST, as_store_errors

FIRST = 20


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that breaks a rule. `action` is the delivery's number, where it is about one."""

    rule: str
    action: int | None
    message: str

    def __str__(self) -> str:
        return f"delivery {self.action} {self.message}" if self.action is not None else self.message


class Checked(Struct, frozen=True, kw_only=True):
    """What came of one rule: how many things break it, and the first of them."""

    rule: Rule
    broken: int
    findings: tuple[Finding, ...]


class Audited(Struct, frozen=True, kw_only=True):
    """What was read of a ledger, and what came of each rule."""

    path: Path
    epoch: int
    actions: int
    attempts: int
    receipts: int
    checked: tuple[Checked, ...]

    @property
    def is_sound(self) -> bool:
        """Whether every rule holds."""
        return not any(one.broken for one in self.checked)


Progress = Callable[[int, int, Rule], None]
"""Told before each rule how many are done, of how many, and which comes next."""


def audit(path: Path) -> list[Finding]:
    """The first findings of every rule in the ledger of a database; empty when it is sound."""
    return [finding for one in read_ledger(path).checked for finding in one.findings]


def read_ledger(
    path: Path, *, at_rest: bool = False, first: int = FIRST, progress: Progress = lambda done, of, rule: None
) -> Audited:
    """Read the ledger of a database and check every rule, keeping the `first` findings of each.

    `at_rest` says that nobody writes the file (a backup): then nothing is made beside it. A file that is missing, no
    database, or of another version is a `StoreError`; one that is damaged is a finding.
    """
    if not path.is_file():
        raise StoreError(f"{path} is not there", hint="name a database, or run this where a workspace is")
    with as_store_errors(path), contextlib.closing(_open(path, at_rest=at_rest)) as connection:
        _check_version(connection, path)
        connection.execute("BEGIN")
        return Audited(
            path=path,
            epoch=_count(connection, "SELECT value FROM meta WHERE key = 'epoch'"),
            actions=_count(connection, "SELECT count(*) FROM actions"),
            attempts=_count(connection, "SELECT count(*) FROM attempts"),
            receipts=_count(connection, "SELECT count(receipt) FROM actions"),
            checked=tuple(_check_all(connection, first, progress)),
        )


def _open(path: Path, *, at_rest: bool) -> sqlite3.Connection:
    # A backup that its owner left with a -wal beside it is read together with that.
    immutable = at_rest and not path.with_name(f"{path.name}-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if immutable else ''}"
    connection = sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None)
    connection.create_function("digest_of_variant", 1, _digest_of_variant, deterministic=True)
    return connection


def _digest_of_variant(content: str) -> str | None:
    """The digest that a variant should have; None when it cannot be read, which is a finding too."""
    try:
        return sealed(from_json(content, Variant)).digest
    except (ValueError, TypeError):
        return None


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > LATEST:
        raise StoreError(f"{path} was written by a newer smm (schema {version})", hint="upgrade smm-core")
    if version < LATEST:
        raise StoreError(
            f"{path} is no database of this smm (schema {version}, wanted {LATEST})",
            hint="one of an older smm is brought up to date when its workspace is next used",
        )


def _check_all(connection: sqlite3.Connection, first: int, progress: Progress) -> Iterator[Checked]:
    for done, rule in enumerate(RULES):
        progress(done, len(RULES), rule)
        yield _check(connection, rule, first)


def _check(connection: sqlite3.Connection, rule: Rule, first: int) -> Checked:
    findings: list[Finding] = []
    broken = 0
    try:
        for action, message in connection.execute(rule.sql):
            broken += 1
            if broken <= first:
                findings.append(Finding(rule=rule.name, action=action, message=message))
    except sqlite3.DatabaseError as error:
        broken += 1
        findings.append(Finding(rule=rule.name, action=None, message=f"cannot be checked: {error}"))
    return Checked(rule=rule, broken=broken, findings=tuple(findings))


def _count(connection: sqlite3.Connection, sql: str) -> int:
    """A number for the head line; 0 where the file is damaged, which the first rule says."""
    with contextlib.suppress(sqlite3.DatabaseError):
        row = connection.execute(sql).fetchone()
        return int(row[0]) if row is not None else 0
    return 0
