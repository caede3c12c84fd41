"""Sends everything that is due in a workspace, in the process whose writes are recorded: `power_sender.py ROOT [SYNCHRONOUS]`.

With a second argument the database is opened with that instead of `synchronous=FULL`, which must not go well.
"""

import sqlite3
import sys
from datetime import timedelta
from pathlib import Path

from smm_core.clock import FakeClock, SystemClock
from smm_core.steps.publish import publish
from smm_core.store.database import Database
from smm_core.workspace import Workspace

MOST_ROUNDS = 1000


def send_all(root: Path) -> None:
    """Rounds of the real step until nothing moves any more, on a clock that does not make us wait."""
    clock = FakeClock(SystemClock().now())
    with Workspace(root, clock) as ws:
        epoch = ws.store.begin_epoch(clock.now())
        for _ in range(MOST_ROUNDS):
            publish(ws, epoch)
            wake = ws.store.ledger.next_wake()
            if wake is None:
                return
            clock.set(max(wake, clock.now() + timedelta(seconds=1)))
    raise AssertionError(f"not everything was sent in {MOST_ROUNDS} rounds")


def weaken(synchronous: str) -> None:
    """Open every connection with less care."""
    connect = Database._connect

    def weakly(self: Database) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute(f"PRAGMA synchronous={synchronous}")
        return connection

    Database._connect = weakly  # type: ignore[method-assign]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        weaken(sys.argv[2])
    send_all(Path(sys.argv[1]))
