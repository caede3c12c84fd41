"""Is it still the file we knew? A database that was restored or copied here must not send again what its other self sent."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from smm_core.errors import StoreError


class Identity:
    """Notices that a database was restored from a backup, or copied here from elsewhere.

    Beside the database lies `machine.json` with the machine, the file's inode and the epoch it last had. A copy has
    another inode or machine; a restored database is behind in its epoch.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.parent / "machine.json"

    def doubt(self, epoch: int) -> str:
        """Why this may not be the file we knew, in words; empty when it is."""
        import json

        try:
            known = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return "it was copied here without its machine.json" if epoch else ""
        except (OSError, ValueError):
            return "machine.json beside it cannot be read"
        if known.get("machine") != _machine():
            return "it comes from another machine"
        if known.get("inode") != self._database.stat().st_ino:
            return "it is a copy of the file that was used last"
        if epoch < int(known.get("epoch", 0)):
            return "it is older than the one that was used last, as after restoring a backup"
        return ""

    def remember(self, epoch: int) -> None:
        """Take the file as it is for the one we know."""
        import json

        text = json.dumps({"machine": _machine(), "inode": self._database.stat().st_ino, "epoch": epoch})
        temporary = self._path.with_suffix(".new")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror}", hint="the workspace must be writable") from None


def _sync_folder(folder: Path) -> None:
    """What was renamed in a folder is on disk: after a power cut, half a file beside the database would stop everything."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _machine() -> str:
    """A name for this machine that says nothing about it."""
    import hashlib
    import uuid

    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with contextlib.suppress(OSError):
            return hashlib.sha256(b"smm" + Path(path).read_bytes().strip()).hexdigest()[:16]
    return hashlib.sha256(f"smm{uuid.getnode()}".encode()).hexdigest()[:16]
