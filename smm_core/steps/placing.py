"""Where posts come to stand in a profile's plan: a free slot, the queue's end or its front, or the time that was asked for.

Each function looks at the plan as it stands in the transaction that will change it (`store.Plan`), and chooses.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from smm_core.clock import instant_of, wall_of
from smm_core.errors import SmmError
from smm_core.model import ActionKind, Event, Post, Profile, Variant, When, WhenKind
from smm_core.slots import free_instant, make_room, wall_behind
from smm_core.store import Choice, Held, Move, Plan, Planned
from smm_core.values import replace

_LOOK_BACK = timedelta(days=2)


class Place(Struct, frozen=True, kw_only=True):
    """An instant, and the wall time and zone behind it; None where no wall time is (at once)."""

    due_at: datetime
    wall: datetime | None = None
    zone: str | None = None


def place_of(plan: Plan, post: Post, profile: Profile, now: datetime, *, after: datetime | None = None) -> Place:
    """Where a post comes to stand on a profile when nobody makes room for it; one without a time is an error that says so.

    `after` spares looking at slots of which it is known that they are taken.
    """
    when = post.content.when
    if when.kind is WhenKind.NOW:
        return Place(due_at=now)
    if when.kind is WhenKind.AT and when.wall is not None:
        zone = when.zone or profile.zone
        return Place(due_at=instant_of(when.wall, zone), wall=when.wall, zone=zone)
    _need_slots(post, profile)
    start = max(now, after or now)
    if when.kind is WhenKind.END:
        start = plan.last_in_queue(now) or now
    taken = plan.taken(start - look_back(profile))
    return in_slot(
        profile,
        free_instant(
            profile.slots, start, taken, distance=profile.distance, per_day=profile.per_day, zone=profile.zone
        ),
    )


def at_front(plan: Plan, post: Post, profile: Profile, now: datetime) -> tuple[Place, list[tuple[Held, Place]]]:
    """The profile's next slot for a post, and the places of those that make room for it."""
    _need_slots(post, profile)
    held = plan.held(now - look_back(profile), now)
    queue = [one for one in held if one.moves]
    first, places = make_room(
        profile.slots,
        now,
        [one.due_at for one in queue],
        [one.due_at for one in held if not one.moves],
        distance=profile.distance,
        per_day=profile.per_day,
        zone=profile.zone,
    )
    moved = [(one, in_slot(profile, at)) for one, at in zip(queue, places, strict=True) if at != one.due_at]
    return in_slot(profile, first), moved


def choose(
    plan: Plan, post: Post, variant: Variant, profile: Profile, now: datetime, *, after: datetime | None = None
) -> Choice:
    """The actions of a variant with their times, and who makes room. What has begun keeps its time."""
    if kept := plan.kept(variant.digest):
        place = Place(due_at=kept.due_at, wall=kept.wall, zone=kept.zone)
        return Choice(planned=plan_of(variant, place), is_kept=True)
    if post.content.when.kind is not WhenKind.FIRST:
        return Choice(planned=plan_of(variant, place_of(plan, post, profile, now, after=after)))
    place, moved = at_front(plan, post, profile, now)
    why = f"post {post.slug} goes first"
    moves = [move_of(held, to, why, zone=profile.zone, now=now) for held, to in moved]
    return Choice(planned=plan_of(variant, place), moves=moves)


def next_slot(plan: Plan, post: Post, profile: Profile, now: datetime) -> Planned:
    """The next free slot for a delivery that has lost its time, whatever its post says: for `Ledger.move_due`."""
    slotted = replace(post, content=replace(post.content, when=When(kind=WhenKind.SLOT)))
    place = place_of(plan, slotted, profile, now)
    return Planned(kind=ActionKind.PUBLISH, seq=0, due_at=place.due_at, wall=place.wall, zone=place.zone)


def plan_of(variant: Variant, place: Place) -> list[Planned]:
    """The actions of one variant: its parts one after the other, then the first comment."""

    def planned(kind: ActionKind, seq: int, after: int | None) -> Planned:
        return Planned(kind=kind, seq=seq, after=after, due_at=place.due_at, wall=place.wall, zone=place.zone)

    parts = [
        planned(ActionKind.PUBLISH, number, number - 1 if number else None) for number in range(len(variant.parts))
    ]
    return [*parts, planned(ActionKind.COMMENT, len(parts), 0)] if variant.first_comment else parts


def move_of(held: Held, place: Place, why: str, *, zone: str, now: datetime) -> Move:
    """The move of a delivery to another place, told in the wall time of `zone`."""
    line = f"post {held.slug} → {held.profile} moves from {say(held.due_at, zone)} to {say(place.due_at, zone)} {zone}: {why}"
    event = Event(
        kind="delivery.moved",
        at=now,
        message=line,
        client=held.client,
        subject=f"post:{held.post_id}",
        data={"delivery": held.action_id},
    )
    reason = f"moved from {say(held.due_at, zone)} {zone}: {why}"
    return Move(held=held, due_at=place.due_at, wall=place.wall, zone=place.zone, reason=reason, event=event)


def in_slot(profile: Profile, instant: datetime) -> Place:
    """The place of an instant that a slot of the profile gives."""
    behind = wall_behind(profile.slots, instant)
    wall, zone = behind or (wall_of(instant, profile.zone), profile.zone)
    return Place(due_at=instant, wall=wall, zone=zone)


def look_back(profile: Profile) -> timedelta:
    """How far what went out before still counts: for its day and for the distance."""
    return profile.distance + _LOOK_BACK


def say(instant: datetime, zone: str) -> str:
    """An instant by the wall clock of a zone, for people."""
    return f"{wall_of(instant, zone):%a %Y-%m-%d %H:%M}"


def _need_slots(post: Post, profile: Profile) -> None:
    if post.content.when.kind is WhenKind.UNPLANNED:
        raise SmmError(
            "it has no time yet", hint=f"set `at` in its front matter, or `smm posts edit {post.slug} --at next`"
        )
    if not profile.slots:
        raise SmmError(
            f"profile {profile.name} has no slots, and the post has no time",
            hint=f"give it one with `smm posts edit {post.slug} --at …`, or add slots to [profiles.{profile.name}]",
        )
