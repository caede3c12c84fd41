"""The `--at` of the command line: a wall time, `+10m`, `next`, `end`, `first`, `now` or `unplanned`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import click

from smm_core.clock import instant_of, parse_duration, wall_of
from smm_core.content import AT_WORDS
from smm_core.model import Profile, When, WhenKind

AT_HELP = "When: 2026-12-01T09:00, +10m (from now), next (free slot), end or first (of the queue), now or unplanned."
NOW_HELP = "Send it as soon as it is approved; with --at, only if that time is past."
_JUST_NOW = timedelta(minutes=1)


def read_at(text: str, *, zone: str, now: datetime) -> When:
    """What `--at` says. A time from now becomes a wall time in `zone`, to the second; anything unreadable is a usage error."""
    word = text.strip().lower()
    if word in AT_WORDS:
        return When(kind=AT_WORDS[word])
    if word.startswith("+"):
        return _from_now(word[1:], zone, now)
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError:
        wall = None
    if wall is None or "T" not in text.upper().replace(" ", "T"):
        raise click.BadParameter(
            f"{text!r} is no time; write 2026-12-01T09:00, +10m, {', '.join(AT_WORDS)}", param_hint="--at"
        )
    if wall.tzinfo is not None:
        bare = wall.replace(tzinfo=None).isoformat(timespec="minutes")
        raise click.BadParameter(
            f"{text!r} has an offset; write the wall time {bare}, meant where the profile is", param_hint="--at"
        )
    return When(kind=WhenKind.AT, wall=wall)


def not_past(when: When, profiles: Iterable[Profile], *, now: datetime, at_once: bool, zone: str | None = None) -> When:
    """`when`, unless that is past on one of these profiles: then at once where `--now` allows it, else a usage error.

    `zone` is what the post says already of the zone that its time is meant in.
    """
    if when.kind is not WhenKind.AT or when.wall is None:
        return when
    for place in dict.fromkeys(when.zone or zone or profile.zone for profile in profiles):
        if instant_of(when.wall, place) > now - _JUST_NOW:
            continue
        if at_once:
            return When(kind=WhenKind.NOW)
        raise click.BadParameter(
            f"{when.wall:%Y-%m-%d %H:%M} {place} is past (now {wall_of(now, place):%Y-%m-%d %H:%M});"
            " give another time, or add --now to send it at once",
            param_hint="--at",
        )
    return when


def _from_now(text: str, zone: str, now: datetime) -> When:
    try:
        instant = (now + parse_duration(text)).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), param_hint="--at") from None
    wall = wall_of(instant, zone)
    if instant_of(wall, zone) != instant:
        # The hour that occurs twice: only UTC can name its second turn.
        wall, zone = wall_of(instant, "UTC"), "UTC"
    return When(kind=WhenKind.AT, wall=wall, zone=zone)


def front_matter_of(when: When) -> dict[str, object]:
    """The keys of a front matter that say the same; `zone` only where the time brings its own."""
    at: object = None if when.kind is WhenKind.SLOT else when.wall or when.kind.value
    return {"at": at, "zone": when.zone} if when.zone else {"at": at}


def say_when(when: When, zone: str) -> str:
    """How a listing shows it; `zone` is where the client is."""
    match when.kind:
        case WhenKind.AT if when.wall is not None:
            other = f" {when.zone}" if when.zone and when.zone != zone else ""
            return f"{when.wall:%Y-%m-%d %H:%M}{other}"
        case WhenKind.SLOT:
            return "next slot"
        case WhenKind.END:
            return "end of queue"
        case WhenKind.FIRST:
            return "front of queue"
        case _:
            return str(when.kind)
