"""The short forms of the adversary: whatever happens to the daemon, every post is out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.crash.driver import Adversary
from tests.crash.full_disk import fill_a_disk
from tests.crash.process import Ground
from tests.crash.scene import ABILITIES, Plan
from tests.crash.stage import Verdict
from tests.crash.storms import RETRY_AFTER, storm
from tests.crash.tally import Tally
from tests.crash.two import TwoDaemons, Way

PLAN = Plan(profiles=4, deliveries=60, parts=3)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_kills_and_freezes_publish_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    verdict = Adversary(Ground.at(tmp_path), PLAN, kills=16, freezes=3, clock_moves=4, seed=2, patience=150).run()
    assert (verdict.kills.total(), verdict.events["second daemon refused"], verdict.events["clock moved"]) == (16, 3, 4)
    keeps_the_promise(verdict)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_of_two_daemons_one_sends(tmp_path: Path) -> None:
    plan = Plan(profiles=2, deliveries=30, parts=2, deadline=20)
    verdict = TwoDaemons(Ground.at(tmp_path), plan, freezes=3, seed=2, patience=150).run()
    assert verdict.events["second daemon refused"] == 3
    assert all(verdict.events[way] == 1 for way in Way)
    keeps_the_promise(verdict)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_full_disk_stops_it_for_a_while_and_nothing_else(tmp_path: Path) -> None:
    plan = Plan(profiles=2, deliveries=40, parts=2)
    verdict, _ = fill_a_disk(tmp_path, plan, fills=3, seed=2, patience=150, size="8m")
    assert (verdict.events["disk full"], verdict.events["the process survived"], verdict.kills.total()) == (3, 2, 1)
    keeps_the_promise(verdict)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "apart"), [("429", RETRY_AFTER), ("503", 0.5)])
def test_a_storm_is_sat_out(tmp_path: Path, kind: str, apart: float) -> None:
    """Nobody is asked again before the time they said is over (429), or the profile's own rest (503). Then all goes out."""
    weathered = storm(tmp_path, kind, Plan(profiles=2, deliveries=6, parts=2, deadline=20))
    assert weathered.too_soon == []
    assert weathered.closest >= apart
    assert 3 <= weathered.requests <= 300 / apart
    promised(weathered.tallies, findings=weathered.findings)
    out = {ability: weathered.tallies[ability].accepted for ability in ABILITIES}
    assert (out["key"], out["find"]) == (9, 9)


def keeps_the_promise(verdict: Verdict) -> None:
    promised(verdict.tallies, verdict.findings)
    assert verdict.kept


def promised(tallies: Mapping[str, Tally], findings: Sequence[str]) -> None:
    assert findings == []
    assert set(tallies) == set(ABILITIES)
    for tally in tallies.values():
        counts = (tally.duplicates, tally.lost, tally.out_of_order, tally.unwritten)
        assert counts == (0, 0, 0, 0), tally.details
    for ability in ("key", "find"):
        tally = tallies[ability]
        assert (tally.held, tally.waiting, tally.accepted) == ([], 0, tally.deliveries)
    for held in tallies["neither"].held:
        assert held.reason.startswith("unknown: "), held
