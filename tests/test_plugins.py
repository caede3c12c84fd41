"""Finding and loading plugins: a broken one is a line, the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from smm_core import discovery
from smm_core.engine import Engine
from smm_core.errors import NotFound, PluginError
from smm_core.plugins import Plugins, load

GOOD = """
from smm_core import Answer, Asked, PollPage, hookimpl

class Good:
    name = "{name}"
    def ask(self, request, ctx):
        return Asked()
    def poll(self, request, ctx):
        return PollPage()

@hookimpl
def smm_approvers():
    return [Good()]
"""


def plugins_of(folder: Path, **files: str) -> Plugins:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return load(discovery.discover_files(folder))


def error_of(plugins: Plugins, name: str) -> str:
    return next(one.error for one in plugins.loaded if one.found.name == name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise RuntimeError('no luck')", "cannot be loaded: RuntimeError: no luck"),
        ("import nonsense_that_is_not_there", "cannot be loaded: ModuleNotFoundError"),
        ("def broken(:", "cannot be loaded: SyntaxError"),
        ("import sys; sys.exit(3)", "cannot be loaded: SystemExit"),
        ("from smm_core import hookimpl\n@hookimpl\ndef smm_nonsense(): pass", "smm_nonsense"),
        ("from smm_core import hookimpl\n@hookimpl\ndef smm_sources(wrong): pass", "wrong"),
        (
            "from smm_core import hookimpl\n@hookimpl\ndef smm_sources(): return [object()]",
            "is no source: it lacks collect, name, settings",
        ),
        ("from smm_core import hookimpl\n@hookimpl\ndef smm_sources(): return 3", "int"),
        ("from smm_core import hookimpl\n@hookimpl\ndef smm_sources(): raise ValueError('odd')", "ValueError: odd"),
    ],
)
def test_a_broken_plugin_is_a_line_and_the_others_go_on(tmp_path: Path, text: str, said: str) -> None:
    plugins = plugins_of(tmp_path, broken=text, good=GOOD.format(name="good"))
    assert said in error_of(plugins, "broken")
    assert error_of(plugins, "good") == ""
    assert plugins.names("approver") == ["good"]


def test_two_of_one_name_name_both(tmp_path: Path) -> None:
    plugins = plugins_of(tmp_path, first=GOOD.format(name="same"), second=GOOD.format(name="same"))
    assert error_of(plugins, "second") == "second and first both offer the approver 'same'"
    assert plugins.owner("approver", "same") == "first"


def test_a_declared_ability_must_be_there(tmp_path: Path) -> None:
    text = GOOD.format(name="able").replace('name = "able"', 'name = "able"\n    abilities = frozenset({Finds})')
    plugins = plugins_of(tmp_path, able=text.replace("import Answer", "import Finds, Answer"))
    assert error_of(plugins, "able") == "the approver 'able' declares Finds but lacks its methods"


def test_only_enabled_ones_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(GOOD.format(name="a"))
    (tmp_path / "b.py").write_text("raise SystemError('must not be imported')")
    loaded = load(discovery.discover_files(tmp_path), enabled=["a"])
    assert [(one.found.name, one.enabled, one.error) for one in loaded.loaded] == [("a", True, ""), ("b", False, "")]


def test_a_quarantined_one_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("raise SystemError('must not be imported')")
    loaded = load(discovery.discover_files(tmp_path), quarantined={"a": "it crashed"})
    assert error_of(loaded, "a") == "it crashed"


def test_an_unknown_name_gets_the_nearest(tmp_path: Path) -> None:
    plugins = plugins_of(tmp_path, good=GOOD.format(name="mailing"))
    with pytest.raises(NotFound, match="did you mean mailing"):
        plugins.approver("maling")
    with pytest.raises(NotFound, match="no plugin offers the publisher 'x'"):
        plugins.publisher("x")


def test_a_broadcast_hears_everybody(tmp_path: Path) -> None:
    hook = "from smm_core import hookimpl\n@hookimpl\ndef smm_check_variant(request): {}\n"
    plugins = plugins_of(
        tmp_path, a=hook.format("return [1]"), b=hook.format("raise ValueError('odd')"), c=hook.format("return [3]")
    )
    answers = dict(plugins.broadcast(Engine(), "smm_check_variant", request=None))
    assert (answers["a"], answers["c"]) == ([1], [3])
    assert isinstance(answers["b"], PluginError)


def test_entry_points_are_found_without_importing(tmp_path: Path) -> None:
    for name, text in {
        "smm_x-1.2.dist-info": "[smm]\nx = smm_x\n\n[console_scripts]\ny = z\n",
        "other-3.dist-info": "[console_scripts]\nsmm = other\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "entry_points.txt").write_text(text)
    (found,) = discovery.discover([str(tmp_path), str(tmp_path / "missing")])
    assert (found.name, found.target, found.package, found.version) == ("x", "smm_x", "smm-x", "1.2")


def test_all_of_ours_load() -> None:
    plugins = load(discovery.discover())
    assert [(one.found.name, one.error) for one in plugins.loaded if one.error] == []
    assert {"builtin", "sandbox", "feeds", "cards", "webhook"} <= {one.found.name for one in plugins.loaded}
