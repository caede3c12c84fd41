"""Sheets as CSV: written so that every program opens them, read however a program wrote them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from smm_core import SmmError
from smm_office.columns import Row, guarded
from smm_office.sheet import MOST_ROWS, Cell

_DELIMITERS = (",", ";", "\t")


def write_csv(rows: Sequence[Row], head: Sequence[str]) -> bytes:
    """The file: UTF-8 with a mark at its beginning, by which programs know it; nothing in it can be taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    writer.writerows([guarded(cell) for cell in row.cells] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def read_csv(body: bytes) -> list[list[Cell]]:
    """The rows of a file: UTF-8, UTF-16 or the usual Western encoding; commas, semicolons or tabs. What is none of that is an
    `SmmError`."""
    text = _decoded(body)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows: list[list[Cell]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(rows) >= MOST_ROWS:
                raise SmmError(f"it has more than {MOST_ROWS} rows")
            rows.append([Cell(text=cell) for cell in cells])
    except csv.Error as error:
        raise SmmError(f"it is no CSV that can be read: {error}") from None
    return rows


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
