"""When the machine's clock is set, or the machine started again: what the ledger waits for goes on as if it had not been.

How long ago an attempt ended is told by its mark, by a clock that nobody can set. Instants to wait for are by the clock on
the wall, which people look at; so they are moved along when that is set.
"""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime, timedelta

from smm_core.clock import Clock, from_text, say_duration, to_text
from smm_core.clock import mark as mark_of
from smm_core.model import Event
from smm_core.store.journal import write_event

log = logging.getLogger("smm.store")

TOLERANCE = timedelta(seconds=1)


def keep_up(tx: sqlite3.Connection, clock: Clock) -> timedelta:
    """Find out whether the clock was set since this was last asked, and move what is waited for along.

    Returns by how much it was set, as far as that can be known: zero when it was not, negative when it was set back.
    """
    now, mark = clock.now(), mark_of(clock)
    for number in _begin_anew(tx, now, mark):
        _tell(tx, now, f"nobody knows how long ago delivery {number} was sent: its settling begins anew")
    row = tx.execute("SELECT value FROM meta WHERE key = 'clock'").fetchone()
    by = _was_set_by(row[0], now, mark) if row else timedelta(0)
    if abs(by) < TOLERANCE:
        by = timedelta(0)
    else:
        if by < timedelta(0):
            _look_sooner(tx, now, by)
        else:
            _set(tx, "skipped", f"{to_text(now - by)} {to_text(now)}")
        _move_rests(tx, now, mark)
        _tell(
            tx, now, f"the machine's clock was set {'back' if by < timedelta(0) else 'forward'} by {say_duration(by)}"
        )
    _set(tx, "clock", f"{to_text(now)} {mark}")
    return by


def skipped(tx: sqlite3.Connection, instant: datetime) -> bool:
    """Whether an instant never took place, because the clock was set forward over it when that was last done."""
    row = tx.execute("SELECT value FROM meta WHERE key = 'skipped'").fetchone()
    since, _, until = str(row[0]).partition(" ") if row else ("", "", "")
    return since < to_text(instant) <= until


def _set(tx: sqlite3.Connection, key: str, value: str) -> None:
    tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


def _tell(tx: sqlite3.Connection, now: datetime, message: str) -> None:
    log.warning("%s", message)
    write_event(tx, Event(kind="clock.set", at=now, message=message))


def _was_set_by(since: str, now: datetime, mark: str) -> timedelta:
    """By how much the clock was set between a `moment` and now."""
    at, _, before = since.partition(" ")
    by_the_wall = now - from_text(at)
    passed = _between(before, mark)
    if passed is None:  # in another run of the machine: some time has passed, so only what is less than none is certain
        return min(by_the_wall, timedelta(0))
    return by_the_wall - passed


def _between(before: str, after: str) -> timedelta | None:
    (boot, _, begin), (present, _, end) = before.rpartition("@"), after.rpartition("@")
    seconds = float(end) - float(begin)
    return timedelta(seconds=seconds) if boot == present and seconds >= 0 else None


def _begin_anew(tx: sqlite3.Connection, now: datetime, mark: str) -> set[int]:
    """Attempts in doubt from another run of the machine, or another machine, count as ended now; which actions' they are."""
    boot, _, steady = mark.rpartition("@")
    rows = tx.execute(
        "UPDATE attempts SET ended_mark = :mark WHERE outcome IN ('unknown', 'pending')"
        " AND (ended_mark IS NULL OR substr(ended_mark, 1, instr(ended_mark, '@') - 1) != :boot"
        "      OR CAST(substr(ended_mark, instr(ended_mark, '@') + 1) AS REAL) > :steady)"
        " AND action_id IN (SELECT id FROM actions"
        "      WHERE state IN ('unknown', 'pending')) RETURNING action_id",
        {"mark": mark, "boot": boot, "steady": float(steady)},
    ).fetchall()
    numbers = {int(row[0]) for row in rows}
    tx.executemany(
        "UPDATE actions SET wake_at = ?1 WHERE id = ?2 AND state IN ('unknown', 'pending') AND wake_at > ?1",
        [(to_text(now), number) for number in numbers],
    )
    return numbers


def _look_sooner(tx: sqlite3.Connection, now: datetime, by: timedelta) -> None:
    """After a clock was set back: what was to be looked at in ten minutes still is, and not in ten minutes and as much.

    Plans stay, for nine o'clock is what the clock on the wall calls so: of what is not yet sent, only what waits longer
    than that (a back-off, say) is moved. After one was set forward nothing is: a look that comes too early proves nothing.
    """
    rows = tx.execute(
        "SELECT id, wake_at, CASE WHEN state IN ('unknown', 'pending') THEN '' ELSE due_at END AS least FROM actions"
        " WHERE wake_at > ? AND (state IN ('unknown', 'pending') OR wake_at > due_at)",
        (to_text(now),),
    ).fetchall()
    tx.executemany(
        "UPDATE actions SET wake_at = max(?, ?) WHERE id = ?",
        [(to_text(from_text(row["wake_at"]) + by), row["least"], row["id"]) for row in rows],
    )


def _move_rests(tx: sqlite3.Connection, now: datetime, mark: str) -> None:
    """A profile whose platform asked for patience rests neither shorter nor longer.

    Each by itself: a rest may have begun after the clock was set, and before anybody noticed.
    """
    rows = tx.execute("SELECT profile, not_before, rest_begun FROM profiles WHERE rest_begun IS NOT NULL").fetchall()
    for row in rows:
        until = from_text(row["not_before"]) + _was_set_by(row["rest_begun"], now, mark)
        tx.execute(
            "UPDATE profiles SET not_before = ?, rest_begun = ? WHERE profile = ?",
            (to_text(until), f"{to_text(now)} {mark}", row["profile"]),
        )
