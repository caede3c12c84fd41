"""The files that `smm plugins new` writes: named well, complete, and never over what is there."""

from __future__ import annotations

import ast
import re
import tomllib
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from smm_core.cli import cli
from smm_core.errors import SmmError, WorkspaceError
from smm_core.scaffold.new_plugin import FAMILIES, NewPlugin, named, write_package, write_single_file
from smm_core.steps.collect import collect
from smm_core.testing.kit.finished import left_to_do
from smm_core.workspace import Workspace

TODAY = date(2026, 11, 23)


def new(family: str, name: str = "village-board") -> NewPlugin:
    return NewPlugin(family=family, name=name, today=TODAY)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["plugins", "new", *arguments], standalone_mode=False)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_package_is_complete(family: str, tmp_path: Path) -> None:
    written = write_package(new(family), tmp_path)
    root = tmp_path / "smm-village-board"
    assert sorted(written) == sorted(path for path in root.rglob("*") if path.is_file())
    for path in written:
        text = path.read_text("utf-8")
        assert not re.search(r"@[A-Z]+@", text + str(path)), f"{path} has a placeholder left"
        if path.suffix == ".py":
            ast.parse(text)
            assert all(len(line) <= 120 for line in text.splitlines()), path
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["smm"] == {"village-board": "smm_village_board"}
    assert tomllib.loads((root / "smm_village_board" / "quality.toml").read_text())["tier"] == "bronze"
    headings = re.findall(r"^## (.+)$", (root / "README.md").read_text("utf-8"), re.MULTILINE)
    assert headings == ["What it does", "Set up", "Settings", "Permissions", "What it cannot do", "Limits"]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_left_to_do_is_told_in_words(family: str, tmp_path: Path) -> None:
    write_package(new(family), tmp_path)
    left = left_to_do(tmp_path)
    assert len(left) >= 2
    for one in left:
        assert one.what[0].isupper()
        assert one.what.endswith((".", "click", ":")), one.what
        assert "TODO" in (tmp_path / one.file).read_text("utf-8").splitlines()[one.line - 1]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_single_file_is_short_and_is_loaded(family: str, root: Path) -> None:
    path = write_single_file(new(family), root / "plugins")
    assert path.name == "village_board.py"
    assert len(path.read_text("utf-8").splitlines()) <= 33
    with Workspace(root) as ws:
        loaded = {one.found.name: one for one in ws.plugins.loaded}["village_board"]
        assert loaded.error == ""
        assert loaded.objects == (f"{family} village-board",)


def test_a_single_file_runs_at_once(root: Path) -> None:
    write_single_file(new("source"), root / "plugins")
    (root / "village-board.txt").write_text("Rye is back\n")
    with (root / "smm.toml").open("a") as file:
        file.write('[sources.board]\ntype = "village-board"\n')
    with Workspace(root) as ws:
        assert collect(ws, only=["board"]).lines == ["board: 1 new idea"]
        assert [one.found.title for one in ws.store.ideas.listed()] == ["Rye is back"]


@pytest.mark.parametrize(
    ("typed", "name"), [("acme", "acme"), ("smm-acme", "acme"), ("acme-news", "acme-news"), ("a1", "a1")]
)
def test_a_good_name_is_taken(typed: str, name: str) -> None:
    assert named(typed) == name


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("Acme News", "acme-news"),
        ("acme_news", "acme-news"),
        ("1st", "st"),
        ("", "such as"),
        ("a--b", "a-b"),
        ("../evil", "evil"),
        ("core", "such as"),
        ("smm-builtin", "such as"),
        ("class", "such as"),
        ("x" * 41, "x" * 40),
        ("naïve", "naive"),
    ],
)
def test_a_bad_name_is_refused_with_a_better_one(typed: str, hint: str) -> None:
    with pytest.raises(SmmError, match=r"\(.*") as caught:
        named(typed)
    assert hint in caught.value.hint


def test_nothing_is_written_over(tmp_path: Path) -> None:
    write_package(new("source"), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(WorkspaceError, match="is there already"):
        write_package(new("publisher"), tmp_path)
    write_single_file(new("source"), tmp_path)
    with pytest.raises(WorkspaceError, match="is there already"):
        write_single_file(new("source"), tmp_path)
    assert before.items() <= {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}.items()
    with pytest.raises(WorkspaceError, match="is a file"):
        write_package(new("source"), tmp_path / "village_board.py")


def test_the_last_line_says_how_to_go_on(tmp_path: Path) -> None:
    said = run("metrics", "village-board", "--into", str(tmp_path)).output.splitlines()
    assert said[-1].count("`") == 6
    for command in ("pip install -e", "-m pytest", "smm plugins show village-board"):
        assert command in said[-1]


def test_a_name_that_is_installed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("publisher", "sandbox")
    assert isinstance(result.exception, WorkspaceError)
    assert "is installed already" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_in_a_folder_of_its_own_it_is_made_with_a_warning(tmp_path: Path) -> None:
    result = run("publisher", "sandbox", "--into", str(tmp_path))
    assert result.exception is None
    assert "uninstall smm-sandbox in " in result.stderr
    assert (tmp_path / "smm-sandbox" / "pyproject.toml").is_file()


def test_a_title_is_what_people_read(tmp_path: Path) -> None:
    assert run("publisher", "board", "--title", "The  Böard (beta)", "--into", str(tmp_path)).exception is None
    module = tmp_path / "smm-board" / "smm_board"
    assert 'title = "The Böard (beta)"' in (module / "publisher.py").read_text("utf-8")
    assert "class Board:" in (module / "publisher.py").read_text("utf-8")
    assert (module / "__init__.py").read_text("utf-8").startswith('"""Publish with smm on The Böard (beta)."""')
    for title in ('"""', "a\\", "x" * 61, "@NAME@"):
        assert isinstance(run("publisher", "other", "--title", title, "--into", str(tmp_path)).exception, SmmError)


def test_an_unknown_family_is_a_wrong_usage(tmp_path: Path) -> None:
    result = run("publsher", "x", "--into", str(tmp_path))
    assert isinstance(result.exception, click.BadParameter)
