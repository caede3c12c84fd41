"""The pytest plugin of the kit: says what a failure means for a user, and holds that differences have reasons.

With `--record-quality` it also writes what the kit found into the plugin's package, where `smm plugins quality` reads it. Without
that option a run writes nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from smm_core.quality.record import Record


_KIT = "smm_core.testing.kit"
_NOTE = "smm-kit"

pytest.register_assert_rewrite(_KIT)


def suite_of(kind: type | None) -> type | None:
    """The suite of the kit that a test class is made of; None for other classes."""
    return next((base for base in getattr(kind, "__mro__", ()) if base.__module__.startswith(f"{_KIT}.")), None)


def names_of_tests(suite: type) -> list[str]:
    """The names of a suite's tests."""
    return sorted(name for name in dir(suite) if name.startswith("test_"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that records."""
    parser.getgroup("smm").addoption(
        "--record-quality",
        action="store_true",
        help="write what smm's conformance kit finds to quality.json, beside the plugin's quality.toml",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Gather what becomes of the tests, if that is wanted; under xdist the process that hears of all of them does."""
    if config.getoption("record_quality") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Recorder(), "smm-quality-recorder")


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
    if report.when == "call" or not report.passed:
        harness = item.funcargs.get("harness")
        differs = dict([(name, _differs(kind)[name])] if name in _differs(kind) else [])
        differs |= {f"{name}[{row}]": why for row, why in getattr(harness, "differences", {}).items()}
        note = {
            "folder": str(_plugin_folder(item.path)),
            "suite": suite.__name__,
            "test": item.name,
            "all": names_of_tests(suite),
            "differs": differs,
            "untried": _skipped(report) or getattr(harness, "untried", ""),
            "passed_over": name in _differs(kind) and not _is_replaced(kind, suite, name),
        }
        report.user_properties.append((_NOTE, note))
    return report


def _skipped(report: pytest.TestReport) -> str:
    """Why a test was skipped; empty for one that was not."""
    return str(report.longrepr[2]).removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""


def _plugin_folder(path: Path) -> Path:
    """The nearest folder above with a `pyproject.toml`, else the file's own."""
    return next((folder for folder in path.parents if (folder / "pyproject.toml").is_file()), path.parent)


# ---------------------------------------------------------------- the record


@dataclass(kw_only=True)
class _Kept:
    """What is known of one plugin's suites."""

    suites: dict[str, Sequence[str]] = field(default_factory=dict)
    outcomes: dict[str, bool] = field(default_factory=dict)
    differs: dict[str, str] = field(default_factory=dict)
    untried: dict[str, str] = field(default_factory=dict)
    passed_over: set[str] = field(default_factory=set)

    def add(self, note: Mapping[str, Any], *, failed: bool) -> None:
        suite = note["suite"]
        name = f"{suite}.{note['test']}"
        self.suites[suite] = note["all"]
        self.outcomes[name] = not failed and self.outcomes.get(name, True)
        self.differs |= {f"{suite}.{test}": why for test, why in note["differs"].items()}
        if note["untried"]:
            self.untried[name] = note["untried"]
        if note["passed_over"]:
            self.passed_over.add(name)

    @property
    def missing(self) -> list[str]:
        """The tests of its suites that were not run."""
        ran = {name.partition("[")[0] for name in self.outcomes}
        named = (f"{suite}.{test}" for suite, tests in self.suites.items() for test in tests)
        return [name for name in named if name not in ran]

    def record(self, plugin: str, version: str, files: str) -> Record:
        from smm_core.quality.record import Record

        left_out = {*self.passed_over, *self.untried}
        return Record(
            plugin=plugin,
            version=version,
            files=files,
            suites=tuple(sorted(self.suites)),
            passed=tuple(sorted(name for name, passed in self.outcomes.items() if passed and name not in left_out)),
            failed=tuple(sorted(name for name, passed in self.outcomes.items() if not passed)),
            differs=dict(sorted(self.differs.items())),
            untried=dict(sorted(self.untried.items())),
        )


class _Recorder:
    """Gathers what becomes of the kit's tests, and writes a record for each plugin at the end."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._said: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test is over."""
        for name, note in report.user_properties:
            if name == _NOTE and isinstance(note, dict):
                self._kept.setdefault(note["folder"], _Kept()).add(note, failed=report.failed)
                break

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what was found. What was asked for and cannot be recorded makes the run fail."""
        from smm_core.quality.record import FILE, digest_of, write_record

        narrowed = session.config.getoption("keyword") or session.config.getoption("deselect")
        troubles = [] if self._kept else ["no suite of the kit was run"]
        for folder, kept in self._kept.items():
            name, version, packages = project_in(Path(folder))
            if why := _why_not(kept, packages, narrowed=bool(narrowed)):
                troubles.append(f"{name}: {why}")
                continue
            for package in packages:
                write_record(package, kept.record(name, version, digest_of(package)))
                self._said.append(f"recorded in {package / FILE}")
        self._said += [f"not recorded: {trouble}" for trouble in troubles]
        if troubles and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it."""
        for line in self._said:
            terminalreporter.write_line(line)


def _why_not(kept: _Kept, packages: Sequence[Path], *, narrowed: bool) -> str:
    """Why a run cannot be recorded; empty when it can."""
    if not packages:
        return "no package of an entry point in the group smm has a quality.toml, the plugin's claim"
    if narrowed or kept.missing:
        some = f" ({', '.join(kept.missing[:3])} …)" if kept.missing else ""
        return f"not all of the kit was run{some}; run all tests of the plugin"
    return ""


def project_in(folder: Path) -> tuple[str, str, list[Path]]:
    """Name and version of the project in a folder, and its packages that claim something."""
    from smm_core.quality.claim import FILE

    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return folder.name, "", []
    name = str(project.get("name", folder.name))
    targets = project.get("entry-points", {}).get("smm", {}).values()
    modules = dict.fromkeys(str(target).partition(":")[0].partition(".")[0] for target in targets)
    packages = [place / module for module in modules for place in (folder, folder / "src")]
    claiming = [package for package in packages if (package / FILE).is_file()]
    return name, str(project.get("version") or _installed_version(name)), claiming


def _installed_version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""
