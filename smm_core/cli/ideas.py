"""`smm ideas`: inspiration that was collected, and the way from an idea to a post."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from smm_core.cli.output import json_option, local, show_json
from smm_core.cli.session import Session, pass_session
from smm_core.cli.when import AT_HELP, read_at
from smm_core.model import Idea, IdeaState, PostContent
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.workspace import Workspace


@click.group()
def ideas() -> None:
    """Ideas: inspiration from the sources, each kept once."""


@ideas.command()
@click.argument("number", type=int)
@json_option
@pass_session
def show(session: Session, number: int, as_json: bool) -> None:
    """Show one idea with its text and where it came from."""
    ws = session.ws
    idea = ws.store.ideas.get(number)
    if as_json:
        show_json(idea)
        return
    found = idea.found
    click.echo(click.style(f"{idea.id} {found.title}", bold=True) + f": {idea.state}")
    for name, value in (
        ("source", idea.source),
        ("client", idea.client),
        ("author", found.author),
        ("published", local(found.published_at, ws.config.zone)),
        ("collected", local(idea.collected_at, ws.config.zone)),
        ("labels", ", ".join(found.labels)),
        ("url", found.url),
        ("pictures", ", ".join(found.pictures)),
    ):
        if value:
            click.echo(f"  {name:10}  {value}")
    if found.text:
        click.echo(f"\n{found.text}")
    if idea.state is IdeaState.NEW:
        click.echo(f"\nmake a post of it: smm ideas use {idea.id}", err=True)


@ideas.command()
@click.argument("number", type=int)
@click.option("--template", help="Compose it with this template (default: title, text and link as they are).")
@click.option("--layout", help="The template's layout.")
@click.option("--profile", "profiles", multiple=True, help="A profile it goes to (default: all of the client's).")
@click.option("--at", help=AT_HELP)
@click.option("--ready", is_flag=True, help="Not as a draft: it goes on to review at once.")
@pass_session
def use(
    session: Session,
    number: int,
    template: str | None,
    layout: str | None,
    profiles: tuple[str, ...],
    at: str | None,
    ready: bool,
) -> None:
    """Write a post file of idea NUMBER, as a draft, and mark the idea used."""
    from smm_core import authoring
    from smm_core.cli.target import chosen, place_of, profiles_of
    from smm_core.cli.written import collected, say_written
    from smm_core.steps.compose import composed

    if (template is None) != (layout is None):
        raise click.UsageError("--template and --layout belong together.")
    ws = session.ws
    session.log()
    idea = ws.store.ideas.get(number)
    content = composed(ws, idea, template, layout) if template is not None and layout is not None else plain(idea)
    if profiles:
        content = replace(content, profiles=chosen(profiles_of(ws, idea.client), profiles))
    if at:
        content = replace(content, when=read_at(at, zone=ws.client(idea.client).zone, now=ws.clock.now()))
    path = authoring.new_post(ws, idea.client, replace(content, idea=idea.id), draft=not ready)
    _mark(ws, idea, IdeaState.USED, f"became {path.stem}")
    place = place_of(ws, path)
    if place is not None:
        say_written(ws, collected(ws, place, path), path)


def plain(idea: Idea) -> PostContent:
    """The idea as a post without any template: its title, its text (or title) and its link."""
    found = idea.found
    return PostContent(title=found.title, parts=(found.text or found.title,), link=found.url, idea=idea.id)


@ideas.command()
@click.argument("number", type=int)
@pass_session
def dismiss(session: Session, number: int) -> None:
    """Put idea NUMBER aside: no rule makes a post of it."""
    ws = session.ws
    idea = ws.store.ideas.get(number)
    _mark(ws, idea, IdeaState.DISMISSED, "was dismissed")
    click.echo(f"idea {idea.id} is dismissed")


def _mark(ws: Workspace, idea: Idea, state: IdeaState, what: str) -> None:
    ws.store.ideas.mark(idea.id, state)
    message = f"idea {idea.id} {what} by {ws.by}"
    ws.note(f"idea.{state}", message, client=idea.client, subject=f"idea:{idea.id}")


commands = {"ideas": ideas}
