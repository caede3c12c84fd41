"""The kit's pytest plugin: what a failure means is said, differences need reasons, and what is found is recorded when asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from smm_core.quality.record import FILE, Record, digest_of, read_record
from smm_core.testing.kit.suite import Suite
from smm_core.testing.pytest_plugin import names_of_tests, project_in, require_reasons, suite_of

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

    def test_four(self, harness):
        """Fours."""
        pytest.skip("there are no fours")

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


PROJECT = """
[project]
name = "smm-mine"
version = "1.2"

[project.entry-points.smm]
mine = "smm_mine:plugin"
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package of a plugin that says what it is."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, "utf-8")
    package = tmp_path / "smm_mine"
    package.mkdir()
    (package / "quality.toml").write_text('tier = "gold"\n', "utf-8")
    return package


def run(package: Path, *options: str, breaks: bool = False) -> tuple[int, str]:
    """The exit code of the plugin's tests, and what they say."""
    (package.parent / "test_mine.py").write_text(TESTS.replace("BREAKS", str(breaks)), "utf-8")
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(package.parent)]
    done = subprocess.run(line, cwd=package.parent, capture_output=True, text=True, timeout=50)
    return done.returncode, done.stdout + done.stderr


def test_a_record_says_what_was_found_and_of_which_files(package: Path) -> None:
    code, said = run(package, "--record-quality", breaks=True)
    assert code == 1
    assert "what this means for a user" in said
    assert "Followers see half a picture." in said
    assert read_record(package) == Record(
        plugin="smm-mine",
        version="1.2",
        files=digest_of(package),
        suites=("Small",),
        passed=("Small.test_one", "Small.test_rows[a]"),
        failed=("Small.test_two",),
        differs={"Small.test_rows[a]": "a is another", "Small.test_three": "the platform has no three"},
        untried={"Small.test_four": "there are no fours", "Small.test_rows[b]": "has no b"},
    )


def test_what_is_only_a_part_is_not_recorded(package: Path) -> None:
    code, said = run(package, "--record-quality", "-k", "test_one")
    assert code == 1
    assert "not recorded: smm-mine: not all of the kit was run (Small.test_four, Small.test_rows, Small.t" in said
    assert not (package / FILE).exists()


def test_who_claims_nothing_has_nothing_recorded(package: Path) -> None:
    assert project_in(package.parent) == ("smm-mine", "1.2", [package])
    (package / "quality.toml").unlink()
    assert project_in(package.parent) == ("smm-mine", "1.2", [])
    assert project_in(package)[2] == []


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
