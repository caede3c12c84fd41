"""The approver `office` keeps to what smm asks of every approver: a sheet in a folder, and the sheet that came back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from openpyxl import load_workbook
from smm_office.approver import OfficeApprover
from smm_office.settings import Settings

from smm_core import Decision, Person
from smm_core.testing.kit import ApproverCase, ApproverSuite, Replied


@pytest.fixture
def case(fill: Callable[..., None]) -> ApproverCase:
    def asked(root: Path) -> Sequence[str]:
        sheets = [load_workbook(path).worksheets[0] for path in sorted(root.glob("sheets/out/bob/*.xlsx"))]
        return ["\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row) for sheet in sheets]

    def answer(replied: Replied) -> None:
        (sent,) = replied.workspace.glob("sheets/out/bob/*.xlsx")
        back = replied.workspace / "sheets" / "in" / "bob" / sent.name
        back.parent.mkdir(parents=True)
        shutil.copy(sent, back)
        word = "Approve" if replied.decision is Decision.APPROVE else "Rework"
        fill(back, {2: (word, replied.remark), 3: (word, "")})

    return ApproverCase(
        make=OfficeApprover,
        asked=asked,
        answer=answer,
        settings=Settings(folder="sheets"),
        persons=(Person(name="bob", address="bob@acme.example", language="en"),),
    )


class TestOffice(ApproverSuite):
    differs = {  # noqa: RUF012 - as the kit declares it
        "test_bad_answers_are_no_approval": "it uses no network; files that are broken or put together by hand: test_dangers.py",
        "test_offline_is_said": "it uses no network at all: a sheet is a file in a folder of the workspace",
    }
