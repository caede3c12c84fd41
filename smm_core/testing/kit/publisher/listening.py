"""Hears what a plugin logs, prints and raises, before core blots anything out."""

from __future__ import annotations

import contextlib
import io
import logging
import traceback
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Listening(logging.Handler):
    """What was said so far. `lines` has log records with their tracebacks, `printed` what went to stdout and stderr."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._printed = io.StringIO()
        self._levels: dict[str, int] = {}

    @property
    def printed(self) -> str:
        """What plugins printed."""
        return self._printed.getvalue()

    @property
    def everything(self) -> str:
        """All of it, to search in."""
        return "\n".join((*self.lines, *self.errors, self.printed))

    def start(self) -> None:
        """Hear from now on, down to the finest level."""
        for name in ("", "smm"):
            logger = logging.getLogger(name)
            self._levels[name] = logger.level
            logger.setLevel(logging.DEBUG)
            logger.addHandler(self)

    def stop(self) -> None:
        """Hear no more."""
        for name, level in self._levels.items():
            logger = logging.getLogger(name)
            logger.removeHandler(self)
            logger.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record as it was written."""
        self.lines.append(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            self.lines.append("".join(traceback.format_exception(record.exc_info[1])))

    def during(self, function: Callable[[], T]) -> T:
        """Call a plugin's method, and keep what it prints and what it raises."""
        try:
            with contextlib.redirect_stdout(self._printed), contextlib.redirect_stderr(self._printed):
                return function()
        except Exception as error:
            self.errors += _words(error)
            raise


def _words(error: BaseException | None) -> list[str]:
    """An error and those it came from, as anybody could print them."""
    words: list[str] = []
    while error is not None:
        words += [str(error), repr(error), str(getattr(error, "hint", ""))]
        error = error.__cause__ or error.__context__
    return words
