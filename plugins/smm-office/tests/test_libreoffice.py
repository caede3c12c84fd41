"""What LibreOffice makes of our files, and we of its: one run of the program for all of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pptx import Presentation
from pptx.util import Inches

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def convert(to: str, out: Path, *files: Path) -> None:
    """Open files in LibreOffice and save them in another format."""
    assert SOFFICE is not None
    command = [
        SOFFICE, f"-env:UserInstallation={(out / 'profile').as_uri()}", "--headless", "--norestore", "--convert-to", to,
        "--outdir", str(out), *map(str, files),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed: apt-get install libreoffice-calc-nogui")
def test_a_sheet_survives_libreoffice(studio: Any, fill: Callable[..., None], tmp_path: Path) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug: 👩‍🍳 “vers”.\n\n  Tweede   alinea.", picture=True)
    studio.post("formule", "2026-12-11T09:00", "=1+1")
    studio.round()
    sent = tmp_path / "bob.xlsx"
    assert studio.run("out", "--for", "bob", "--to", sent).exit_code == 0
    fill(sent, {2: ("Akkoord", "=2+2 vind ik 4"), 3: ("Aanpassen", "Korter graag.")})
    book = load_workbook(sent)
    book.worksheets[0]["I2"].data_type = "s"
    book.save(sent)

    out = tmp_path / "out"
    convert("xlsx:Calc MS Excel 2007 XML", out, sent)
    saved = load_workbook(out / "bob.xlsx").worksheets[0]
    assert saved["E3"].data_type == "s", "the text stayed a text"
    assert str(saved["E3"].value).startswith("=1+1")
    assert [str(one.sqref) for one in saved.data_validations.dataValidation] == ["H2:H3"]
    result = studio.run("in", out / "bob.xlsx", "--by", "bob")
    assert result.exit_code == 0, result.output
    assert studio.verdicts(2) == [("approve", "bob", "=2+2 vind ik 4")]
    assert studio.verdicts(1) == [("rework", "bob", "Korter graag.")]


def test_slides_show_each_post_with_words_for_those_who_cannot_see(studio: Any, tmp_path: Path) -> None:
    studio.set('enabled = ["office"]', 'enabled = ["office", "sandbox"]')
    studio.set(
        '[profiles.acme-social]\nplatform = "manual"',
        '[profiles.acme-social]\nplatform = "sandbox"\nimitates = "microblog"',
    )
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.", picture=True)
    studio.post("tarwe", "2026-12-11T09:00", "Lang. " * 200, profiles=("acme-short",))
    studio.round()
    path = tmp_path / "bob.pptx"
    result = studio.run("out", "--for", "bob", "--to", path)
    assert result.exit_code == 0, result.output
    deck = Presentation(str(path))
    first, second = deck.slides
    assert (deck.slide_width, deck.slide_height) == (Inches(13.333), Inches(7.5))
    assert first.shapes.title.text_frame.text == "Rogge"
    (picture,) = [shape for shape in first.shapes if shape.shape_type == 13]
    assert "Rogge is terug." in picture._element.nvPicPr.cNvPr.get("descr")
    assert "Een rond brood op een plank" in picture._element.nvPicPr.cNvPr.get("descr")
    assert picture.left + picture.width <= deck.slide_width
    assert picture.top + picture.height <= deck.slide_height
    words = "\n".join(shape.text_frame.text for shape in first.shapes if shape.has_text_frame)
    assert "Wordt geplaatst: donderdag 10 december 2026, 09:00" in words
    assert "1/2" in words
    assert ("Lang. " * 200).strip() in second.notes_slide.notes_text_frame.text
