"""Sheets out and in, by the command line and by the folder of the approver."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from smm_core import PostState, ReviewState

Fill = Callable[..., None]


@pytest.fixture
def sheet(studio: Any, tmp_path: Path) -> Path:
    """Two posts, the second on two profiles with a picture, in a spreadsheet for Bob."""
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.post("tarwe", "2026-12-11T09:00", "Tarwe ook.", profiles=("acme-social", "acme-short"), picture=True)
    studio.round()
    path = tmp_path / "bob.xlsx"
    result = studio.run("out", "--for", "bob", "--to", path)
    assert result.exit_code == 0, result.output
    assert result.output == f"{path}: 3 rows for bob\n"
    return path


def test_a_sheet_is_ready_to_be_filled_in(sheet: Path) -> None:
    book = load_workbook(sheet)
    posts, how = book.worksheets
    assert (posts.title, how.title) == ("Berichten", "Zo werkt het")
    heads, first, second, third = posts.iter_rows(values_only=True)
    assert heads == (
        "Bericht", "Profiel", "Wordt geplaatst", "Antwoord uiterlijk", "Tekst", "Afbeeldingen", "Let op", "Oordeel",
        "Opmerkingen", "smm",
    )  # fmt: skip
    assert first[:2] == ("Rogge", "acme-social")
    assert first[2] == "donderdag 10 december 2026, 09:00"
    assert first[3] == "woensdag 9 december 2026, 09:00"
    assert str(first[4]).startswith("Rogge is terug.")
    assert [row[1] for row in (second, third)] == ["acme-short", "acme-social"]
    assert second[5] == "Een rond brood op een plank"
    assert posts.column_dimensions["J"].hidden
    (choice,) = posts.data_validations.dataValidation
    assert (choice.formula1, str(choice.sqref)) == ('"Akkoord,Aanpassen"', "H2:H4")
    assert posts.protection.sheet
    assert (posts["H2"].protection.locked, posts["E2"].protection.locked) == (False, True)
    assert len(posts._images) == 2
    assert "“Akkoord” of “Aanpassen”" in str(how["A2"].value)


def test_answers_count_once(studio: Any, sheet: Path, fill: Fill) -> None:
    fill(sheet, {2: ("Akkoord", "Mooi!"), 3: ("Akkoord", ""), 4: ("Aanpassen", "Korter graag.")})
    result = studio.run("in", sheet, "--by", "bob")
    assert result.exit_code == 0, result.output
    assert (
        result.output
        == "row 2 counted: approve by bob\nrow 3 counted: rework by bob\nrow 4 counted: rework by bob\n3 counted\n"
    )
    assert studio.verdicts(1) == [("approve", "bob", "Mooi!")]
    assert studio.verdicts(2) == [("rework", "bob", "acme-social: Korter graag.")]
    (comment,) = studio.ws.store.comments.of(studio.ws.store.reviews.get(2).post_id)
    assert (comment.text, comment.place.profile) == ("Korter graag.", "acme-social")
    assert studio.ws.store.posts.find("rogge").state is PostState.APPROVED
    again = studio.run("in", sheet, "--by", "bob", "--json")
    assert again.exit_code == 0
    assert json.loads(again.output)["counts"] == {"repeated": 3}
    assert len(studio.verdicts(1)) == len(studio.verdicts(2)) == 1


def test_nothing_counts_for_a_post_that_is_answered_in_part(studio: Any, sheet: Path, fill: Fill) -> None:
    fill(sheet, {2: ("", ""), 3: ("Akkoord", ""), 4: ("", "")})
    result = studio.run("in", sheet, "--by", "bob", "--json")
    assert result.exit_code == 1
    rows = {row["row"]: (row["status"], row["message"]) for row in json.loads(result.output)["rows"]}
    assert rows[2] == ("empty", "not answered")
    assert rows[3] == ("unclear", "approved here, but there is no clear yes for acme-social")
    assert rows[4] == ("unclear", "not answered, unlike other rows of its post")
    assert (studio.verdicts(1), studio.verdicts(2)) == ([], [])


def test_a_row_that_was_taken_out_approves_nothing(studio: Any, sheet: Path, fill: Fill) -> None:
    fill(sheet, {3: ("Akkoord", "")})
    book = load_workbook(sheet)
    book.worksheets[0].delete_rows(4)
    book.save(sheet)
    assert "no clear yes for acme-social" in studio.run("in", sheet, "--by", "bob").output
    assert studio.verdicts(2) == []


def test_what_is_stale_altered_foreign_or_unclear_is_told_row_by_row(studio: Any, sheet: Path, fill: Fill) -> None:
    mark = str(load_workbook(sheet).worksheets[0]["J2"].value)
    studio.on(minutes=5)
    studio.post("rogge", "2026-12-10T09:00", "Rogge is weer terug.")
    studio.round()
    fill(
        sheet,
        {2: ("Akkoord", ""), 3: ("Akkoord", ""), 4: ("misschien", "")},
        E3="Tarwe, maar dan anders",
        J5=mark[:-1] + ("0" if mark[-1] != "0" else "1"),
        H5="Akkoord",
        H6="Akkoord",
    )
    result = studio.run("in", sheet, "--by", "bob", "--json")
    assert result.exit_code == 1
    rows = {row["row"]: (row["status"], row["message"]) for row in json.loads(result.output)["rows"]}
    assert rows[2] == ("stale", "this version of the post waits for no answer of this person (any more)")
    assert rows[3] == ("altered", "the text in the sheet was changed; write wishes into the remarks")
    assert rows[4] == ("unclear", "“misschien” is neither a yes nor a no")
    assert rows[5][0] == rows[6][0] == "foreign"
    assert all(studio.verdicts(number) == [] for number in (1, 2, 3))


def test_who_is_not_asked_counts_for_nothing(studio: Any, sheet: Path, fill: Fill) -> None:
    fill(sheet, {2: ("Akkoord", "")})
    for person in ("eve", "wim"):
        result = studio.run("in", sheet, "--by", person)
        assert result.exit_code == 1, person
        assert "stale" in result.output or "refused" in result.output
    result = studio.run("in", sheet, "--by", "nobody")
    assert "there is no person 'nobody'" in str(result.exception)
    assert studio.verdicts(1) == []
    assert studio.run("in", sheet).exit_code == 2, "somebody must be named"


def test_somebody_sees_only_what_is_theirs(studio: Any, sheet: Path, tmp_path: Path) -> None:
    result = studio.run("out", "--for", "eve", "--to", tmp_path / "eve.xlsx")
    assert "nothing waits for eve" in str(result.exception)
    assert not (tmp_path / "eve.xlsx").exists()
    assert "nothing waits for bob at other" in str(
        studio.run("out", "--for", "bob", "--client", "other", "--to", tmp_path / "x.xlsx").exception
    )


def test_what_is_there_is_not_overwritten_by_accident(studio: Any, sheet: Path) -> None:
    assert "it may have answers in it" in str(studio.run("out", "--for", "bob", "--to", sheet).exception)
    assert studio.run("out", "--for", "bob", "--to", sheet, "--force").exit_code == 0
    assert "ends with .xlsx, .csv or .pptx" in str(studio.run("out", "--for", "bob", "--to", "x.doc").exception)


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16")])
def test_csv_comes_back_however_a_program_writes_it(studio: Any, tmp_path: Path, delimiter: str, encoding: str) -> None:
    studio.post("rogge", "2026-12-10T09:00", 'Rogge – "terug"; café, 5 €.\nTweede regel.')
    studio.round()
    path = tmp_path / "bob.csv"
    assert studio.run("out", "--for", "bob", "--to", path).exit_code == 0
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    rows[1][7], rows[1][8] = "AKKOORD", "Prima zo"
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([row[::-1] for row in rows])  # in another order as well
    path.write_bytes(out.getvalue().encode(encoding))
    result = studio.run("in", path, "--by", "bob")
    assert result.exit_code == 0, result.output
    assert studio.verdicts(1) == [("approve", "bob", "Prima zo")]


def test_the_approver_reads_what_is_put_back(studio: Any, fill: Fill) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    assert "post rogge: asked bob (office)" in studio.round().lines
    (sent,) = (studio.root / "approvals" / "out" / "bob").iterdir()
    back = studio.root / "approvals" / "in" / "bob" / sent.name
    back.parent.mkdir(parents=True)
    shutil.copy(sent, back)
    assert studio.round().troubles == []
    assert studio.verdicts() == []
    (back.parent / "~$lock.xlsx").write_bytes(b"lock")
    fill(back, {2: ("nee hoor", "")})
    (trouble,) = studio.round().troubles
    assert trouble == f"bob/{sent.name} row 2: unclear: “nee hoor” is neither a yes nor a no"
    assert studio.round().troubles == [], "it is told once"
    fill(back, {2: ("Akkoord", "")})
    studio.round()
    assert studio.verdicts() == [("approve", "bob", "")]
    assert studio.ws.store.reviews.get(1).state is ReviewState.APPROVED


def test_a_reminder_writes_no_second_sheet(studio: Any) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    studio.clock.set(studio.ws.store.reviews.get(1).deadline)
    studio.on(hours=-2)
    assert "post rogge: reminded bob (office)" in studio.round().lines
    assert len(list((studio.root / "approvals" / "out" / "bob").iterdir())) == 1


def test_a_file_in_somebody_elses_folder_is_not_theirs(studio: Any, fill: Fill) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    (sent,) = (studio.root / "approvals" / "out" / "bob").iterdir()
    back = studio.root / "approvals" / "in" / "eve" / sent.name
    back.parent.mkdir(parents=True)
    shutil.copy(sent, back)
    fill(back, {2: ("Akkoord", "")})
    (trouble,) = studio.round().troubles
    assert "eve" in trouble
    assert studio.verdicts() == []


def test_every_phrase_is_there_in_dutch() -> None:
    import re

    import smm_office
    from smm_office.columns import Column

    folder = Path(smm_office.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    phrases = set(re.findall(r'(?:\b_|gettext)\(\s*["\']([^"\']+)["\']', source))
    phrases |= {column.value for column in Column if column is not Column.MARK}
    known = (folder / "locale" / "nl.po").read_text("utf-8")
    assert len(phrases) > 15
    assert [one for one in phrases if f'msgid "{one}"\n' not in known] == []
