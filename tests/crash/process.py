"""The real daemon as processes of its own: started, killed, frozen, and asked who it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from smm_core.hold import holder
from tests.crash import points

REPOSITORY = Path(__file__).parents[2]
_STANDS_STILL_WITHIN = 10.0
_SMM = (sys.executable, "-c", "from tests.crash.points import run_under_test; run_under_test()")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Where a trial takes place.

    `root` is the workspace, `beside` a folder that may be on another disk: for the points, the clock, and what the
    daemon says. `compiles` when the daemon may keep what it compiled: not where its writes are cut short, or the next
    process would load half a module.
    """

    root: Path
    beside: Path
    compiles: bool = True

    @classmethod
    def at(cls, folder: Path) -> Ground:
        """Everything below one folder, which is made."""
        ground = cls(root=folder / "workspace", beside=folder)
        ground.make()
        return ground

    def make(self) -> None:
        """Make what is beside the workspace; the clock is right."""
        self.beside.mkdir(parents=True, exist_ok=True)
        points.set_clock(self.beside, 0.0)

    @property
    def database(self) -> Path:
        """The database."""
        return self.root / ".smm" / "smm.db"

    def holder(self) -> int:
        """The process that holds the workspace; 0 when none does."""
        held = holder(self.root)
        return held[0] if held else 0

    def command(self) -> list[str]:
        """`smm run` on this ground."""
        return [*_SMM, "-w", str(self.root), "run", "--quiet"]

    def environment(self) -> dict[str, str]:
        """Where the points are, and where the publisher is imported from."""
        return {
            **os.environ,
            points.VARIABLE: str(self.beside),
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONDONTWRITEBYTECODE": "" if self.compiles else "1",
        }


class Daemon:
    """One `smm run` with all its processes."""

    def __init__(self, ground: Ground) -> None:
        with (ground.beside / "said.txt").open("ab") as said:
            self._process = subprocess.Popen(
                ground.command(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                env=ground.environment(),
            )
        self._lock = threading.Lock()

    def signal(self, number: int) -> None:
        """To all its processes; nothing happens when it is dead."""
        with self._lock, suppress(ProcessLookupError):
            if self._process.returncode is None:
                os.killpg(self._process.pid, number)

    def freeze(self) -> None:
        """Stop all its processes where they are. When this returns, they do stand still.

        The signal alone is not enough: until one thread of a process has had its turn to take it, the others go on,
        which on a busy machine takes them into the next transaction.
        """
        self.signal(signal.SIGSTOP)
        end = time.monotonic() + _STANDS_STILL_WITHIN
        while not self._stands_still():
            assert time.monotonic() < end, "it does not stand still"
            time.sleep(0.001)

    def thaw(self) -> None:
        """Let them go on."""
        self.signal(signal.SIGCONT)

    def _stands_still(self) -> bool:
        """Whether no thread of it runs. Where there is no /proc, nobody knows, and it is believed."""
        return all(_state(thread) in "TtZX" for pid in _tree(self._process.pid) for thread in _threads(pid))

    def died(self, seconds: float) -> bool:
        """Wait so long for its end; whether it came."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it at once, frozen or not."""
        self.signal(signal.SIGKILL)
        if not self.died(10):
            raise AssertionError("it survived SIGKILL")

    def stop(self) -> None:
        """Ask it to stop, as a person would; it must end well."""
        self._process.terminate()
        code = self._process.wait(15)
        assert code == 0, f"asked to stop, the daemon ended with {code}"


def _tree(pid: int) -> Iterator[int]:
    """A process and those it started, and theirs."""
    yield pid
    for thread in _threads(pid):
        with suppress(OSError):
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))


def _threads(pid: int) -> list[Path]:
    with suppress(OSError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def _state(thread: Path) -> str:
    """The letter of a thread's state: T when it is stopped, X when it is gone."""
    with suppress(OSError):
        return (thread / "stat").read_text().rpartition(")")[2].split()[0]
    return "X"


def second_is_refused(ground: Ground) -> None:
    """Start a second daemon: it must say that another one holds the workspace, and end."""
    second = subprocess.run(
        ground.command(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        start_new_session=True,
        env=ground.environment(),
    )
    assert second.returncode == 2, f"the second daemon ended with {second.returncode}: {second.stderr}"
    assert "already holds the workspace" in second.stderr, second.stderr
