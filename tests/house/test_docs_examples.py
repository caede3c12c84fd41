"""The examples of the documentation come true: files are put where they say, commands are run, in the order of the page.

A fenced block whose info string is `python plugins/notebook.py` is that file. A `console` block holds commands, each with
the output it must show. Every page with such blocks is run here; a page is one story, or one story for each section.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"```(?P<language>\w*) ?(?P<path>\S*)")
_EXIT_CODE = re.compile(r"\s+# exit code (\d+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fenced block: `path` is the file that it is, empty for other blocks; `line` is where it begins."""

    page: str
    section: str
    line: int
    language: str
    path: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A line of a console block, the exit code it must have, and the output that is shown (`…` is anything within its line)."""

    line: str
    code: int
    shown: tuple[str, ...]


def blocks_of(path: Path) -> list[Block]:
    """The fenced blocks of a page, each with the `##` section that it stands in."""
    blocks: list[Block] = []
    section, body = "", list[str]()
    opened: tuple[int, re.Match[str]] | None = None
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if opened is not None:
            if line == "```":
                begin, fence = opened
                blocks.append(
                    Block(
                        page=path.relative_to(ROOT).as_posix(),
                        section=section,
                        line=begin,
                        language=fence["language"],
                        path=fence["path"],
                        text="".join(f"{one}\n" for one in body),
                    )
                )
                opened, body = None, []
            else:
                body.append(line)
        elif begins := _FENCE.fullmatch(line):
            opened = (number, begins)
        elif line.startswith("## "):
            section = line[3:].strip()
    assert opened is None, f"{path}: a block is not closed"
    return blocks


def commands_of(block: Block) -> Iterator[Command]:
    """The commands of a console block. `# exit code 1` behind one says what must come back."""
    assert block.text.startswith("$ "), f"{block.page}:{block.line}: a console block begins with a command"
    for piece in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, *shown = piece.splitlines()
        code = _EXIT_CODE.search(line)
        yield Command(
            line=_EXIT_CODE.sub("", line),
            code=int(code[1]) if code else 0,
            shown=tuple(one for one in shown if one.strip()),
        )


class Story:
    """A folder in which the blocks of a page come true. `smm.toml` grows; every other file is written anew."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.said = ""
        self._packages = folder.parent / "packages"
        self._environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self._packages),
            "LANG": "C.UTF-8",
            "TZ": "Europe/Amsterdam",
            "SMM_PERSON": "mirjam",
            **(environment or {}),
        }

    def tell(self, block: Block) -> None:
        """Let one block come true; what does not go as the page says is an AssertionError that names the line."""
        if block.path == "pyproject.toml":
            self._install(block)
        elif block.path:
            self._put(block)
        elif block.language == "console":
            for command in commands_of(block):
                self._run(command, block)

    def _put(self, block: Block) -> None:
        is_package = block.language == "python" and "/" not in block.path
        path = (self._packages if is_package else self.folder) / block.path
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text("utf-8") + "\n" if path.name == "smm.toml" and path.exists() else ""
        path.write_text(before + block.text, "utf-8")

    def _install(self, block: Block) -> None:
        """What an installer leaves of a package beside its modules: the folder with its entry points."""
        project = tomllib.loads(block.text)["project"]
        folder = self._packages / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        folder.mkdir(parents=True)
        points = "".join(f"{name} = {target}\n" for name, target in project["entry-points"]["smm"].items())
        (folder / "entry_points.txt").write_text(f"[smm]\n{points}", "utf-8")

    def _run(self, command: Command, block: Block) -> None:
        where = f"{block.page}:{block.line}: $ {command.line}"
        if command.line.startswith("cd "):
            self.folder = self.folder / command.line.removeprefix("cd ").strip()
            assert self.folder.is_dir(), f"{where}: there is no such folder"
            return
        done = subprocess.run(
            ["sh", "-c", command.line],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=50,
        )
        self.said = done.stdout + done.stderr
        assert done.returncode == command.code, f"{where}\nexit code {done.returncode}, said:\n{self.said}"
        missing = _first_missing(command.shown, self.said)
        assert missing is None, f"{where}\ndoes not say\n{missing}\nbut\n{self.said}"


def _first_missing(shown: tuple[str, ...], said: str) -> str | None:
    """The first line that is shown and was not said, after the ones before it."""
    place = 0
    for line in shown:
        pattern = ".*?".join(re.escape(piece.strip()) for piece in line.split("…"))
        found = re.compile(pattern).search(said, place)
        if found is None:
            return line
        place = found.end()
    return None


# ---------------------------------------------------------------- the pages

ONE_STORY = (
    "README.md",
    "docs/quickstart.md",
    "docs/posts.md",
    "docs/planning.md",
    "docs/reviews.md",
    "docs/inbox.md",
    "docs/testing.md",
)
A_STORY_EACH = "docs/hooks.md"
SHARED = "The examples"
IN_A_FRESH_ENVIRONMENT = "docs/plugins.md"  # by tests/scaffold/test_fresh_environment.py


def _sections(path: Path) -> dict[str, list[Block]]:
    """Section → its blocks, for every section that has commands to run."""
    blocks = blocks_of(path)
    with_commands = dict.fromkeys(block.section for block in blocks if block.language == "console")
    return {section: [block for block in blocks if block.section == section] for section in with_commands}


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("page", ONE_STORY)
def test_the_page_comes_true(page: str, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    story = Story(folder)
    blocks = blocks_of(ROOT / page)
    assert any(block.language == "console" for block in blocks), f"{page} runs nothing"
    for block in blocks:
        story.tell(block)


@pytest.mark.slow
@pytest.mark.parametrize("section", _sections(ROOT / A_STORY_EACH))
def test_the_example_comes_true(section: str, tmp_path: Path) -> None:
    folder = tmp_path / "examples"
    folder.mkdir()
    story = Story(folder)
    for block in blocks_of(ROOT / A_STORY_EACH):
        if block.section in (SHARED, section):
            story.tell(block)


def test_every_console_block_is_run() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]
    with_commands = {
        path.relative_to(ROOT).as_posix()
        for path in pages
        if any(block.language == "console" for block in blocks_of(path))
    }
    assert with_commands == {*ONE_STORY, A_STORY_EACH, IN_A_FRESH_ENVIRONMENT}


def test_every_plugin_of_the_hooks_page_is_run() -> None:
    ran = _sections(ROOT / A_STORY_EACH)
    for block in blocks_of(ROOT / A_STORY_EACH):
        if block.language == "python":
            assert block.section in ran, f"line {block.line}: nothing runs {block.path or 'this block'}"


# ---------------------------------------------------------------- the runner itself can fail


def test_a_wrong_exit_code_is_noticed(tmp_path: Path) -> None:
    block = Block(page="x.md", section="", line=1, language="console", path="", text="$ false\n")
    with pytest.raises(AssertionError, match=r"x\.md:1: \$ false\s+exit code 1"):
        Story(tmp_path).tell(block)


def test_output_that_is_not_said_is_noticed(tmp_path: Path) -> None:
    block = Block(page="x.md", section="", line=1, language="console", path="", text="$ echo one two\none…three\n")
    with pytest.raises(AssertionError, match="does not say"):
        Story(tmp_path).tell(block)


def test_output_is_looked_for_in_order() -> None:
    assert _first_missing(("a…c", "d"), "a b c\nd") is None
    assert _first_missing(("a…d",), "a b c\nd") == "a…d"
    assert _first_missing(("d", "a"), "a b c d") == "a"
