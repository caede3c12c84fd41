"""The machine's clock is set, forward or back, by a person or by NTP: nothing goes out twice, and nothing waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock, SystemClock
from smm_core.daemon import Daemon
from smm_core.model import ActionState
from smm_core.steps.publish import Lanes
from smm_core.values import replace
from smm_core.workspace import Workspace
from tests.crash.platform import Delay, Fault, Platform
from tests.crash.scene import Plan, make_workspace
from tests.crash.storms import CALM

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
POSTS = 4
# Every post is accepted, and answered 500. It is listed, and its key known, within three seconds, as the publisher promises.
UNCLEAR = replace(CALM, rate=1, faults=(Fault.BROKEN,), known_within=2.9)


class Slow(Platform):
    """Lists every post as late as it may."""

    def _delay(self, kind: Delay) -> float:
        return self.temper.known_within


class Scene:
    """A workspace of which every post was sent once and got no clear answer. The platform lives by the time that passes."""

    def __init__(self, root: Path, ability: str, stack: ExitStack) -> None:
        self.clock = FakeClock(SystemClock().now() + 10 * HOUR)  # all is due by then, also by a clock that is set back
        self.platform = stack.enter_context(Slow(UNCLEAR, seed=3, clock=self.clock.steady))
        plan = Plan(abilities=(ability,), profiles=POSTS, deliveries=POSTS, deadline=20)
        make_workspace(root, plan, self.platform.url)
        self.ws = stack.enter_context(Workspace(root, self.clock))
        self.store = self.ws.store
        self.begin()
        self.clock.advance(2 * SECOND)
        self.work()
        assert self.states == [ActionState.UNKNOWN] * POSTS

    def begin(self) -> None:
        """Another process takes over."""
        self.lanes = Lanes(self.ws, self.store.begin_epoch(self.clock.now()), on_trouble=lambda line: None)

    def go_on(self) -> None:
        """The same process notices that the clock was set."""
        self.store.ledger.keep_up()
        self.lanes.look_again()

    def work(self) -> None:
        """Do what is due."""
        self.lanes.start()
        assert self.lanes.wait(10)

    def wait(self, seconds: int) -> None:
        """Time passes, while what is due is done."""
        for _ in range(seconds):
            self.clock.advance(SECOND)
            self.work()

    @property
    def out(self) -> int:
        """How many posts there are to be seen."""
        return len(self.platform.visible)

    @property
    def states(self) -> list[ActionState]:
        """Of each post."""
        return [self.store.ledger.get(number + 1).state for number in range(POSTS)]

    @property
    def told(self) -> list[str]:
        """What people are told of the clock."""
        return [event.message for event in self.store.events.latest() if event.kind == "clock.set"]


@pytest.fixture
def scene(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(tmp_path, getattr(request, "param", "find"), stack)


AFTERWARDS: dict[str, Callable[[Scene], None]] = {
    "nobody notices": lambda scene: None,
    "it is noticed": Scene.go_on,
    "another process": Scene.begin,
}


@pytest.mark.parametrize("afterwards", AFTERWARDS)
def test_a_clock_that_is_set_forward_proves_nothing(scene: Scene, afterwards: str) -> None:
    for _ in range(4):
        scene.clock.set_wall(HOUR)
        AFTERWARDS[afterwards](scene)
        scene.work()
        assert (scene.out, scene.states) == (POSTS, [ActionState.UNKNOWN] * POSTS)
    scene.wait(8)
    assert (scene.out, scene.states) == (POSTS, [ActionState.PUBLISHED] * POSTS)
    assert len(scene.told) == (0 if afterwards == "nobody notices" else 4)


def test_nor_does_a_start_of_the_machine(scene: Scene) -> None:
    scene.clock.restart()
    scene.clock.set_wall(HOUR)
    scene.begin()
    scene.work()
    assert (scene.out, scene.states) == (POSTS, [ActionState.UNKNOWN] * POSTS)
    scene.begin()
    assert len(scene.told) == POSTS
    assert "its settling begins anew" in scene.told[0]
    scene.wait(8)
    assert (scene.out, scene.states) == (POSTS, [ActionState.PUBLISHED] * POSTS)


@pytest.mark.parametrize("scene", ["find", "key"], indirect=True)
@pytest.mark.parametrize("afterwards", ["it is noticed", "another process"])
def test_a_clock_that_is_set_back_holds_nothing_up(scene: Scene, afterwards: str) -> None:
    scene.platform.behave()
    scene.clock.set_wall(-9 * HOUR)
    AFTERWARDS[afterwards](scene)
    scene.wait(8)
    assert (scene.out, scene.states) == (POSTS, [ActionState.PUBLISHED] * POSTS)


@pytest.mark.parametrize("scene", ["key"], indirect=True)
@pytest.mark.parametrize("afterwards", AFTERWARDS)
def test_a_clock_that_is_set_back_makes_no_key_younger(scene: Scene, afterwards: str) -> None:
    scene.clock.advance(HOUR)
    scene.clock.set_wall(-HOUR)
    AFTERWARDS[afterwards](scene)
    scene.wait(3)
    assert (scene.out, scene.states) == (POSTS, [ActionState.HELD] * POSTS)


@pytest.mark.parametrize("scene", ["key"], indirect=True)
def test_nor_does_one_that_was_set_back_while_the_machine_was_off(scene: Scene) -> None:
    scene.clock.restart()
    scene.clock.set_wall(-HOUR)
    scene.begin()
    scene.wait(8)
    assert (scene.out, scene.states) == (POSTS, [ActionState.HELD] * POSTS)


def test_a_daemon_notices_and_waits_no_longer_than_it_would_have(scene: Scene) -> None:
    rest = 60 * SECOND
    scene.store.profiles.rest("find-0", scene.clock.now() + rest)
    lines: list[str] = []
    daemon = Daemon(scene.ws, lines.append)
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        assert _comes_true(lambda: scene.store.ledger.epoch() == 2)
        scene.clock.set_wall(-9 * HOUR)
        assert _comes_true(lambda: bool(scene.told))
    finally:
        daemon.stop()
        thread.join()
    assert any("clock was set" in line for line in lines)
    assert scene.store.profiles.state("find-0").not_before == scene.clock.now() + rest


def _comes_true(question: Callable[[], bool]) -> bool:
    """Whether it comes true within ten seconds."""
    end = time.monotonic() + 10
    while not question() and time.monotonic() < end:
        time.sleep(0.05)
    return question()
