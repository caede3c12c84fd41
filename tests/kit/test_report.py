"""The kit's pytest plugin: what a failure means is said, differences need reasons, and a report is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from smm_core.testing.kit.suite import Suite
from smm_core.testing.pytest_plugin import REPORT, names_of_tests, require_reasons, suite_of

TESTS = '''
import pytest
from smm_core.testing.kit.suite import Suite

class Small(Suite):
    __module__ = "smm_core.testing.kit.small"

    def test_one(self, harness):
        """The world ends."""

    def test_two(self, harness):
        """Followers see half a picture."""
        assert not harness.breaks

    def test_three(self, harness):
        """Nothing of note."""
        raise AssertionError("it is different")

    @pytest.mark.parametrize("row", ["a", "b"])
    def test_rows(self, harness, row):
        """Rows."""
        if row == "b":
            harness.untried = "has no b"
        else:
            harness.differences["a"] = "a is another"

class Harness:
    breaks, untried = BREAKS, ""
    def __init__(self):
        self.differences = {}

@pytest.fixture
def harness():
    return Harness()

class TestMine(Small):
    differs = {"test_three": "the platform has no three"}
'''


def run(folder: Path, *, breaks: bool, only: str = "") -> str:
    (folder / "pyproject.toml").write_text('[project]\nname = "smm-mine"\nversion = "1.2"\n', "utf-8")
    (folder / "test_mine.py").write_text(TESTS.replace("BREAKS", str(breaks)), "utf-8")
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", only, str(folder)]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=50).stdout


def test_a_report_is_kept_and_says_what_failed(tmp_path: Path) -> None:
    said = run(tmp_path, breaks=True)
    assert "what this means for a user" in said
    assert "Followers see half a picture." in said
    report = json.loads((tmp_path / REPORT).read_text("utf-8"))
    assert report == {
        "plugin": "smm-mine",
        "version": "1.2",
        "suite": "Small",
        "passed": ["Small.test_one", "Small.test_rows[a]"],
        "failed": ["Small.test_two"],
        "differs": {"Small.test_rows[a]": "a is another", "Small.test_three": "the platform has no three"},
        "untried": {"Small.test_rows[b]": "has no b"},
    }


def test_a_part_of_the_suite_makes_no_report(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, breaks=False, only="test_one")
    assert not (tmp_path / REPORT).exists()


# ---------------------------------------------------------------- reasons


class Small(Suite):
    """A suite of one test."""

    def test_one(self) -> None:
        """Something."""


Small.__module__ = "smm_core.testing.kit.small"


def test_suites_are_known_by_where_they_come_from() -> None:
    mine = type("TestMine", (Small,), {})
    assert suite_of(mine) is Small
    assert suite_of(int) is None
    assert suite_of(None) is None
    assert names_of_tests(Small) == ["test_one"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"test_one": lambda self: None}, "replaces test_one of Small: write into `differs` why"),
        ({"differs": {"test_one": " "}}, "needs a reason"),
        ({"differs": {"test_five": "it is"}}, "test_five, which Small does not have"),
    ],
)
def test_a_difference_without_a_reason_is_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(pytest.UsageError, match=words):
        require_reasons(type("TestMine", (Small,), fields), Small)


def test_a_difference_with_a_reason_is_taken() -> None:
    fields = {"test_one": lambda self: None, "differs": {"test_one": "the platform has no one"}}
    require_reasons(type("TestMine", (Small,), fields), Small)
