"""Correct publishers pass the whole suite: what the kit asks for can be done, in a few lines."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from smm_core import Receipt
from smm_core.testing.kit import Harness, PublisherCase, PublisherSuite
from tests.kit.cases import fountain, plaza
from tests.kit.fountain import Fountain


class TestPlaza(PublisherSuite):
    @pytest.fixture
    def case(self) -> Iterator[PublisherCase]:
        with plaza("tests.kit.plaza") as case:
            yield case

    def test_one_of_our_own_is_given_the_harness(self, harness: Harness) -> None:
        """A plugin's own tests have what those of the kit have."""
        job = harness.job("Bread", pictures=1)
        harness.lose_the_answer(job)
        harness.restart()
        assert isinstance(harness.publish(job), Receipt)
        assert len(harness.posts()) == 1


class TestFountain(PublisherSuite):
    @pytest.fixture
    def case(self) -> Iterator[PublisherCase]:
        with fountain("tests.kit.fountain") as case:
            yield case


def test_the_search_that_authors_are_shown_is_the_one_that_is_tested() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
    assert f"```python\n{textwrap.dedent(inspect.getsource(Fountain.find))}```\n" in page
