"""What is read of a sheet, whatever its format: cells as text."""

from __future__ import annotations

from dataclasses import dataclass

MOST_ROWS = 10_000
MOST_COLUMNS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A cell as text. With `is_formula` the text is the formula itself, which nobody has worked out."""

    text: str = ""
    is_formula: bool = False
