"""The columns of a sheet, the words of its answers, and what stands in each row. The same for spreadsheets and CSV."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from smm_core import Decision, Tongue
from smm_office.entries import Entry, alts_of, text_of
from smm_office.language import languages
from smm_office.marks import Marks

MARK = "smm"
"""The head of the column with the marks: the same in every language, and the sign by which a sheet is known."""
LONGEST_CELL = 32_000
"""Of a cell, in characters; spreadsheets stop at 32,767."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Column(StrEnum):
    """What stands in a column. The value is its head in English."""

    POST = "Post"
    PROFILE = "Profile"
    GOES_OUT = "Goes out"
    ANSWER_BY = "Answer by"
    TEXT = "Text"
    PICTURES = "Pictures"
    NOTES = "Please note"
    VERDICT = "Verdict"
    REMARKS = "Remarks"
    MARK = MARK


class Row(Struct, frozen=True, kw_only=True):
    """One row as it is written: the entry, and its cells in the order of `Column`."""

    entry: Entry
    cells: tuple[str, ...]


def heads(tongue: Tongue) -> tuple[str, ...]:
    """The heads of the columns for a reader."""
    return tuple(MARK if column is Column.MARK else tongue.words.gettext(column.value) for column in Column)


def labels(tongue: Tongue) -> tuple[str, str]:
    """The two answers that a reader chooses from: yes, and changes, please."""
    return tongue.words.gettext("Approve"), tongue.words.gettext("Rework")


def rows_of(entries: Iterable[Entry], tongue: Tongue, marks: Marks) -> list[Row]:
    """The rows of a sheet, with nothing answered yet."""
    rows = []
    for entry in entries:
        text = plain(text_of(entry.variant))
        profile, digest = entry.variant.profile, entry.variant.digest
        said = {
            Column.POST: plain(entry.title),
            Column.PROFILE: plain(profile),
            Column.GOES_OUT: tongue.dated(entry.due_at) if entry.due_at else "",
            Column.ANSWER_BY: tongue.dated(entry.deadline) if entry.deadline else "",
            Column.TEXT: text,
            Column.PICTURES: plain("\n".join(alts_of(entry.variant))),
            Column.NOTES: plain("\n".join(entry.problems)),
            Column.MARK: marks.make(entry.review.id, profile, digest, text),
        }
        rows.append(Row(entry=entry, cells=tuple(said.get(column, "") for column in Column)))
    return rows


def plain(text: str) -> str:
    """A text as a cell can hold it: no signs that cannot be shown, and not longer than programs take."""
    shown = _UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return shown if len(shown) <= LONGEST_CELL else f"{shown[: LONGEST_CELL - 1]}…"


def is_active(text: str) -> bool:
    """Whether a spreadsheet program could take a text for a formula."""
    return text.lstrip(" ").startswith(_ACTIVE)


def guarded(text: str) -> str:
    """A text that no spreadsheet program takes for a formula when it opens a CSV file: with a quote before it, where needed."""
    return f"'{text}" if is_active(text) else text


# ---------------------------------------------------------------- reading


class Answers(Struct, frozen=True, kw_only=True):
    """The words that are understood in the column of the verdicts, in small letters."""

    yes: frozenset[str]
    no: frozenset[str]

    def decision(self, cell: str) -> Decision | None:
        """What a cell means, or None for what is neither clearly."""
        word = " ".join(cell.casefold().split()).rstrip(".!")
        if word in self.yes:
            return Decision.APPROVE
        return Decision.REWORK if word in self.no else None


def answers() -> Answers:
    """The words of all languages, and a few that people write by themselves."""
    yes = languages().in_all("Approve") | {"approved", "ok", "okay", "oké", "goedgekeurd"}
    return Answers(yes=yes, no=languages().in_all("Rework") | {"changes", "aanpassing", "wijzigen"})


def places(head: Sequence[str]) -> dict[Column, int] | None:
    """Column → its place in a row of heads, in whichever order and language they stand; None when it is no row of heads."""
    found: dict[Column, int] = {}
    small = [cell.strip().casefold() for cell in head]
    for column in (Column.TEXT, Column.VERDICT, Column.REMARKS, Column.MARK):
        names = frozenset({MARK}) if column is Column.MARK else languages().in_all(column.value)
        at = [place for place, name in enumerate(small) if name in names]
        if len(at) != 1:
            return None
        found[column] = at[0]
    return found
