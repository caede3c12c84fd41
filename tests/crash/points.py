"""What is done to a daemon from outside: it dies or freezes at a named point, and its machine's clock is moved.

The driver names a folder in the environment (`SMM_CRASH`). A file `die-POINT` or `freeze-POINT` in it asks for that, once;
the file `clock` holds by how many seconds the daemon's clock is off. Where the folder is not named, nothing happens.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

VARIABLE = "SMM_CRASH"
# The methods of the ledger through which everything moves on, with the points before and after each of them.
LEDGER_POINTS = {
    "claim": ("claiming", "attempt written"),
    "finish": ("finishing", "finished"),
    "settle": ("settling", "settled"),
    "raise_epoch": ("taking over", "taken over"),
}
_SECONDS = struct.Struct("d")


def reached(point: str) -> None:
    """Die or freeze here, with all processes of the daemon, if that was asked for."""
    folder = os.environ.get(VARIABLE)
    if folder is None:
        return
    for word, number in (("die", signal.SIGKILL), ("freeze", signal.SIGSTOP)):
        try:
            (Path(folder) / f"{word}-{point}").unlink()
        except FileNotFoundError:
            continue
        os.killpg(0, number)


def set_clock(folder: Path, seconds: float) -> None:
    """Let the daemon's clock be so many seconds ahead of (or, negative, behind) the machine's."""
    file = os.open(folder / "clock", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.pwrite(file, _SECONDS.pack(seconds), 0)
    finally:
        os.close(file)


def run_under_test() -> None:
    """The command line, with its clock and its ledger in the driver's hands; the whole of `smm run` is otherwise as it is."""
    _move_clock(Path(os.environ[VARIABLE]) / "clock")
    _mark_ledger()
    from smm_core.cli import main

    main()


def _move_clock(path: Path) -> None:
    """For smm and for its timers; nobody else asks for the time of day."""
    from apscheduler.schedulers import base
    from apscheduler.triggers import interval

    from smm_core.clock import SystemClock

    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), _SECONDS.size, prot=mmap.PROT_READ)
    machine = SystemClock().now

    def now() -> datetime:
        return machine() + timedelta(seconds=_SECONDS.unpack(shared[: _SECONDS.size])[0])

    SystemClock.now = lambda self: now()
    for module in (base, interval):
        module.datetime = _with_another_now(now)


def _with_another_now(now: Callable[[], datetime]) -> type[datetime]:
    """`datetime` for a module that asks it for the time."""

    class Kind(type):
        def __instancecheck__(cls, thing: object) -> bool:
            return isinstance(thing, datetime)

    class Moved(datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return now().astimezone(tz)

    return Moved


def _mark_ledger() -> None:
    from smm_core.store.ledger import Ledger

    for name, (before, after) in LEDGER_POINTS.items():
        setattr(Ledger, name, _marked(getattr(Ledger, name), before, after))


def _marked(method: Callable[..., Any], before: str, after: str) -> Callable[..., Any]:
    def marked(*args: Any, **named: Any) -> Any:
        reached(before)
        result = method(*args, **named)
        reached(after)
        return result

    return marked
