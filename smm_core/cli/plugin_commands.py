"""The commands that plugins offer, remembered, so that `smm --help` imports no plugin and reads no metadata.

What is remembered holds as long as no folder on the path has changed; then the plugins are found anew, and asked only
when they are not the same ones. Everything dear is imported where it is needed: this module is part of every start.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import click

    from smm_core.discovery import Found

# An installer first makes a folder and then fills it: what changed this lately may not be complete. Seconds.
_UNSETTLED = 10


class Offer(NamedTuple):
    """A command of a plugin: its help in one line, and the plugin's name. (A dataclass would cost more than all the rest.)"""

    help: str
    plugin: str


class _Index(NamedTuple):
    """What the file holds: the state of the path, the plugins found on it, and their commands by name."""

    folders: str
    plugins: str
    commands: Mapping[str, Offer]


def offered(taken: Collection[str]) -> Mapping[str, Offer]:
    """The commands of all installed plugins by name, without those whose names are `taken`."""
    path = _index_path()
    index = _read(path)
    folders = _folders()
    if index is not None and index.folders == folders:
        return index.commands
    from smm_core import discovery

    found = discovery.discover()
    mark = discovery.fingerprint(found)
    commands = index.commands if index is not None and index.plugins == mark else _ask(found, taken)
    _write(path, _Index(folders=folders, plugins=mark, commands=commands))
    return commands


def load(name: str, offer: Offer) -> click.Command | None:
    """The command itself; imports the plugin that offers it, and no other."""
    from smm_core import discovery

    found = [one for one in discovery.discover() if one.name == offer.plugin]
    return next((command for _, command in _commands_of(found) if command.name == name), None)


def _ask(found: list[Found], taken: Collection[str]) -> dict[str, Offer]:
    commands: dict[str, Offer] = {}
    for owner, command in _commands_of(found):
        if command.name and command.name not in taken and command.name not in commands:
            commands[command.name] = Offer(help=command.get_short_help_str(), plugin=owner)
    return commands


def _commands_of(found: list[Found]) -> list[tuple[str, click.Command]]:
    import click

    from smm_core import plugins
    from smm_core.engine import Engine

    answers = plugins.load(found).broadcast(Engine(), "smm_commands")
    return [
        (owner, command)
        for owner, answer in answers
        if isinstance(answer, list | tuple)
        for command in answer
        if isinstance(command, click.Command)
    ]


# ---------------------------------------------------------------- the file


def _index_path() -> str:
    """One file for each environment, so that two of them do not make each other forget."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - pathlib costs more
    return f"{cache}/smm/commands{sys.prefix.replace(os.sep, '-')[-200:]}.txt"


def _folders() -> str:
    """Every folder on the path with the time of its last change; empty while one of them is still being changed."""
    marks = []
    for folder in sys.path:
        try:
            changed = os.stat(folder or ".").st_mtime_ns  # noqa: PTH116 - pathlib costs more
        except OSError:
            continue
        if time.time() - changed / 1e9 < _UNSETTLED:
            return ""
        marks.append((folder or os.getcwd(), changed))  # noqa: PTH109 - pathlib costs more
    return repr(marks)


def _read(path: str) -> _Index | None:
    """The remembered commands, or None."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs more
            folders, plugins, *lines = file.read().splitlines()
        commands = {name: Offer(help=text, plugin=owner) for name, owner, text in (line.split("\t") for line in lines)}
    except (OSError, ValueError):
        return None
    return _Index(folders=folders or "unsettled", plugins=plugins, commands=commands)


def _write(path: str, index: _Index) -> None:
    """Remember the commands; where that is not possible, they are asked for again next time."""
    lines = [f"{name}\t{offer.plugin}\t{' '.join(offer.help.split())}" for name, offer in index.commands.items()]
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - pathlib costs more
        with open(temporary, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs more
            file.write("\n".join([index.folders, index.plugins, *lines, ""]))
        os.replace(temporary, path)  # noqa: PTH105 - pathlib costs more
    except OSError:
        return
