"""What all tests share: a workspace of their own, a clock that stands still, and a guard on the environment."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from smm_core.clock import FakeClock
from smm_core.store import Store
from smm_core.store.database import Database
from smm_core.workspace import Workspace

# What is compiled is kept, for this process and all that it starts, wherever that is switched off: for most commands that
# tests start, compiling what they load takes longer than what they do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Thousands of databases are synced to disk; where memory is plenty they lie in it. Nothing here cuts the power for real.
_MEMORY = Path("/dev/shm")
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 4e9:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# How long an example takes is the machine's affair: a busy one is no failure. Every run takes other examples.
settings.register_profile("suite", deadline=None, max_examples=50)
settings.load_profile("suite")

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

SMM_TOML = """
[workspace]
name = "Test"
zone = "Europe/Amsterdam"

[clients.acme]
title = "Acme"
zone = "Europe/Amsterdam"

[profiles.social]
client = "acme"
platform = "sandbox"
imitates = "microblog"
slots = ["mon-fri 09:00", "mon-fri 17:00"]

[profiles.short]
client = "acme"
platform = "sandbox"
imitates = "shorttext"
slots = ["daily 12:00"]

[sources.content]
type = "folder"
client = "acme"

[workflow]
approver = "hand"
"""


@pytest.fixture(autouse=True)
def _environment_stays() -> Iterator[None]:
    """A test that changes the environment for others fails."""
    before = _environment()
    yield
    assert _environment() == before, "the test changed the environment"


def _environment() -> tuple[dict[str, str], Path]:
    return {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}, Path.cwd()


@pytest.fixture(scope="session")
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def _own_home(_environment_stays: None, _caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches lie in a folder of the run's own, and nothing is a workspace by accident."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_caches))
    monkeypatch.delenv("SMM_WORKSPACE", raising=False)
    monkeypatch.setenv("SMM_PERSON", "tester")


@pytest.fixture(scope="session", autouse=True)
def _databases_are_copied() -> Iterator[None]:
    """The first new database of a run is migrated from nothing; the others begin as copies of it, with an identity of their own."""
    migrate = Database._migrate
    fresh: list[bytes] = []

    def copied(self: Database) -> None:
        if self.path.stat().st_size:
            migrate(self)
        elif not fresh:
            migrate(self)
            fresh.append(self.path.read_bytes())
        else:
            self.path.write_bytes(fresh[0])
            with self.write() as tx:
                tx.execute("UPDATE meta SET value = ? WHERE key = 'workspace'", (uuid.uuid4().hex,))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_migrate", copied)
        yield


@pytest.fixture
def clock() -> FakeClock:
    """Monday 23 November 2026, 09:00 in Amsterdam."""
    return FakeClock(MONDAY)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with Store(tmp_path / ".smm" / "smm.db") as opened:
        yield opened


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with two sandbox profiles and an empty content folder."""
    folder = tmp_path / "workspace"
    (folder / "content" / "posts").mkdir(parents=True)
    (folder / "smm.toml").write_text(SMM_TOML)
    return folder


@pytest.fixture
def ws(root: Path, clock: FakeClock) -> Iterator[Workspace]:
    """The workspace, open, on the fake clock."""
    with Workspace(root, clock) as opened:
        yield opened


def write_post(root: Path, name: str, text: str = "Fresh bread today.", **front: str) -> Path:
    """A post file with these front matter lines."""
    path = root / "content" / "posts" / f"{name}.md"
    lines = "".join(f"{key} = {value}\n" for key, value in front.items())
    path.write_text(f"+++\n{lines}+++\n\n{text}\n")
    return path


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where the real parts are installed, a test that was skipped has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if skipped and os.environ.get("CI") and session.exitstatus == 0:
        reporter.write_line("skipped, with CI set: " + ", ".join(one.nodeid for one in skipped), red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


LONG = (
    "tests/scaffold/test_fresh_environment.py",
    "tests/house/test_docs_examples.py::test_the_page_comes_true[docs/quickstart.md]",
    "tests/crash/test_crash.py",
    "tests/house/test_docs_examples.py",
    "tests/scaffold/test_suites_catch.py",
    "tests/crash/",
    "tests/bad_days/",
    "tests/test_ledger_states.py",
    "plugins/smm-bluesky/tests/test_real_crashes.py",
    "plugins/smm-bluesky/tests/test_verdicts.py",
    "plugins/smm-bluesky/tests/test_networks_example.py",
)
"""What takes seconds: the longest first. The first file shares an environment that takes as long to make, and stays together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest goes first, and is dealt out: each worker begins with one part of the list, in its order."""
    long = sorted((item for item in items if item.nodeid.startswith(LONG)), key=_place)
    rest = [item for item in items if not item.nodeid.startswith(LONG)]
    together = [item for item in long if _place(item) == 0]
    units = [together, *([item] for item in long[len(together) :])]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share, dealt = -(-len(items) // workers), list[pytest.Item]()
    for worker in range(workers):
        hand = [item for unit in units[worker::workers] for item in unit]
        room = max(0, share - len(hand))
        dealt += hand + rest[:room]
        del rest[:room]
    items[:] = dealt + rest


def _place(item: pytest.Item) -> int:
    return next(place for place, begins in enumerate(LONG) if item.nodeid.startswith(begins))
