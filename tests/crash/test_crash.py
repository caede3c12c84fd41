"""The short form of the adversary: the daemon is killed and frozen, and every post is out once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.driver import Adversary, Trial, Verdict
from tests.crash.scene import ABILITIES, Plan

TRIAL = Trial(plan=Plan(profiles=4, deliveries=100, parts=3), kills=20, freezes=3, seed=2, patience=150)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_kills_and_freezes_publish_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    verdict = Adversary(tmp_path / "workspace", TRIAL).run()
    assert (verdict.kills.total(), verdict.second_daemons_refused) == (20, 3)
    assert set(verdict.tallies) == set(ABILITIES)
    for tally in verdict.tallies.values():
        counts = (tally.duplicates, tally.lost, tally.out_of_order, tally.unwritten)
        assert counts == (0, 0, 0, 0), tally.details
    _only_what_nobody_can_tell_is_held(verdict)


def _only_what_nobody_can_tell_is_held(verdict: Verdict) -> None:
    for ability in ("key", "find"):
        tally = verdict.tallies[ability]
        assert (tally.held, tally.waiting, tally.accepted) == ([], 0, tally.deliveries)
    for held in verdict.tallies["neither"].held:
        assert held.reason.startswith("unknown: nobody can say whether it went out"), held
