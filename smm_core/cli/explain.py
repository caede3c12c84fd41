"""`smm explain`: why a post was or was not sent."""

from __future__ import annotations

import click

from smm_core.cli.output import json_option, local, show_json
from smm_core.cli.session import Session, pass_session


@click.command()
@click.argument("post")
@json_option
@pass_session
def explain(session: Session, post: str, as_json: bool) -> None:
    """Say why POST (number or name) was or was not sent, and everything that happened to it."""
    from smm_core.explain import explain

    ws = session.ws
    told = explain(ws, ws.store.posts.find(post))
    if as_json:
        show_json({"post": told.post, "verdicts": told.verdicts, "story": told.story})
        return
    zone = ws.client(told.post.client).zone
    click.echo(click.style(f"{told.post.slug}: {told.post.state}", bold=True))
    for line in told.verdicts:
        click.echo(f"  {line.about}: {line.text}")
    click.echo()
    for line in told.story:
        click.echo(f"  {local(line.at, zone) or 'now':16}  {line.about}: {line.text}")


commands = {"explain": explain}
