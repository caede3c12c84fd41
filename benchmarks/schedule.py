"""A thousand deliveries due at one instant, with ever more scheduled behind them; what a round with nothing to do costs.

    python benchmarks/schedule.py [--rows 1000 100000 1000000]

The daemon itself runs, on a real database and a publisher that answers at once; each size in a process of its own, twice, of
which the quicker turn gives the times, because other programs use the disk as well; a miss in either counts. How late a
delivery is, is the wall-clock time at which its attempt was written less its due time. The peer is APScheduler with its
SQLAlchemy job store on SQLite (its memory store where SQLAlchemy is missing), whose jobs only note the time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filling import add_due, add_future, add_past, make_workspace
from table import Line, at_most, below, mebibytes, milliseconds, note, show

from smm_core.values import replace

DUE = 1_000
PAST = 1_000_000
ROWS = (1_000, 100_000, 1_000_000)
WITH_PAST = 100_000
PEER_ROWS = 100_000
LEAD = timedelta(seconds=5)
TURNS = 3
PATIENCE = 90.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Lateness:
    """Of a thousand due at once: how late, in seconds, and how many did not go out. `memory` is in bytes, `cpu` in seconds of
    the whole process for each delivery."""

    p50: float
    p99: float
    missed: int
    memory: int
    cpu: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Idle:
    """CPU seconds of one look at a ledger in which nothing is due: the publish round, and the whole writing round."""

    publish: float
    write: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit 1 when a target was missed."""
    parser = argparse.ArgumentParser(description="A thousand deliveries due at once.")
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="scheduled further rows")
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.case:
        print(json.dumps(asdict(CASES[chosen.case[0]](Path(chosen.case[1])))))
        return 0
    title = f"Schedule and publish: {DUE:,} due at once"
    return 0 if show(title, measure(sorted(chosen.rows))) else 1


def measure(sizes: Sequence[int]) -> list[Line]:
    """Ledgers of all sizes take turns; one million past deliveries lie in those with more than 100,000 to come, too."""
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        growing = Path(folder) / "growing"
        make_workspace(growing)
        roots: dict[int, Path] = {}
        rows = 0
        for size in sizes:
            add_future(growing, size - rows)
            rows = size
            roots[size] = Path(shutil.copytree(growing, Path(folder) / str(size)))
            if size == WITH_PAST:
                add_past(growing, PAST)
                # In a copy, and no copy is made of that: what a daemon has worked on publishes nothing as a copy.
                idle = Idle(**_in_child("idle", Path(shutil.copytree(growing, Path(folder) / "idle"))))
                where = f"{PAST:,} past, {size:,} to come"
                lines += [
                    below(f"publish round, nothing due: {where}", idle.publish, 0.005, say=milliseconds),
                    below(f"writing round, nothing new: {where}", idle.write, 0.005, say=milliseconds),
                ]
        turns = [{size: Lateness(**_in_child("due", root)) for size, root in roots.items()} for _ in range(TURNS)]
    best = {size: _best_of([turn[size] for turn in turns]) for size in sizes}
    lines += [line for size in sizes for line in _late_lines(size, best[size], best[sizes[0]])]
    with tempfile.TemporaryDirectory() as folder:
        peer = Lateness(**_in_child("peer", Path(folder)))
    return [*lines, _peer_line(peer)]


def _best_of(turns: Sequence[Lateness]) -> Lateness:
    """The quickest turn, for its times; but what any turn missed is missed."""
    return replace(min(turns, key=lambda turn: turn.p99), missed=sum(turn.missed for turn in turns))


def _late_lines(size: int, late: Lateness, first: Lateness) -> list[Line]:
    return [
        at_most(
            f"lateness p99, {size:,} to come", late.p99, first.p99, 1.25, say=milliseconds, against="at the smallest"
        ),
        at_most(
            f"  CPU of each, {size:,} to come", late.cpu, first.cpu, 1.25, say=milliseconds, against="at the smallest"
        ),
        note(f"  p50, {size:,} to come", milliseconds(late.p50)),
        note(f"  memory of the daemon, {size:,} to come", mebibytes(late.memory)),
        Line(what=f"  missed, {size:,} to come", ours=str(late.missed), target="0", met=late.missed == 0),
    ]


def _peer_line(peer: Lateness) -> Line:
    words = f"missed {peer.missed}, p99 {milliseconds(peer.p99)}, {mebibytes(peer.memory)} for the jobs"
    return note(f"APScheduler, {_peer_store()} job store, {PEER_ROWS:,} to come", "", words)


def _in_child(case: str, root: Path) -> dict[str, Any]:
    """What a case measured in a process of its own, so that memory is its own too."""
    done = subprocess.run([sys.executable, __file__, "--case", case, str(root)], capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"case {case} failed:\n{done.stderr.decode()}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def resident() -> int:
    """Bytes of memory this process has now; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096
    except OSError:
        return 0


def _quantiles(late: Sequence[float], missed: int, memory: int, cpu: float) -> Lateness:
    cuts = statistics.quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
    return Lateness(p50=cuts[49], p99=cuts[98], missed=missed, memory=memory, cpu=cpu / DUE)


# ---------------------------------------------------------------- cases, each run in a child


def thousand_due(root: Path) -> Lateness:
    """The daemon works off a thousand that are due at one instant."""
    from smm_core.daemon import Daemon
    from smm_core.workspace import Workspace

    due_at = (datetime.now(UTC) + LEAD).replace(microsecond=0)
    first = add_due(root, DUE, due_at)
    with Workspace(root) as ws:
        daemon = Daemon(ws)
        running = threading.Thread(target=daemon.run)
        running.start()
        time.sleep((due_at - datetime.now(UTC)).total_seconds() - 0.25)
        began = time.process_time()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and _left(root, first):
            time.sleep(0.25)
        cpu, memory = time.process_time() - began, resident()
        daemon.stop()
        running.join()
    started = _query(root, "SELECT started_at FROM attempts WHERE action_id >= ?", first)
    late = [(datetime.fromisoformat(at) - due_at).total_seconds() for (at,) in started]
    return _quantiles(late, _left(root, first), memory, cpu)


def idle_round(root: Path) -> Idle:
    """CPU of one round with nothing to do: the median of many."""
    from smm_core.rounds import writing_steps
    from smm_core.steps.publish import Lanes
    from smm_core.workspace import Workspace

    with Workspace(root) as ws:
        lanes = Lanes(ws, ws.store.begin_epoch(ws.clock.now()))

        def publish_round() -> None:
            assert lanes.start() == 0
            ws.store.ledger.next_wake()

        def writing_round() -> None:
            reports = writing_steps(ws, due_only=True)
            assert not any(report.done or report.troubles for report in reports), reports

        return Idle(publish=_cpu(publish_round, 100), write=_cpu(writing_round, 10))


def apscheduler_due(root: Path) -> Lateness:
    """APScheduler as it comes: a thousand date jobs due at one instant, 100,000 behind them."""
    from apscheduler.events import EVENT_JOB_MISSED
    from apscheduler.schedulers.background import BackgroundScheduler

    before = resident()
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_jobstore(_job_store(root))
    missed: list[str] = []
    scheduler.add_listener(lambda event: missed.append(event.job_id), EVENT_JOB_MISSED)
    scheduler.start(paused=True)
    later = datetime.now(UTC) + timedelta(days=1)
    _add_jobs(scheduler, [later + timedelta(seconds=30 * number) for number in range(PEER_ROWS)])
    due_at = (datetime.now(UTC) + LEAD).replace(microsecond=0)
    _add_jobs(scheduler, [due_at] * DUE)
    memory = resident() - before
    scheduler.resume()
    time.sleep((due_at - datetime.now(UTC)).total_seconds() - 0.25)
    began = time.process_time()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and len(_noted) + len(missed) < DUE:
        time.sleep(0.25)
    scheduler.shutdown(wait=False)
    late = [at - due_at.timestamp() for at in _noted]
    return _quantiles(late, DUE - len(_noted), memory, time.process_time() - began)


CASES: dict[str, Callable[[Path], Any]] = {"due": thousand_due, "idle": idle_round, "peer": apscheduler_due}


def _cpu(work: Callable[[], object], runs: int) -> float:
    work()
    taken = []
    for _ in range(runs):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def _left(root: Path, first: int) -> int:
    """How many of the last batch are not out."""
    return int(_query(root, "SELECT count(*) FROM actions WHERE id >= ? AND state != 'published'", first)[0][0])


def _query(root: Path, sql: str, value: int) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(root / ".smm" / "smm.db", timeout=30)) as db:
        return db.execute(sql, (value,)).fetchall()


# ---------------------------------------------------------------- the peer

_noted: list[float] = []


def note_the_time() -> None:
    """The peer's job."""
    _noted.append(time.time())


def _peer_store() -> str:
    try:
        import sqlalchemy  # noqa: F401
    except ImportError:
        return "memory"
    return "SQLite"


def _job_store(root: Path) -> Any:
    if _peer_store() == "memory":
        from apscheduler.jobstores.memory import MemoryJobStore

        return MemoryJobStore()
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore

    return SQLAlchemyJobStore(url=f"sqlite:///{root / 'jobs.db'}")


def _add_jobs(scheduler: Any, due: Sequence[datetime]) -> None:
    """Through its own door for the memory store; in one transaction for SQLite, where one by one would take minutes."""
    if _peer_store() == "memory":
        for at in due:
            scheduler.add_job(note_the_time, "date", run_date=at)
        return
    import pickle

    from apscheduler.job import Job
    from apscheduler.triggers.date import DateTrigger
    from apscheduler.util import datetime_to_utc_timestamp

    store = scheduler._lookup_jobstore("default")
    rows = []
    for at in due:
        job = Job(
            scheduler, trigger=DateTrigger(at, "UTC"), executor="default", func=note_the_time, args=(), kwargs={},
            misfire_grace_time=1, coalesce=True, max_instances=1, next_run_time=at,
        )  # fmt: skip
        rows.append(
            {
                "id": job.id,
                "next_run_time": datetime_to_utc_timestamp(at),
                "job_state": pickle.dumps(job.__getstate__(), store.pickle_protocol),
            }
        )
    with store.engine.begin() as connection:
        connection.execute(store.jobs_t.insert(), rows)


if __name__ == "__main__":
    sys.exit(main())
