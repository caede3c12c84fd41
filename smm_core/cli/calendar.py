"""`smm calendar`: a month at a glance."""

from __future__ import annotations

import calendar as months
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

import click
from msgspec import Struct

from smm_core.cli.output import client_option, json_option, show_json
from smm_core.cli.review_show import silence_words, waiting_words
from smm_core.cli.session import Session, pass_session
from smm_core.clock import instant_of, wall_of
from smm_core.model import Post, PostState, ReviewState, WhenKind

_SIGNS = {"published": ("✓", "green"), "scheduled": ("·", "cyan"), "waiting": ("·", "cyan"), "cancelled": ("–", None)}


@click.command()
@click.argument("month", required=False)
@client_option
@json_option
@pass_session
def calendar(session: Session, month: str | None, client: str | None, as_json: bool) -> None:
    """Show MONTH (2026-12; this one by default): what is planned, out, held, and not yet approved."""
    ws = session.ws
    zone = ws.client(client).zone if client else ws.config.zone
    first = _first(month, wall_of(ws.clock.now(), zone))
    since, until = (instant_of(day, zone) for day in (first, _next_month(first)))
    entries: dict[date, list[tuple[str, str, str]]] = defaultdict(list)
    reviewing = _reviewing(session, client, zone)
    for one in ws.store.ledger.deliveries(client=client, since=since, until=until, limit=5000):
        if one.due_at is not None and not one.trial:
            wall = wall_of(one.due_at, zone)
            entries[wall.date()].append((f"{wall:%H:%M}", f"{one.slug} → {one.profile}", one.state))
    for post in ws.store.posts.listed(client=client, states=_NOT_YET, limit=5000):
        when = post.content.when
        if when.kind is WhenKind.AT and when.wall is not None:
            profiles = [ws.config.profiles[name] for name in post.content.profiles if name in ws.config.profiles]
            meant_in = when.zone or (profiles[0].zone if profiles else zone)
            wall = wall_of(instant_of(when.wall, meant_in), zone)
            if (wall.year, wall.month) == (first.year, first.month):
                entries[wall.date()].append((f"{wall:%H:%M}", _what(post), _state(post, reviewing)))
        asked = reviewing.get(post.id)
        if when.kind.is_in_queue and asked is not None and asked.due is not None and since <= asked.due < until:
            wall = wall_of(asked.due, zone)
            entries[wall.date()].append((f"{wall:%H:%M}", _what(post), _state(post, reviewing)))
        if asked is not None and since <= asked.deadline < until:
            wall = wall_of(asked.deadline, zone)
            entries[wall.date()].append((f"{wall:%H:%M}", f"approve {post.slug}", f"last call; else {asked.silence}"))
    if as_json:
        show_json(
            [
                {"day": day.isoformat(), "time": time, "what": what, "state": state}
                for day in sorted(entries)
                for time, what, state in sorted(entries[day])
            ]
        )
        return
    click.echo(click.style(f"{months.month_name[first.month]} {first.year} ({zone})", bold=True))
    _grid(first, entries, wall_of(ws.clock.now(), zone).date())
    for day in sorted(entries):
        click.echo(click.style(f"\n{day:%a %d}", bold=True))
        for time, what, state in sorted(entries[day]):
            sign, colour = _sign(state)
            click.echo(f"  {click.style(sign, fg=colour)} {time}  {what}  {click.style(state, fg=colour)}")
    if not entries:
        click.echo("\nnothing is planned in this month")


class _Asked(Struct, frozen=True, kw_only=True):
    """An open review with a deadline: for whom it waits, until when, what silence does, and when the post is meant to go."""

    waits: str
    deadline: datetime
    said: str
    silence: str
    due: datetime | None


def _reviewing(session: Session, client: str | None, zone: str) -> dict[int, _Asked]:
    """By post."""
    store = session.store.reviews
    found: dict[int, _Asked] = {}
    for review in store.listed(client=client, state=ReviewState.OPEN):
        if review.deadline is not None:
            found[review.post_id] = _Asked(
                waits=waiting_words(review) or "reviewing",
                deadline=review.deadline,
                said=f"{wall_of(review.deadline, zone):%a %d %b %H:%M}",
                silence=silence_words(store.workflow(review.id)),
                due=review.due_at,
            )
    return found


def _what(post: Post) -> str:
    return f"{post.slug} → {', '.join(post.content.profiles)}"


def _state(post: Post, reviewing: Mapping[int, _Asked]) -> str:
    asked = reviewing.get(post.id) if post.state is PostState.REVIEWING else None
    return f"{asked.waits} until {asked.said}; else {asked.silence}" if asked else str(post.state)


_NOT_YET = [
    PostState.WRITTEN,
    PostState.BLOCKED,
    PostState.RENDERED,
    PostState.REVIEWING,
    PostState.REWORK,
    PostState.EXPIRED,
    PostState.APPROVED,
]


_OPEN = ("reviewing ", "waiting for ", "last call")


def _sign(state: str) -> tuple[str, str | None]:
    if state in _SIGNS:
        return _SIGNS[state]
    is_open = state in ("reviewing", "rendered", "written", "approved") or state.startswith(_OPEN)
    return ("?", "yellow") if is_open else ("!", "red")


def _first(month: str | None, now: datetime) -> datetime:
    if month is None:
        return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    try:
        return datetime.strptime(month, "%Y-%m")
    except ValueError:
        raise click.BadParameter(f"{month!r} is not a month; write for instance 2026-12") from None


def _next_month(first: datetime) -> datetime:
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def _grid(first: datetime, entries: dict[date, list[tuple[str, str, str]]], today: date) -> None:
    """Weeks as lines, each day with the number of its deliveries in the colour of the most urgent."""
    click.echo(" ".join(f"{name:>6}" for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")))
    for week in months.Calendar().monthdatescalendar(first.year, first.month):
        cells = []
        for day in week:
            if day.month != first.month:
                cells.append(" " * 6)
                continue
            count = len(entries.get(day, []))
            text = f"{day.day}{f'×{count}' if count else ''}"
            urgent = next(
                (
                    _sign(state)[1]
                    for sign in ("!", "?")
                    for _, _, state in entries.get(day, [])
                    if _sign(state)[0] == sign
                ),
                None,
            )
            colour = urgent or ("green" if count else None)
            cells.append(click.style(f"{text:>6}", fg=colour, bold=day == today, underline=day == today))
        click.echo(" ".join(cells))


commands = {"calendar": calendar}
