"""trial: one post → its test profiles, at once and without approval. Nothing of it reaches a real follower.

A trial is an action of the ledger like any other, so it is sent once, and `smm deliveries list` shows it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from smm_core.hold import Held, hold
from smm_core.lifecycle import ENDED, NEEDS_A_PERSON
from smm_core.model import Level, Post, Problem, Profile, Variant, When, WhenKind
from smm_core.steps.placing import Place, plan_of
from smm_core.steps.publish import publish_only
from smm_core.steps.render import render_variant
from smm_core.workspace import Workspace

PATIENCE = timedelta(seconds=30)
PATIENCE_WITH_DAEMON = timedelta(seconds=90)
_LOOK = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What a test profile gets in place of the profile `meant`, and what the checks say of it."""

    meant: str
    on: Profile
    variant: Variant
    problems: tuple[Problem, ...]

    @property
    def is_blocked(self) -> bool:
        """Whether a check says that the platform or the brand book would not have it."""
        return any(problem.level is Level.BLOCK for problem in self.problems)


def render_trials(ws: Workspace, post: Post, names: Sequence[str]) -> list[Trial]:
    """The post rendered for the test profile of each of these profiles, as if it were due now. Nothing is stored."""
    at_once = replace(post.content, when=When(kind=WhenKind.NOW))
    trials = []
    for name in names:
        on = ws.test_profile_of(name)
        variant, problems = render_variant(ws, at_once, post.client, name, on=on)
        trials.append(Trial(meant=name, on=on, variant=variant, problems=problems))
    return trials


def plan_trials(ws: Workspace, post: Post, trials: Sequence[Trial]) -> list[int]:
    """Put trials into the ledger, due now; the numbers of their actions. Two for one test profile become one."""
    now = ws.clock.now()
    plans = {}
    for trial in trials:
        ws.store.posts.keep_trial(post, trial.variant, trial.problems, now)
        plans[trial.on.name] = (trial.variant.digest, plan_of(trial.variant, Place(due_at=now)))
    return ws.store.ledger.plan(post, plans, now, trial=True)


def send_trials(ws: Workspace, numbers: Sequence[int], *, on_held: Callable[[Held], None]) -> None:
    """Send these trials now; where a daemon holds the workspace it does that, and `on_held` is told who before we wait.

    Comes back when their outcome is known, or after half a minute (a minute and a half with a daemon, which looks for
    new work once a minute).
    """
    try:
        with hold(ws.root, "smm try"):
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
