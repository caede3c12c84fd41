"""`smm simulate`: what will go out, what will not, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from smm_core.cli.output import client_option, json_option, show_json, state_colour, table
from smm_core.cli.session import Session, pass_session

if TYPE_CHECKING:
    from smm_core.config import Config
    from smm_core.simulate import Finding, Forecast, Gap, Outcome

PERIOD = timedelta(days=14)
LONGEST = timedelta(days=366)


@click.command()
@click.option(
    "--until", metavar="DATE", help="How far to look: 2026-12-24 (all of that day), or +30d.  [default: +14d]"
)
@client_option
@json_option
@pass_session
def simulate(session: Session, until: str | None, client: str | None, as_json: bool) -> None:
    """Run the plan ahead of time, without sending: what will go out, what will not and why, and which slots stay empty.

    Works on a copy and changes nothing, also while a daemon runs. What platforms and reviewers will say nobody knows: it
    takes it that platforms accept what is within their limits, and that nobody answers.
    """
    from smm_core.cli.steps import progress, progress_done
    from smm_core.hold import holder
    from smm_core.simulate import simulate

    session.shield()
    ws = session.ws
    if client:
        ws.client(client)
    end = _end(until, ws.config.zone, ws.clock.now())
    forecast = simulate(ws, end, progress=lambda instant: progress(f"{instant:%Y-%m-%d}"))
    progress_done()
    if client:
        forecast = forecast.of_client(client)
    if as_json:
        show_json(forecast)
        return
    _show(forecast, ws.config, running=holder(session.root) is not None)


def _end(text: str | None, zone: str, now: datetime) -> datetime:
    """The instant (UTC) up to which we look."""
    from smm_core.clock import instant_of, parse_duration

    if text is None:
        return now + PERIOD
    try:
        if text.startswith("+"):
            end = now + parse_duration(text[1:])
        elif "T" in text.upper():
            end = instant_of(datetime.fromisoformat(text).replace(tzinfo=None), zone)
        else:
            day = date.fromisoformat(text)
            end = instant_of(datetime(day.year, day.month, day.day) + timedelta(days=1), zone)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is no date; write for instance 2026-12-24, 2026-12-24T18:00 or +30d", param_hint="--until"
        ) from None
    if not now < end <= now + LONGEST:
        raise click.BadParameter(f"{text} is not within the year to come", param_hint="--until")
    return end


# ---------------------------------------------------------------- for a person


def _show(forecast: Forecast, config: Config, *, running: bool) -> None:
    from smm_core.clock import wall_of

    zone = config.zone
    since, until = (f"{wall_of(at, zone):%a %Y-%m-%d %H:%M}" for at in (forecast.since, forecast.until))
    click.echo(click.style(f"from {since} to {until} ({zone})", bold=True))
    if not running:
        click.echo("no daemon is running; nothing of this happens until `smm run`", err=True)
    _show_days(forecast.happens, config)
    _show_findings("What will not happen, and why", forecast.prevented, config)
    _show_findings("What happens, but with a catch", forecast.warnings, config)
    _show_gaps(forecast.gaps)


def _show_days(happens: Sequence[Outcome], config: Config) -> None:
    """One table for every day, by the wall clock of each profile."""
    from smm_core.clock import wall_of

    if not happens:
        click.echo("\nnothing goes out in this time")
    days: dict[date, list[tuple[datetime, list[Outcome]]]] = defaultdict(list)
    for group in _deliveries(happens):
        wall = wall_of(group[0].at, _zone(config, group[0].profile))
        days[wall.date()].append((wall, group))
    for day in sorted(days):
        rows = []
        for wall, group in sorted(days[day], key=lambda pair: pair[1][0].at):
            zone = _zone(config, group[0].profile)
            other = f" {zone}" if zone != config.zone else ""
            rows.append([f"{wall:%H:%M}{other}", group[0].post, group[0].profile, _what(group)])
        click.echo(click.style(f"\n{day:%a %Y-%m-%d}", bold=True))
        click.echo(table(rows, ("time", "post", "profile", "what")))


def _deliveries(happens: Sequence[Outcome]) -> Iterable[list[Outcome]]:
    """What goes out together: the parts and comments of one post on one profile at one instant."""
    groups: dict[tuple[datetime, str, str, str], list[Outcome]] = defaultdict(list)
    for one in happens:
        groups[one.at, one.post, one.profile, one.state].append(one)
    return groups.values()


def _what(group: Sequence[Outcome]) -> str:
    """`published`, `published: parts 1-3, first comment`, `to publish by hand`."""
    parts = [one.part for one in group if one.kind == "publish"]
    pieces = []
    if len(parts) > 1:
        pieces.append(f"parts {parts[0]}-{parts[-1]}")
    elif parts and parts[0] > 1:
        pieces.append(f"part {parts[0]}")
    pieces += ["first comment" for one in group if one.kind == "comment"]
    pieces += [str(one.kind) for one in group if one.kind not in ("publish", "comment")]
    word = "to publish by hand" if group[0].state == "pending" else str(group[0].state)
    return state_colour(word) + (f": {', '.join(pieces)}" if pieces else "")


def _show_findings(title: str, findings: Sequence[Finding], config: Config) -> None:
    from smm_core.clock import wall_of

    if not findings:
        return
    rows = []
    for one in findings:
        zone = _zone(config, one.profile) if one.profile else config.zone
        about = " → ".join(filter(None, (one.post, one.profile))) or one.client
        at = f"{wall_of(one.at, zone):%Y-%m-%d %H:%M}" if one.at else ""
        rows.append([about, str(one.cause), at, one.why, one.next_step])
    click.echo(click.style(f"\n{title}", bold=True))
    click.echo(table(rows, ("about", "cause", "when", "why", "next_step")))


def _show_gaps(gaps: Sequence[Gap]) -> None:
    from smm_core.clock import wall_of

    rows = [
        [
            gap.profile,
            f"{len(gap.empty)} of {gap.slots}",
            f"{wall_of(gap.empty[0], gap.zone):%a %Y-%m-%d %H:%M}",
            ", ".join(f"{week:%d %b}" for week in gap.weeks),
        ]
        for gap in gaps
        if gap.empty
    ]
    if rows:
        click.echo(click.style("\nSlots that stay empty", bold=True))
        click.echo(table(rows, ("profile", "empty", "first", "weeks_without_a_post")))


def _zone(config: Config, profile: str) -> str:
    known = config.profiles.get(profile)
    return known.zone if known else config.zone


commands = {"simulate": simulate}
