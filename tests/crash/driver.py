"""The adversary: runs the real daemon, kills it at every point of a delivery, freezes it, starts a second one beside it.

Kills are spread over the work, not over time: each waits until the platform has read a few more posts. In between, a
person logs profiles in again and tries again what was refused, like somebody who looks at `smm attention`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from smm_core.errors import TooLate
from smm_core.hold import holder
from smm_core.model import Action, ActionState
from smm_core.store import Outcome, Store
from tests.crash.platform import Platform, Point, Temper
from tests.crash.scene import Plan, make_workspace
from tests.crash.tally import Tally, take_stock

SMM = Path(sys.executable).with_name("smm")
WITHIN_THE_PLUGIN = ("preparing", "claimed", "answered", "resuming", "finding")
ANY_MOMENT = "any moment"
POINTS = (*WITHIN_THE_PLUGIN, *(str(point) for point in Point), ANY_MOMENT, ANY_MOMENT)
FREEZES = ("claimed", ANY_MOMENT)
POINT_COMES_WITHIN = 1.5
LONGEST_STEP = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What the daemon has to go through. `patience` is how long it may take, in seconds, from the first kill to the end."""

    plan: Plan
    kills: int = 200
    freezes: int = 30
    seed: int = 1
    temper: Temper = field(default_factory=Temper)
    patience: float = 480.0


@dataclass(kw_only=True, slots=True)
class Verdict:
    """What came of a trial. `kills` counts by the point of the kill, `faults` by what the platform did."""

    tallies: dict[str, Tally]
    seconds: float
    kills: Counter[str]
    faults: Counter[str]
    second_daemons_refused: int
    freezes: int


class Adversary:
    """One trial in one folder."""

    def __init__(self, root: Path, trial: Trial, say: Callable[[str], None] = lambda line: None) -> None:
        self._root = root
        self._trial = trial
        self._say = say
        self._random = random.Random(trial.seed)
        self._platform = Platform(trial.temper, trial.seed, self._reached)
        self._daemon: subprocess.Popen[bytes] | None = None
        self._armed: Point | None = None
        self._lock = threading.Lock()
        self._kills: Counter[str] = Counter()
        self._refused = 0
        self._frozen = 0

    def run(self) -> Verdict:
        """The whole trial; it ends when nothing moves any more, or with an AssertionError when patience does."""
        started = time.monotonic()
        with self._platform:
            make_workspace(self._root, self._trial.plan, self._platform.url)
            with Store(self._database) as store, Person(store, self._platform):
                try:
                    self._start()
                    self._make_trouble(until=started + self._trial.patience)
                    self._come_to_rest(store, until=started + self._trial.patience)
                    self._stop()
                finally:
                    self._end()
            return Verdict(
                tallies=take_stock(self._database, self._platform.visible),
                seconds=time.monotonic() - started,
                kills=self._kills,
                faults=Counter({str(fault): count for fault, count in self._platform.faults.items()}),
                second_daemons_refused=self._refused,
                freezes=self._frozen,
            )

    @property
    def _database(self) -> Path:
        return self._root / ".smm" / "smm.db"

    # ------------------------------------------------------------ the daemon

    def _start(self) -> None:
        with (self._root / "said.txt").open("ab") as said:
            self._daemon = subprocess.Popen(
                [SMM, "-w", self._root, "run", "--quiet"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def _signal(self, number: int) -> None:
        """To the daemon with all its processes."""
        with self._lock, suppress(ProcessLookupError):
            if self._daemon is not None and self._daemon.returncode is None:
                os.killpg(self._daemon.pid, number)

    def _died(self, seconds: float) -> bool:
        assert self._daemon is not None
        try:
            self._daemon.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _end(self) -> None:
        if self._daemon is not None:
            self._signal(signal.SIGKILL)
            self._died(10)

    def _stop(self) -> None:
        assert self._daemon is not None
        self._daemon.terminate()
        code = self._daemon.wait(10)
        assert code == 0, f"asked to stop, the daemon ended with {code}"

    # ------------------------------------------------------------ trouble

    def _make_trouble(self, until: float) -> None:
        freezes = self._places(self._trial.freezes)
        for number in range(self._trial.kills):
            if time.monotonic() > until:
                raise AssertionError(f"only {number} kills of {self._trial.kills} in time")
            self._platform.wait_for_posts(self._step(), LONGEST_STEP)
            if number in freezes:
                self._freeze(self._random.choice(FREEZES))
            self._kill(self._random.choice(POINTS))
            self._start()
            if number % 20 == 19:
                self._say(f"{number + 1} kills, {len(self._platform.visible)} of {self._trial.plan.actions} accepted")

    def _places(self, count: int) -> set[int]:
        return set(self._random.sample(range(self._trial.kills), min(count, self._trial.kills)))

    def _step(self) -> int:
        """How many posts pass before the next kill, so that the last comes while there is still something to do."""
        mean = max(2, int(self._trial.plan.actions / (self._trial.kills + 1) * 0.8))
        return self._random.randrange(1, 2 * mean)

    def _kill(self, point: str) -> None:
        """Kill it when it gets to a point; when it does not get there soon, at once."""
        if point in WITHIN_THE_PLUGIN:
            (self._root / f"die-{point}").touch()
        elif point == ANY_MOMENT:
            time.sleep(self._random.random() * 0.05)
            self._signal(signal.SIGKILL)
        else:
            self._armed = Point(point)
        got_there = self._dies_before(posts=self._step())
        self._armed = None
        (self._root / f"die-{point}").unlink(missing_ok=True)
        if not got_there:
            self._signal(signal.SIGKILL)
            assert self._died(10), "it survived SIGKILL"
        self._kills[point if got_there else ANY_MOMENT] += 1

    def _dies_before(self, posts: int) -> bool:
        """Whether it dies before the platform has read so many more posts, and before the time for that is over."""
        last, end = self._platform.posts_read + posts, time.monotonic() + POINT_COMES_WITHIN
        while not self._died(0.02):
            if self._platform.posts_read > last or time.monotonic() > end:
                return False
        return True

    def _reached(self, point: Point) -> None:
        """The platform got to a point with some post."""
        with self._lock:
            if self._armed is not point:
                return
            self._armed = None
        self._signal(signal.SIGKILL)

    def _freeze(self, point: str) -> None:
        """Freeze it for a while that is longer than every deadline it keeps, or shorter; a second one is refused meanwhile."""
        assert soon(lambda: holder(self._root)), "the daemon does not start"
        file = self._root / f"freeze-{point}"
        if point == ANY_MOMENT:
            self._signal(signal.SIGSTOP)
        else:
            file.touch()
            soon(lambda: not file.exists(), seconds=POINT_COMES_WITHIN)
        thaws_at = time.monotonic() + self._random.choice((0.1, 0.5, 2.0, 4.0))
        self._start_a_second_one()
        time.sleep(max(0.0, thaws_at - time.monotonic()))
        file.unlink(missing_ok=True)
        self._signal(signal.SIGCONT)
        self._frozen += 1

    def _start_a_second_one(self) -> None:
        assert self._daemon is not None
        second = subprocess.run(
            [SMM, "-w", self._root, "run", "--quiet"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            start_new_session=True,
        )
        assert second.returncode == 2, f"the second daemon ended with {second.returncode}: {second.stderr}"
        assert "already holds the workspace" in second.stderr, second.stderr
        self._refused += 1

    # ------------------------------------------------------------ the end

    def _come_to_rest(self, store: Store, until: float) -> None:
        """Let it work in peace until everything is out, held, or waits for what is held."""
        self._platform.behave()
        while True:
            left = [action for action in unfinished(store) if not self._rests(store, action)]
            if not left:
                return
            if time.monotonic() > until:
                raise AssertionError(f"{len(left)} deliveries did not come to rest, such as {left[0]}")
            time.sleep(0.2)

    def _rests(self, store: Store, action: Action) -> bool:
        if action.state is ActionState.WAITING and action.parent_id is not None:
            return self._rests(store, store.ledger.get(action.parent_id))
        return action.state is ActionState.HELD and not action.reason.startswith("login:")


def soon(what: Callable[[], object], *, seconds: float = 10.0) -> bool:
    """Wait until something is so; whether it came to that."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def unfinished(store: Store) -> list[Action]:
    """Every action that is neither out nor given up, at most a thousand."""
    rows = store._db.rows("SELECT id FROM actions WHERE state NOT IN ('published', 'cancelled') ORDER BY id LIMIT 1000")
    return [store.ledger.get(row["id"]) for row in rows]


class Person:
    """Somebody at the command line, on a thread of their own: logs in where that helps, tries again what was refused."""

    def __init__(self, store: Store, platform: Platform) -> None:
        self._store = store
        self._platform = platform
        self._leave = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Person:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._leave.set()
        self._thread.join()
        if self._failure is not None and kind is None:
            raise self._failure

    def _work(self) -> None:
        try:
            while not self._leave.wait(0.25):
                self._look()
        except BaseException as error:
            self._failure = error

    def _look(self) -> None:
        now = datetime.now(UTC)
        wanting = self._store.ledger.wanting()
        out = {state.profile for state in self._store.profiles.logged_out()}
        out |= {one.profile for one in wanting if one.state is ActionState.HELD and one.reason.startswith("login:")}
        for profile in out:
            if self._platform.lets_in(profile):
                self._store.profiles.log_in(profile)
                self._store.ledger.release_held(profile, now)
        for action in wanting:
            if action.state is ActionState.REFUSED:
                with suppress(TooLate):
                    again = Outcome(state=ActionState.SCHEDULED, wake_at=now, reason="tried again")
                    self._store.ledger.settle(action, again, None, now)
