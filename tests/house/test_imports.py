"""The house: imports point one way, libraries stay in their rooms, the core names no platform."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "smm_core"
FILES = sorted(path for path in CORE.rglob("*.py"))
PLUGIN_FILES = sorted(path for path in ROOT.glob("plugins/*/smm_*/**/*.py"))

# Which modules may name a library; a folder ends with "/".
ROOMS = {
    "sqlite_utils": ("store/",),
    "apscheduler": ("daemon.py",),
    "httpx": ("http/", "testing/"),
    "httpcore": ("http/", "testing/"),
    "httptools": ("http/",),
    "PIL": ("media/", "testing/"),
    "sqlite3": ("store/",),
    "tomlkit": ("content/",),
    "yaml": ("content/", "testing/"),
    "jinja2": ("builtin/", "pages/"),
    "keyring": ("secrets.py",),
    "pluggy": ("hookspecs.py", "plugins.py"),
    "holidays": ("working_time.py",),
    "babel": ("language.py",),
}

# Floors, lowest first: a module may import from its own floor and those below.
FLOORS = [
    ("errors", "clock", "cores", "isolation", "limits", "root", "secrets", "spans", "text", "toml_source", "values"),
    ("model", "workflow"),
    ("contracts", "deprecation", "lifecycle", "hookspecs", "links", "lengths"),
    (
        "engine",
        "discovery",
        "media",
        "http",
        "slots",
        "series",
        "render",
        "content",
        "config",
        "store",
        "plugins",
        "hold",
        "logs",
        "context",
        "builtin",
        "troubles",
        "quarantine",
        "working_time",
        "language",
        "changes",
        "tokens",
    ),
    ("workspace", "calls", "desk"),
    ("authoring", "attention", "explain", "doctor", "promises", "steps", "pages", "quality"),
    ("daemon", "rounds", "supervise", "simulate", "testing", "scaffold"),
    ("cli",),
]


@cache
def _imports(path: Path) -> tuple[str, ...]:
    return tuple(_names_in(ast.parse(path.read_text())))


def _names_in(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _floor(module: str) -> int | None:
    parts = module.split(".")
    if parts[0] != "smm_core" or len(parts) < 2:
        return None
    for number, names in enumerate(FLOORS):
        if parts[1] in names or any(parts[1].startswith(f"{name}_") for name in names):
            return number
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORE)))
def test_imports_point_down(path: Path) -> None:
    relative = path.relative_to(CORE)
    own = _floor(f"smm_core.{relative.parts[0].removesuffix('.py')}")
    if own is None:
        assert relative.parts == ("__init__.py",), f"{relative} stands on no floor"
        return
    for module in _imports(path):
        floor = _floor(module)
        assert floor is None or floor <= own, f"{relative} imports {module} from a floor above"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORE)))
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    relative = path.relative_to(CORE).as_posix()
    for module in _imports(path):
        rooms = ROOMS.get(module.split(".")[0])
        if rooms is not None:
            assert any(relative == room or (room.endswith("/") and relative.startswith(room)) for room in rooms), (
                f"{relative} names {module}"
            )


def test_core_names_no_platform() -> None:
    platforms = re.compile(
        r"\b(facebook|instagram|mastodon|bluesky|linkedin|pinterest|tiktok|youtube|telegram|discord|slack|reddit|tumblr"
        r"|twitter|wordpress|pixelfed|gotosocial|threads\.net)\b",
        re.IGNORECASE,
    )
    for path in [*FILES, *CORE.rglob("*.toml"), *CORE.rglob("*.md"), *CORE.rglob("*.html"), *CORE.rglob("*.j2")]:
        found = platforms.search(path.read_text("utf-8"))
        assert found is None, f"{path.relative_to(ROOT)} names {found.group()}"  # type: ignore[union-attr]


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_plugins_use_public_names_only(path: Path) -> None:
    for module in _imports(path):
        if module.startswith("smm_core."):
            import smm_core

            name = module.removeprefix("smm_core.")
            assert name in smm_core.__all__, f"{path.name} imports {module}, which is not public"


def test_core_does_not_know_its_plugins() -> None:
    for path in FILES:
        for module in _imports(path):
            assert not re.match(r"smm_(?!core)", module), f"{path.relative_to(ROOT)} imports {module}"
