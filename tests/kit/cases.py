"""The plaza's publisher before the plaza: the case on which the kit is tested."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from smm_core.testing.kit import PublisherCase
from tests.kit.network import PlazaNetwork


@contextmanager
def open_case(module: str) -> Iterator[PublisherCase]:
    """The publisher of a module, before a plaza of its own."""
    network = PlazaNetwork()
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
            says=network.says,
            agrees=network.agrees,
        )
