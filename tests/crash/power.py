"""Power cuts: the real publish step sends while its writes and syncs are recorded, then the power fails on paper, hundreds of
times, each time at another moment. After each the database is opened again, and every request that had left must stand in it.

The recorder is a small library (`recorder.c`) that is preloaded into the sending process, so what is recorded is what our own
sqlite3 really does. It needs a C compiler and Linux.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from smm_core.clock import FakeClock
from smm_core.model import ActionState
from smm_core.steps.publish import publish_only
from smm_core.store.audit import audit
from smm_core.workspace import Workspace
from tests.crash.disk import Disk, Record, read_records
from tests.crash.scene import Plan, make_workspace

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
REQUESTS = "requests"
UNTOUCHED = 3


class NoCompiler(Exception):
    """There is no C compiler here, or this is not Linux: the recorder cannot be made."""


@dataclass(kw_only=True, slots=True)
class PowerReport:
    """What came of it, each counted in cuts.

    `lost`: a request had left whose attempt was gone. `damaged`: the database could not be read, or its ledger was not
    sound. `stopped`: nothing would have been sent until a person ran `smm adopt`. `twice`: after the restart something
    was sent again. `stuck`: after the restart something of what was under way did not get out.
    """

    synchronous: str
    records: int = 0
    syncs: int = 0
    requests: int = 0
    cuts: int = 0
    in_flight: int = 0
    lost: int = 0
    damaged: int = 0
    stopped: int = 0
    twice: int = 0
    stuck: int = 0
    seconds: float = 0.0
    details: list[str] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether the promise held in every cut."""
        return not (self.lost or self.damaged or self.stopped or self.twice or self.stuck)


def run(
    posts: int = 400, cuts: int = 300, seed: int = 1, *, synchronous: str = "FULL", restarts: bool = True
) -> PowerReport:
    """Send `posts` posts once, cut the power `cuts` times, and look each time what is left; the restart is optional."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="smm-power-") as name:
        folder = Path(name).resolve()
        root = folder / "workspace"
        make_workspace(root, Plan(abilities=("find",), profiles=4, deliveries=posts, parts=2), "http://127.0.0.1:9")
        shutil.copy(HERE / "power_publisher.py", root / "plugins" / "crash.py")
        disk = Disk(root / ".smm")
        records = _recorded(root, folder, synchronous)
        report = PowerReport(synchronous=synchronous, records=len(records), cuts=cuts)
        report.syncs = sum(record.kind == "sync" for record in records)
        report.requests = len(_requests(records))
        chance = random.Random(seed)
        done = 0
        for moment in sorted(chance.choices(range(1, len(records) + 1), k=cuts)):
            for record in records[done:moment]:
                disk.play(record)
            done = moment
            _look(root, disk.after_cut(chance), _requests(records[:moment]), report, restarts=restarts)
    report.seconds = time.monotonic() - started
    return report


# ---------------------------------------------------------------- recording


def make_recorder(folder: Path) -> Path:
    """The library to be preloaded, compiled into a folder."""
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CC", "cc"), "gcc", "clang"))), None)
    if compiler is None or not sys.platform.startswith("linux"):
        raise NoCompiler("power cuts need Linux and a C compiler (cc)")
    library = folder / "recorder.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, HERE / "recorder.c", "-ldl"], check=True)
    return library


def record(root: Path, folder: Path, synchronous: str) -> Path:
    """Let the sender work through a workspace, and write down what it does below `.smm`; the file with that."""
    log = folder / "records"
    recording = {"LD_PRELOAD": str(make_recorder(folder)), "POWER_FOLDER": str(root / ".smm"), "POWER_LOG": str(log)}
    subprocess.run(
        [sys.executable, "-m", "tests.crash.power_sender", root, *([] if synchronous == "FULL" else [synchronous])],
        env={**os.environ, **recording},
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    return log


def _recorded(root: Path, folder: Path, synchronous: str) -> list[Record]:
    return list(read_records(record(root, folder, synchronous)))


def _requests(records: Sequence[Record]) -> list[str]:
    """The keys of the requests that left, in order."""
    lines = (one.data.decode().strip() for one in records if one.kind == "write" and one.path.endswith(f"/{REQUESTS}"))
    return [line for line in lines if not line.startswith("busy ")]


# ---------------------------------------------------------------- after a cut


def _look(root: Path, files: dict[str, bytes], requests: list[str], report: PowerReport, *, restarts: bool) -> None:
    """Put back what is left of `.smm` and see what the ledger makes of it."""
    data = root / ".smm"
    inode = _known_inode(files.get(str(data / "machine.json"), b""))
    notes = [name for name in files if name.endswith(f"/{REQUESTS}")]
    _put_back(data, {name: content for name, content in files.items() if name not in notes})
    (data / REQUESTS).write_text("".join(f"{key}\n" for key in requests))
    _move_in(data, inode)
    database = data / "smm.db"
    try:
        missing, open_ones = _compared(database, requests)
    except sqlite3.DatabaseError as error:
        report.damaged += 1
        report.details.append(f"after {len(requests)} requests: {error}")
        return
    report.in_flight += bool(open_ones)
    if missing:
        report.lost += 1
        report.details.append(f"after {len(requests)} requests: {len(missing)} of them have no attempt")
    if not missing and (broken := audit(database)):
        report.damaged += 1
        report.details.append(f"after {len(requests)} requests: {broken[0].rule}: {broken[0]}")
    if restarts:
        _restart(root, report)


def _put_back(data: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    for name, content in files.items():
        path = Path(name)
        if path.suffix != ".db-shm":  # it is not read after a cut
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _known_inode(machine: bytes) -> int | None:
    with contextlib.suppress(ValueError, KeyError):
        return int(json.loads(machine)["inode"])
    return None


def _move_in(data: Path, inode: int | None) -> None:
    """What was put back is the same file in another place: after a real cut it would have the same inode."""
    if inode is not None:
        path = data / "machine.json"
        known = json.loads(path.read_text())
        path.write_text(json.dumps({**known, "inode": (data / "smm.db").stat().st_ino}))


def _compared(database: Path, requests: list[str]) -> tuple[list[str], int]:
    """The requests that have no attempt, and how many attempts are open."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
        if whole != "ok":
            raise sqlite3.DatabaseError(whole)
        attempts = Counter(key for (key,) in connection.execute("SELECT key FROM attempts"))
        (open_ones,) = connection.execute("SELECT count(*) FROM attempts WHERE ended_at IS NULL").fetchone()
    missing = Counter(requests) - attempts
    return list(missing), open_ones


def _restart(root: Path, report: PowerReport) -> None:
    """Go on like after any start: what was under way gets out, and nothing goes out again."""
    book = root / ".smm" / REQUESTS
    clock = FakeClock(datetime.now(UTC) + timedelta(hours=12))
    with Workspace(root, clock) as ws:
        doubt = ws.store.doubt()
        if doubt:
            report.stopped += 1
            report.details.append(doubt)
            ws.store.adopt(clock.now())
        epoch = ws.store.begin_epoch(clock.now())
        under_way = _under_way(ws, set(book.read_text().split()))
        publish_only(ws, epoch, under_way, patience=timedelta(minutes=30))
        states = Counter(ws.store.ledger.get(number).state for number in under_way)
    sent = Counter(line for line in book.read_text().splitlines() if not line.startswith("busy "))
    again = [key for key, count in sent.items() if count > 1]
    if again:
        report.twice += 1
        report.details.append(f"{len(again)} of {len(sent)} requests left again after the restart")
    if set(states) - {ActionState.PUBLISHED}:
        report.stuck += 1
        report.details.append(f"after the restart: {dict(states)}")


def _under_way(ws: Workspace, left: set[str]) -> list[int]:
    """What had left and is not known to be published, and the first few that come next."""
    with ws.store._db.read() as connection:
        rows = connection.execute(
            "SELECT id, key, parent_id FROM actions WHERE state != 'published' ORDER BY id"
        ).fetchall()
    begun = [row["id"] for row in rows if row["key"] in left]
    fresh = [row["id"] for row in rows if row["key"] not in left and row["parent_id"] is None]
    return begun + fresh[:UNTOUCHED]
