"""What a test keeps: what it publishes, what core would store in between, and the secrets behind references."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from smm_core.contracts import Pending, Prepared
from smm_core.model import ActionKind, Part, Receipt, digest_of, from_json, to_json
from smm_core.values import replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Something to publish: a part, and what goes with it."""

    part: Part
    key: str
    action: ActionKind = ActionKind.PUBLISH
    parent: Receipt | None = None
    root: Receipt | None = None

    @property
    def digest(self) -> str:
        """As of a variant that is only this part."""
        return digest_of(self.part)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptHandles:
    """What core keeps of a `prepare`: its handles, until when they hold, and whether the platform was done with it."""

    handles: Mapping[str, Any]
    expires_at: datetime | None
    is_done: bool

    @classmethod
    def of(cls, answer: Prepared | Pending) -> Self:
        """What is kept of an answer."""
        until = answer.expires_at if isinstance(answer, Prepared) else None
        return cls(handles=answer.handles, expires_at=until, is_done=isinstance(answer, Prepared))

    def hold(self, now: datetime) -> bool:
        """Whether they can be sent with."""
        return self.is_done and (self.expires_at is None or self.expires_at > now)


def stored(handles: Mapping[str, Any]) -> dict[str, Any]:
    """Handles as they come back from the database; what is not plain JSON is an AssertionError."""
    try:
        return from_json(to_json(dict(handles)), dict)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"handles must be plain JSON, to be kept over a restart: {error}") from error


def stored_receipt(receipt: Receipt) -> Receipt:
    """A receipt as it comes back from the database."""
    try:
        return from_json(to_json(receipt), Receipt)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"a receipt must go to JSON and back: {error}") from error


def stored_answer(answer: Receipt | Pending) -> Receipt | Pending:
    """An answer as it comes back from the database."""
    if isinstance(answer, Receipt):
        return stored_receipt(answer)
    return replace(answer, handles=stored(answer.handles))


class Secrets:
    """The secrets of a case, put where its references lead: into the environment, or into files of the workspace."""

    def __init__(self, values: Mapping[str, str], folder: Path) -> None:
        self._before: dict[str, str | None] = {}
        self.files: list[Path] = []
        for reference, value in values.items():
            kind, _, name = reference.partition(":")
            if kind == "env":
                self._before[name] = os.environ.get(name)
                os.environ[name] = value
            elif kind == "file":
                self.files.append(_private_file(folder / name, value))
            else:
                raise ValueError(f"{reference}: the kit puts secrets behind env:NAME and file:PATH")

    def take_away(self) -> None:
        """Put the environment back as it was."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    @contextlib.contextmanager
    def missing(self) -> Iterator[None]:
        """Within this block the references lead nowhere."""
        kept = {name: os.environ.pop(name) for name in self._before}
        for path in self.files:
            path.rename(path.with_name(f"{path.name}.away"))
        try:
            yield
        finally:
            os.environ.update(kept)
            for path in self.files:
                path.with_name(f"{path.name}.away").rename(path)


def _private_file(path: Path, value: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value, "utf-8")
    path.chmod(0o600)
    return path


def outcome_of(step: Callable[[], object]) -> object:
    """What a step returns, or the error that it ends with. An assertion that fails within it goes through."""
    try:
        return step()
    except AssertionError:
        raise
    except Exception as error:
        return error


def failure_of(step: Callable[[], object]) -> Exception | None:
    """The error that a step ends with, or None."""
    outcome = outcome_of(step)
    return outcome if isinstance(outcome, Exception) else None
