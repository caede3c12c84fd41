"""Structured logs: JSON lines in `.smm/logs/smm.jsonl`, rotated, with every known secret blotted out."""

from __future__ import annotations

import copy
import errno
import logging
import logging.handlers
import sys
from pathlib import Path

from smm_core.errors import WorkspaceError
from smm_core.secrets import scrub

_MEGABYTE = 1_000_000


class _Scrubbing(logging.Filter):
    """Takes secrets out of a record before anybody formats it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = scrub(record.getMessage())
        record.args = ()
        if record.exc_info and record.exc_text is None:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
        return True


class _Line(logging.Formatter):
    """What a person sees: one line, without the traceback that the file has."""

    def format(self, record: logging.LogRecord) -> str:
        bare = copy.copy(record)
        bare.exc_info = bare.exc_text = bare.stack_info = None
        return super().format(bare)


class _File(logging.handlers.RotatingFileHandler):
    """The log file. A line that it has no room for is lost: a full disk is told on the screen, not as a traceback of ours."""

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)):
            super().handleError(record)


def set_up(root: Path, *, verbose: bool = False) -> None:
    """Log to the workspace's file, and to stderr what a person should see (everything when `verbose`)."""
    from pythonjsonlogger.json import JsonFormatter

    folder = root / ".smm" / "logs"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _File(folder / "smm.jsonl", maxBytes=5 * _MEGABYTE, backupCount=3, encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f"{folder}: {error.strerror}", hint="the workspace must be writable") from None
    file.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.DEBUG if verbose else logging.ERROR)
    screen.setFormatter(_Line("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("smm")
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    tear_down()
    for handler in (file, screen):
        handler.addFilter(_Scrubbing())
        logger.addHandler(handler)


def tear_down() -> None:
    """Close the log files."""
    logger = logging.getLogger("smm")
    for handler in list(logger.handlers):
        if isinstance(handler, logging.NullHandler):
            continue  # it keeps Python from printing what nobody logs
        logger.removeHandler(handler)
        handler.close()
