"""What a plugin call may use, made by core for each call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from smm_core.contracts import Credentials, HttpClient, MediaReader, ReviewDesk
from smm_core.errors import MediaError, SmmError
from smm_core.secrets import Secret, resolve


class PluginContext(Struct, frozen=True, kw_only=True):
    """The `Context` of one call."""

    plugin: str
    workspace: Path
    deadline: datetime
    log: logging.LoggerAdapter[logging.Logger]
    http: HttpClient
    media: MediaReader
    credentials: Credentials
    clock: Callable[[], datetime]
    data: Path | None = None
    desk: Callable[[], ReviewDesk] | None = None

    @property
    def reviews(self) -> ReviewDesk:
        """The desk of this workspace."""
        if self.desk is None:
            raise SmmError("there is no desk here: reviews belong to an open workspace")
        return self.desk()

    def now(self) -> datetime:
        """The present instant (UTC)."""
        return self.clock()

    def data_dir(self) -> Path:
        """This plugin's own folder: in the workspace, unless `data` says where else its files may lie."""
        return plugin_folder(self.data or self.workspace, self.plugin)

    def secret(self, reference: str) -> Secret:
        """The secret behind a reference."""
        return resolve(reference, self.workspace)

    def public_url(self, sha256: str, until: datetime) -> str:
        """A public address of a picture: there is no media host yet that could give one."""
        raise MediaError(
            "this platform fetches pictures itself and needs a public address, but no media host is set up",
            hint='publish this one by hand (platform = "manual")',
        )


def plugin_folder(root: Path, plugin: str) -> Path:
    """The folder of a plugin inside a workspace; made when first asked for."""
    folder = root / ".smm" / "plugins" / plugin
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
