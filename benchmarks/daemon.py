"""What the daemon costs while nothing happens: its memory, and its share of one core.

    python benchmarks/daemon.py [--seconds 20]

`smm run` with three test profiles and every installed plugin works off a first round and is then left alone. Memory and CPU
are what the kernel says of both processes, the one that works and the one that watches over it. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from start import environment
from table import Line, below, mebibytes, note, percent, show

SETTLE = 15.0
MEMORY = 45 * 2**20
CPU_SHARE = 0.001
SMM = "from smm_core.cli import main; main()"

CONFIG = """
[workspace]
name = "Benchmark"
zone = "Europe/Amsterdam"

[clients.bakery]
title = "Bakery"

[profiles.square]
platform = "sandbox"
imitates = "pictures"
slots = ["mon-fri 09:00"]

[profiles.short]
platform = "sandbox"
imitates = "shorttext"
slots = ["daily 12:00"]

[profiles.long]
platform = "sandbox"
imitates = "microblog"
slots = ["mon-fri 17:00"]

[sources.content]
type = "folder"
"""
POST = """---
title: Rye is back
profiles: [short, long]
call_to_action: Order before ten.
---
Rye is back. Come and try it.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Idle:
    """Bytes of memory and shares of one core. `shared` counts what both processes share only once."""

    worker: int
    shared: int
    cpu: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit 1 when a target was missed."""
    parser = argparse.ArgumentParser(description="What the daemon costs while nothing happens.")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to watch (default: 20)")
    seconds = parser.parse_args(arguments).seconds
    if not Path("/proc/self/smaps_rollup").exists():
        print("\nThe idle daemon: not measured, this system has no /proc/PID/smaps_rollup")
        return 0
    return 0 if show(f"The idle daemon, watched for {seconds:g} s", measure(seconds)) else 1


def measure(seconds: float) -> list[Line]:
    """Start it, let it settle, watch it; the lines of the table."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        surroundings = environment(root)
        _make_workspace(root / "workspace")
        _run(["run", "--once"], root / "workspace", surroundings)
        with _daemon(root / "workspace", surroundings) as parent:
            time.sleep(SETTLE)
            idle = _watch([parent, *_children(parent)], seconds)
        floor = _floor(surroundings)
    return [
        below("resident, the process that works", idle.worker, MEMORY, say=mebibytes),
        below("both processes, what they share counted once", idle.shared, MEMORY, say=mebibytes),
        note("  a bare interpreter that sleeps", "", mebibytes(floor)),
        below("CPU of both, share of one core", idle.cpu, CPU_SHARE, say=percent),
    ]


def _make_workspace(root: Path) -> None:
    (root / "content" / "posts").mkdir(parents=True)
    (root / "smm.toml").write_text(CONFIG, "utf-8")
    (root / "content" / "posts" / "rye.md").write_text(POST, "utf-8")


def _run(arguments: Sequence[str], root: Path, surroundings: dict[str, str]) -> None:
    """One round ahead, so that byte code is written and the first round of the daemon is an ordinary one."""
    done = subprocess.run(
        [sys.executable, "-c", SMM, "-w", str(root), *arguments], env=surroundings, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"smm {' '.join(arguments)} failed:\n{done.stdout.decode()}{done.stderr.decode()}")


@contextlib.contextmanager
def _daemon(root: Path, surroundings: dict[str, str]) -> Iterator[int]:
    """`smm run`, stopped at the end; the process id of its parent process."""
    command = [sys.executable, "-c", SMM, "-w", str(root), "run", "--quiet"]
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _watch(processes: Sequence[int], seconds: float) -> Idle:
    before = sum(map(_cpu, processes))
    time.sleep(seconds)
    after = sum(map(_cpu, processes))
    return Idle(
        worker=_memory(processes[-1], "Rss"),
        shared=sum(_memory(process, "Pss") for process in processes),
        cpu=(after - before) / seconds,
    )


def _floor(surroundings: dict[str, str]) -> int:
    """Bytes of a bare interpreter."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=surroundings) as process:
        time.sleep(1)
        size = _memory(process.pid, "Rss")
        process.kill()
    return size


def _children(process: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()]


def _cpu(process: int) -> float:
    """Seconds of CPU a process has had, threads that have ended included; finer than the ticks of /proc/PID/stat."""
    # The clock that clock_getcpuclockid(3) names: the process id, inverted, and the scheduler's own count.
    return time.clock_gettime((~process << 3) | 2)


def _memory(process: int, key: str) -> int:
    """Bytes, by a line of /proc/PID/smaps_rollup."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    sys.exit(main())
