"""Somebody takes over between a daemon's claim and its request: the request does not leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from smm_core.clock import SystemClock
from smm_core.model import Action, ActionState, Attempt
from smm_core.steps.publish import Lanes
from smm_core.store import Store
from smm_core.workspace import Workspace
from tests.crash.platform import Platform
from tests.crash.scene import Plan, make_workspace
from tests.crash.storms import CALM


def test_who_was_overtaken_after_the_claim_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    with Platform(CALM, seed=1) as platform:
        make_workspace(tmp_path, Plan(abilities=("find",), profiles=1, deliveries=1, deadline=20), platform.url)
        with Workspace(tmp_path, clock) as ws, Store(ws.store.path) as other:
            epoch = ws.store.begin_epoch(clock.now())
            ledger = ws.store.ledger
            claim = ledger.claim

            def claim_and_be_overtaken(action: Action, epoch: int, now: object) -> Attempt:
                attempt = claim(action, epoch, clock.now())
                other.begin_epoch(clock.now())
                return attempt

            monkeypatch.setattr(ledger, "claim", claim_and_be_overtaken)
            said: list[str] = []
            lanes = Lanes(ws, epoch, on_trouble=said.append)
            lanes.start()
            assert lanes.wait(10)
            assert (platform.posts_read, ledger.get(1).state) == (0, ActionState.UNKNOWN)
            assert "took over" in said[0]
            assert lanes.start() == 0
