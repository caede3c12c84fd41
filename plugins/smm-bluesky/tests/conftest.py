"""What the tests share. Helpers have names of their own, since all plugins' tests run in one process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.append(str(Path(__file__).parent))

if TYPE_CHECKING:
    from bluesky_desk import Desk
    from bluesky_imitation import Imitation
    from bluesky_server import Network


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever comes first waits for the servers, and the others for whoever came first."""
    for item in items:
        if "network" in getattr(item, "fixturenames", ()) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(150))


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The real servers, the same for all processes of the run."""
    from bluesky_server import running, why_not

    if why := why_not():
        pytest.skip(f"no real servers here: {why}")
    own = tmp_path_factory.getbasetemp()
    with running(own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) as network:
        yield network


@pytest.fixture
def imitation() -> Iterator[Imitation]:
    """The imitation, open."""
    from bluesky_imitation import Imitation

    imitation = Imitation()
    with imitation.loopback:
        yield imitation


@pytest.fixture
def trial(imitation: Imitation, tmp_path: Path) -> Iterator[Desk]:
    """A profile on the imitation."""
    from bluesky_desk import Desk
    from bluesky_imitation import DID, HANDLE, PASSWORD
    from bluesky_server import Account

    from smm_core.http import Client

    with Client(allow_private=True, read_seconds=2.0) as client:
        account = Account(server=imitation.loopback.url, handle=HANDLE, did=DID, access="", client=client)
        yield Desk(tmp_path, account, client, password=PASSWORD)
