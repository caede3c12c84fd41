"""`smm adopt`: a restored or copied database becomes ours."""

from __future__ import annotations

import click

from smm_core.cli.session import Session, pass_session
from smm_core.hold import hold


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def adopt(session: Session, yes: bool) -> None:
    """Take a database that was restored from a backup or copied from elsewhere for ours, so that it publishes again.

    Make sure that no other copy of it is running: what both of them have due would go out twice.
    """
    ws = session.ws
    doubt = ws.store.doubt()
    if not doubt:
        click.echo("this is the database that was used here last: nothing to adopt")
        return
    overdue = ws.store.ledger.due(ws.clock.now())
    click.echo(f"{doubt}; {len(overdue)} deliveries are past due and will go by their late policy")
    if not yes:
        click.confirm("Is no other copy of this workspace running?", abort=True)
    with hold(ws.root, "smm adopt"):
        ws.store.adopt(ws.clock.now())
    ws.note("adopted", f"the database was adopted by {ws.by}: {doubt}", urgent=True)
    click.echo("adopted")


commands = {"adopt": adopt}
