"""The kit sees every small wrong change of a correct publisher."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from smm_core.testing.kit import Harness, PublisherSuite
from smm_core.testing.pytest_plugin import names_of_tests
from tests.kit.cases import CASES
from tests.kit.mutants import MUTANTS, Mutant

HERE = Path(__file__).parent


def failure(of: str, module: str, test: str, folder: Path) -> str:
    """How a test of the suite fails for the publisher in a module, a change `of` a correct one; empty when it passes."""
    name, _, parameter = test.removesuffix("]").partition("[")
    method = getattr(PublisherSuite(), name)
    try:
        with CASES[of](module) as case, Harness(case, folder) as harness:
            method(harness, parameter) if parameter else method(harness)
    except (Exception, pytest.fail.Exception) as error:
        return str(error) or repr(error)
    return ""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """A mutant as a module that can be imported."""
    mutant: Mutant = request.param
    name = f"{mutant.of}_" + re.sub(r"\W", "_", mutant.name)
    source = (HERE / f"{mutant.of}.py").read_text("utf-8")
    (tmp_path / f"{name}.py").write_text(mutant.applied(source), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    importlib.invalidate_caches()
    yield name
    sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("of", "module", "test"),
    [pytest.param(one.of, one, one.caught_by, id=one.name) for one in MUTANTS],
    indirect=["module"],
)
def test_the_kit_catches_it(of: str, module: str, test: str, tmp_path: Path) -> None:
    assert failure(of, module, test, tmp_path / "workspace"), f"{test} passes"


def test_every_test_of_the_suite_is_there_for_a_mistake() -> None:
    caught_by = {one.caught_by.partition("[")[0] for one in MUTANTS}
    assert caught_by == set(names_of_tests(PublisherSuite))


def test_there_are_many_and_no_two_alike() -> None:
    assert len({one.name for one in MUTANTS}) == len({one.changes for one in MUTANTS}) == len(MUTANTS) >= 40
