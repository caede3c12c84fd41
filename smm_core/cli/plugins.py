"""`smm plugins`: what is installed, what it offers, and whether it works."""

from __future__ import annotations

import click

from smm_core.cli.output import json_option, show_json, show_rows
from smm_core.cli.session import Session, pass_session
from smm_core.errors import NotFound, WorkspaceError
from smm_core.plugins import Loaded, Plugins


@click.group()
def plugins() -> None:
    """Plugins: everything that belongs to one platform, format or rule."""


def _loaded(session: Session) -> Plugins:
    """The workspace's plugins; outside a workspace all that are installed."""
    try:
        session.shield()
        return session.ws.plugins
    except WorkspaceError:
        from smm_core import discovery
        from smm_core.plugins import load

        return load(discovery.discover())


def _state(one: Loaded) -> str:
    if not one.enabled:
        return "not enabled in smm.toml"
    return f"broken: {one.error}" if one.error else "ok"


@plugins.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> int:
    """List plugins; exit code 1 when one is broken."""
    loaded = _loaded(session).loaded
    rows = [
        {
            "name": one.found.name,
            "package": one.found.package,
            "version": one.found.version,
            "offers": list(one.objects),
            "hooks": list(one.hooks),
            "state": _state(one),
        }
        for one in loaded
    ]
    show_rows(rows, as_json=as_json, empty="no plugins", columns=("name", "package", "version", "offers", "state"))
    return 1 if any(one.error for one in loaded) else 0


@plugins.command()
@click.argument("name")
@json_option
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """Show one plugin: where it comes from, its hooks, objects and abilities."""
    everything = _loaded(session)
    one = next((one for one in everything.loaded if one.found.name == name), None)
    if one is None:
        raise NotFound(
            f"there is no plugin {name!r}", hint=f"there are: {', '.join(one.found.name for one in everything.loaded)}"
        )
    abilities = {
        f"{family} {thing}": sorted(
            ability.__name__ for ability in getattr(everything.get(family, thing), "abilities", ())
        )
        for family, thing in (words.split(" ", 1) for words in one.objects)
    }
    if as_json:
        show_json({"plugin": one.found, "state": _state(one), "hooks": one.hooks, "abilities": abilities})
        return
    click.echo(click.style(f"{name}: {_state(one)}", bold=True))
    click.echo(
        f"  package  {one.found.package} {one.found.version}\n  from     {one.found.place}\n  entry    {one.found.target}"
    )
    click.echo(f"  hooks    {', '.join(one.hooks)}")
    for thing, words in abilities.items():
        able = f" ({', '.join(words)})" if words else ""
        click.echo(f"  offers   {thing}{able}")


commands = {"plugins": plugins}
