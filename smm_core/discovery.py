"""Finds plugins without importing one.

Entry points of the group `smm` are read straight from the `entry_points.txt` files on the path: a scan of folder names
costs next to nothing, while `importlib.metadata` would cost half of a command's start.
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
        for folder in _metadata_folders(Path(path or ".")):
            for one in _entry_points(folder):
                found.setdefault(one.name, one)
    return sorted(found.values(), key=lambda one: one.name)


def _metadata_folders(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as entries:
            return [path / entry.name for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return []


def _entry_points(folder: Path) -> list[Found]:
    try:
        text = (folder / "entry_points.txt").read_text("utf-8")
    except OSError:
        return []
    if f"[{GROUP}]" not in text:
        return []
    package, _, version = folder.stem.partition("-")
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
                    place=str(folder.parent),
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
