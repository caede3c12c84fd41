"""`smm deliveries delete`, `update` and `reply`: what to do with what is out already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from smm_core.cli.output import json_option, show_json, state_colour, table
from smm_core.cli.session import Session, pass_session
from smm_core.model import Action, ActionState, Problem

if TYPE_CHECKING:
    from smm_core.hold import Held
    from smm_core.workspace import Workspace


@click.command()
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def delete(session: Session, number: int, yes: bool, as_json: bool) -> int:
    """Take delivery NUMBER off its platform at once: all its parts, the last one first.

    What of it was not sent yet never is. The post stays as it is; `smm posts duplicate` makes a new one of it.
    """
    from smm_core.steps.changing import delete

    ws = session.ws
    session.log()
    action = ws.store.ledger.get(number)
    if not yes:
        slug = ws.store.posts.get(action.post_id).slug
        click.confirm(f"Take post {slug} off {action.profile} for good?", abort=True, err=True)
    return carry_out(ws, delete(ws, action), "smm deliveries delete", as_json=as_json)


@click.command()
@click.argument("number", type=int)
@json_option
@pass_session
def update(session: Session, number: int, as_json: bool) -> int:
    """Make delivery NUMBER, which is out, look like its post as it stands now.

    The new text and pictures are asked for approval first; once approved, the edit is carried over.
    """
    from smm_core.steps.changing import update

    ws = session.ws
    session.log()
    numbers = update(ws, ws.store.ledger.get(number))
    if not numbers:
        click.echo(f"delivery {number} is out as its post stands now: nothing to carry over", err=True)
        return 0
    if not _ask_first(ws, numbers):
        return carry_out(ws, numbers, "smm deliveries update", as_json=as_json)
    asked = ws.store.reviews.listed(post=ws.store.ledger.get(number).post_id)[-1]
    if as_json:
        show_json([ws.store.ledger.get(one) for one in numbers])
    click.echo(f"it waits for approval: smm reviews approve {asked.id}", err=True)
    return 0


@click.command()
@click.argument("number", type=int)
@click.argument("text")
@click.option(
    "--to", default="", metavar="ID", help="The platform's id of what is answered, such as a comment below it."
)
@json_option
@pass_session
def reply(session: Session, number: int, text: str, to: str, as_json: bool) -> int:
    """Reply with TEXT below delivery NUMBER: at once, or once it is approved where the profile has approve_replies."""
    from smm_core.steps.reply import reply

    session.log()
    planned, problems = reply(session.ws, session.store.ledger.get(number), text, to=to)
    return answered(session, planned, problems, "smm deliveries reply", as_json=as_json)


def answered(session: Session, number: int, problems: Sequence[Problem], what: str, *, as_json: bool) -> int:
    """Say what the checks remarked on a reply that is planned, then send it, or say who has to approve it."""
    from smm_core.cli.problems import say_problem

    for problem in problems:
        click.echo(say_problem(problem), err=True)
    waiting = _ask_first(session.ws, [number])
    if not waiting:
        return carry_out(session.ws, [number], what, as_json=as_json)
    action = session.store.ledger.get(number)
    if as_json:
        show_json([action])
    asked = session.store.reviews.listed(post=action.post_id)[-1]
    click.echo(f"it waits for approval: smm reviews approve {asked.id}", err=True)
    return 0


def _ask_first(ws: Workspace, numbers: Sequence[int]) -> list[int]:
    """Have those asked about that wait for a verdict; the ones that still wait for it then."""
    from smm_core.steps.review import review

    if any(one.state is ActionState.WAITING for one in map(ws.store.ledger.get, numbers)):
        review(ws)
    return [one for one in numbers if ws.store.ledger.get(one).state is ActionState.WAITING]


def carry_out(ws: Workspace, numbers: Sequence[int], what: str, *, as_json: bool) -> int:
    """Send acts at once, or let the running daemon do it, and show what came of each."""
    from smm_core.steps.at_once import send_at_once

    send_at_once(ws, numbers, what=what, on_held=say_held)
    actions = [ws.store.ledger.get(number) for number in numbers]
    if as_json:
        show_json(actions)
    else:
        columns = ("delivery", "what", "profile", "state", "reason")
        rows = [[str(one.id), one.kind, one.profile, _state(one), one.reason] for one in actions]
        click.echo(table(rows, columns))
    return int(any(one.state is not ActionState.PUBLISHED for one in actions))


def _state(action: Action) -> str:
    return state_colour("done" if action.state is ActionState.PUBLISHED else action.state)


def say_held(held: Held) -> None:
    """Say who does it in our place."""
    click.echo(f"process {held.pid} holds the workspace and sends it, within a minute or so …", err=True)


commands = (delete, update, reply)
