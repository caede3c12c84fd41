"""`smm inbox`: what others said, and our answers. Its `list` is in `lists`, which starts sooner."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from smm_core.cli.changing import answered
from smm_core.cli.output import json_option, local, show_json, state_colour
from smm_core.cli.session import Session, pass_session
from smm_core.errors import SmmError
from smm_core.model import Action, InteractionState
from smm_core.store.lists import REPLIES, reply_words

if TYPE_CHECKING:
    from smm_core.store import Entry


@click.group()
def inbox() -> None:
    """Comments and mentions across profiles, and our replies."""


@inbox.command()
@click.argument("number", type=int)
@json_option
@pass_session
def show(session: Session, number: int, as_json: bool) -> None:
    """Show interaction NUMBER whole: what it is on, what was said, and our replies with how they stand."""
    store = session.store
    entry = store.inbox.get(number)
    replies = [store.ledger.get(one) for one in entry.replies]
    on = _on(session, entry)
    if as_json:
        show_json({"entry": entry, "post": on, "replies": [_plain(session, one) for one in replies]})
        return
    said, zone = entry.interaction, session.ws.config.zone
    name = f"{said.author_name} (@{said.author})" if said.author_name else f"@{said.author}"
    click.echo(click.style(f"{said.kind} {entry.id} on {said.profile}: {entry.state}", bold=True))
    for word, value in (
        ("from", name),
        ("at", local(said.at, zone)),
        ("on", on or ""),
        ("url", said.url or ""),
        ("edited", f"noticed {local(entry.edited_at, zone)}" if entry.edited_at else ""),
        (str(entry.state), f"by {entry.by}, {local(entry.changed_at, zone)}" if entry.by else ""),
    ):
        if value:
            click.echo(f"  {word:10} {value}")
    click.echo(f"\n{said.text}")
    for one in replies:
        click.echo(f"\n── our reply, delivery {one.id}: {_how(session, one)}")
        click.echo(_text(session, one))


def _on(session: Session, entry: Entry) -> str | None:
    """The slug of the post it belongs to; of a reply to a reply, nothing that a person has written."""
    if entry.on_post is None:
        return None
    post = session.store.posts.get(entry.on_post)
    return post.slug if post.source != REPLIES else None


def _how(session: Session, reply: Action) -> str:
    words = reply_words(reply.state, waits=reply.on_verdict)
    if reply.receipt and reply.receipt.url:
        words += f", {reply.receipt.url}"
    if words == "waiting for approval":
        asked = session.store.reviews.listed(post=reply.post_id)
        mine = [one.id for one in asked if one.digests.get(reply.profile) == reply.variant_digest]
        words += f": smm reviews approve {mine[-1]}" if mine else ""
    reason = f" ({reply.reason})" if reply.reason else ""
    return f"{state_colour(words)}{reason}, by {reply.by}"


def _text(session: Session, reply: Action) -> str:
    return session.store.posts.variant(reply.post_id, reply.profile, reply.variant_digest).parts[0].text


def _plain(session: Session, reply: Action) -> dict[str, Any]:
    says = reply_words(reply.state, waits=reply.on_verdict)
    return {
        "delivery": reply.id,
        "state": reply.state,
        "says": says,
        "by": reply.by,
        "reason": reply.reason,
        "url": reply.receipt.url if reply.receipt else None,
        "text": _text(session, reply),
    }


@inbox.command()
@click.argument("number", type=int)
@click.argument("text", required=False)
@click.option("--again", is_flag=True, help="Also when the very same was answered before.")
@json_option
@pass_session
def reply(session: Session, number: int, text: str | None, again: bool, as_json: bool) -> int:
    """Answer interaction NUMBER with TEXT ("-": from standard input; without TEXT, in your editor).

    It goes out at once, or once it is approved where the profile has approve_replies.
    """
    from smm_core.steps.reply import answer

    session.log()
    entry = session.store.inbox.get(number)
    planned, problems = answer(session.ws, entry, _written(entry, text), again=again)
    return answered(session, planned, problems, "smm inbox reply", as_json=as_json)


def _written(entry: Entry, text: str | None) -> str:
    if text == "-":
        return sys.stdin.read()
    if text is not None:
        return text
    said = entry.interaction
    quoted = "\n".join(f"> {line}" for line in said.text.splitlines())
    written = click.edit(f"\n{_BELOW}\n@{said.author}:\n{quoted}\n")
    if written is None:
        raise SmmError("nothing was written, nothing is sent")
    return written.partition(_BELOW)[0]


_BELOW = "> ---- your reply stands above this line; what is answered:"


@inbox.command()
@click.argument("numbers", nargs=-1, type=int, required=True)
@pass_session
def read(session: Session, numbers: tuple[int, ...]) -> None:
    """Mark interactions as read: somebody has seen them."""
    _mark(session, numbers, InteractionState.READ)


@inbox.command()
@click.argument("numbers", nargs=-1, type=int, required=True)
@pass_session
def done(session: Session, numbers: tuple[int, ...]) -> None:
    """Mark interactions as done: they need nothing any more, and are listed with --all only."""
    _mark(session, numbers, InteractionState.DONE)


@inbox.command()
@click.argument("numbers", nargs=-1, type=int, required=True)
@pass_session
def reopen(session: Session, numbers: tuple[int, ...]) -> None:
    """Make interactions new again."""
    _mark(session, numbers, InteractionState.NEW)


def _mark(session: Session, numbers: tuple[int, ...], state: InteractionState) -> None:
    ws = session.ws
    changed = ws.store.inbox.mark(numbers, state, ws.by, ws.clock.now())
    for number in dict.fromkeys(numbers):
        now = ws.store.inbox.get(number).state
        click.echo(f"interaction {number}: {now}" if number in changed else f"interaction {number} is {now} already")


commands = {"inbox": inbox}
