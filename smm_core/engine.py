"""Runs plugin calls off the main thread, with a deadline, so that one that hangs or raises holds up only itself.

Each call has a thread of its own that is never joined: a call that hangs is left behind and does not hold up the
shutdown either. What a plugin prints goes to the log. Which calls are under way is kept in a small file of this process,
so that after a plugin has ended all of it (`os._exit`, a crash in C) whoever started it can say which one it was.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from smm_core.errors import PluginError, SmmError
from smm_core.secrets import scrub

T = TypeVar("T")
log = logging.getLogger("smm.plugins")
# Where no log was set up, Python would print warnings and tracebacks to stderr.
logging.getLogger("smm").addHandler(logging.NullHandler())


class PluginTimeout(PluginError):
    """A call did not come back within its deadline. What it was doing goes on in a thread that nobody waits for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """Which plugin is called, and for what; `subject` is a profile, a source, a review."""

    plugin: str
    method: str
    subject: str = ""

    def __str__(self) -> str:
        about = f" for {self.subject}" if self.subject else ""
        return f"plugin {self.plugin}: {self.method}{about}"


class Engine:
    """Runs calls. `deadline` holds for calls that do not bring their own."""

    def __init__(self, deadline: timedelta = timedelta(seconds=60), breadcrumbs: Path | None = None) -> None:
        self.deadline = deadline
        self._breadcrumbs = Breadcrumbs(breadcrumbs) if breadcrumbs else None

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
        limit = deadline or self.deadline
        box: list[T] = []
        errors: list[BaseException] = []
        done = threading.Event()

        def target() -> None:
            with capture_prints(call):
                try:
                    box.append(function())
                except BaseException as error:
                    errors.append(error)
            done.set()

        thread = threading.Thread(target=target, name=f"smm {call}", daemon=True)
        with self.under_way(call):
            thread.start()
            if not done.wait(limit.total_seconds()):
                raise PluginTimeout(
                    f"{call} did not come back within {limit.total_seconds():g} s",
                    plugin=call.plugin,
                    method=call.method,
                )
        if errors:
            raise _explained(call, errors[0])
        result = box[0]
        if not isinstance(result, expect):
            raise PluginError(
                f"{call} returned {type(result).__name__}, not {_names(expect)}", plugin=call.plugin, method=call.method
            )
        return result

    def under_way(self, call: Call) -> contextlib.AbstractContextManager[None]:
        """Within this block the call is known to be under way, should it end the whole process."""
        return self._breadcrumbs.under_way(call) if self._breadcrumbs else contextlib.nullcontext()


def _names(expect: type | tuple[type, ...]) -> str:
    kinds = expect if isinstance(expect, tuple) else (expect,)
    return " or ".join(kind.__name__ for kind in kinds)


def _explained(call: Call, error: BaseException) -> BaseException:
    """The error as the caller should see it: ours as they are, a stranger's wrapped and its traceback logged."""
    if isinstance(error, PluginError):
        error.plugin = error.plugin or call.plugin
        error.method = error.method or call.method
        return error
    if isinstance(error, SmmError):
        return error
    log.warning(
        "%s raised %s", call, scrub(repr(error)), exc_info=error, extra={"plugin": call.plugin, "method": call.method}
    )
    said = scrub(str(error)).strip().splitlines()
    detail = f"{type(error).__name__}: {said[0][:300]}" if said else type(error).__name__
    wrapped = PluginError(
        f"{call} raised {detail}", plugin=call.plugin, method=call.method, hint="the log has the details"
    )
    wrapped.__cause__ = error
    return wrapped


# ---------------------------------------------------------------- what a plugin prints

_printing = threading.local()


class _Router:
    """Stands in for stdout: what a plugin's thread writes goes to the log, everything else where it should."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def write(self, text: str) -> int:
        call = getattr(_printing, "call", None)
        if call is None:
            return int(self._real.write(text))
        for line in text.splitlines():
            if line.strip():
                log.info("%s printed: %s", call, scrub(line.rstrip())[:500], extra={"plugin": call.plugin})
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextlib.contextmanager
def capture_prints(call: Call) -> Any:
    """Within this block, what this thread prints is the plugin's, and goes to the log."""
    if not isinstance(sys.stdout, _Router):
        sys.stdout = _Router(sys.stdout)
    before = getattr(_printing, "call", None)
    _printing.call = call
    try:
        yield
    finally:
        _printing.call = before


# ---------------------------------------------------------------- which calls were under way


class Breadcrumbs:
    """A file with the plugin calls under way. It outlives the process; there is none while no call is under way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)  # of a process that had the same number
        self._lock = threading.Lock()
        self._under_way: dict[int, Call] = {}
        self._next = 0

    @contextlib.contextmanager
    def under_way(self, call: Call) -> Iterator[None]:
        """The call is under way within this block."""
        with self._lock:
            self._next += 1
            number = self._next
            self._under_way[number] = call
            self._write()
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[number]
                self._write()

    def _write(self) -> None:
        lines = [json.dumps([call.plugin, call.method, call.subject]) for call in self._under_way.values()]
        with contextlib.suppress(OSError):
            if lines:
                self._path.write_text("".join(line + "\n" for line in lines), "utf-8")
            else:
                self._path.unlink(missing_ok=True)


def breadcrumbs_of(root: Path, pid: int) -> Path:
    """The file of one process in a workspace; each has its own, because a command may run beside the daemon."""
    return root / ".smm" / f"calls-{pid}"


def left_behind(path: Path) -> list[Call]:
    """The calls that were under way when the process of that file ended before its time; removes the file."""
    try:
        lines = path.read_text("utf-8").splitlines()
        path.unlink()
    except OSError:
        return []
    calls = []
    for line in lines:
        with contextlib.suppress(ValueError):
            plugin, method, subject = json.loads(line)
            calls.append(Call(plugin=plugin, method=method, subject=subject))
    return calls
