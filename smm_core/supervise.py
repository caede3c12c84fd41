"""A plugin that ends the process takes nobody with it: what calls plugins works in a child, and somebody is left to tell.

The daemon's child is started again. The parent does nothing but wait, so it stays small. Stops by SIGTERM or Ctrl-C
are handed on, and enforced after a few seconds; when the parent is killed, the child notices and stops.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType

from msgspec import Struct

# A child that ends as it should says so with its exit code (0, 1 or 2 and this), because a plugin may well end it with 0.
_CLEAN = 100
_CLEAN_CODES = range(_CLEAN, _CLEAN + 3)
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_LIVED_LONG = 600.0
_LONGEST_STOP = 4.0


class Ended(Struct, frozen=True, kw_only=True):
    """How a child ended before its time: `words` say what ended it (`exit code 3`, `SIGSEGV`).

    `by_itself` when nobody from outside did, so that a plugin's call may be to blame.
    """

    pid: int
    words: str
    by_itself: bool


def supervised(work: Callable[[Ended | None], int]) -> int:
    """Run `work` in a child until it ends as it should, and return its exit code.

    It is started again, after a pause that doubles, when something ended it, and is then told what that was.
    """
    stopping = threading.Event()
    pause, last = _FIRST_PAUSE, None
    while True:
        started = time.monotonic()
        child, pipe = _fork(partial(work, last))

        def hand_on(number: int, frame: FrameType | None, child: int = child) -> None:
            stopping.set()
            _kill(child, signal.SIGTERM)
            signal.setitimer(signal.ITIMER_REAL, _LONGEST_STOP)

        def enforce(number: int, frame: FrameType | None, child: int = child) -> None:
            _kill(child, signal.SIGKILL)

        signal.signal(signal.SIGALRM, enforce)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, hand_on)
        _, status = os.waitpid(child, 0)
        os.close(pipe)
        code = os.waitstatus_to_exitcode(status)
        if code in _CLEAN_CODES:
            return code - _CLEAN
        if time.monotonic() - started > _LIVED_LONG:
            pause = _FIRST_PAUSE
        if stopping.is_set() or stopping.wait(pause):
            return 0
        last = _ended(child, code)
        pause = min(pause * 2, _LONGEST_PAUSE)


def go_on_in_a_child(explain: Callable[[Ended], int | None]) -> None:
    """Go on in a child, while this process waits for it and then ends in the same way.

    When the child was not killed from outside, `explain` is asked first: a number is the exit code in place of the child's.
    A process that already has other threads goes on as it is: a fork would leave them behind.
    """
    if threading.active_count() > 1:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        return
    signal.signal(signal.SIGTERM, lambda number, frame: _kill(child, number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child as well, which then ends
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    ended = _ended(child, code)
    explained = explain(ended) if ended.by_itself else None
    if explained is None and code < 0:
        with contextlib.suppress(OSError):  # nobody can handle SIGKILL, and nobody need
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if explained is None else explained)


def _ended(pid: int, code: int) -> Ended:
    if code >= 0:
        return Ended(pid=pid, words=f"exit code {code}", by_itself=True)
    number = signal.Signals(-code)
    return Ended(pid=pid, words=number.name, by_itself=number in _CRASHES)


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _fork(work: Callable[[], int]) -> tuple[int, int]:
    """A child that runs `work`; it stops by itself when the parent's end of the pipe closes."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child:
        os.close(ours)
        return child, theirs
    os.close(theirs)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        os.read(ours, 1)
        _kill(os.getpid(), signal.SIGTERM)
        time.sleep(_LONGEST_STOP)
        _kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="smm parent").start()
    code = 1
    try:
        code = work()
    finally:
        os._exit(_CLEAN + code)
