"""What all trials of the daemon share: a workspace full of posts, the platform, a person, and the end of it all."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from smm_core.model import Action, ActionState
from smm_core.store import Store
from smm_core.store.audit import audit
from tests.crash import points
from tests.crash.person import Person
from tests.crash.platform import Platform, Point, Temper
from tests.crash.process import Daemon, Ground
from tests.crash.scene import Plan, make_workspace
from tests.crash.tally import Tally, take_stock

Say = Callable[[str], None]
LONGEST_STEP = 1.5
# After every moment at which the daemon may want to look again, as its clock was moved; within the life of a key.
LATER = 1500.0


@dataclass(kw_only=True, slots=True)
class Verdict:
    """What came of a trial. `kills` counts by the point of the kill, `faults` by what the platform did, `events` the rest.

    `findings` is what `smm doctor --ledger` finds in the ledger when all is over.
    """

    tallies: dict[str, Tally]
    seconds: float
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether the promise was: nothing twice, lost or out of order, and nothing held that could be settled."""
        return not self.findings and all(one.kept for one in self.tallies.values())


class Stage:
    """One trial of the daemon. Each kind of trial makes its own trouble."""

    def __init__(
        self, ground: Ground, plan: Plan, *, troubles: int, temper: Temper, seed: int, patience: float, say: Say
    ) -> None:
        self.ground = ground
        self.plan = plan
        self.troubles = troubles
        self.say = say
        self.random = random.Random(seed)
        self.platform = Platform(temper, seed, self.reached)
        self.kills: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self._patience = patience
        self._daemons: list[Daemon] = []

    # ------------------------------------------------------------ what a kind of trial says

    def make_trouble(self, store: Store) -> None:
        """Everything that happens to the daemon."""
        raise NotImplementedError

    def reached(self, point: Point) -> None:
        """The platform got to a point with some post; called in its threads."""

    # ------------------------------------------------------------ the trial

    def run(self) -> Verdict:
        """The whole trial; it ends when nothing moves any more, or with an AssertionError when patience does."""
        started = time.monotonic()
        with self.platform:
            make_workspace(self.ground.root, self.plan, self.platform.url)
            with Store(self.ground.database) as store, Person(store, self.platform), self._daemons_end():
                self.start()
                self.make_trouble(store)
                self._come_to_rest(store, until=started + self._patience)
                self.daemon.stop()
            return Verdict(
                tallies=take_stock(self.ground.database, self.platform.visible),
                seconds=time.monotonic() - started,
                kills=self.kills,
                faults=self.platform.faults,
                events=self.events,
                findings=[str(one) for one in audit(self.ground.database)],
            )

    @property
    def daemon(self) -> Daemon:
        """The one that was started last."""
        return self._daemons[-1]

    def start(self) -> None:
        """Start another daemon."""
        self._daemons.append(Daemon(self.ground))

    def holds(self) -> int:
        """Wait until a daemon holds the workspace; its process."""
        assert soon(self.ground.holder), "the daemon does not start"
        return self.ground.holder()

    def wait_for_posts(self, count: int) -> bool:
        """Wait until the platform has read so many more, or nothing comes any more for the moment."""
        return self.platform.wait_for_posts(count, LONGEST_STEP)

    def step(self) -> int:
        """How many posts pass before the next trouble, so that the last comes while there is still something to do."""
        mean = max(2, int(self.plan.actions / (self.troubles + 1) * 0.8))
        return self.random.randrange(1, 2 * mean)

    def report(self, number: int) -> None:
        """Say how far it is, now and then."""
        if number % 20 == 19:
            self.say(f"{number + 1} of {self.troubles}, {len(self.platform.visible)} of {self.plan.actions} accepted")

    @contextmanager
    def _daemons_end(self) -> Iterator[None]:
        try:
            yield
        finally:
            for daemon in self._daemons:
                daemon.kill()

    def _come_to_rest(self, store: Store, until: float) -> None:
        """Let it work in peace until everything is out, held, or waits for what is held."""
        self.platform.behave()
        if self.events["clock moved"]:
            points.set_clock(self.ground.beside, LATER)
        while True:
            left = [action for action in unfinished(store) if not _rests(store, action)]
            if not left:
                return
            if time.monotonic() > until:
                raise AssertionError(f"{len(left)} deliveries did not come to rest, such as {left[0]}")
            time.sleep(0.1)


def _rests(store: Store, action: Action) -> bool:
    if action.state is ActionState.WAITING and action.parent_id is not None:
        return _rests(store, store.ledger.get(action.parent_id))
    return action.state is ActionState.HELD and not action.reason.startswith("login:")


def unfinished(store: Store) -> list[Action]:
    """Every action that is neither out nor given up, at most a thousand."""
    rows = store._db.rows("SELECT id FROM actions WHERE state NOT IN ('published', 'cancelled') ORDER BY id LIMIT 1000")
    return [store.ledger.get(row["id"]) for row in rows]


def soon(what: Callable[[], object], *, seconds: float = 30.0) -> bool:
    """Wait until something is so; whether it came to that."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
