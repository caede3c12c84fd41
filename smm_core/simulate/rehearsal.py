"""The double of a workspace: its configuration and plugins, a copy of its database, a clock of its own."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path

from smm_core.calls import Calls
from smm_core.clock import FakeClock
from smm_core.config import Config
from smm_core.engine import Engine
from smm_core.errors import MediaError
from smm_core.http import Client as WebClient
from smm_core.media import MediaStore
from smm_core.model import Event
from smm_core.plugins import Plugins
from smm_core.simulate.stand_ins import stand_in
from smm_core.store import Store
from smm_core.values import replace
from smm_core.workspace import Workspace

_NOT_AGAIN = timedelta(days=3650)


class Rehearsal(Workspace):
    """A workspace on which the steps may do as they like: what they write goes to `scratch`, and nothing leaves it."""

    def __init__(self, real: Workspace, scratch: Path, clock: FakeClock) -> None:
        super().__init__(real.root, clock)
        self.real = real
        self._scratch = scratch

    @cached_property
    def config(self) -> Config:
        """The workspace's own, without rules that write files, and with sources that are due once: what they say now does
        not change while we look ahead."""
        real = self.real.config
        once = {name: replace(source, every=_NOT_AGAIN) for name, source in real.sources.items()}
        return replace(real, sources=once, rules={})

    @cached_property
    def store(self) -> Store:
        """A copy of the workspace's store, as it was when this was first asked for."""
        path = self._scratch / "smm.db"
        self.real.store.copy_to(path)
        return Store(path, clock=self.clock, durable=False)

    @cached_property
    def media(self) -> MediaStore:
        """The workspace's pictures; new ones are kept apart from them."""
        return BorrowedMedia(self._scratch / "media", self.real.media)

    @cached_property
    def engine(self) -> Engine:
        """Runs calls as the workspace's does, without its file of what is under way."""
        return Engine(self.config.plugins.deadline)

    @cached_property
    def plugins(self) -> Plugins:
        """The workspace's, with stand-ins for whoever would reach out of it."""
        return self.real.plugins.with_stand_ins(stand_in)

    @cached_property
    def calls(self) -> Calls:
        """Calls them with files that lie apart from those they have."""
        return Calls(self, data=self._scratch)

    def _web_client(self, name: str, *, allow_private: bool | frozenset[str], redirects: int) -> WebClient:
        """A client that is closed already: it can be passed along, and fails whoever asks it for something."""
        client = WebClient()
        client.close()
        return client

    def log_event(self, event: Event) -> None:
        """Nothing happened, so no log says that it did."""

    def keep(self, event: Event) -> None:
        """It is written down nowhere."""

    def tell(self) -> int:
        """Nobody is told anything."""
        return 0


class BorrowedMedia(MediaStore):
    """Pictures of another store, with a folder of its own for those that are added."""

    def __init__(self, root: Path, lender: MediaStore) -> None:
        super().__init__(root)
        self._lender = lender

    def path(self, sha256: str) -> Path:
        try:
            return self._lender.path(sha256)
        except MediaError:
            return super().path(sha256)

    def _has(self, sha256: str, size: int) -> bool:
        return self._lender._has(sha256, size) or super()._has(sha256, size)
