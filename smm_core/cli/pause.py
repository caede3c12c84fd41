"""`smm pause` and `smm resume`: for a bad day."""

from __future__ import annotations

import click

from smm_core.cli.session import Session, pass_session
from smm_core.errors import NotFound


def _known(session: Session, client: str | None) -> str:
    if client and client not in session.ws.config.clients:
        raise NotFound(f"there is no client {client!r}", hint=f"there are: {', '.join(session.ws.config.clients)}")
    return client or ""


@click.command()
@click.option("--client", help="Only this client.")
@pass_session
def pause(session: Session, client: str | None) -> None:
    """Stop publishing at once, for everybody or one client. What is due waits; nothing is lost."""
    name = _known(session, client)
    session.store.profiles.pause(name, session.ws.by, session.ws.clock.now())
    session.ws.note(
        "paused", f"publishing is paused{f' for {name}' if name else ''} by {session.ws.by}", client=name, urgent=True
    )
    click.echo(f"paused{f' for {name}' if name else ''}; `smm resume{f' --client {name}' if name else ''}` goes on")


@click.command()
@click.option("--client", help="Only this client.")
@pass_session
def resume(session: Session, client: str | None) -> None:
    """Go on publishing. What became due meanwhile goes by its late policy."""
    name = _known(session, client)
    if not session.store.profiles.resume(name):
        paused = [who or "everybody" for who, _, _ in session.store.profiles.pauses()]
        raise NotFound(f"{name or 'everybody'} is not paused", hint=f"paused: {', '.join(paused) or 'nobody'}")
    session.ws.note("resumed", f"publishing goes on{f' for {name}' if name else ''}", client=name)
    click.echo("going on")


commands = {"pause": pause, "resume": resume}
