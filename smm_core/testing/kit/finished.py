"""What is still to be done in a plugin that was made by `smm plugins new`, in plain words.

The files of a new plugin hold lines that begin with `TODO:`. As long as one is left, `FinishedSuite` fails and lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from smm_core.testing.kit.suite import Suite

_MARK = re.compile(r"^\s*(?:#\s*|-\s+|\d+\.\s+)?TODO:\s*(?P<what>.+)$")
_READ = (".py", ".md", ".toml")
_PASSED_OVER = ("build", "dist", "node_modules")


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """One thing that is left to do, and where."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.what}\n   ({self.file}, line {self.line})"


def left_to_do(folder: Path) -> list[Left]:
    """What is left to do in the files below a folder, by file and line."""
    return [
        Left(file=path.relative_to(folder).as_posix(), line=number, what=_sentence(found["what"]))
        for path in _files(folder)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := _MARK.match(line))
    ]


def _sentence(words: str) -> str:
    return words.strip()[:1].upper() + words.strip()[1:]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith((".", "__")) or part in _PASSED_OVER for part in parts[:-1])
        if path.is_file() and path.suffix in _READ and not hidden:
            yield path


class FinishedSuite(Suite):
    """Fails as long as something is left to do. `folder` is the plugin's own."""

    folder: ClassVar[Path]

    def test_nothing_is_left_to_do(self) -> None:
        """A plugin that is not finished must not pass for one that is."""
        left = left_to_do(self.folder)
        lines = "\n".join(f"{number}. {one}" for number, one in enumerate(left, 1))
        things = "thing is" if len(left) == 1 else "things are"
        assert not left, f"{len(left)} {things} left to do. Do it, then delete its line:\n{lines}"
