"""Reading a file that came back, by its name's ending."""

from __future__ import annotations

from pathlib import Path

from smm_core import SmmError
from smm_office.safety import check_size
from smm_office.sheet import Cell


def read_sheet(path: Path) -> list[list[Cell]]:
    """The rows of a file. One that is missing, too large, has macros or is no sheet is an `SmmError` that names it."""
    try:
        check_size(path.stat().st_size)
        body = path.read_bytes()
        check_size(len(body))
        if path.suffix.lower() == ".xlsx":
            from smm_office.workbook import read_workbook

            return read_workbook(body)
        if path.suffix.lower() == ".csv":
            from smm_office.csv_file import read_csv

            return read_csv(body)
    except OSError as error:
        raise SmmError(f"{path}: {error.strerror or error}") from None
    except SmmError as error:
        raise SmmError(f"{path.name}: {error.message}", hint=error.hint) from None
    hint = "only .xlsx and .csv are read; save it as one of these"
    raise SmmError(f"{path.name}: files with the ending {path.suffix or 'of none'} are not opened", hint=hint)
