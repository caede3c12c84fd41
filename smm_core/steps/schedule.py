"""schedule: approved posts → actions in the ledger, each with its due instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from smm_core.clock import instant_of, wall_of
from smm_core.errors import SmmError, TooLate
from smm_core.model import ActionKind, Post, PostState, Profile, Variant, WhenKind
from smm_core.slots import free_instant
from smm_core.steps import Report
from smm_core.store import Planned
from smm_core.workspace import Workspace

LOOK_BACK = timedelta(days=2)


def schedule(ws: Workspace) -> Report:
    """Give every delivery of approved posts its time: the one that was asked for, or the profile's next free slot."""
    report = Report(step="schedule")
    for post in ws.store.posts.listed(states=[PostState.APPROVED]):
        try:
            _schedule_post(ws, post, report)
        except TooLate:
            continue
        except SmmError as error:
            report.failed(f"post {post.slug}: {error}")
    return report


def _schedule_post(ws: Workspace, post: Post, report: Report) -> None:
    plans: dict[str, tuple[str, Sequence[Planned]]] = {}
    for variant, _ in ws.store.posts.variants(post):
        profile = ws.config.profiles[variant.profile]
        due = due_instant(ws, post, profile)
        plans[variant.profile] = (variant.digest, plan_of(variant, due))
    if not plans:
        return
    ws.store.ledger.plan(post, plans, ws.clock.now(), ahead=ws.config.publish.prepare_ahead)
    for name, (_, planned) in plans.items():
        report.did(f"post {post.slug} → {name}: {_said(planned[0].due_at, ws.config.profiles[name])}")
    _note(ws, post, plans)


def due_instant(ws: Workspace, post: Post, profile: Profile) -> datetime:
    """When a post is due on a profile; a post without a time on a profile without slots is an error that says so."""
    when = post.content.when
    now = ws.clock.now()
    if when.kind is WhenKind.NOW:
        return now
    if when.kind is WhenKind.AT and when.wall is not None:
        return instant_of(when.wall, when.zone or profile.zone)
    if when.kind is WhenKind.UNPLANNED:
        raise SmmError(
            "it has no time yet", hint=f"set `at` in its front matter, or `smm posts edit {post.slug} --at next`"
        )
    if not profile.slots:
        raise SmmError(
            f"profile {profile.name} has no slots, and the post has no time",
            hint=f"give it one with `smm posts edit {post.slug} --at …`, or add slots to [profiles.{profile.name}]",
        )
    rules = ws.config.publish
    taken = ws.store.ledger.taken(profile.name, now - LOOK_BACK)
    return free_instant(profile.slots, now, taken, distance=rules.distance, per_day=rules.per_day, zone=profile.zone)


def plan_of(variant: Variant, due: datetime) -> list[Planned]:
    """The actions of one variant: its parts one after the other, then the first comment."""
    planned = [
        Planned(kind=ActionKind.PUBLISH, seq=number, due_at=due, after=number - 1 if number else None)
        for number in range(len(variant.parts))
    ]
    if variant.first_comment:
        planned.append(Planned(kind=ActionKind.COMMENT, seq=len(planned), due_at=due, after=0))
    return planned


def _said(instant: datetime, profile: Profile) -> str:
    return f"{wall_of(instant, profile.zone):%a %Y-%m-%d %H:%M} {profile.zone}"


def _note(ws: Workspace, post: Post, plans: Mapping[str, tuple[str, Sequence[Planned]]]) -> None:
    first = min(planned[0].due_at for _, planned in plans.values())
    zone = ws.client(post.client).zone
    ws.note(
        "post.scheduled",
        f"post {post.slug} is scheduled for {wall_of(first, zone):%Y-%m-%d %H:%M} {zone} on {', '.join(plans)}",
        client=post.client,
        subject=f"post:{post.id}",
    )
