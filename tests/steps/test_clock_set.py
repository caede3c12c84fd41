"""The machine's clock is set: rests, late policies, distances and searches go by what is true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.model import ActionState
from smm_core.steps.pace import Pace
from smm_core.steps.settling import _since
from smm_core.store import Store
from smm_core.values import replace
from tests.steps.test_publish import Platform, odd_workspace, scheduled

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
YEAR = 365 * 24 * HOUR


@pytest.fixture
def odd(root: Path, clock: FakeClock) -> Iterator[Platform]:
    """A platform that never says whether it has something."""
    with odd_workspace(root, clock) as platform:
        yield platform


@pytest.mark.parametrize("by", [2 * HOUR, 5 * SECOND, -HOUR, YEAR, -YEAR])
def test_a_profile_rests_as_long_as_its_platform_asked_for(tmp_path: Path, clock: FakeClock, by: timedelta) -> None:
    with Store(tmp_path / "smm.db", clock=clock) as store:
        store.begin_epoch(clock.now())
        store.profiles.rest("social", clock.now() + 10 * SECOND)
        clock.set_wall(by)
        assert store.ledger.keep_up() == by
        assert store.profiles.state("social").not_before == clock.now() + 10 * SECOND
        clock.advance(HOUR)
        assert store.ledger.keep_up() == timedelta(0)


def test_a_rest_that_began_before_anybody_noticed_is_left_alone(tmp_path: Path, clock: FakeClock) -> None:
    with Store(tmp_path / "smm.db", clock=clock) as store:
        store.begin_epoch(clock.now())
        clock.set_wall(HOUR)
        store.profiles.rest("social", clock.now() + 10 * SECOND)
        clock.advance(SECOND)
        assert store.ledger.keep_up() == HOUR
        assert store.profiles.state("social").not_before == clock.now() + 9 * SECOND


def test_what_is_too_late_only_by_a_clock_that_was_set_is_not_dropped(odd: Platform, clock: FakeClock) -> None:
    scheduled(odd, late='"drop"')
    odd.ws.store.profiles.pause("", "tester", clock.now())
    odd.publish()
    clock.set_wall(4 * HOUR)
    odd.ws.store.profiles.resume("")
    odd.publish()
    assert odd.action().state is ActionState.HELD
    assert "the machine's clock was set forward" in odd.action().reason


def test_what_is_too_late_all_the_same_is_dropped(odd: Platform, clock: FakeClock) -> None:
    scheduled(odd, late='"drop"')
    odd.ws.store.profiles.pause("", "tester", clock.now())
    odd.publish()
    clock.advance(4 * HOUR)
    clock.set_wall(4 * HOUR)
    odd.ws.store.profiles.resume("")
    odd.publish()
    assert odd.action().state is ActionState.CANCELLED


def test_nobody_keeps_his_distance_to_what_went_out_in_the_future(odd: Platform, clock: FakeClock) -> None:
    scheduled(odd)
    clock.set_wall(HOUR)
    odd.publish()
    assert odd.action().state is ActionState.PUBLISHED
    clock.set_wall(-HOUR)
    clock.advance(SECOND)
    another = replace(odd.action(), due_at=clock.now() - 2 * HOUR)
    assert Pace(odd.ws, odd.ws.profile("social")).earliest(another)[0] <= clock.now()


def test_one_that_was_tried_when_the_clock_was_ahead_is_looked_for_since_then(odd: Platform, clock: FakeClock) -> None:
    scheduled(odd)
    odd.answers("send", "unknown")
    clock.set_wall(HOUR)
    odd.publish()
    clock.set_wall(-HOUR)
    (attempt,) = odd.ws.store.ledger.attempts(1)
    assert _since(clock, attempt) == clock.now() < attempt.started_at
