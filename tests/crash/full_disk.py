"""A disk that runs full under the daemon again and again, with kills in between. With room again, it goes on by itself."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from smm_core.store import Store
from smm_core.values import replace
from tests.crash.platform import Temper
from tests.crash.process import REPOSITORY, Ground
from tests.crash.scene import Plan
from tests.crash.stage import Say, Stage, Verdict, soon

FULL_FOR = (0.3, 1.0, 2.5)
KILL_EVERY = 3


class Room(Protocol):
    """What can be taken away and given back."""

    def fill(self) -> None:
        """Leave no room."""
        ...

    def free(self) -> None:
        """Make room again."""
        ...


class Disk:
    """A small disk of its own for the workspace. Seen by this process and those it starts, and gone when they are."""

    def __init__(self, place: Path, size: str) -> None:
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True, capture_output=True)
        self._filler = place / "filler"

    def fill(self) -> None:
        """Leave no room."""
        with self._filler.open("ab", buffering=0) as filler:
            size = 1 << 20
            while size:
                try:
                    filler.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink()


@dataclass(kw_only=True, slots=True)
class Quota:
    """A limit to the size of the daemon's files, in place of a disk: the kernel refuses to write beyond it."""

    holder: Callable[[], int]

    def fill(self) -> None:
        """No file of the process that holds the workspace may grow."""
        self._limit(1)

    def free(self) -> None:
        """They may again."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        process = self.holder()
        with suppress(ProcessLookupError):
            if process:
                resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def fill_a_disk(
    folder: Path, plan: Plan, *, fills: int = 40, seed: int = 1, patience: float = 900.0, size: str = "32m"
) -> tuple[Verdict, str]:
    """The trial in a process that may mount, and on what it was held. Where nobody may, the daemon's files may not grow."""
    asked = folder / "asked.pickle"
    folder.mkdir(parents=True, exist_ok=True)
    asked.write_bytes(pickle.dumps((plan, fills, seed, patience, size)))
    users = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    try:
        done = subprocess.run(
            ["unshare", *users, "--mount", sys.executable, "-c", _ELSEWHERE, folder],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pass
    else:
        if (folder / "verdict.pickle").exists():
            return pickle.loads((folder / "verdict.pickle").read_bytes()), f"a disk of {size}"  # noqa: S301 - our own
        if (folder / "mounted").exists():
            raise AssertionError(done.stderr)
    ground = replace(Ground.at(folder), compiles=False)
    trial = FullDisk(ground, Quota(holder=ground.holder), plan, fills=fills, seed=seed, patience=patience)
    return trial.run(), "files that may not grow, as nothing can be mounted here"


_ELSEWHERE = "import sys; from tests.crash.full_disk import elsewhere; elsewhere(sys.argv[1])"


def elsewhere(place: str) -> None:
    """In the process that may mount."""
    folder = Path(place)
    plan, fills, seed, patience, size = pickle.loads((folder / "asked.pickle").read_bytes())  # noqa: S301 - our own
    disk = Disk(folder / "disk", size)
    (folder / "mounted").touch()
    root = folder / "disk" / "workspace"
    ground = Ground(root=root, beside=folder / "beside", compiles=False)
    ground.make()
    verdict = FullDisk(ground, disk, plan, fills=fills, seed=seed, patience=patience).run()
    (folder / "verdict.pickle").write_bytes(pickle.dumps(verdict))


class FullDisk(Stage):
    """Fills the disk `troubles` times. Every third time the daemon is killed meanwhile, else the same process goes on."""

    def __init__(
        self,
        ground: Ground,
        room: Room,
        plan: Plan,
        *,
        fills: int = 40,
        temper: Temper | None = None,
        seed: int = 1,
        patience: float = 900.0,
        say: Say = lambda line: None,
    ) -> None:
        super().__init__(ground, plan, troubles=fills, temper=temper or Temper(), seed=seed, patience=patience, say=say)
        self._room = room

    def make_trouble(self, store: Store) -> None:
        """Fill it again and again."""
        before = 0
        for number in range(self.troubles):
            self.wait_for_posts(self.step())
            process = self.holds()
            assert soon(lambda before=before: store.ledger.epoch() > before), "the daemon does not begin"
            self._fill()
            time.sleep(self.random.choice(FULL_FOR))
            if number % KILL_EVERY == 1:
                before = self._kill_meanwhile(store)
            else:
                self._room.free()
                self._survives(store, process)
            self.report(number)

    def _fill(self) -> None:
        """Nothing is left that SQLite could use: not the room of its log either, which it would write to once more."""
        self._empty_the_log()
        self._room.fill()
        self.events["disk full"] += 1

    def _empty_the_log(self) -> None:
        connection = sqlite3.connect(self.ground.database, timeout=2)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def _kill_meanwhile(self, store: Store) -> int:
        """Kill it, and start it on the full disk: it may say so and end, or wait. There is room again after a while.

        Returns the epoch of the one that was killed.
        """
        self.daemon.signal(signal.SIGKILL)
        assert self.daemon.died(10), "it survived SIGKILL"
        epoch = store.ledger.epoch()
        self.kills["while the disk was full"] += 1
        self.start()
        ended = self.daemon.died(self.random.choice(FULL_FOR))
        self._room.free()
        if ended or self.daemon.died(0.5):
            self.events["did not start on a full disk"] += 1
            self.start()
        else:
            self.events["started on a full disk"] += 1
        return epoch

    def _survives(self, store: Store, process: int) -> None:
        """The same process is still there, and goes on by itself where there is something to do."""
        assert not self.daemon.died(0), "the daemon ended while the disk was full"
        epoch = store.ledger.epoch()
        assert self.ground.holder() == process, "another process holds the workspace"
        if self._work_is_left(store):
            before = len(self.platform.arrivals)
            assert soon(lambda: len(self.platform.arrivals) > before or not self._work_is_left(store), seconds=20), (
                "with room again, the daemon does not go on"
            )
        assert (self.ground.holder(), store.ledger.epoch()) == (process, epoch), "it began anew"
        os.kill(process, 0)
        self.events["the process survived"] += 1

    def _work_is_left(self, store: Store) -> bool:
        return bool(
            store._db.value(
                "SELECT 1 FROM actions WHERE state IN ('scheduled', 'sending', 'pending', 'unknown') LIMIT 1"
            )
        )
