"""A workspace whose reviews go out in sheets."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from PIL import Image, ImageDraw
from smm_office import smm_commands

from smm_core.clock import FakeClock
from smm_core.context import plugin_folder
from smm_core.steps import Report
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.workspace import Workspace

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

SMM_TOML = """
[workspace]
name = "Studio"
zone = "Europe/Amsterdam"

[plugins]
enabled = ["office"]

[clients.acme]
title = "Acme Bakery"

[clients.other]

[persons.wim]
address = "wim@studio.example"
roles = { acme = ["writer"] }

[persons.bob]
title = "Bob Bakker"
address = "bob@acme.example"
language = "nl"
roles = { acme = ["client"] }

[persons.eve]
address = "eve@other.example"
roles = { other = ["client"] }

[profiles.acme-social]
platform = "manual"
client = "acme"

[profiles.acme-short]
platform = "manual"
client = "acme"

[sources.content]
type = "folder"
client = "acme"

[workflows.standard]
approver = "office"
approve_by = "1 working day before"
remind = ["4 working hours before"]
[[workflows.standard.stages]]
name = "client"
audience = "client"
"""


@dataclass
class Studio:
    """A workspace with a clock, and the command line of the plugin."""

    root: Path
    clock: FakeClock
    ws: Workspace

    def post(
        self, name: str, at: str, text: str, *, profiles: Sequence[str] = ("acme-social",), picture: bool = False
    ) -> None:
        """A post file."""
        lines = [f'at = "{at}"', 'call_to_action = "Proef het."', f'title = "{name.title()}"']
        lines.append(f"profiles = [{', '.join(repr(one) for one in profiles)}]".replace("'", '"'))
        if picture:
            (self.root / "content" / "posts" / "loaf.png").write_bytes(loaf())
            lines.append('pictures = [{ file = "loaf.png", alt = "Een rond brood op een plank" }]')
        body = "\n".join(["+++", *lines, "+++", "", text, ""])
        (self.root / "content" / "posts" / f"{name}.md").write_text(body, "utf-8")

    def round(self) -> Report:
        """One round of the daemon, as far as asking goes."""
        collect(self.ws)
        render(self.ws)
        return review(self.ws)

    def on(self, **later: float) -> None:
        self.clock.advance(timedelta(**later))

    def set(self, old: str, new: str) -> None:
        """Change smm.toml."""
        path = self.root / "smm.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        self.ws.reload()

    # what core hands to commands

    def data_dir(self, plugin: str) -> Path:
        return plugin_folder(self.root, plugin)

    def desk(self, plugin: str) -> Any:
        return self.ws.desk(plugin)

    def run(self, *arguments: Any) -> Result:
        """`smm office …`"""
        (group,) = smm_commands()
        return CliRunner().invoke(group, [str(one) for one in arguments], obj=self)

    def verdicts(self, number: int = 1) -> list[tuple[str, str, str]]:
        return [(str(one.decision), one.by, one.remark) for one in self.ws.store.reviews.verdicts(number)]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    root = tmp_path / "workspace"
    (root / "content" / "posts").mkdir(parents=True)
    (root / "smm.toml").write_text(SMM_TOML)
    clock = FakeClock(MONDAY)
    with Workspace(root, clock) as ws:
        ws._by = "wim"
        yield Studio(root=root, clock=clock, ws=ws)


@pytest.fixture
def fill() -> Callable[..., None]:
    """Fills in a spreadsheet as a person does: row (from 2) → verdict, remark; or any cell by its name."""

    def fill(path: Path, answers: dict[int, tuple[str, str]] | None = None, **cells: str) -> None:
        book = load_workbook(path)
        for row, (verdict, remark) in (answers or {}).items():
            book.worksheets[0][f"H{row}"], book.worksheets[0][f"I{row}"] = verdict, remark
        for name, text in cells.items():
            book.worksheets[0][name] = text
        book.save(path)

    return fill


def loaf() -> bytes:
    """A picture."""
    image = Image.new("RGB", (900, 600), "#e9dcc9")
    ImageDraw.Draw(image).ellipse((250, 120, 650, 480), fill="#a9682f")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
