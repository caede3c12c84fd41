"""Whether a function is pure: what it touches is seen by a profile function of its thread, nothing is replaced."""

from __future__ import annotations

import gc
import random
import socket
import sys
from collections.abc import Callable
from datetime import date
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

_ROOMS = frozenset({"posix", "nt", "_socket", "_sqlite3", "_posixsubprocess", "_ssl"})
_HARMLESS = frozenset({"fspath", "getpid"})
_CLOCK = frozenset({"time", "time_ns", "monotonic", "monotonic_ns", "sleep", "localtime", "gmtime", "perf_counter"})


def touches(function: Callable[[], T]) -> tuple[T, list[str]]:
    """What a call returns, and what it touched beside its arguments: files, the network, the clock, chance.

    Call it once before: what is imported or read the first time is not held against it.
    """
    touched: list[str] = []

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call" and (what := _what(argument)):
            touched.append(what)

    before, collects = sys.getprofile(), gc.isenabled()
    # The garbage of others, whose sockets and files are closed in the middle of a call, is not its own; and whoever
    # listens to the collector may look at the clock.
    gc.disable()
    sys.setprofile(watch)
    try:
        result = function()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    return result, list(dict.fromkeys(touched))


def _what(function: Any) -> str:
    """What a function of C touches, in a word; empty for what touches nothing."""
    name = str(getattr(function, "__name__", ""))
    module = getattr(function, "__module__", None)
    of = getattr(function, "__self__", None)
    if function is open or (module in _ROOMS and name not in _HARMLESS) or isinstance(of, socket.socket):
        return f"the disk or the network ({name})"
    if module == "time" and name in _CLOCK:
        return f"the clock (time.{name})"
    if isinstance(of, type) and issubclass(of, date) and name in ("now", "utcnow", "today"):
        return f"the clock ({of.__name__}.{name})"
    return f"chance (random.{name})" if isinstance(of, random.Random) else ""
