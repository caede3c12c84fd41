"""How a publisher is called: as core does it, through the engine, with a context, a guarded client, and one request for what
cannot be taken back."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from smm_core.config import decode_settings
from smm_core.contracts import HttpClient, Pending, Publisher
from smm_core.engine import Call, Engine
from smm_core.http import Client
from smm_core.media import MediaStore
from smm_core.model import Profile, Receipt
from smm_core.secrets import CredentialsFile
from smm_core.testing.faults import Status
from smm_core.testing.kit.answers import Network, Row
from smm_core.testing.kit.publisher.case import PublisherCase
from smm_core.testing.kit.publisher.given import KitContext, MediaHost, WatchedCredentials
from smm_core.testing.kit.publisher.kept import Secrets, stored_answer
from smm_core.testing.kit.publisher.listening import Listening
from smm_core.values import replace

_DEADLINE = timedelta(seconds=30)
_READ_SECONDS = 0.3


class Calls:
    """One publisher before one imitation, in a folder that is its workspace, and the way to call it."""

    def __init__(self, case: PublisherCase, folder: Path) -> None:
        self.case = case
        self.folder = case.workspace or folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clock = case.clock
        self.publisher: Publisher = case.publisher()
        self.heard = Listening()
        self.secrets = Secrets(case.secrets, self.folder)
        self.media = MediaStore(self.folder / ".smm" / "media")
        self.host = MediaHost()
        self.credentials = WatchedCredentials(
            CredentialsFile(self.folder / ".smm" / "credentials" / f"{self.profile.name}.json"), lambda: self.requests
        )
        self._engine = Engine(_DEADLINE)
        self._client = self._new_client(total_seconds=5.0)
        self.heard.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened, and put the environment back."""
        self.heard.stop()
        self._client.close()
        self.secrets.take_away()

    def _new_client(self, *, total_seconds: float) -> Client:
        return Client(allow_private=True, connect_seconds=1.0, read_seconds=_READ_SECONDS, total_seconds=total_seconds)

    @property
    def profile(self) -> Profile:
        """The profile, with its settings decoded into the type that the publisher declares."""
        settings = decode_settings(
            self.publisher.settings, dict(self.case.settings), where="smm.toml", root=self.folder
        )
        fields = {"name": "kit", "client": "acme", "title": "Acme", "handle": "@acme", **self.case.profile}
        return Profile(platform=self.publisher.name, allow_private=True, settings=settings, **fields)

    @property
    def requests(self) -> int:
        """How many requests have reached the platform so far."""
        return len(self.case.platform.requests) if self.case.platform else 0

    def call(self, method: str, request: Any, expect: Any, http: HttpClient | None = None) -> Any:
        """One call through the engine."""
        subject = self.profile.name
        log = logging.LoggerAdapter(logging.getLogger(f"smm.plugin.{self.case.plugin}"), {"subject": subject})
        ctx = KitContext(
            plugin=self.case.plugin,
            workspace=self.folder,
            deadline=self.clock.now() + _DEADLINE,
            log=log,
            http=http or self._client,
            media=self.media,
            credentials=self.credentials,
            clock=self.clock.now,
            host=self.host,
        )
        function = getattr(self.publisher, method)
        return self._engine.run(
            Call(plugin=self.case.plugin, method=method, subject=subject),
            lambda: self.heard.during(lambda: function(request, ctx)),
            expect=expect,
        )

    def act(self, method: str, request: Any, *, row: Row | None = None) -> Receipt | Pending:
        """One guarded call: one request, and none after `send_by`. With a `row` that goes wrong in its way."""
        network = self._go_wrong(row) if row else None
        slow = self._new_client(total_seconds=0.0) if network is Network.SLOW else None
        once = (slow or self._client).once(send_by=request.send_by, now=self.clock.now)
        try:
            return stored_answer(self.call(method, request, (Receipt, Pending), once))
        finally:
            once.revoke()
            if slow is not None:
                slow.close()

    def _go_wrong(self, row: Row) -> Network | None:
        platform = self.case.platform
        assert platform is not None, "there is no loopback platform that could misbehave"
        fault = row.fault(self.clock.now())
        if fault is Network.REFUSED:
            platform.close()
        if isinstance(fault, Network):
            return fault
        if isinstance(fault, Status):
            fault = replace(fault, body=self.case.refusal("The oven is broken"))
        platform.fault(fault)
        return None
