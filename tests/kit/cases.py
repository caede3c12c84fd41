"""Correct publishers before their platforms: the cases on which the kit is tested."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from smm_core.testing import FakeClock
from smm_core.testing.kit import PublisherCase
from tests.kit.fountain_network import FountainNetwork
from tests.kit.network import PlazaNetwork


@contextmanager
def plaza(module: str) -> Iterator[PublisherCase]:
    """The plaza's publisher in a module, before a plaza of its own."""
    clock = FakeClock()
    network = PlazaNetwork(clock)
    with network.loopback as platform:
        yield PublisherCase(
            plugin=module,
            publisher=importlib.import_module(module).Plaza,
            platform=platform,
            settings={"url": platform.url, "token": "env:PLAZA_TOKEN"},
            secrets={"env:PLAZA_TOKEN": network.token},
            account="@acme",
            posts=network.posts,
            fits=network.fits,
            flood=network.flood,
            pending=network.pending,
            ready=network.ready,
            clock=clock,
            says=network.says,
            agrees=network.agrees,
        )


@contextmanager
def fountain(module: str) -> Iterator[PublisherCase]:
    """The fountain's publisher in a module, before a fountain of its own."""
    clock = FakeClock()
    network = FountainNetwork(clock)
    with network.loopback as platform:
        yield PublisherCase(
            plugin=module,
            publisher=importlib.import_module(module).Fountain,
            platform=platform,
            settings={"url": platform.url, "refresh": "env:FOUNTAIN_REFRESH"},
            secrets={"env:FOUNTAIN_REFRESH": network.refresh},
            account="@acme",
            posts=network.posts,
            flood=network.flood,
            rotate=network.rotate,
            clock=clock,
        )


CASES = {"plaza": plaza, "fountain": fountain}
