"""trial: one post → its test profiles, at once and without approval. Nothing of it reaches a real follower.

A trial is an action of the ledger like any other, so it is sent once, and `smm deliveries list` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from smm_core.model import Level, Post, Problem, Profile, Variant, When, WhenKind
from smm_core.steps.placing import Place, plan_of
from smm_core.steps.render import render_variant
from smm_core.values import replace
from smm_core.workspace import Workspace


class Trial(Struct, frozen=True, kw_only=True):
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
