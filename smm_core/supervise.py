"""A plugin that ends the process takes nobody with it: the daemon works in a child that is started again.

The parent does nothing but wait, so it stays small. Stops by SIGTERM or Ctrl-C are handed on; when the parent is
killed, the child notices and stops.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType

# A child that ends as it should says so with its exit code, because a plugin may well end it with 0.
_CLEAN = 100
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
_LONGEST_PAUSE = 60.0


def supervised(work: Callable[[str], int]) -> int:
    """Run `work` in a child until it ends as it should, and return its exit code.

    It is started again, after a pause that doubles, when something ended it; it is then given words for what that
    was if the child itself did it (an exit code, a crash), and nothing if it was killed from outside.
    """
    stopping = threading.Event()
    pause, crashed = 1.0, ""
    while True:
        child, pipe = _fork(partial(work, crashed))

        def hand_on(number: int, frame: FrameType | None, child: int = child) -> None:
            stopping.set()
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, hand_on)
        _, status = os.waitpid(child, 0)
        os.close(pipe)
        code = os.waitstatus_to_exitcode(status)
        if code >= _CLEAN:
            return code - _CLEAN
        if stopping.is_set() or stopping.wait(pause):
            return 0
        crashed = _words(code)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    number = signal.Signals(-code)
    return number.name if number in _CRASHES else ""


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
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="smm parent").start()
    code = 1
    try:
        code = work()
    finally:
        os._exit(_CLEAN + code)
