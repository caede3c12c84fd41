"""Finds plugins without importing one.

Entry points of the group `smm` are read straight from the `entry_points.txt` files on the path: a scan of folder names
costs next to nothing, while `importlib.metadata` would cost half of a command's start (and pathlib a tenth).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

GROUP = "smm"


class Found(NamedTuple):
    """A plugin that is there, not yet imported: its entry point, its package and version, and where it lies."""

    name: str
    target: str
    package: str
    version: str
    place: str


def discover(paths: Iterable[str] | None = None) -> list[Found]:
    """All plugins that are installed, sorted by name, without importing one and without importlib.metadata."""
    found: dict[str, Found] = {}
    for path in sys.path if paths is None else paths:
        for folder in _metadata_folders(path or "."):
            for one in _entry_points(path or ".", folder):
                found.setdefault(one.name, one)
    return sorted(found.values(), key=lambda one: one.name)


def _metadata_folders(path: str) -> list[str]:
    try:
        return [name for name in os.listdir(path) if name.endswith((".dist-info", ".egg-info"))]  # noqa: PTH208
    except OSError:
        return []


def _entry_points(path: str, folder: str) -> list[Found]:
    try:
        with open(f"{path}/{folder}/entry_points.txt", encoding="utf-8") as file:  # noqa: PTH123
            text = file.read()
    except OSError:
        return []
    if f"[{GROUP}]" not in text:
        return []
    package, _, version = folder.rpartition(".")[0].partition("-")
    section, found = "", []
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == GROUP and "=" in line:
            name, target = (word.strip() for word in line.split("=", 1))
            found.append(
                Found(
                    name=name,
                    target=target,
                    package=package.replace("_", "-"),
                    version=version,
                    place=path,
                )
            )
    return found


def discover_files(folder: Path) -> list[Found]:
    """Single-file plugins in a workspace's `plugins/` folder."""
    if not folder.is_dir():
        return []
    return [
        Found(name=path.stem, target=str(path), package="workspace", version="", place=str(folder))
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith("_")
    ]


def fingerprint(found: Sequence[Found]) -> str:
    """One line that changes whenever a plugin is installed, removed or upgraded."""
    return repr([tuple(one) for one in found])
