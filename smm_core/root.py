"""Where a workspace is: the nearest folder with an `smm.toml`."""

from __future__ import annotations

import os
from pathlib import Path

from smm_core.errors import WorkspaceError


def find_root(start: Path | None = None) -> Path:
    """The workspace that a folder lies in: itself or the nearest folder above with an `smm.toml`.

    Without `start` it is looked for from `SMM_WORKSPACE`, else from the present folder; none is a `WorkspaceError`.
    """
    here = (start or Path(os.environ.get("SMM_WORKSPACE") or Path.cwd())).resolve()
    for folder in (here, *here.parents):
        if (folder / "smm.toml").is_file():
            return folder
    raise WorkspaceError(
        f"there is no workspace in {here}", hint="make one with `smm init DIR`, or point to one with -w DIR"
    )


def database_path(root: Path) -> Path:
    """The database of a workspace."""
    return root / ".smm" / "smm.db"
