"""Somebody takes over between a daemon's claim and its request: the request does not leave."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock, SystemClock, passed
from smm_core.lifecycle import A_MOMENT
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
                time.sleep(A_MOMENT + 0.1)
                return attempt

            monkeypatch.setattr(ledger, "claim", claim_and_be_overtaken)
            said: list[str] = []
            lanes = Lanes(ws, epoch, on_trouble=said.append)
            lanes.start()
            assert lanes.wait(10)
            assert (platform.posts_read, ledger.get(1).state) == (0, ActionState.UNKNOWN)
            assert "took over" in said[0]
            assert lanes.start() == 0


def test_settling_begins_when_the_overtaken_can_send_no_more(tmp_path: Path) -> None:
    clock = FakeClock()
    make_workspace(tmp_path, Plan(abilities=("find",), profiles=1, deliveries=1, deadline=20), "http://127.0.0.1:9")
    with Workspace(tmp_path, clock) as ws:
        clock.set(max(clock.now(), ws.store.ledger.get(1).due_at))
        ws.store.ledger.claim(ws.store.ledger.get(1), ws.store.begin_epoch(clock.now()), clock.now())
        ws.store.begin_epoch(clock.now())
        (attempt,) = ws.store.ledger.attempts(1)
        clock.advance(timedelta(seconds=A_MOMENT + 1))
        assert passed(clock, attempt.ended_mark) == timedelta(seconds=1)
