"""Two daemons: one is frozen, another wants to work in its place, and sooner or later does."""

from __future__ import annotations

import itertools
import sqlite3
import time
from enum import StrEnum

from smm_core.store import Store
from tests.crash.driver import ANY_MOMENT, frozen
from tests.crash.platform import Temper
from tests.crash.process import Ground, second_is_refused
from tests.crash.scene import Plan
from tests.crash.stage import Say, Stage, soon

FREEZES = ("claimed", ANY_MOMENT, "attempt written", "claiming", "answered")
WAKES_AFTER = (4.5, 0.1, 1.5)
"""Seconds: after the second one settled what the first left open, before it did, and in the middle of that."""


class Way(StrEnum):
    """What becomes of the frozen one."""

    WAKES = "woken while it holds the lock"
    DIES = "killed while frozen, the second took over"
    OVERTAKEN = "its lock was defeated, woken after the second took over"


class TwoDaemons(Stage):
    """Freezes the daemon `troubles` times and starts a second one, which is refused each time. Then one of the three ways."""

    def __init__(
        self,
        ground: Ground,
        plan: Plan,
        *,
        freezes: int = 30,
        temper: Temper | None = None,
        seed: int = 1,
        patience: float = 480.0,
        say: Say = lambda line: None,
    ) -> None:
        super().__init__(
            ground, plan, troubles=freezes, temper=temper or Temper(), seed=seed, patience=patience, say=say
        )
        self._wakes_after = itertools.cycle(WAKES_AFTER)

    def make_trouble(self, store: Store) -> None:
        """Freeze it again and again."""
        points, ways = itertools.cycle(FREEZES), itertools.cycle((Way.OVERTAKEN, Way.DIES, Way.WAKES))
        for number in range(self.troubles):
            self.wait_for_posts(self.step())
            self._freeze(store, next(points), next(ways))
            self.report(number)
        assert not self.platform.sent_by_overtaken, f"overtaken daemons sent {self.platform.sent_by_overtaken} times"

    def _freeze(self, store: Store, point: str, way: Way) -> None:
        process, first = self.holds(), self.daemon
        with frozen(self, point):
            second_is_refused(self.ground)
            self.events["second daemon refused"] += 1
            self.events[way] += 1
            if way is Way.DIES:
                first.kill()
                self.start()
                self.holds()
            elif way is Way.OVERTAKEN:
                self._take_over(store, process)
        if way is Way.OVERTAKEN:
            time.sleep(0.6)
            first.kill()

    def _take_over(self, store: Store, process: int) -> None:
        """As if the lock did not work, as on some network file systems: another file, so only the epoch is left."""
        while not self._can_be_written():
            # It was frozen within a transaction. As long as it is, nobody can take over.
            self.daemon.thaw()
            time.sleep(0.01)
            self.daemon.freeze()
        epoch = store.ledger.epoch()
        (self.ground.root / ".smm" / "daemon.lock").unlink()
        self.start()
        assert soon(lambda: store.ledger.epoch() > epoch), "the second daemon did not take over"
        self.platform.overtaken.add(str(process))
        time.sleep(next(self._wakes_after))

    def _can_be_written(self) -> bool:
        connection = sqlite3.connect(self.ground.database, timeout=0.1, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        else:
            return True
        finally:
            connection.close()
