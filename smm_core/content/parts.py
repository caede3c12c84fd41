"""The parts of a thread within one text: a line `---` with blank lines around it begins the next part.

A line that should itself be three dashes is written `\\---`.
"""

from __future__ import annotations

import re
from itertools import pairwise

from smm_core.content.front_matter import trim

SEPARATOR = "---"
_TO_ESCAPE = re.compile(r"^([ \t]*)(\\*---[ \t]*)$")
_ESCAPED = re.compile(r"^([ \t]*)\\(\\*---[ \t]*)$")


def find_separators(lines: list[str]) -> tuple[int, ...]:
    """The indices of the lines that begin the next part: `---` with nothing but blank lines beside it."""
    blank = [True, *(not line.strip(" \t") for line in lines), True]
    return tuple(
        index
        for index, line in enumerate(lines)
        if line.strip(" \t") == SEPARATOR and blank[index] and blank[index + 2]
    )


def split_parts(text: str) -> tuple[str, ...]:
    """The parts of a thread; at least one. Blank lines around a part are dropped, `\\---` becomes `---`."""
    lines = text.split("\n")
    edges = (-1, *find_separators(lines), len(lines))
    return tuple(
        trim("\n".join(_ESCAPED.sub(r"\1\2", line) for line in lines[before + 1 : end]))
        for before, end in pairwise(edges)
    )


def join_parts(parts: tuple[str, ...]) -> str:
    """The text that `split_parts` takes apart again."""
    return f"\n\n{SEPARATOR}\n\n".join(escape_separators(part) for part in parts)


def escape_separators(text: str) -> str:
    """The text with a backslash before every line of three dashes, so that it stays one part."""
    return "\n".join(_TO_ESCAPE.sub(r"\1\\\2", line) for line in text.split("\n"))
