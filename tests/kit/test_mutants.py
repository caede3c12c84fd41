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
from tests.kit.cases import open_case
from tests.kit.mutants import MUTANTS, Mutant

SOURCE = (Path(__file__).parent / "plaza.py").read_text("utf-8")


def failure(module: str, test: str, folder: Path) -> str:
    """How a test of the suite fails for the publisher of a module; empty when it passes."""
    name, _, parameter = test.removesuffix("]").partition("[")
    method = getattr(PublisherSuite(), name)
    try:
        with open_case(module) as case, Harness(case, folder) as harness:
            method(harness, parameter) if parameter else method(harness)
    except (Exception, pytest.fail.Exception) as error:
        return str(error) or repr(error)
    return ""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """A mutant as a module that can be imported."""
    mutant: Mutant = request.param
    name = "plaza_" + re.sub(r"\W", "_", mutant.name)
    (tmp_path / f"{name}.py").write_text(mutant.applied(SOURCE), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    importlib.invalidate_caches()
    yield name
    sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("module", "test"), [pytest.param(one, one.caught_by, id=one.name) for one in MUTANTS], indirect=["module"]
)
def test_the_kit_catches_it(module: str, test: str, tmp_path: Path) -> None:
    assert failure(module, test, tmp_path / "workspace"), f"{test} passes"


def test_every_test_of_the_suite_is_there_for_a_mistake() -> None:
    caught_by = {one.caught_by.partition("[")[0] for one in MUTANTS}
    assert caught_by == set(names_of_tests(PublisherSuite))


def test_there_are_many_and_no_two_alike() -> None:
    assert len({one.name for one in MUTANTS}) == len({one.changes for one in MUTANTS}) == len(MUTANTS) >= 40
