"""Storms on a fake clock: for minutes a platform answers nothing but 429, or nothing but 503. Then it is calm."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from smm_core.clock import FakeClock, SystemClock
from smm_core.steps.publish import Lanes
from smm_core.store.audit import audit
from smm_core.workspace import Workspace
from tests.crash.platform import Fault, Platform, Temper
from tests.crash.scene import Plan, make_workspace
from tests.crash.tally import Tally, take_stock

if TYPE_CHECKING:
    from smm_core.store import Store

RETRY_AFTER = 20
# The platform's clock is the fake one, and what is posted carries the machine's; so no post is ever too old here.
CALM = Temper(rate=0, dumb=0, accepts_within=math.inf, known_within=0)
STORMS = {
    "429": Temper(
        rate=1, faults=(Fault.TOO_MANY,), retry_after=RETRY_AFTER, dumb=0, accepts_within=math.inf, known_within=0
    ),
    "503": Temper(rate=1, faults=(Fault.UNAVAILABLE,), dumb=1, unsaid=(503,), accepts_within=math.inf, known_within=0),
}
SHORTEST_STEP, LONGEST_STEP = timedelta(milliseconds=10), timedelta(seconds=1)
LONGEST_CALM = timedelta(days=1)


@dataclass(kw_only=True, slots=True)
class Weathered:
    """What came of a storm.

    `requests` are the most that any profile sent while it lasted, `closest` is the shortest time between two of one
    profile, in seconds. `too_soon` names the profiles that asked again before their rest was over.
    """

    tallies: dict[str, Tally]
    requests: int = 0
    closest: float = math.inf
    too_soon: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether nothing came too soon, and all went out in the end."""
        return not self.too_soon and not self.findings and all(one.kept for one in self.tallies.values())


def storm(root: Path, kind: str, plan: Plan, *, lasts: timedelta = timedelta(minutes=5)) -> Weathered:
    """Let one storm pass over a workspace, then wait until all is out or held."""
    clock = FakeClock(SystemClock().now() + timedelta(seconds=2))
    with Platform(STORMS[kind], seed=1, clock=lambda: clock.now().timestamp()) as platform:
        make_workspace(root, plan, platform.url)
        with Workspace(root, clock) as ws:
            lanes = Lanes(ws, ws.store.begin_epoch(clock.now()), on_trouble=lambda line: None)
            too_soon = _pass_over(lanes, ws.store, platform, clock, plan, lasts)
            times = _times(platform)
            platform.temper = CALM
            _work_until_done(lanes, clock)
    return Weathered(
        tallies=take_stock(root / ".smm" / "smm.db", platform.visible),
        requests=max(len(one) for one in times.values()),
        closest=min((b - a for one in times.values() for a, b in pairwise(one)), default=math.inf),
        too_soon=too_soon,
        findings=[str(one) for one in audit(root / ".smm" / "smm.db")],
    )


def _pass_over(
    lanes: Lanes, store: Store, platform: Platform, clock: FakeClock, plan: Plan, lasts: timedelta
) -> list[str]:
    """Work until the storm is over; which profiles sent more than one request, or one before their rest was over."""
    too_soon: list[str] = []
    end = clock.now() + lasts
    while clock.now() < end:
        rests = {name: store.profiles.state(name).not_before for name in plan.names}
        before = {name: len(times) for name, times in _times(platform).items()}
        lanes.start()
        assert lanes.wait(20), "a lane does not come back"
        for name, times in _times(platform).items():
            new, until = len(times) - before.get(name, 0), rests[name]
            if new > 1 or (new and until is not None and until > clock.now()):
                too_soon.append(f"{name} at {clock.now():%H:%M:%S}")
        _step(lanes, clock)
    return too_soon


def _work_until_done(lanes: Lanes, clock: FakeClock) -> None:
    end = clock.now() + LONGEST_CALM
    while clock.now() < end:
        lanes.start()
        assert lanes.wait(20), "a lane does not come back"
        if lanes.next_wake() is None:
            return
        _step(lanes, clock, longest=LONGEST_CALM)
    raise AssertionError("a day after the storm there is still something to do")


def _step(lanes: Lanes, clock: FakeClock, *, longest: timedelta = LONGEST_STEP) -> None:
    """To the next instant at which the lanes want to work, or a little on the way there: nobody may be too soon."""
    now = clock.now()
    wake = lanes.next_wake() or now + longest
    clock.set(now + min(max(wake - now, SHORTEST_STEP), longest))


def _times(platform: Platform) -> dict[str, list[float]]:
    times: dict[str, list[float]] = defaultdict(list)
    for one in list(platform.arrivals):
        times[one.profile].append(one.at)
    return times
