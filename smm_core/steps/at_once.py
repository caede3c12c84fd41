"""Sending a few actions now and hearing what came of them; where a daemon holds the workspace, it sends them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from smm_core.hold import Held, hold
from smm_core.lifecycle import ENDED, NEEDS_A_PERSON
from smm_core.steps.publish import publish_only
from smm_core.workspace import Workspace

PATIENCE = timedelta(seconds=30)
PATIENCE_WITH_DAEMON = timedelta(seconds=90)
_LOOK = 0.2


def send_at_once(ws: Workspace, numbers: Sequence[int], *, what: str, on_held: Callable[[Held], None]) -> None:
    """Send these actions now; `what` is the command that does it. Where a daemon holds the workspace it does that, and
    `on_held` is told who before we wait.

    Comes back when their outcome is known, or after half a minute (a minute and a half with a daemon, which looks for
    new work once a minute).
    """
    try:
        with hold(ws.root, what):
            publish_only(ws, ws.store.begin_epoch(ws.clock.now()), numbers, patience=PATIENCE)
    except Held as held:
        on_held(held)
        _await_outcome(ws, numbers)


def _await_outcome(ws: Workspace, numbers: Sequence[int]) -> None:
    settled = ENDED | NEEDS_A_PERSON
    end, stop = ws.clock.now() + PATIENCE_WITH_DAEMON, threading.Event()
    while ws.clock.now() < end:
        if all(ws.store.ledger.get(number).state in settled for number in numbers):
            return
        ws.clock.wait(_LOOK, stop)
