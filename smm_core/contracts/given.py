"""What core gives to a plugin: the network, the pictures, credentials, and the context of one call."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from smm_core.contracts.reviews import ReviewDesk
from smm_core.secrets import Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class NoSettings:
    """The settings type of a plugin that has nothing to set."""


class Response(Struct, frozen=True, kw_only=True):
    """An HTTP answer, read whole. Header names are lower case. `url` is where it came from after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        """The body as UTF-8, what is not UTF-8 replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; a body that is not JSON is a ValueError."""
        import json

        return json.loads(self.body)


@runtime_checkable
class HttpClient(Protocol):
    """The only way a plugin reaches the network. Time-outs, size caps and guards are core's.

    During `send` it allows exactly one request, follows no redirect, and refuses once the time for sending is over.
    """

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """One request. `files` maps a field to (file name, bytes, media type).

        Errors: `TryLater` when it surely did not arrive (refused connection, unknown host), `OutcomeUnknown` when bytes
        left and no whole answer came back, `FetchError` when the address is not allowed or the answer too large. During
        `send`, an answer over the size cap is `OutcomeUnknown` too. Any status, also 4xx and 5xx, is a Response.
        """
        ...


@runtime_checkable
class MediaReader(Protocol):
    """Reads and keeps pictures by the sha256 of their bytes."""

    def read(self, sha256: str) -> bytes:
        """The bytes; an unknown name is a `MediaError`."""
        ...

    def path(self, sha256: str) -> Path:
        """Where the file lies. Never write to it."""
        ...

    def keep(self, body: bytes) -> str:
        """Store bytes and return their sha256."""
        ...


@runtime_checkable
class Credentials(Protocol):
    """Tokens that rotate, kept outside the database in a file only the user can read. One set per profile."""

    def get(self, name: str) -> Secret | None:
        """The stored value, or None."""
        ...

    def put(self, name: str, value: Secret) -> None:
        """Store a value durably. Call it before the value is used."""
        ...


@runtime_checkable
class Context(Protocol):
    """What one plugin call may use."""

    @property
    def plugin(self) -> str:
        """The plugin's own name."""
        ...

    @property
    def workspace(self) -> Path:
        """The workspace's folder, against which paths of settings are resolved."""
        ...

    @property
    def deadline(self) -> datetime:
        """When core stops waiting for this call (UTC)."""
        ...

    @property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """The plugin's log; secrets in it are blotted out."""
        ...

    @property
    def http(self) -> HttpClient:
        """The network."""
        ...

    @property
    def media(self) -> MediaReader:
        """The pictures."""
        ...

    @property
    def credentials(self) -> Credentials:
        """Tokens that rotate, of the profile that the call is for."""
        ...

    @property
    def reviews(self) -> ReviewDesk:
        """The desk at which reviews are looked at and answered, for plugins that show them to people."""
        ...

    def now(self) -> datetime:
        """The present instant (UTC); in tests and simulations not the machine's."""
        ...

    def data_dir(self) -> Path:
        """A folder of this plugin's own inside the workspace's `.smm/`; made when first asked for."""
        ...

    def secret(self, reference: str) -> Secret:
        """The secret behind `env:`, `file:` or `keyring:`; a reference that leads nowhere is a `SecretError`."""
        ...

    def public_url(self, sha256: str, until: datetime) -> str:
        """A public address of a picture, for platforms that fetch media themselves. Without a media host: `MediaError`."""
        ...
