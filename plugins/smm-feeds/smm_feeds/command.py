"""`smm feeds import`: a subscription list into the workspace."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from smm_core import ContentError, WorkspaceError
from smm_feeds.entries import NotReadable
from smm_feeds.subscriptions import read_opml

if TYPE_CHECKING:
    import click

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_MOST_BYTES = 10_000_000


def feeds_group() -> click.Group:
    """The commands of this plugin."""
    import click

    @click.group(
        name="feeds",
        short_help="Subscription lists of feeds.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    def feeds() -> None:
        """Subscription lists of feeds."""

    @feeds.command(name="import")
    @click.argument("opml", type=click.Path(path_type=Path))
    @click.option("--name", default=None, help="Name of the source; by default the file's name.")
    @click.option("--replace", is_flag=True, help="Replace a list of that name that differs.")
    def import_(opml: Path, name: str | None, replace: bool) -> None:
        """Copy the subscription list OPML into the workspace and print the table to add to smm.toml."""
        known = name or re.sub(r"[^a-z0-9]+", "-", opml.stem.lower()).strip("-") or "feeds"
        path, count = import_opml(opml, known, _workspace(), replace=replace)
        click.echo(f"{path}: {count} feed{'s' if count != 1 else ''}. Add this to smm.toml:", err=True)
        click.echo(f'\n[sources.{known}]\ntype = "feed"\nopml = ["{path}"]')

    return feeds


def import_opml(opml: Path, name: str, workspace: Path, *, replace: bool = False) -> tuple[str, int]:
    """Copy a list to `feeds/NAME.opml`; its path in the workspace and how many feeds it has.

    A file that is no list of feeds, a name that cannot be one, and a different list of that name are a `ContentError`.
    """
    if not _NAME.fullmatch(name):
        raise ContentError(f"{name!r} cannot be a source's name", where="--name", hint="use a-z, 0-9 and -")
    try:
        with opml.open("rb") as file:
            body = file.read(_MOST_BYTES)
        feeds = read_opml(body)
    except OSError as error:
        raise ContentError(error.strerror or str(error), where=str(opml)) from None
    except NotReadable as error:
        raise ContentError(error.message, where=str(opml), hint=error.hint) from None
    if not feeds:
        raise ContentError("lists no feeds (no outline has an xmlUrl)", where=str(opml))
    target = workspace / "feeds" / f"{name}.opml"
    if target.exists() and target.read_bytes() != body and not replace:
        raise ContentError(
            "is there already and differs", where=str(target), hint="choose another --name, or --replace it"
        )
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(body)
    return f"feeds/{name}.opml", len(feeds)


def _workspace() -> Path:
    here = Path(os.environ.get("SMM_WORKSPACE") or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "smm.toml").is_file():
            return folder
    raise WorkspaceError(f"there is no workspace in {here}", hint="make one with `smm init DIR`, or set SMM_WORKSPACE")
