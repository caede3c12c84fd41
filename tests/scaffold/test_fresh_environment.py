"""New plugins of all five families, installed in a fresh environment, as their authors would: found, run, tested.

The environment sees this one's libraries, so that nothing is downloaded; the plugins are installed in it alone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from smm_core.scaffold.new_plugin import FAMILIES
from smm_core.testing.kit.finished import left_to_do
from tests.house.test_docs_examples import IN_A_FRESH_ENVIRONMENT, ROOT, Story, blocks_of

# A publisher's suite is long, and run whole by the story of docs/plugins.md.
SOME = {"publisher": ("-k", "left_to_do or importing or settings or secret or lost or 401")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """A fresh environment and the folder in which an author works."""

    python: Path
    home: Path

    def run(self, *arguments: str, within: Path | None = None, code: int = 0) -> str:
        """What a command of this environment's Python says, on both streams."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=within or self.home,
            env={**environment, "XDG_CACHE_HOME": str(self.home / "cache"), "COLUMNS": "160"},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == code, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def smm(self, *arguments: str, code: int = 0) -> str:
        """What `smm` says."""
        return self.run("-c", "from smm_core.cli import main; main()", *arguments, code=code)

    def folder(self, family: str) -> Path:
        """Where the plugin of a family was made."""
        return self.home / f"smm-new-{family}"


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An author who has made one plugin of each family and installed them, editable, with one command."""
    base = tmp_path_factory.mktemp("author")
    home = base / "work"
    home.mkdir()
    venv.create(base / "venv", with_pip=False, symlinks=True)
    author = Environment(python=base / "venv" / "bin" / "python", home=home)
    ours = sysconfig.get_path("purelib")
    (place,) = (base / "venv" / "lib").glob("python*/site-packages")
    (place / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    command = base / "venv" / "bin" / "smm"
    command.write_text(f"#!{author.python}\nfrom smm_core.cli import main\n\nmain()\n")
    command.chmod(0o755)
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda family: author.smm("plugins", "new", family, f"new-{family}"), FAMILIES):
            pass
    folders = [word for family in FAMILIES for word in ("-e", f"{author.folder(family)}[test]")]
    options = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation")
    author.run("-m", "pip", "install", *options, *folders)
    return author


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_all_are_found_and_work(author: Environment) -> None:
    said = author.smm("plugins", "list", "--json")
    listed = {one["name"]: one for one in json.loads(said[: said.rindex("]") + 1])}
    for family in FAMILIES:
        assert listed[f"new-{family}"]["offers"] == [f"{family} new-{family}"]
        assert listed[f"new-{family}"]["package"] == f"smm-new-{family}"
        assert listed[f"new-{family}"]["version"] == "0.1.0"
    assert "new-publisher" in author.smm("plugins", "show", "new-publisher")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_their_tests_pass_but_for_what_is_left_to_do(author: Environment) -> None:
    """The kit finds nothing wrong with them; one test lists in plain words what is not yet written."""

    def tested(family: str) -> str:
        return author.run("-m", "pytest", *SOME.get(family, ()), within=author.folder(family), code=1)

    with ThreadPoolExecutor(2) as pool:
        said = dict(zip(FAMILIES, pool.map(tested, FAMILIES), strict=True))
    for family, words in said.items():
        failed = re.findall(r"^FAILED (\S+)", words, re.MULTILINE)
        assert failed == ["tests/test_finished.py::TestFinished::test_nothing_is_left_to_do"], words
        assert int(re.findall(r"(\d+) passed", words)[0]) >= 5, words
        for one in left_to_do(author.folder(family)):
            assert one.what in words, f"{family}: {one}"
        assert not list(author.folder(family).rglob("quality.json")), "nobody asked for a record"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_one_that_is_finished_passes_and_is_recorded(author: Environment) -> None:
    folder = author.folder("template")
    _finish([folder / one.file for one in left_to_do(folder)])
    assert "recorded in" in author.run("-m", "pytest", "--record-quality", within=folder)
    judged = json.loads(author.smm("plugins", "quality", "new-template", "--json"))
    assert (judged["claimed"], judged["tier"], judged["kit"]["failed"]) == ("bronze", "silver", [])


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_page_for_authors_comes_true(author: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    path = f"{author.python.parent}{os.pathsep}{os.environ['PATH']}"
    story = Story(
        folder,
        {"PATH": path, "PYTEST_ADDOPTS": "", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **offline},
    )
    for block in blocks_of(ROOT / IN_A_FRESH_ENVIRONMENT):
        story.tell(block)


def _finish(files: Sequence[Path]) -> None:
    for path in files:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "TODO:" not in line), "utf-8")


def test_this_python_is_the_one_that_is_tried() -> None:
    assert sysconfig.get_path("purelib").startswith(sys.prefix)
