"""Holding a workspace: one process at a time may send. A file lock for its life, with its process id to tell others."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from smm_core.errors import WorkspaceError


class Held(WorkspaceError):
    """Another process holds the workspace; `pid` is its process id, 0 when that is not known."""

    def __init__(self, root: Path, pid: int, doing: str) -> None:
        who = f"process {pid} ({doing})" if pid else "another process"
        super().__init__(
            f"{who} already holds the workspace {root}", hint=f"stop it first: kill {pid}" if pid else "stop it first"
        )
        self.pid = pid


@contextlib.contextmanager
def hold(root: Path, doing: str) -> Iterator[None]:
    """Hold the workspace within this block; `Held` when another process does. The lock dies with the process."""
    folder = root / ".smm"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / "daemon.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WorkspaceError(f"{folder}: {error.strerror}", hint="the workspace must be writable") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, who = _holder(handle)
            raise Held(root, pid, who) from None
        try:
            _write(handle, f"{os.getpid()} {doing}")
        except OSError as error:
            raise WorkspaceError(f"{folder}: {error.strerror}", hint="the workspace needs room on its disk") from None
        try:
            yield
        finally:
            _write(handle, "")
    finally:
        os.close(handle)


def holder(root: Path) -> tuple[int, str] | None:
    """Who holds the workspace (process id, what it does), or None."""
    try:
        handle = os.open(root / ".smm" / "daemon.lock", os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(handle)
    else:
        return None
    finally:
        os.close(handle)


def _holder(handle: int) -> tuple[int, str]:
    pid, _, doing = os.pread(handle, 200, 0).decode("utf-8", "replace").partition(" ")
    return (int(pid) if pid.isdigit() else 0), doing.strip()


def _write(handle: int, text: str) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, text.encode(), 0)
