"""What a plugin's call does besides answering: what it prints goes to the log, and threads it leaves running are noticed.

All of it belongs to the thread in which the call runs, so calls beside it, and core itself, are not affected.
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import Any

from msgspec import Struct

from smm_core.secrets import scrub

log = logging.getLogger("smm.plugins")

# A thread that is about to end is no leak; it gets this long (seconds) after its call came back.
GRACE = 0.5


class Call(Struct, frozen=True, kw_only=True):
    """Which plugin is called, and for what; `subject` is a profile, a source, a review."""

    plugin: str
    method: str
    subject: str = ""

    def __str__(self) -> str:
        return f"plugin {self.plugin}: {self.what}"

    @property
    def what(self) -> str:
        """The call without its plugin's name."""
        return f"{self.method} for {self.subject}" if self.subject else self.method


class Misdeed(StrEnum):
    """What a call may do that it should not. The value is how a person is told: it … 3 times."""

    HUNG = "hung"
    RAISED = "raised"
    LEFT = "tried to end the process"
    WRONG = "answered with the wrong type"
    THREADS = "left threads running"
    PRINTED = "printed"
    DEPRECATED = "used what is deprecated"


Note = Callable[[Call, Misdeed, str], None]
"""Told of every misdeed: the call, the kind, and one line about it without secrets."""


def nobody(call: Call, misdeed: Misdeed, said: str) -> None:
    """A `Note` that keeps nothing."""


class _Present(threading.local):
    """The call that this thread works on, if any."""

    work: watched | None = None


_present = _Present()


class watched:
    """Within this block the thread works for a plugin's call: prints go to the log, threads that it starts are known."""

    __slots__ = ("_before", "call", "note", "started")

    def __init__(self, call: Call, note: Note = nobody) -> None:
        self.call = call
        self.note = note
        self.started: list[threading.Thread] | None = None

    def __enter__(self) -> watched:
        if not isinstance(sys.stdout, _Router):
            sys.stdout = _Router(sys.stdout)
        _notice_threads()
        self._before = _present.work
        _present.work = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _present.work = self._before


def noted(misdeed: Misdeed, said: str) -> None:
    """The plugin that this thread works for did something; where it works for none, nothing happens."""
    present = _present.work
    if present is not None:
        present.note(present.call, misdeed, said)


# ---------------------------------------------------------------- what it prints


class _Router:
    """Stands in for stdout: what a plugin's thread writes goes to the log, everything else where it should."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def write(self, text: str) -> int:
        present = _present.work
        if present is None:
            return int(self._real.write(text))
        for line in filter(str.strip, text.splitlines()):
            said = scrub(line.rstrip())[:500]
            log.info("%s printed: %s", present.call, said, extra={"plugin": present.call.plugin})
            present.note(present.call, Misdeed.PRINTED, said)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


# ---------------------------------------------------------------- threads that it leaves running


@functools.cache
def _notice_threads() -> None:
    """Have every start of a thread seen in the thread that starts it; once in a process.

    Python tells of it by itself (`_thread.start_new_thread`, an audit event) only from 3.12 on.
    """
    start = threading.Thread.start

    @functools.wraps(start)
    def noticed(thread: threading.Thread) -> None:
        start(thread)
        present = _present.work
        if present is not None:
            present.started = [*(present.started or ()), thread]

    threading.Thread.start = noticed  # type: ignore[method-assign,assignment]


class Leftovers:
    """Threads of calls that came back, until it is known whether they end as well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, watched]] = []

    def came_back(self, call: watched) -> None:
        """A call came back. Those that did so a while ago are looked at."""
        if call.started or self._waiting:
            self._look(call)

    def settle(self) -> None:
        """Look at all that are waiting, after giving them what is left of their time."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for until, call in waiting:
            for thread in call.started or ():
                thread.join(max(0.0, until - time.monotonic()))
            _note_alive(call)

    def _look(self, call: watched) -> None:
        now = time.monotonic()
        with self._lock:
            if call.started:
                self._waiting.append((now + GRACE, call))
            due = [one for until, one in self._waiting if until <= now]
            self._waiting = [(until, one) for until, one in self._waiting if until > now]
        for one in due:
            _note_alive(one)


def _note_alive(call: watched) -> None:
    threads = (thread for thread in call.started or () if not thread.name.startswith("smm "))  # what core does for it
    alive = [thread.name for thread in threads if thread.is_alive()]
    if alive:
        said = f"{len(alive)} still alive after it came back: {', '.join(alive[:5])}"
        log.warning("%s left threads running: %s", call.call, said, extra={"plugin": call.call.plugin})
        call.note(call.call, Misdeed.THREADS, said)
