"""The two plugins in `examples/`, as strangers would use them: one file in a workspace, one package with its tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.quality.record import read_record
from smm_core.steps.collect import collect
from smm_core.workspace import Workspace

EXAMPLES = Path(__file__).parents[2] / "examples"
ONE_FILE = EXAMPLES / "one_file"
PACKAGE = EXAMPLES / "package" / "smm-changes"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ONE_FILE, tmp_path / "one_file", ignore=shutil.ignore_patterns(".smm", "__pycache__")))


def test_the_file_finds_what_is_today_once(root: Path) -> None:
    clock = FakeClock(datetime(2026, 11, 23, 8, tzinfo=UTC))
    with Workspace(root, clock) as ws:
        assert collect(ws).lines == ["anniversaries: 1 new idea"]
        assert collect(ws).lines == []
        clock.advance(timedelta(days=1))
        assert collect(ws).lines == []
        clock.advance(timedelta(days=364))
        assert collect(ws).lines == ["anniversaries: 1 new idea"]
        titles = {one.found.title for one in ws.store.ideas.listed()}
        assert titles == {"The mill turned for the first time, in 1742"}


def test_the_file_is_about_twenty_lines() -> None:
    (plugin,) = (ONE_FILE / "plugins").glob("*.py")
    code = [line for line in plugin.read_text("utf-8").splitlines() if line.strip()]
    assert len(code) <= 20


def test_the_package_passes_its_own_tests(tmp_path: Path) -> None:
    folder = shutil.copytree(PACKAGE, tmp_path / "smm-changes")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--record-quality"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
    found = read_record(folder / "smm_changes")
    assert found is not None
    assert found == read_record(PACKAGE / "smm_changes"), "the record is of another state: make quality"


def test_examples_use_public_names_only() -> None:
    import ast

    import smm_core

    for path in [*(ONE_FILE / "plugins").glob("*.py"), *(PACKAGE / "smm_changes").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("smm_core"):
                assert node.module == "smm_core", path
                assert {alias.name for alias in node.names} <= set(smm_core.__all__), path
