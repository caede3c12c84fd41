"""What `smm_core` names is what plugin authors may use: all of it exists, is documented, and is loaded late."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import smm_core

SOURCE = Path(smm_core.__file__).read_text()
NAMES = [name for name in smm_core.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    thing = getattr(smm_core, name)
    if inspect.isclass(thing) or inspect.isfunction(thing):
        assert (thing.__doc__ or "").strip(), f"{name} has no docstring"
        assert not thing.__doc__.startswith(f"{name}("), f"{name} has only the docstring that dataclasses make"


@pytest.mark.parametrize("name", [name for name in NAMES if inspect.isclass(getattr(smm_core, name))])
def test_every_public_method_is_documented(name: str) -> None:
    kind = getattr(smm_core, name)
    for member, thing in vars(kind).items():
        if not member.startswith("_") and inspect.isfunction(thing):
            assert (thing.__doc__ or "").strip(), f"{name}.{member} has no docstring"


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(SOURCE)
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(NAMES)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no public name 'Nonsense'"):
        _ = smm_core.Nonsense


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import smm_core", ["msgspec", "pluggy", "dataclasses"]),
        (
            "import smm_core.cli",
            ["sqlite3", "msgspec", "pluggy", "httpx", "sqlite_utils", "apscheduler", "PIL", "jinja2"],
        ),
        ("import smm_core.cli.lists", ["msgspec", "smm_core.model", "sqlite_utils", "tomllib", "tabulate", "logging"]),
        ("import smm_core.store", ["sqlite_utils", "httpx", "apscheduler", "PIL", "jinja2", "pluggy"]),
        ("import smm_core.builtin", ["httpx", "PIL", "jinja2", "yaml", "tomlkit"]),
    ],
)
def test_heavy_libraries_are_loaded_where_they_are_used(code: str, absent: list[str]) -> None:
    script = f"{code}\nimport sys\nprint([name for name in {absent!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
