"""The adversary: kills the daemon at every point of a delivery, freezes it, starts a second one beside it, moves its clock.

Kills are spread over the work, not over time: each waits until the platform has read a few more posts.

The driver relies on these names, and stops with an error when one of them is gone: the methods of `Ledger` in
`points.LEDGER_POINTS` (claim, finish, settle, raise_epoch), through which everything moves on; the calls of a publisher
(prepare, send, resume, find); the lock's file `.smm/daemon.lock`.
"""

from __future__ import annotations

import itertools
import signal
import threading
import time

from smm_core.store import Store
from tests.crash import points
from tests.crash.platform import Point, Temper
from tests.crash.process import Ground, second_is_refused
from tests.crash.scene import Plan
from tests.crash.stage import Say, Stage, soon

WITHIN_THE_PLUGIN = ("preparing", "claimed", "answered", "resuming", "finding")
WITHIN_THE_LEDGER = tuple(itertools.chain.from_iterable(points.LEDGER_POINTS.values()))
AT_THE_PLATFORM = tuple(str(point) for point in Point)
NAMED = (*WITHIN_THE_PLUGIN, *WITHIN_THE_LEDGER, *AT_THE_PLATFORM)
ANY_MOMENT = "any moment"
FREEZES = ("claimed", "claiming", ANY_MOMENT)
FROZEN_FOR = (0.1, 0.5, 2.0, 4.0)
# Seconds ahead of the true time: so much the clock is off, one after the other, each forward or back from the one before.
CLOCKS = (60.0, 58.0, 1200.0, 0.0, 600.0)
POINT_COMES_WITHIN = 1.0


class Adversary(Stage):
    """Kills and freezes, `troubles` kills in all; and the clock is moved, forward and back."""

    def __init__(
        self,
        ground: Ground,
        plan: Plan,
        *,
        kills: int = 200,
        freezes: int = 30,
        clock_moves: int = 20,
        temper: Temper | None = None,
        seed: int = 1,
        patience: float = 480.0,
        say: Say = lambda line: None,
    ) -> None:
        super().__init__(ground, plan, troubles=kills, temper=temper or Temper(), seed=seed, patience=patience, say=say)
        self._armed: Point | None = None
        self._lock = threading.Lock()
        self._freezes = self._places(freezes)
        self._clock_moves = self._places(clock_moves)
        # Every named point in turn, in an order of the seed's, and about as often any moment.
        self._points = [point for name in NAMED for point in (name, ANY_MOMENT)]

    def make_trouble(self, store: Store) -> None:
        """Kill it again and again."""
        self.random.shuffle(self._points)
        freezes, clocks = itertools.cycle(FREEZES), itertools.cycle(CLOCKS)
        for number in range(self.troubles):
            self.wait_for_posts(self.step())
            if number in self._clock_moves:
                points.set_clock(self.ground.beside, next(clocks))
                self.events["clock moved"] += 1
            if number in self._freezes:
                self._freeze(next(freezes))
            self._kill(self._points[number % len(self._points)])
            self.start()
            self.report(number)

    def _places(self, count: int) -> set[int]:
        return set(self.random.sample(range(self.troubles), min(count, self.troubles)))

    # ------------------------------------------------------------ killing

    def _kill(self, point: str) -> None:
        """Kill it when it gets to a point; when it does not get there soon, at once."""
        file = self.ground.beside / f"die-{point}"
        if point == ANY_MOMENT:
            time.sleep(self.random.random() * 0.05)
            self.daemon.signal(signal.SIGKILL)
        elif point in AT_THE_PLATFORM:
            self._armed = Point(point)
        else:
            file.touch()
            if point in points.LEDGER_POINTS["raise_epoch"]:
                self.daemon.kill()  # it dies when it starts again
                self.start()
        got_there = self._dies_before(posts=self.step())
        self._armed = None
        file.unlink(missing_ok=True)
        if not got_there:
            self.daemon.kill()
        self.kills[point if got_there else ANY_MOMENT] += 1

    def _dies_before(self, posts: int) -> bool:
        """Whether it dies before the platform has read so many more posts, and before the time for that is over."""
        last, end = self.platform.posts_read + posts, time.monotonic() + POINT_COMES_WITHIN
        while not self.daemon.died(0.02):
            if self.platform.posts_read > last or time.monotonic() > end:
                return False
        return True

    def reached(self, point: Point) -> None:
        """Kill it if this is the point."""
        with self._lock:
            if self._armed is not point:
                return
            self._armed = None
        self.daemon.signal(signal.SIGKILL)

    # ------------------------------------------------------------ freezing

    def _freeze(self, point: str) -> None:
        """Freeze it for a while that is longer than every deadline it keeps, or shorter; a second one is refused meanwhile."""
        self.holds()
        with frozen(self, point):
            thaws_at = time.monotonic() + self.random.choice(FROZEN_FOR)
            second_is_refused(self.ground)
            self.events["second daemon refused"] += 1
            time.sleep(max(0.0, thaws_at - time.monotonic()))


class frozen:
    """Within this block the daemon is frozen, at a point or at any moment; then it goes on."""

    def __init__(self, stage: Stage, point: str) -> None:
        self._daemon = stage.daemon
        self._point = point
        self._file = stage.ground.beside / f"freeze-{point}"
        self._events = stage.events

    def __enter__(self) -> None:
        if self._point != ANY_MOMENT:
            self._file.touch()
            soon(lambda: not self._file.exists(), seconds=POINT_COMES_WITHIN)
            self._file.unlink(missing_ok=True)
        self._daemon.freeze()
        self._events[f"frozen, {self._point}"] += 1

    def __exit__(self, *_: object) -> None:
        self._daemon.thaw()
