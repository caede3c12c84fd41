"""What goes away is told once, with the version and the way out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest
from click.testing import CliRunner

from smm_core import discovery, hookspecs
from smm_core.cli import cli
from smm_core.clock import FakeClock
from smm_core.contracts import Finds
from smm_core.deprecation import Deprecated, of_object, of_settings, warns_when_read
from smm_core.engine import Call, Engine
from smm_core.isolation import Misdeed
from smm_core.plugins import load
from smm_core.values import replace
from smm_core.workspace import Workspace

OLD_HOOK = """
from smm_core import hookimpl

@hookimpl
def smm_old(): pass
"""
OLD_SETTING = """
from dataclasses import dataclass, field
from smm_core import CollectPage, hookimpl

@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    old: int = field(default=1, metadata={"deprecated": {"since": "0.3", "use": "new"}})
    new: int = 1

class Source:
    name = "ageing"
    settings = Settings
    def collect(self, request, ctx): return CollectPage()

@hookimpl
def smm_sources(): return [Source()]
"""


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.LogCaptureFixture]:
    """What the log says."""
    logger = logging.getLogger("smm.plugins")
    logger.addHandler(caplog.handler)
    monkeypatch.setattr(logger, "propagate", False)
    yield caplog
    logger.removeHandler(caplog.handler)


@pytest.fixture
def old_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook that goes away."""

    def smm_old() -> None:
        """What it was for."""

    mark = Deprecated("the hook smm_old", since="0.3", use="smm_new")
    monkeypatch.setattr(hookspecs, "smm_old", hookspecs.hookspec(smm_old, warn_on_impl=mark), raising=False)


def test_a_hook_is_told_once_and_the_plugin_works(
    tmp_path: Path, old_hook: None, said: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ageing.py").write_text(OLD_HOOK)
    (loaded,) = load(discovery.discover_files(tmp_path)).loaded
    assert (loaded.error, loaded.hooks) == ("", ("smm_old",))
    line = "the hook smm_old is deprecated since 0.3: use smm_new"
    assert loaded.deprecated == (line,)
    assert [one.getMessage() for one in said.records] == [f"plugin ageing: {line}"]


def test_a_plugin_of_the_workspace_is_told_in_plugins_show(
    root: Path, old_hook: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "plugins").mkdir()
    (root / "plugins" / "ageing.py").write_text(OLD_HOOK)
    shown = CliRunner().invoke(cli, ["-w", str(root), "plugins", "show", "ageing"], standalone_mode=False)
    assert "the hook smm_old is deprecated since 0.3: use smm_new" in shown.output


def test_a_setting_is_told_where_it_is_used(root: Path, clock: FakeClock, said: pytest.LogCaptureFixture) -> None:
    (root / "plugins").mkdir()
    (root / "plugins" / "ageing.py").write_text(OLD_SETTING)
    tables = '\n[sources.a]\ntype = "ageing"\nclient = "acme"\nsettings = { old = 3 }\n\n[sources.b]\ntype = "ageing"\nclient = "acme"\n'
    (root / "smm.toml").write_text((root / "smm.toml").read_text() + tables)
    with Workspace(root, clock) as ws:
        for name in ("a", "b", "a"):
            ws.source_settings(name)
        (loaded,) = [one for one in ws.plugins.loaded if one.found.name == "ageing"]
    assert loaded.deprecated == ("the setting old is deprecated since 0.3: use new",)
    told = [one.getMessage() for one in said.records if "smm.toml" in one.getMessage()]
    assert told == ["smm.toml [sources.a.settings] the setting old is deprecated since 0.3: use new"]


def test_an_ability_is_told() -> None:
    class Publisher:
        abilities = frozenset({Finds})

    marks = MappingProxyType({"Finds": Deprecated("the ability Finds", since="0.4", use="Seeks")})
    assert [str(one) for one in of_object(Publisher(), marks)] == [
        "the ability Finds is deprecated since 0.4: use Seeks"
    ]
    assert of_object(Publisher()) == []


@warns_when_read
@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request with a field that goes away."""

    old: str = field(default="x", metadata={"deprecated": {"since": "0.3", "use": "new"}})
    new: str = "y"


def test_reading_a_field_is_told_when_a_plugin_does_it() -> None:
    heard: list[tuple[str, Misdeed, str]] = []
    engine = Engine(note=lambda call, misdeed, said: heard.append((call.plugin, misdeed, said)))
    call = Call(plugin="ageing", method="send")
    plugin: dict[str, object] = {"__name__": "smm_workspace_plugins.ageing"}
    exec("def reads(request): return request.old\ndef does_not(request): return request.new", plugin)  # noqa: S102
    assert engine.run(call, lambda: plugin["does_not"](Asked()), expect=str) == "y"  # type: ignore[operator]
    assert heard == []
    assert engine.run(call, lambda: plugin["reads"](Asked(old="z")), expect=str) == "z"  # type: ignore[operator]
    assert heard == [
        ("ageing", Misdeed.DEPRECATED, "the field Asked.old is deprecated since 0.3: use new"),
    ]


def test_a_request_with_such_a_field_is_like_any_other() -> None:
    one = Asked(old="a")
    assert replace(one, new="b") == Asked(old="a", new="b")
    assert repr(one) == "Asked(old='a', new='y')"
    assert hash(one) == hash(Asked(old="a"))


def test_settings_without_marks_have_none() -> None:
    assert of_settings(Asked, {"new": "b"}) == []
    assert [one.what for one in of_settings(Asked, {"old": "b"})] == ["the setting old"]
    assert of_settings(None) == of_settings(int) == []
