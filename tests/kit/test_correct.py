"""A correct publisher passes the whole suite: what the kit asks for can be done, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smm_core.testing.kit import PublisherCase, PublisherSuite
from tests.kit.cases import open_case


@pytest.fixture
def case() -> Iterator[PublisherCase]:
    with open_case("tests.kit.plaza") as case:
        yield case


class TestPlaza(PublisherSuite):
    pass
