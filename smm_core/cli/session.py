"""What every command shares: the open workspace, and how errors are said."""

from __future__ import annotations

import errno
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smm_core.errors import ConfigError, ConfigErrors, ContentError, SmmError, WorkspaceError

if TYPE_CHECKING:
    from smm_core.contracts import ReviewDesk
    from smm_core.store import Store
    from smm_core.store.database import Database
    from smm_core.supervise import Ended
    from smm_core.workspace import Workspace


class Session:
    """Opens the workspace when a command first asks for it. Plugins' commands get this object as `ctx.obj`."""

    def __init__(self, start: Path | None, *, verbose: bool, shielded: bool = False) -> None:
        self._start = start
        self.verbose = verbose
        self.shielded = shielded

    @cached_property
    def root(self) -> Path:
        """The workspace's folder; none here is an error that says how to make one."""
        from smm_core.root import find_root

        return find_root(self._start)

    @cached_property
    def ws(self) -> Workspace:
        """The open workspace."""
        from smm_core.workspace import Workspace

        return Workspace(self.root)

    @property
    def store(self) -> Store:
        """The database alone, for listings that need nothing else."""
        return self.ws.store

    @cached_property
    def database(self) -> Database:
        """The database's file alone, for listings."""
        from smm_core.root import database_path
        from smm_core.store.database import Database

        return Database(database_path(self.root))

    def local(self, instant: str | None) -> str:
        """An instant as the store writes it, as wall time in the workspace's zone, for a cell."""
        if instant is None:
            return ""
        from smm_core.cli.output import local
        from smm_core.clock import from_text

        return local(from_text(instant), self.zone)

    @cached_property
    def zone(self) -> str:
        """The workspace's zone, read without decoding the whole configuration."""
        import tomllib

        try:
            table = tomllib.loads((self.root / "smm.toml").read_text("utf-8")).get("workspace", {})
        except (OSError, ValueError):
            return "UTC"
        return str(table.get("zone", "UTC"))

    def data_dir(self, plugin: str) -> Path:
        """The folder of a plugin inside the workspace."""
        from smm_core.context import plugin_folder

        return plugin_folder(self.root, plugin)

    def desk(self, plugin: str) -> ReviewDesk:
        """The desk of the workspace, for the commands of a plugin that shows reviews to people."""
        return self.ws.desk(plugin)

    def log(self) -> None:
        """Start logging to the workspace's log file; commands that call plugins do, before anything else of the workspace."""
        from smm_core import logs

        self.shield()
        logs.set_up(self.root, verbose=self.verbose)

    def shield(self) -> None:
        """Go on in a child where this process is the command's own, so that somebody is left to say which plugin ended it."""
        if (
            self.shielded and "store" not in self.ws.__dict__
        ):  # a database that is open must not be used in two processes
            from smm_core.supervise import go_on_in_a_child

            self.shielded = False
            go_on_in_a_child(self._explain)

    def _explain(self, ended: Ended) -> int | None:
        """Say which plugin's call ended the command; None when none was under way."""
        import logging

        from smm_core.engine import breadcrumbs_of, left_behind

        calls = left_behind(breadcrumbs_of(self.root, ended.pid))
        if not calls:
            return None
        self.log()
        for line in self.ws.quarantine.blame(calls, ended.words):
            logging.getLogger("smm.plugins").warning(line)
            click.echo(click.style("error: ", fg="red") + line, err=True)
        return 1

    def close(self) -> None:
        """Close what was opened."""
        if "ws" in self.__dict__:
            self.ws.close()
        if "database" in self.__dict__:
            self.database.close()
        if "smm_core.logs" in sys.modules:
            sys.modules["smm_core.logs"].tear_down()


pass_session = click.make_pass_decorator(Session)

# What the machine may refuse anybody at any time, and what to do then.
_NOT_OURS = {
    errno.ENOSPC: "free some space, then run it again",
    errno.EDQUOT: "free some space, then run it again",
    errno.EROFS: "the workspace must be writable",
    errno.EACCES: "check its permissions",
    errno.EPERM: "check its permissions",
}


def explain_failure(error: Exception) -> int:
    """Say an error in one line (or a few, for several mistakes) on stderr, and the exit code it means."""
    if isinstance(error, SmmError):
        from smm_core.secrets import scrub

        for mistake in error.mistakes if isinstance(error, ConfigErrors) else (error,):
            click.echo(click.style("error: ", fg="red") + scrub(str(mistake)), err=True)
        return 2 if isinstance(error, ConfigError | WorkspaceError | ContentError) else 1
    if os.environ.get("SMM_TRACEBACK"):
        raise error
    if isinstance(error, OSError) and error.errno in _NOT_OURS:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"{click.style('error: ', fg='red')}{where}{error.strerror} ({_NOT_OURS[error.errno]})", err=True)
        return 1
    click.echo(
        f"error: a mistake in smm itself: {type(error).__name__}: {error} (SMM_TRACEBACK=1 shows where; please report it)",
        err=True,
    )
    return 1
