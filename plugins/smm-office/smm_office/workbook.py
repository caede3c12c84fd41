"""Sheets as spreadsheets. What is written cannot be run, and what is read is never worked out."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from smm_core import SmmError, Tongue
from smm_office.columns import Column, Row, heads, is_active, labels, places
from smm_office.entries import thumbnails_of
from smm_office.safety import check_workbook
from smm_office.sheet import MOST_COLUMNS, MOST_ROWS, Cell

if TYPE_CHECKING:
    from openpyxl.styles import Font
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = (24, 18, 20, 20, 60, 26, 28, 14, 36, 12)
_THUMBNAIL = 150
_MOST_THUMBNAILS = 4
_POINTS_OF_LINE = 15.0
_HIGHEST = 400.0


def write_workbook(rows: Sequence[Row], tongue: Tongue) -> bytes:
    """The file: a sheet with a row for each variant, whose verdicts are chosen from a list, and one that explains it."""
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    sheet.title = tongue.words.gettext("Posts")
    _write_rows(sheet, rows, tongue)
    _dress(sheet, len(rows) + 1, tongue)
    _explain(book.create_sheet(tongue.words.gettext("How it works")), tongue)
    book.properties.creator = "smm"
    book.properties.title = tongue.words.gettext("Posts to approve")
    book.properties.language = tongue.tag
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_rows(sheet: Worksheet, rows: Sequence[Row], tongue: Tongue) -> None:
    for number, cells in enumerate((heads(tongue), *(row.cells for row in rows)), 1):
        for place, text in enumerate(cells, 1):
            cell = sheet.cell(number, place)
            cell.value = text or None
            if text:
                cell.data_type = "s"  # whatever it begins with
                cell.quotePrefix = is_active(text)
    for number, row in enumerate(rows, 2):
        pictures = _place_pictures(sheet, number, row)
        sheet.row_dimensions[number].height = max(_height(row.cells), pictures)


def _place_pictures(sheet: Worksheet, number: int, row: Row) -> float:
    """Put the thumbnails below the words about them; the height that they need, in points."""
    from openpyxl.drawing.image import Image
    from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
    from openpyxl.drawing.xdr import XDRPositiveSize2D

    place = list(Column).index(Column.PICTURES)
    top = 4 + 20 * (row.cells[place].count("\n") + 1 + len(row.cells[place]) // 28)
    for body in list(thumbnails_of(row.entry, _THUMBNAIL))[:_MOST_THUMBNAILS]:
        image = Image(io.BytesIO(body))
        marker = AnchorMarker(col=place, colOff=_emu(6), row=number - 1, rowOff=_emu(top))
        size = XDRPositiveSize2D(_emu(image.width), _emu(image.height))
        image.anchor = OneCellAnchor(_from=marker, ext=size)
        sheet.add_image(image)
        top += image.height + 6
    return min(top * 0.75, _HIGHEST)


def _emu(pixels: float) -> int:
    """Pixels in the unit of drawings."""
    return round(pixels * 9525)


def _height(cells: Sequence[str]) -> float:
    """The height that the longest cell needs, in points; an estimate, as only the reader's program knows its letters."""
    lines = [
        sum(1 + len(line) // max(1, int(width)) for line in cell.split("\n"))
        for cell, width in zip(cells[:-1], _WIDTHS, strict=False)
    ]
    return min(_POINTS_OF_LINE * max(2, *lines) + 6, _HIGHEST)


def _dress(sheet: Worksheet, last: int, tongue: Tongue) -> None:
    """Make it easy to read and to fill in: fixed heads, wrapped text, a list of verdicts, and nothing else to change."""
    from openpyxl.formatting.rule import Rule
    from openpyxl.styles import Alignment, Border, PatternFill, Protection, Side
    from openpyxl.styles.differential import DifferentialStyle
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.properties import PageSetupProperties

    _ = tongue.words.gettext
    columns = list(Column)
    letter = {column: get_column_letter(place) for place, column in enumerate(columns, 1)}
    for column, width in zip(columns, _WIDTHS, strict=True):
        sheet.column_dimensions[letter[column]].width = width
    sheet.column_dimensions[letter[Column.MARK]].hidden = True
    for cell in sheet[1]:
        cell.font, cell.fill = _font(bold=True, colour="FFFFFF"), PatternFill("solid", fgColor="1D4E5F")
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    sheet.row_dimensions[1].height = 24
    answered = (Column.VERDICT, Column.REMARKS)
    for row in sheet.iter_rows(min_row=2, max_row=last):
        for cell, column in zip(row, columns, strict=True):
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.border = Border(bottom=Side("thin", color="D5DBE1"))
            if column in answered:
                cell.fill = PatternFill("solid", fgColor="FFF9E5")
                cell.protection = Protection(locked=False)
    yes, no = labels(tongue)
    where = f"{letter[Column.VERDICT]}2:{letter[Column.VERDICT]}{max(2, last)}"
    choice = DataValidation(type="list", formula1=f'"{yes},{no}"', allow_blank=True, showErrorMessage=True)
    choice.error, choice.errorTitle = _("Choose one of the list."), _("Verdict")
    choice.add(where)
    sheet.add_data_validation(choice)
    for word, colour in ((yes, "D7F0DF"), (no, "FBE3C5")):
        sheet.conditional_formatting.add(
            where,
            Rule(
                "cellIs",
                operator="equal",
                formula=[f'"{word}"'],
                dxf=DifferentialStyle(fill=PatternFill("solid", bgColor=colour)),
            ),
        )
    sheet.freeze_panes = "C2"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _explain(sheet: Worksheet, tongue: Tongue) -> None:
    from openpyxl.styles import Alignment

    _ = tongue.words.gettext
    yes, no = labels(tongue)
    lines = (
        _("How it works"),
        _("Choose “%(yes)s” or “%(no)s” in the column Verdict, in each row of a post.") % {"yes": yes, "no": no},
        _("If you want something to be changed, say what in the column Remarks."),
        _("Leave a row empty if you do not want to decide about it yet."),
        _("Please do not change the texts here: a row whose text is another one does not count."),
        _("Save the file and send it back."),
    )
    sheet.column_dimensions["A"].width = 90
    for number, line in enumerate(lines, 1):
        cell = sheet.cell(number, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = _font(bold=number == 1, size=14 if number == 1 else 11)


def _font(*, bold: bool, size: int = 11, colour: str = "1F2733") -> Font:
    from openpyxl.styles import Font

    return Font(name="Calibri", bold=bold, size=size, color=colour)


# ---------------------------------------------------------------- reading


def read_workbook(body: bytes) -> list[list[Cell]]:
    """The rows of the sheet that has our heads, cells as text; formulas as they stand. What cannot or must not be read is an
    `SmmError`."""
    check_workbook(body)
    try:
        return _rows(body)
    except SmmError:
        raise
    except Exception as error:  # what somebody has put together by hand may fail in any way
        raise SmmError(f"it cannot be read as a spreadsheet ({type(error).__name__})") from None


def _rows(body: bytes) -> list[list[Cell]]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what other programs add to a file, which is not read
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        try:
            for sheet in book.worksheets[:20]:
                rows = [
                    [_cell(cell) for cell in row]
                    for row in sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS)
                ]
                if any(places([cell.text for cell in row]) for row in rows[:10]):
                    if len(rows) > MOST_ROWS:
                        raise SmmError(f"it has more than {MOST_ROWS} rows")
                    return rows
        finally:
            book.close()
    return []


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return Cell()
    is_formula = cell.data_type == "f" or (not isinstance(value, str | int | float | bool) and hasattr(value, "ref"))
    return Cell(text=str(getattr(value, "text", value)), is_formula=is_formula)
