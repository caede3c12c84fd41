"""Reads pages of docs/ as stories: files to be put somewhere and commands to be run, in the order of the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
    """A line of a console block, the exit code it must have, and the output that is shown (`…` is anything)."""

    line: str
    code: int
    shown: tuple[str, ...]


def blocks_of(path: Path) -> list[Block]:
    """The fenced blocks of a page, each with the `##` section that it stands in."""
    blocks: list[Block] = []
    section, opened, body = "", None, []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if opened is not None:
            if line == "```":
                begin, fence = opened
                blocks.append(
                    Block(
                        page=path.name,
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
        elif fence := _FENCE.fullmatch(line):
            opened = (number, fence)
        elif line.startswith("## "):
            section = line[3:].strip()
    assert opened is None, f"{path.name}: a block is not closed"
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

    def __init__(self, folder: Path) -> None:
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
        where = f"docs/{block.page}:{block.line}: $ {command.line}"
        if command.line.startswith("cd "):
            self.folder = self.folder / command.line.removeprefix("cd ").strip()
            assert self.folder.is_dir(), f"{where}: there is no such folder"
            return
        done = subprocess.run(
            ["sh", "-c", command.line], cwd=self.folder, env=self._environment, capture_output=True, text=True, timeout=50
        )
        self.said = done.stdout + done.stderr
        assert done.returncode == command.code, f"{where}\nexit code {done.returncode}, said:\n{self.said}"
        missing = _first_missing(command.shown, self.said)
        assert missing is None, f"{where}\ndoes not say\n{missing}\nbut\n{self.said}"


def _first_missing(shown: tuple[str, ...], said: str) -> str | None:
    """The first line that is shown and was not said, after the ones before it."""
    place = 0
    for line in shown:
        pattern = r"[\s\S]*?".join(re.escape(piece.strip()) for piece in line.split("…"))
        found = re.compile(pattern).search(said, place)
        if found is None:
            return line
        place = found.end()
    return None
