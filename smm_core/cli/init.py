"""`smm init`: a workspace that works at once."""

from __future__ import annotations

import os
from pathlib import Path

import click

from smm_core.errors import SmmError, WorkspaceError


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="What the workspace is called (default: the folder's name).")
@click.option(
    "--language", type=click.Choice(["en", "nl"]), help="The language of the samples (default: the system's)."
)
@click.option("--zone", help="The time zone, such as Europe/Amsterdam (default: the system's).")
def init(directory: Path, name: str | None, language: str | None, zone: str | None) -> None:
    """Make a workspace in DIRECTORY: configuration, brand book, sample posts and test profiles. No file is overwritten."""
    from smm_core.clock import zone_of
    from smm_core.scaffold import write_workspace

    target = directory.absolute()
    if (target / "smm.toml").exists():
        raise WorkspaceError(f"{directory} is a workspace already", hint=f"look at it with `smm -w {directory} doctor`")
    if zone is not None:
        zone_of(zone)
    try:
        written = write_workspace(
            target,
            name=name or target.name or "workspace",
            language=language or guess_language(),
            zone=zone or guess_zone(),
        )
    except OSError as error:
        raise WorkspaceError(
            f"{directory}: {error.strerror or error}", hint="choose a folder you may write to"
        ) from None
    click.echo(f"made {len(written)} files in {directory}; next:")
    click.echo(f"  cd {directory}")
    click.echo("  smm posts list       (after `smm collect`: the sample posts)")
    click.echo("  smm run --until-idle (everything, on test profiles: nothing leaves this machine)")


def guess_zone() -> str:
    """The system's IANA zone, as far as it says so; else UTC."""
    from smm_core.clock import zone_of

    for candidate in (os.environ.get("TZ", "").lstrip(":"), _linked_zone(), _written_zone()):
        if candidate:
            try:
                return zone_of(candidate).key
            except SmmError:
                continue
    return "UTC"


def _linked_zone() -> str:
    try:
        target = Path("/etc/localtime").resolve().as_posix()
    except OSError:
        return ""
    return target.partition("/zoneinfo/")[2]


def _written_zone() -> str:
    try:
        return Path("/etc/timezone").read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def guess_language() -> str:
    """`nl` where the system speaks Dutch, else `en`."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "nl" if spoken.lower().startswith("nl") else "en"


commands = {"init": init}
