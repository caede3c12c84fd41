"""`smm init`: a workspace that works at once, and never over what is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from smm_core.cli.init import guess_language, guess_zone
from tests.cli.conftest import Smm

SMM = [sys.executable, "-c", "from smm_core.cli import main; main()"]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_new_workspace_passes_its_own_checks(smm: Smm, tmp_path: Path, language: str) -> None:
    made = tmp_path / "made"
    ran = smm("init", str(made), "--language", language, "--zone", "Europe/Amsterdam", "--name", "Made")
    assert ran.code == 0
    assert ran.out.count("\n") == 4, "what was made, and three lines of what to do next"
    assert 'zone = "Europe/Amsterdam"' in (made / "smm.toml").read_text()
    assert smm("-w", str(made), "collect").code == 0
    posts = smm("-w", str(made), "posts", "list", "--json").json
    assert posts
    for post in posts:
        checked = smm("-w", str(made), "check", post["post"])
        assert checked.code == 0, checked.out


def test_a_folder_that_is_a_workspace_is_refused(smm: Smm, root: Path) -> None:
    before = (root / "smm.toml").read_bytes()
    ran = smm("init", str(root))
    assert ran.code == 2
    assert "is a workspace already" in ran.err
    assert (root / "smm.toml").read_bytes() == before


def test_an_unknown_zone_is_said_before_anything_is_written(smm: Smm, tmp_path: Path) -> None:
    ran = smm("init", str(tmp_path / "made"), "--zone", "Europe/Delft")
    assert ran.code == 1
    assert "Europe/Delft" in ran.err
    assert not (tmp_path / "made").exists()


def test_the_zone_comes_from_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Asia/Kolkata")
    assert guess_zone() == "Asia/Kolkata"


def test_a_system_zone_that_does_not_exist_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Mars/Olympus")
    assert guess_zone() != "Mars/Olympus"


@pytest.mark.parametrize(("spoken", "language"), [("nl_NL.UTF-8", "nl"), ("de_DE.UTF-8", "en"), ("C", "en")])
def test_the_language_comes_from_the_system(monkeypatch: pytest.MonkeyPatch, spoken: str, language: str) -> None:
    monkeypatch.setenv("LC_ALL", spoken)
    assert guess_language() == language


def test_it_works_as_a_process_of_its_own(tmp_path: Path) -> None:
    environment = {**os.environ, "TZ": "Europe/Lisbon", "LC_ALL": "C"}
    made = subprocess.run(
        [*SMM, "init", "here"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert (made.returncode, made.stderr) == (0, "")
    assert 'zone = "Europe/Lisbon"' in (tmp_path / "here" / "smm.toml").read_text()
    again = subprocess.run(
        [*SMM, "init", "here"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert again.returncode == 2
    assert "Traceback" not in again.stderr
