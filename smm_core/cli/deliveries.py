"""`smm deliveries`: what went where, and what to do about what did not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from smm_core.cli import changing
from smm_core.cli.output import json_option, local, show_json
from smm_core.cli.session import Session, pass_session
from smm_core.errors import SmmError
from smm_core.lifecycle import PARTS
from smm_core.model import Action, ActionKind, ActionState, Receipt
from smm_core.store import NotSent, Outcome
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.workspace import Workspace

_ON_WHAT_IS_THERE = frozenset({ActionKind.EDIT, ActionKind.DELETE, ActionKind.TAKE_BACK})


@click.group()
def deliveries() -> None:
    """Deliveries: what went where and when, one line per post and profile."""


@deliveries.command()
@click.argument("number", type=int)
@json_option
@pass_session
def show(session: Session, number: int, as_json: bool) -> None:
    """Show one delivery's action: its state, attempts and receipt."""
    ledger = session.store.ledger
    action = ledger.get(number)
    attempts = ledger.attempts(number)
    if as_json:
        show_json({"action": action, "attempts": attempts})
        return
    zone = session.ws.config.zone
    post = session.store.posts.get(action.post_id)
    click.echo(
        click.style(f"{post.slug} → {action.profile}: {action.kind} {action.seq + 1}, {action.state}", bold=True)
    )
    for name, value in (
        ("due", local(action.due_at, zone)),
        ("key", action.key),
        ("digest", action.variant_digest[:16]),
        ("reason", action.reason),
        ("url", action.receipt.url if action.receipt else ""),
        ("remote id", action.receipt.remote_id if action.receipt else ""),
        ("acts on", f"delivery {action.on_id}" if action.on_id else ""),
        ("by", action.by),
        ("removed", local(action.removed_at, zone) if action.removed_at else ""),
    ):
        if value:
            click.echo(f"  {name:10} {value}")
    for attempt in attempts:
        click.echo(f"  attempt    {local(attempt.started_at, zone)} → {attempt.outcome or '…'} {attempt.detail}")


@deliveries.command()
@click.argument("number", type=int)
@click.option("--published", metavar="URL", help="It went out: here it is.")
@click.option("--not-sent", is_flag=True, help="It did not go out: send it (again).")
@pass_session
def resolve(session: Session, number: int, published: str | None, not_sent: bool) -> None:
    """Say what became of a delivery that nobody else can tell: one by hand, or one without a clear answer."""
    if bool(published) == not_sent:
        raise click.UsageError("Say either --published URL or --not-sent.")
    if published and not published.startswith(("https://", "http://")):
        raise click.BadParameter(f"{published!r} is no web address; copy that of the post", param_hint="--published")
    ws = session.ws
    action = ws.store.ledger.get(number)
    _require(action, {ActionState.UNKNOWN, ActionState.PENDING, ActionState.HELD, ActionState.REFUSED}, "resolved")
    now = ws.clock.now()
    if published:
        receipt = _told(ws, action, published, now)
        outcome = Outcome(state=ActionState.PUBLISHED, receipt=receipt, reason=f"told by {ws.by}")
    else:
        outcome = Outcome(
            state=ActionState.SCHEDULED,
            not_sent=NotSent.ALL,
            wake_at=max(now, action.due_at),
            reason=f"{ws.by} says it was not sent",
        )
    _settle(session, action, outcome, now, "told it went out" if published else "told it was not sent")


@deliveries.command()
@click.argument("number", type=int)
@pass_session
def retry(session: Session, number: int) -> None:
    """Send a held or refused delivery after all, at once."""
    ws = session.ws
    action = ws.store.ledger.get(number)
    _require(action, {ActionState.HELD, ActionState.REFUSED}, "tried again")
    if action.reason.startswith("unknown:"):
        raise SmmError(f"delivery {number} may be out already", hint=f"look, then `smm deliveries resolve {number}`")
    now = ws.clock.now()
    ws.store.ledger.settle(
        action, Outcome(state=ActionState.SCHEDULED, wake_at=now, reason=f"tried again by {ws.by}"), None, now
    )
    if action.kind in PARTS:
        ws.store.ledger.move_due(replace(action, state=ActionState.SCHEDULED), now, f"tried again by {ws.by}")
    click.echo("it goes out next: a running daemon does that, or `smm publish`")


@deliveries.command()
@click.argument("number", type=int)
@pass_session
def cancel(session: Session, number: int) -> None:
    """Give up on a delivery that is not out."""
    action = session.store.ledger.get(number)
    allowed = {ActionState.WAITING, ActionState.SCHEDULED, ActionState.HELD, ActionState.REFUSED, ActionState.PENDING}
    _require(action, allowed, "cancelled")
    now = session.ws.clock.now()
    if action.kind is ActionKind.HAND_OVER and action.on_id is not None:
        action = session.store.ledger.get(action.on_id)
    if action.kind is ActionKind.PUBLISH and action.seq == 0 and action.state is ActionState.WAITING:
        _give_up(session, action, now)
        return
    _settle(
        session, action, Outcome(state=ActionState.CANCELLED, reason=f"cancelled by {session.ws.by}"), now, "cancelled"
    )


def _told(ws: Workspace, action: Action, url: str, now: datetime) -> Receipt:
    """The receipt of what a person has seen. What an act has changed or removed keeps the name the platform has for it."""
    told = {"told_by": ws.by}
    if action.kind in _ON_WHAT_IS_THERE:
        return replace(ws.store.ledger.subject(action).receipt, url=url, at=now, extra=told)
    return Receipt(remote_id=url, url=url, at=now, extra=told)


def _give_up(session: Session, action: Action, now: datetime) -> None:
    """One that the platform's own scheduler has, or is about to get, is asked back first."""
    ws = session.ws
    asked_back = ws.store.ledger.give_up(action, f"cancelled by {ws.by}", ws.by, now)
    post = ws.store.posts.get(action.post_id)
    words = "is asked back from the platform's scheduler" if asked_back else "cancelled"
    line = f"delivery {action.id} of {post.slug} → {action.profile}: {words} by {ws.by}"
    ws.note("delivery.cancelled", line, client=post.client, subject=f"post:{post.id}", delivery=action.id)
    click.echo(line)


def _require(action: Action, states: set[ActionState], what: str) -> None:
    if action.state not in states:
        raise SmmError(
            f"delivery {action.id} is {action.state} and cannot be {what}",
            hint=f"`smm explain {action.post_id}` says why",
        )


def _settle(session: Session, action: Action, outcome: Outcome, now: datetime, words: str) -> None:
    ws = session.ws
    ws.store.ledger.settle(action, outcome, None, now)
    post = ws.store.posts.get(action.post_id)
    line = f"delivery {action.id} of {post.slug} → {action.profile}: {words} by {ws.by}"
    ws.note(f"delivery.{outcome.state}", line, client=post.client, subject=f"post:{post.id}", delivery=action.id)
    click.echo(line)


for _command in changing.commands:
    deliveries.add_command(_command)
commands = {"deliveries": deliveries}
