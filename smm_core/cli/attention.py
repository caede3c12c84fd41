"""`smm attention`: what waits for a person."""

from __future__ import annotations

import click

from smm_core.cli.output import client_option, json_option, local, show_rows
from smm_core.cli.session import Session, pass_session


@click.command()
@client_option
@json_option
@pass_session
def attention(session: Session, client: str | None, as_json: bool) -> int:
    """List what waits for a person, and the next step for each. Exit code 1 when something does."""
    from smm_core.attention import attention

    session.shield()
    ws = session.ws
    items = attention(ws, client)
    rows = [
        {
            "what": item.what,
            "since": item.since if as_json else local(item.since, ws.config.zone),
            "why": item.why,
            "next_step": item.next_step,
            "client": item.client,
        }
        for item in items
    ]
    show_rows(rows, as_json=as_json, empty="nothing waits for you", columns=("what", "since", "why", "next_step"))
    return 1 if items else 0


commands = {"attention": attention}
