"""`smm plugins new`: the files of a new plugin, which run at once."""

from __future__ import annotations

from pathlib import Path

import click

from smm_core.cli.session import Session, pass_session
from smm_core.errors import WorkspaceError

_FAMILIES = ("publisher", "source", "template", "approver", "metrics")


@click.command()
@click.argument("family", type=click.Choice(_FAMILIES))
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="The folder that it is made in (default: this one).",
)
@click.option("--title", default="", help="What people call it (default: NAME in capitals, 'Village Board').")
@click.option("--single-file", is_flag=True, help="One short file in the workspace's plugins/ folder, not a package.")
@pass_session
def new(session: Session, family: str, name: str, into: Path | None, title: str, single_file: bool) -> None:
    """Make a new plugin of a FAMILY, called NAME: a package that can be installed, with tests. It runs at once.

    NAME is the platform's name, the source's type, the template's or the approver's name. No file is overwritten.
    """
    from datetime import date

    from smm_core.scaffold.new_plugin import NewPlugin, named, titled, write_package, write_single_file

    plugin = NewPlugin(family=family, name=named(name), today=date.today(), called=titled(title))
    if single_file:
        path = write_single_file(plugin, session.root / "plugins")
        click.echo(f"made {path.relative_to(session.root)}")
        _say_next("smm plugins list", _first_use(family, plugin.name), "smm doctor")
        return
    taken = _taken_by(plugin.name)
    if taken and into is None:
        raise WorkspaceError(
            f"the plugin {plugin.name} is installed already, by {taken}",
            hint="choose another name, or make it beside that one with --into FOLDER",
        )
    into = into or Path()
    written = write_package(plugin, into)
    folder = into / plugin.package
    click.echo(f"made {len(written)} files in {folder}")
    if taken:
        click.echo(
            f"two plugins {plugin.name} cannot both be loaded: uninstall {taken} before you install this", err=True
        )
    _say_next(
        f'python -m pip install -e "{folder}[test]"', f"python -m pytest {folder}", f"smm plugins show {plugin.name}"
    )


def _say_next(*commands: str) -> None:
    click.echo(f"next: {', then '.join(f'`{command}`' for command in commands)}")


def _first_use(family: str, name: str) -> str:
    return {
        "publisher": f"smm profiles add {name}",
        "source": "smm collect",
        "template": f"smm ideas use NUMBER --template {name}",
        "approver": "smm review",
        "metrics": "smm measure",
    }[family]


def _taken_by(name: str) -> str:
    """Who has installed a plugin of this name, and where; empty when nobody has."""
    from smm_core import discovery

    found = next((one for one in discovery.discover() if one.name == name), None)
    return f"{found.package} in {found.place}" if found else ""
