"""`smm queue`: each profile's coming slots and what is in them; a post goes to the front or the end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from smm_core.cli.output import client_option, json_option, local, show_rows, state_colour
from smm_core.cli.session import Session, pass_session
from smm_core.model import Post, PostState, When, WhenKind

if TYPE_CHECKING:
    from smm_core.steps.queue import Seat
    from smm_core.workspace import Workspace

_NOT_YET = (PostState.WRITTEN, PostState.BLOCKED, PostState.RENDERED, PostState.REVIEWING)


@click.group()
def queue() -> None:
    """The queue: each profile's coming slots, and what is in them."""


@queue.command("list")
@click.option("--profile", "names", multiple=True, help="Only this profile.")
@click.option("--days", type=click.IntRange(1, 366), default=14, show_default=True, help="How far to look ahead.")
@client_option
@json_option
@pass_session
def list_queue(session: Session, names: tuple[str, ...], days: int, client: str | None, as_json: bool) -> None:
    """List the coming slots of each profile: who has them, which are free, and what goes out at a time of its own."""
    from smm_core.steps.queue import queue_of

    ws = session.ws
    owner = ws.client(client).name if client else None
    profiles = [ws.profile(name) for name in names or ws.config.profiles]
    until = ws.clock.now() + timedelta(days=days)
    rows = [
        _row(seat, profile.zone, as_json=as_json)
        for profile in profiles
        if owner in (None, profile.client)
        for seat in queue_of(ws, profile, until)
    ]
    empty = f"no slots within {days} days: add slots to a profile in smm.toml"
    show_rows(rows, as_json=as_json, empty=empty, columns=("profile", "when", "zone", "post", "state", "note"))
    waiting = [post.slug for post in ws.store.posts.listed(client=client, states=_NOT_YET) if _in_queue(post)]
    if waiting and not as_json:
        click.echo(f"not approved yet, so without a slot: {', '.join(waiting)}", err=True)


def _in_queue(post: Post) -> bool:
    return post.content.when.kind.is_in_queue


def _row(seat: Seat, zone: str, *, as_json: bool) -> dict[str, Any]:
    held = seat.held
    row = {
        "profile": seat.profile,
        "when": local(seat.at, zone),
        "zone": zone,
        "kind": seat.kind,
        "post": held.slug if held else None,
        "post_id": held.post_id if held else None,
        "state": held.state if held else None,
    }
    if as_json:
        return {**row, "at": seat.at}
    notes = {"time": "a time of its own", "closed": "too close to another post, or the day is full"}
    state = (
        state_colour(held.state) if held else click.style(str(seat.kind), fg="green" if seat.kind == "free" else None)
    )
    return {**row, "state": state, "note": notes.get(seat.kind, "")}


@queue.command()
@click.argument("post")
@pass_session
def first(session: Session, post: str) -> int:
    """Share POST next: it takes the next slot, and those that wait move one further until a free slot absorbs the move."""
    return _put(session, post, WhenKind.FIRST)


@queue.command()
@click.argument("post")
@pass_session
def end(session: Session, post: str) -> int:
    """Put POST at the end: into the slot after the last one that is taken."""
    return _put(session, post, WhenKind.END)


@queue.command("next")
@click.argument("post")
@pass_session
def next_free(session: Session, post: str) -> int:
    """Give POST the first free slot; nobody else moves."""
    return _put(session, post, WhenKind.SLOT)


def _put(session: Session, name: str, kind: WhenKind) -> int:
    """Write the place into the post's file and read it in; what is approved already is planned at once."""
    from smm_core import authoring
    from smm_core.cli.posts import read_in, refuse_if_out
    from smm_core.cli.target import find_stored
    from smm_core.cli.when import front_matter_of

    ws = session.ws
    session.log()
    stored = find_stored(ws, name)
    refuse_if_out(ws, stored)
    path = authoring.file_of(ws, stored)
    authoring.change_front_matter(path, front_matter_of(When(kind=kind)))
    post = read_in(ws, path)
    if post.state is PostState.SCHEDULED:  # its file said so before: the place is asked for again
        post = ws.store.posts.requeue(post, ws.clock.now(), ws.by).post
    return _plan_now(ws, post)


def _plan_now(ws: Workspace, post: Post) -> int:
    from smm_core.steps.schedule import schedule

    if post.state is not PostState.APPROVED:
        click.echo("it takes its place when it is approved", err=True)
        return 0
    report = schedule(ws, only=[post.id])
    for line in report.lines:
        click.echo(line)
    for line in report.troubles:
        click.echo(line, err=True)
    if not report.lines and not report.troubles:
        click.echo("the daemon has planned it already: `smm queue list` shows where", err=True)
    return 1 if report.troubles else 0


commands = {"queue": queue}
