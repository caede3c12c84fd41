"""schedule: approved posts → actions in the ledger, each with its due instant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from smm_core.clock import forget_zones, wall_of
from smm_core.config.workflows import is_fallback
from smm_core.errors import SmmError, TooLate
from smm_core.model import Post, PostState, Variant, WhenKind
from smm_core.steps import Report
from smm_core.steps.placing import choose, say
from smm_core.steps.zones import follow_zones
from smm_core.store import Choice, Plan
from smm_core.values import replace
from smm_core.workspace import Workspace


def schedule(ws: Workspace, *, only: Collection[int] | None = None) -> Report:
    """Give every delivery of approved posts (or of `only` these) its time: the one that was asked for, or a slot of the
    profile's queue. Before that, what is planned follows the time zones' data where that has changed."""
    report = Report(step="schedule")
    follow_zones(ws, report)
    approved = [post for post in ws.store.posts.listed(states=[PostState.APPROVED]) if only is None or post.id in only]
    if approved:
        forget_zones()
    planner = _Planner(ws=ws, report=report)
    for post in approved:
        try:
            planner.plan(post)
        except TooLate:
            continue
        except SmmError as error:
            report.failed(f"post {post.slug}: {error}")
    return report


@dataclass(kw_only=True, slots=True)
class _Planner:
    """One run of the step. `reached` has for each profile the slot that was free last: before it there is none."""

    ws: Workspace
    report: Report
    reached: dict[str, datetime] = field(default_factory=dict)

    def plan(self, post: Post) -> None:
        """Put the deliveries of one post into the ledger, and say where."""
        placed = self.ws.store.reviews.placement(post)
        if placed is not None:  # nobody had answered in time: it has another place than its author said
            post = replace(post, content=replace(post.content, when=placed))
        elif is_fallback(self.ws.config, post):
            return
        chosen: dict[str, Choice] = {}
        plans = {
            variant.profile: (variant.digest, partial(self._choose, post, variant, chosen))
            for variant, _ in self.ws.store.posts.variants(post)
        }
        if not plans:
            return
        config = self.ws.config
        self.ws.store.ledger.plan(
            post, plans, self.ws.clock.now(), ahead=config.publish.prepare_ahead, at_once=config.handing_over
        )
        new = {name: choice for name, choice in chosen.items() if not choice.is_kept}
        for name, choice in new.items():
            self._say(post, name, choice)
        if new:
            _note(self.ws, post, new)

    def _choose(self, post: Post, variant: Variant, chosen: dict[str, Choice], plan: Plan) -> Choice:
        profile = self.ws.config.profiles[variant.profile]
        after = self.reached.get(profile.name)
        choice = choose(plan, post, variant, profile, self.ws.clock.now(), after=after)
        chosen[profile.name] = choice
        return choice

    def _say(self, post: Post, name: str, choice: Choice) -> None:
        if post.content.when.kind is WhenKind.SLOT:
            self.reached[name] = choice.planned[0].due_at
        zone = self.ws.config.profiles[name].zone
        self.report.did(f"post {post.slug} → {name}: {say(choice.planned[0].due_at, zone)} {zone}")
        for move in choice.moves:
            self.report.did(move.event.message)


def _note(ws: Workspace, post: Post, chosen: Mapping[str, Choice]) -> None:
    first = min(choice.planned[0].due_at for choice in chosen.values())
    zone = ws.client(post.client).zone
    ws.note(
        "post.scheduled",
        f"post {post.slug} is scheduled for {wall_of(first, zone):%Y-%m-%d %H:%M} {zone} on {', '.join(chosen)}",
        client=post.client,
        subject=f"post:{post.id}",
    )
