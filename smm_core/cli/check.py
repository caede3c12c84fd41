"""`smm check`: what a platform or the brand book would complain about, before anybody is asked."""

from __future__ import annotations

from typing import Any

import click

from smm_core.cli.output import json_option, show_json, table
from smm_core.cli.session import Session, pass_session
from smm_core.errors import SmmError
from smm_core.model import Level


@click.command()
@click.argument("post")
@click.option("--profile", "only", multiple=True, help="Only for this profile.")
@click.option("--client", help="Whose post it is, for a file outside the content folders.")
@json_option
@pass_session
def check(session: Session, post: str, only: tuple[str, ...], client: str | None, as_json: bool) -> int:
    """Check POST (number, name or any post file) against the limits of its profiles and the brand book.

    Nothing is stored. Exit code 1 when something blocks.
    """
    from smm_core.cli.problems import COLUMNS, problem_rows
    from smm_core.cli.target import chosen, find_target
    from smm_core.lengths import say_lengths
    from smm_core.steps.render import in_company, render_variant

    ws = session.ws
    session.log()
    target = find_target(ws, post, client=client)
    rows: list[dict[str, Any]] = []
    used: dict[str, tuple[str, ...]] = {}
    blocks = False
    for name in chosen(target.content.profiles, only):
        checked = render_variant(ws, target.content, target.client, name, slug=target.slug)
        variant, problems = in_company(ws, target.content, target.number, checked)
        rows += problem_rows(name, problems, as_json=as_json)
        blocks |= any(problem.level is Level.BLOCK for problem in problems)
        try:
            used[name] = say_lengths(variant, ws.limits_of(ws.profile(name)))
        except SmmError:
            used[name] = ()  # the problems above say why it has no limits
    if as_json:
        show_json({"post": target.name, "blocks": blocks, "problems": rows, "lengths": used})
        return int(blocks)
    if rows:
        click.echo(table([[str(row[column] or "") for column in COLUMNS] for row in rows], COLUMNS))
    elif used:
        click.echo(f"{target.name}: nothing to complain about")
    else:
        click.echo(f"{target.name} goes to no profile", err=True)
    for name, counts in used.items():
        for line in counts:
            click.echo(f"{name}: {line}")
    return int(blocks)


commands = {"check": check}
