"""The `--at` of the command line: a wall time, `+10m`, `next`, `now` or `unplanned`."""

from __future__ import annotations

from datetime import datetime

import click

from smm_core.clock import instant_of, parse_duration, wall_of
from smm_core.model import When, WhenKind

AT_HELP = "When: 2026-12-01T09:00, +10m (from now), next (free slot), now or unplanned."
_WORDS = {"next": WhenKind.SLOT, "now": WhenKind.NOW, "unplanned": WhenKind.UNPLANNED}


def read_at(text: str, *, zone: str, now: datetime) -> When:
    """What `--at` says. A time from now becomes a wall time in `zone`, to the second; anything unreadable is a usage error."""
    word = text.strip().lower()
    if word in _WORDS:
        return When(kind=_WORDS[word])
    if word.startswith("+"):
        return _from_now(word[1:], zone, now)
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError:
        wall = None
    if wall is None or "T" not in text.upper().replace(" ", "T"):
        raise click.BadParameter(
            f"{text!r} is no time; write 2026-12-01T09:00, +10m, next, now or unplanned", param_hint="--at"
        )
    if wall.tzinfo is not None:
        bare = wall.replace(tzinfo=None).isoformat(timespec="minutes")
        raise click.BadParameter(
            f"{text!r} has an offset; write the wall time {bare}, meant where the profile is", param_hint="--at"
        )
    return When(kind=WhenKind.AT, wall=wall)


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
        case _:
            return str(when.kind)
