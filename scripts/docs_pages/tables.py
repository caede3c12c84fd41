"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType


def markdown_table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    """A table; what would break a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in line) + " |" for line in lines)


_IN_CELL = MappingProxyType({"|": "\\|", "<": "&lt;", "\n": " "})


def _cell(text: str) -> str:
    return "".join(_IN_CELL.get(letter, letter) for letter in str(text))
