"""Runs plugin calls off the main thread, with a deadline, so that one that hangs or raises holds up only itself.

Each call has a thread to itself that is never joined: a call that hangs is left behind and does not hold up the
shutdown either. A thread whose call came back takes the next one, and ends when there is none for a while. What a plugin
prints goes to the log. Which calls are under way is kept in a small file of this process, so that after a plugin has
ended all of it (`os._exit`, a crash in C) whoever started it can say which one it was.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from smm_core import cores
from smm_core.errors import PluginError, SmmError
from smm_core.isolation import Call as Call
from smm_core.isolation import Leftovers, Misdeed, Note, nobody, watched
from smm_core.secrets import scrub

T = TypeVar("T")
log = logging.getLogger("smm.plugins")
# Where no log was set up, Python would print warnings and tracebacks to stderr.
logging.getLogger("smm").addHandler(logging.NullHandler())


class PluginTimeout(PluginError):
    """A call did not come back within its deadline. What it was doing goes on in a thread that nobody waits for."""


class LeftBehind(BaseException):
    """Raised in a thread whose call came back after its deadline: somebody else went on in its place, and it is to end."""


class Engine:
    """Runs calls. `deadline` holds for calls that do not bring their own; `note` is told what they do wrong."""

    def __init__(
        self,
        deadline: timedelta = timedelta(seconds=60),
        breadcrumbs: Breadcrumbs | None = None,
        note: Note = nobody,
    ) -> None:
        self.deadline = deadline
        self._breadcrumbs = breadcrumbs
        self._note = note
        self._leftovers = Leftovers()
        self._workers = _Workers()
        self._watch = _Watch()

    def run(
        self,
        call: Call,
        function: Callable[[], T],
        *,
        expect: type | tuple[type, ...],
        deadline: timedelta | None = None,
    ) -> T:
        """The function's result, checked against the types it may have.

        Errors of smm pass as they are, with the plugin named; anything else, a time-out and a wrong type become
        `PluginError`. Never lets SystemExit or KeyboardInterrupt of a plugin through.
        """
        limit = (deadline or self.deadline).total_seconds()
        job = _Job(watched(call, self._note), function)
        with self.under_way(call):
            self._workers.take(job)
            if not job.done.acquire(timeout=min(limit, threading.TIMEOUT_MAX)):
                raise self._late(call, limit)
        self._leftovers.came_back(job.watched)
        result: T = self._result(call, job.result, job.error, expect)
        return result

    def run_here(
        self,
        call: Call,
        function: Callable[[], T],
        *,
        expect: type | tuple[type, ...],
        deadline: timedelta,
        instead: Callable[[PluginTimeout], None],
    ) -> T:
        """Like `run`, in the calling thread, which is to be one that can be left behind: two changes of threads fewer.

        At the deadline `instead` is called in another thread, to go on in this one's place (it should only start a
        thread). When the function comes back after that, `LeftBehind` is raised.
        """
        result: T | None = None
        failure: BaseException | None = None

        def give_up() -> None:
            instead(self._late(call, deadline.total_seconds()))

        ticket = self._watch.expect(deadline.total_seconds(), give_up)
        with self.under_way(call), watched(call, self._note) as work:
            try:
                result = function()
            except BaseException as error:
                failure = error
        if not self._watch.came_back(ticket):
            raise LeftBehind
        self._leftovers.came_back(work)
        checked: T = self._result(call, result, failure, expect)
        return checked

    def under_way(self, call: Call) -> contextlib.AbstractContextManager[None]:
        """Within this block the call is known to be under way, should it end the whole process."""
        return self._breadcrumbs.under_way(call) if self._breadcrumbs else contextlib.nullcontext()

    def settle(self) -> None:
        """Look at the threads that the last calls started, and may have left running. Waits half a second at most."""
        self._leftovers.settle()

    def _late(self, call: Call, seconds: float) -> PluginTimeout:
        said = f"did not come back within {seconds:g} s"
        self._note(call, Misdeed.HUNG, said)
        return PluginTimeout(f"{call} {said}", plugin=call.plugin, method=call.method)

    def _result(self, call: Call, result: Any, error: BaseException | None, expect: type | tuple[type, ...]) -> Any:
        """The result, if it is one; otherwise what is wrong, as the caller should see it."""
        if error is not None:
            raise self._explained(call, error)
        if not isinstance(result, expect):
            said = f"returned {type(result).__name__}, not {_names(expect)}"
            self._note(call, Misdeed.WRONG, said)
            raise PluginError(f"{call} {said}", plugin=call.plugin, method=call.method)
        return result

    def _explained(self, call: Call, error: BaseException) -> BaseException:
        """The error as the caller should see it: ours as they are, a stranger's wrapped and its traceback logged."""
        if isinstance(error, SmmError):
            # A platform may quote the request in its refusal, and the token with it.
            error.message, error.hint = scrub(error.message), scrub(error.hint)
            error.args = (error.message,)
        if isinstance(error, PluginError):
            error.plugin = error.plugin or call.plugin
            error.method = error.method or call.method
            return error
        if isinstance(error, SmmError):
            return error
        log.warning(
            "%s raised %s",
            call,
            scrub(repr(error)),
            exc_info=error,
            extra={"plugin": call.plugin, "method": call.method},
        )
        said = scrub(str(error)).strip().splitlines()
        detail = f"{type(error).__name__}: {said[0][:300]}" if said else type(error).__name__
        self._note(call, Misdeed.LEFT if isinstance(error, SystemExit) else Misdeed.RAISED, detail)
        wrapped = PluginError(
            f"{call} raised {detail}", plugin=call.plugin, method=call.method, hint="the log has the details"
        )
        wrapped.__cause__ = error
        return wrapped


class _Watch:
    """A thread that looks after calls which run in the threads of others. It rests while there are none."""

    _EVERY = 0.1

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._expected: dict[int, tuple[float, Callable[[], None]]] = {}
        self._next = 0
        self._started = False

    def expect(self, seconds: float, give_up: Callable[[], None]) -> int:
        """A call begins; when it has not come back in so many seconds, `give_up` is called."""
        with self._lock:
            self._next += 1
            self._expected[self._next] = (time.monotonic() + seconds, give_up)
            ticket, first = self._next, not self._started
            self._started = True
        if first:
            threading.Thread(target=self._look, name="smm watch", daemon=True).start()
        if not self._some.is_set():
            self._some.set()
        return ticket

    def came_back(self, ticket: int) -> bool:
        """The call came back; whether that was in time."""
        with self._lock:
            return self._expected.pop(ticket, None) is not None

    def _look(self) -> None:
        while True:
            self._some.wait()
            time.sleep(self._EVERY)
            now = time.monotonic()
            with self._lock:
                late = [ticket for ticket, (until, _) in self._expected.items() if until <= now]
                given_up = [self._expected.pop(ticket)[1] for ticket in late]
                if not self._expected:
                    self._some.clear()
            for give_up in given_up:
                give_up()


class _Job:
    """One call and what came of it; `done` can be acquired when it came back."""

    __slots__ = ("done", "error", "function", "result", "watched")

    def __init__(self, watched: watched, function: Callable[[], Any]) -> None:
        self.watched = watched
        self.function = function
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def work(self) -> None:
        with self.watched:
            try:
                self.result = self.function()
            except BaseException as error:
                self.error = error
        self.done.release()


class _Workers:
    """Threads that take one call after the other. There are as many as calls were ever under way at once, lately."""

    _REST = 10.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[queue.SimpleQueue[_Job]] = []
        self._cores = cores.all_of_them()

    def take(self, job: _Job) -> None:
        """Give a call to a thread that has none, a new one where there is none such."""
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is not None:
            inbox.put(job)
            return
        threading.Thread(target=self._work, args=(job,), name="smm plugin call", daemon=True).start()

    def _work(self, job: _Job) -> None:
        cores.use(self._cores)
        inbox: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        while True:
            job.work()
            del job  # or what a call brought back would be kept until the next one
            with self._lock:
                self._idle.append(inbox)
            try:
                job = inbox.get(timeout=self._REST)
            except queue.Empty:
                with self._lock:
                    if inbox in self._idle:
                        self._idle.remove(inbox)
                        return
                job = inbox.get()  # it was chosen in this very moment


def _names(expect: type | tuple[type, ...]) -> str:
    kinds = expect if isinstance(expect, tuple) else (expect,)
    return " or ".join(kind.__name__ for kind in kinds)


# ---------------------------------------------------------------- which calls were under way


class Breadcrumbs:
    """A file with the plugin calls under way, a line each. It outlives the process that did not end as it should."""

    _LINE = 200
    _MOST = 200

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._free = list(range(self._MOST, -1, -1))
        self._empty = b" " * (self._LINE - 1) + b"\n"
        self._file: int | None = None
        # Written in full once: on a disk that fills up later, its lines can still be written.
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_CLOEXEC, 0o600)
            self._file = file
            os.write(file, self._empty * (self._MOST + 1))

    def under_way(self, call: Call) -> _UnderWay:
        """The call is under way within this block."""
        return _UnderWay(self, call)

    def begin(self, call: Call) -> int | None:
        """Note a call; the number of its line, None when all are taken."""
        with self._lock:
            number = self._free.pop() if self._free else None
        if number is not None:
            self._write(number, _line_of(call, self._LINE))
        return number

    def end(self, number: int | None) -> None:
        """The call of a line came back."""
        if number is not None:
            self._write(number, self._empty)
            with self._lock:
                self._free.append(number)

    def close(self) -> None:
        """The process ends as it should: nothing is left behind."""
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            os.close(file)
            self._path.unlink(missing_ok=True)

    def _write(self, number: int, line: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):  # within the lock, or it could be another file's by now
            if self._file is not None:
                os.pwrite(self._file, line, number * self._LINE)


class _UnderWay:
    __slots__ = ("_breadcrumbs", "_call", "_number")

    def __init__(self, breadcrumbs: Breadcrumbs, call: Call) -> None:
        self._breadcrumbs = breadcrumbs
        self._call = call

    def __enter__(self) -> None:
        self._number = self._breadcrumbs.begin(self._call)

    def __exit__(self, *_: object) -> None:
        self._breadcrumbs.end(self._number)


@functools.lru_cache(maxsize=1000)
def _line_of(call: Call, length: int) -> bytes:
    """A call as JSON, in exactly so many bytes; what it is for is left out where that would be too long."""
    for subject in (call.subject, ""):
        line = json.dumps([call.plugin, call.method, subject]).encode()
        if len(line) < length:
            return line.ljust(length - 1) + b"\n"
    return b" " * (length - 1) + b"\n"


def breadcrumbs_of(root: Path, pid: int) -> Path:
    """The file of one process in a workspace; each has its own, because a command may run beside the daemon."""
    return root / ".smm" / f"calls-{pid}"


def left_behind(path: Path) -> list[Call]:
    """The calls that were under way when the process of that file ended before its time; removes the file."""
    try:
        lines = path.read_text("utf-8").split("\n")
        path.unlink()
    except OSError:
        return []
    calls = []
    for line in filter(str.strip, lines):
        with contextlib.suppress(ValueError):
            plugin, method, subject = json.loads(line)
            calls.append(Call(plugin=plugin, method=method, subject=subject))
    return calls
