"""The pytest plugin of the kit: says what a failure means for a user, holds that differences have reasons, and keeps the
report that `smm plugins quality` reads.

The report is `.smm-quality.json` beside the plugin's `pyproject.toml`. It is written when the whole of a suite was
run, or something failed.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REPORT = ".smm-quality.json"
_KIT = "smm_core.testing.kit"
_NOTE = "smm-kit"

pytest.register_assert_rewrite(_KIT)


def suite_of(kind: type | None) -> type | None:
    """The suite of the kit that a test class is made of; None for other classes."""
    return next((base for base in getattr(kind, "__mro__", ()) if base.__module__.startswith(f"{_KIT}.")), None)


def names_of_tests(suite: type) -> list[str]:
    """The names of a suite's tests."""
    return sorted(name for name in dir(suite) if name.startswith("test_"))


def pytest_configure(config: pytest.Config) -> None:
    """Keep the reports of this run; under xdist the process that hears of all of them does."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reports(), "smm-quality-report")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of the kit that a class replaces or names as different needs its reason, and must be there."""
    for kind in dict.fromkeys(item.cls for item in items if isinstance(item, pytest.Function)):
        suite = suite_of(kind)
        if kind is not None and suite is not None:
            require_reasons(kind, suite)


def require_reasons(kind: type, suite: type) -> None:
    """Raise a `pytest.UsageError` for a test class that is different from its suite and does not say why."""
    differs, names = _differs(kind), names_of_tests(suite)
    for name, why in differs.items():
        if name not in names:
            raise pytest.UsageError(f"{kind.__name__}.differs names {name}, which {suite.__name__} does not have")
        if not why.strip():
            raise pytest.UsageError(f"{kind.__name__}.differs[{name!r}] needs a reason")
    for name in names:
        if _is_replaced(kind, suite, name) and name not in differs:
            raise pytest.UsageError(
                f"{kind.__name__} replaces {name} of {suite.__name__}: write into `differs` why it has to"
            )


def _differs(kind: type) -> Mapping[str, str]:
    return getattr(kind, "differs", {})


def _is_replaced(kind: type, suite: type, name: str) -> bool:
    return getattr(kind, name, None) is not getattr(suite, name)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Pass over a test that the class says is different, unless it has one of its own under that name."""
    suite = suite_of(pyfuncitem.cls)
    name = pyfuncitem.originalname
    if suite is None or pyfuncitem.cls is None or name not in _differs(pyfuncitem.cls):
        return None
    return None if _is_replaced(pyfuncitem.cls, suite, name) else True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what a failure means, and note what became of a test of the kit."""
    report = yield
    kind = getattr(item, "cls", None)
    suite = suite_of(kind)
    if suite is None or kind is None or not isinstance(item, pytest.Function):
        return report
    name = item.originalname
    if report.failed:
        meaning = (getattr(suite, name, None) or item.function).__doc__ or ""
        report.sections.insert(0, ("what this means for a user", " ".join(meaning.split())))
    if report.when == "call" or report.failed:
        harness = item.funcargs.get("harness")
        differs = dict([(name, _differs(kind)[name])] if name in _differs(kind) else [])
        differs |= {f"{name}[{row}]": why for row, why in getattr(harness, "differences", {}).items()}
        note = {
            "folder": str(_plugin_folder(item.path)),
            "suite": suite.__name__,
            "test": item.name,
            "all": names_of_tests(suite),
            "differs": differs,
            "untried": getattr(harness, "untried", ""),
            "passed_over": name in _differs(kind) and not _is_replaced(kind, suite, name),
        }
        report.user_properties.append((_NOTE, note))
    return report


def _plugin_folder(path: Path) -> Path:
    """The nearest folder above with a `pyproject.toml`, else the file's own."""
    return next((folder for folder in path.parents if (folder / "pyproject.toml").is_file()), path.parent)


# ---------------------------------------------------------------- the report


@dataclass(kw_only=True)
class _Kept:
    """What is known of one plugin's suites. A test's name is `SUITE.test[parameter]`."""

    suites: dict[str, Sequence[str]] = field(default_factory=dict)
    outcomes: dict[str, bool] = field(default_factory=dict)
    differs: dict[str, str] = field(default_factory=dict)
    untried: dict[str, str] = field(default_factory=dict)
    passed_over: set[str] = field(default_factory=set)

    def add(self, note: Mapping[str, Any], *, passed: bool) -> None:
        suite = note["suite"]
        name = f"{suite}.{note['test']}"
        self.suites[suite] = note["all"]
        self.outcomes[name] = passed and self.outcomes.get(name, True)
        self.differs |= {f"{suite}.{test}": why for test, why in note["differs"].items()}
        if note["untried"]:
            self.untried[name] = note["untried"]
        if note["passed_over"]:
            self.passed_over.add(name)

    @property
    def is_complete(self) -> bool:
        """Whether every test of every suite was run."""
        ran = {name.partition("[")[0] for name in self.outcomes}
        return all(f"{suite}.{test}" in ran for suite, tests in self.suites.items() for test in tests)

    def as_json(self, folder: Path) -> str:
        """The report; equal runs give equal text."""
        plugin, version = _project(folder)
        left_out = {*self.passed_over, *self.untried}
        report = {
            "plugin": plugin,
            "version": version,
            "suite": ", ".join(sorted(self.suites)),
            "passed": sorted(name for name, passed in self.outcomes.items() if passed and name not in left_out),
            "failed": sorted(name for name, passed in self.outcomes.items() if not passed),
            "differs": dict(sorted(self.differs.items())),
            "untried": dict(sorted(self.untried.items())),
        }
        return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


class _Reports:
    """Gathers what became of the kit's tests, and writes a report for each plugin at the end."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test is over."""
        for name, note in report.user_properties:
            if name == _NOTE and isinstance(note, dict):
                self._kept.setdefault(note["folder"], _Kept()).add(note, passed=report.passed)
                break

    def pytest_sessionfinish(self) -> None:
        """Write what has changed."""
        for place, kept in self._kept.items():
            if not kept.is_complete and all(kept.outcomes.values()):
                continue
            path = Path(place) / REPORT
            text = kept.as_json(Path(place))
            if not path.is_file() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")


def _project(folder: Path) -> tuple[str, str]:
    """Name and version of the project in a folder."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return folder.name, ""
    name = str(project.get("name", folder.name))
    return name, str(project.get("version") or _installed_version(name))


def _installed_version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""
