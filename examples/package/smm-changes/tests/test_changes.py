"""What every source is asked, and what is special about this one."""

from __future__ import annotations

from pathlib import Path

import pytest
from smm_core.testing.kit import SourceCase, SourceSuite

from smm_changes.source import Changes, Settings, releases

CHANGES = """# Changes

## [Unreleased]

- something

## [1.1.0] - 2026-11-20

- Rye is back.

## 1.0.0

The first.
"""


@pytest.fixture
def case(tmp_path: Path) -> SourceCase:
    file = tmp_path / "CHANGELOG.md"
    file.write_text(CHANGES, "utf-8")
    added: list[str] = []

    def add(title: str) -> str:
        added.append(f"2.{len(added)}.0")
        file.write_text(file.read_text("utf-8") + f"\n## {added[-1]}\n\n{title}\n", "utf-8")
        return added[-1]

    return SourceCase(make=Changes, settings=Settings(file=str(file)), keys=("1.1.0", "1.0.0"), add=add)


class TestSource(SourceSuite):
    pass


def test_a_release_has_its_name_its_day_and_its_text() -> None:
    newest = next(releases(CHANGES, "Oven"))
    assert (newest.title, newest.text) == ("Oven 1.1.0", "- Rye is back.")
    assert newest.published_at is not None
    assert newest.published_at.isoformat() == "2026-11-20T00:00:00+00:00"
