"""The real program on a workspace of its own: commands and daemons as processes, plugins as files, pictures as bytes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PLUGINS = Path(__file__).parent / "plugins"
SMM = (sys.executable, "-c", "from smm_core.cli import main; main()")
PATIENCE = 20.0

SMM_TOML = """
[workspace]
name = "Bakery"
zone = "Europe/Amsterdam"

[clients.acme]

[profiles.shop]
platform = "recorder"
[profiles.shop.settings]
book = {book}

[sources.content]
type = "folder"
every = "1s"

[workflow]
approver = "rule"

[plugins]
enabled = {enabled}
deadline = "{deadline}"

[daemon]
collect_every = "1s"
"""
BRAND_TOML = """
require_call_to_action = false
require_alt_text = false
"""


def until(what: Callable[[], Any], *, seconds: float = PATIENCE, why: Callable[[], object] = lambda: "") -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {seconds:g} s: {why()}")


def refuse_tracebacks(said: str) -> None:
    """What no person should ever see."""
    for word in ("Traceback", "a mistake in smm itself", 'File "'):
        assert word not in said, said


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def line(self, *words: str) -> str:
        """The one line that holds all these words."""
        found = [line for line in (self.out + self.err).splitlines() if all(word in line for word in words)]
        assert len(found) == 1, f"{len(found)} lines with {words}:\n{self.out}{self.err}"
        return found[0]


@dataclass(kw_only=True, slots=True)
class Daemon:
    """A running `smm run`, or another command that was started."""

    process: subprocess.Popen[str]
    said_to: Path
    program: Program

    @property
    def said(self) -> str:
        """What it has printed so far, on both streams."""
        return self.said_to.read_text()

    @property
    def child(self) -> int:
        """The process that works, once it does."""
        return int(until(lambda: _child_of(self.process.pid)))

    def waits_for(self, what: Callable[[], Any]) -> Any:
        """Wait until something is true while it runs."""
        return until(what, why=lambda: f"the daemon said:\n{self.said}\nlog:\n{self.program.log_text()}")

    def says(self, *words: str) -> str:
        """Wait for a line with these words, and return it."""
        return str(
            self.waits_for(lambda: next((one for one in self.said.splitlines() if all(w in one for w in words)), ""))
        )

    def end(self, number: int = signal.SIGTERM, *, within: float = 5) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(number)
        return self.ended(within=within)

    def ended(self, *, within: float = PATIENCE) -> int:
        """Its exit code, when it ends by itself."""
        code = self.process.wait(within)
        refuse_tracebacks(self.said)
        return code


def _child_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    except (OSError, IndexError):
        return 0


def is_alive(pid: int) -> bool:
    """Whether a process is there and not just waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _hear_ctrl_c() -> None:
    """A shell has what it starts in the background ignore Ctrl-C, and all that is started by that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(kw_only=True, slots=True)
class Program:
    """A workspace, and the program on it.

    `prefix` is a command to run it under, `seen` where its folder is seen from here; `compiles` when it may keep what it
    compiled: not on a disk that runs full, or the next process would load half a plugin.
    """

    root: Path
    book: Path
    prefix: tuple[str, ...] = ()
    seen: Path | None = None
    compiles: bool = True
    daemons: list[Daemon] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The workspace's folder, as this process sees it."""
        return self.seen or self.root

    # ------------------------------------------------------------ what lies in the workspace

    def write(self, name: str, body: str | bytes) -> Path:
        """Write a file of the workspace."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"))
        return path

    def configure(
        self, more: str = "", *, deadline: str = "10s", enabled: Sequence[str] = ("recorder", "trouble")
    ) -> None:
        """Write `smm.toml`: a profile that records, a content folder, and `more`. The fewer plugins, the quicker the test."""
        text = SMM_TOML.format(book=json.dumps(str(self.book)), deadline=deadline, enabled=json.dumps(list(enabled)))
        self.write("smm.toml", text + more)

    def post(self, name: str, text: str = "", **front: str) -> Path:
        """Write a post that goes out at once."""
        lines = "".join(f"{key} = {value}\n" for key, value in {"at": '"now"', **front}.items())
        return self.write(f"content/posts/{name}.md", f"+++\n{lines}+++\n\n{text or f'This is {name}.'}\n")

    def trouble(self, name: str = "trouble", **does: str) -> None:
        """Install a plugin that makes trouble, each method doing what its word says."""
        for method, word in does.items():
            self.write(f"plugins/{name}/{method}", word)
        self.write(f"plugins/{name}/calls", "")
        self.write(f"plugins/{name}.py", (PLUGINS / "trouble.py").read_text())

    def calls(self, method: str, *, name: str = "trouble") -> int:
        """How often a method of that plugin was called."""
        return (self.folder / "plugins" / name / "calls").read_text().split("\n").count(method)

    # ------------------------------------------------------------ what it did

    def entries(self) -> list[dict[str, Any]]:
        """What the recording platform was given, in order."""
        return [json.loads(line) for line in self.book.read_text().splitlines()] if self.book.exists() else []

    def sent(self, profile: str = "shop") -> list[str]:
        """The texts that went out on a profile, in order."""
        return [one["text"] for one in self.entries() if one["profile"] == profile]

    def log_text(self) -> str:
        """The whole log."""
        path = self.folder / ".smm" / "logs" / "smm.jsonl"
        return path.read_text() if path.exists() else ""

    def logged(self, *words: str, level: str | None = None) -> list[dict[str, Any]]:
        """The entries of the log with these words."""
        entries = [json.loads(line) for line in self.log_text().splitlines()]
        return [
            one for one in entries if all(word in one["message"] for word in words) and level in (None, one["level"])
        ]

    def json(self, *args: str) -> Any:
        """What a listing says, whatever its exit code."""
        return json.loads(self.smm(*args, "--json", code=None).out)

    def attention(self, *words: str) -> dict[str, Any]:
        """The one thing that waits for a person and has these words."""
        found = [
            one for one in self.json("attention") if all(word in json.dumps(one, ensure_ascii=False) for word in words)
        ]
        assert len(found) == 1, found
        item: dict[str, Any] = found[0]
        assert item["next_step"]
        return item

    # ------------------------------------------------------------ running it

    @property
    def environment(self) -> dict[str, str]:
        """Of the program's processes."""
        return {**os.environ, "PYTHONDONTWRITEBYTECODE": "" if self.compiles else "1"}

    def smm(self, *args: str, code: int | None = 0) -> Done:
        """Run a command to its end. It must exit with `code` (None: any), and never show a traceback."""
        done = subprocess.run(
            [*self.prefix, *SMM, "-w", str(self.root), *args],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
            env=self.environment,
        )
        refuse_tracebacks(done.stdout + done.stderr)
        assert code is None or done.returncode == code, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    def start(self, *args: str, command: str = "run") -> Daemon:
        """Start `smm run`, or another command, without waiting for its end."""
        said_to = self.book.with_name(f"said-{len(self.daemons)}.txt")
        with said_to.open("w") as said:
            process = subprocess.Popen(
                [*self.prefix, *SMM, "-w", str(self.root), command, *args],
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
                preexec_fn=_hear_ctrl_c,
                env=self.environment,
            )
        daemon = Daemon(process=process, said_to=said_to, program=self)
        self.daemons.append(daemon)
        return daemon

    def close(self) -> None:
        """End what still runs."""
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                os.killpg(daemon.process.pid, signal.SIGKILL)
                daemon.process.wait()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the first command makes it: making it takes longer than most of the tests."""
    folder = tmp_path_factory.mktemp("template")
    made = make_program(Program(root=folder / "bakery", book=folder / "book.jsonl"))
    made.smm("posts", "list")
    return made.root / ".smm" / "smm.db"


@pytest.fixture
def program(tmp_path: Path, empty_database: Path) -> Iterator[Program]:
    """A bakery with one profile that records what it is given."""
    root, book = tmp_path / "bakery", tmp_path / "book.jsonl"
    made = make_program(Program(root=root, book=book))
    made.write(".smm/smm.db", empty_database.read_bytes())
    yield made
    made.close()


def make_program(made: Program) -> Program:
    """Write the files of the bakery."""
    made.write("brand.toml", BRAND_TOML)
    made.configure()
    (made.folder / "content" / "posts").mkdir(parents=True)
    (made.folder / "plugins").mkdir()
    shutil.copy(PLUGINS / "recorder.py", made.folder / "plugins")
    return made
