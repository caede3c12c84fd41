"""What is read of a sheet, whatever its format: cells as text."""

from __future__ import annotations

from msgspec import Struct

MOST_ROWS = 10_000
MOST_COLUMNS = 60


class Cell(Struct, frozen=True, kw_only=True):
    """A cell as text. With `is_formula` the text is the formula itself, which nobody has worked out."""

    text: str = ""
    is_formula: bool = False
