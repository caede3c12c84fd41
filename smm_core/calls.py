"""Calling a plugin: with a context of its own and a deadline."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from smm_core.context import PluginContext
from smm_core.engine import Call, PluginTimeout
from smm_core.secrets import CredentialsFile

if TYPE_CHECKING:
    from smm_core.contracts import Credentials, HttpClient
    from smm_core.workspace import Workspace

T = TypeVar("T")
_MOST_THINGS = 1000


class Calls:
    """Calls the plugins of one workspace. Their own files lie in it, or in `data`."""

    def __init__(self, ws: Workspace, data: Path | None = None) -> None:
        self._ws = ws
        self._data = data
        self._things: dict[tuple[str, str], tuple[logging.LoggerAdapter[logging.Logger], Credentials]] = {}

    def call(
        self,
        family: str,
        name: str,
        method: str,
        function: Callable[[PluginContext], T],
        *,
        expect: type | tuple[type, ...],
        subject: str = "",
        http: HttpClient | None = None,
        deadline: timedelta | None = None,
        instead: Callable[[PluginTimeout], None] | None = None,
    ) -> T:
        """Call a plugin's method with a context of its own, off this thread, with a deadline.

        With `instead` it is called in this thread, see `Engine.run_here`.
        """
        ws = self._ws
        owner = ws.plugins.owner(family, name)
        limit = deadline or ws.config.plugins.deadline
        ctx = self.context(owner, subject, limit, http)
        call = Call(plugin=owner, method=method, subject=subject)
        if instead is None:
            return ws.engine.run(call, lambda: function(ctx), expect=expect, deadline=limit)
        return ws.engine.run_here(call, lambda: function(ctx), expect=expect, deadline=limit, instead=instead)

    def context(self, plugin: str, subject: str, limit: timedelta, http: HttpClient | None = None) -> PluginContext:
        """The context for one call of a plugin."""
        ws = self._ws
        log, credentials = self._belongings(plugin, subject)
        return PluginContext(
            plugin=plugin,
            workspace=ws.root,
            deadline=ws.clock.now() + limit,
            log=log,
            http=http or ws.content_client(),
            media=ws.media,
            credentials=credentials,
            clock=ws.clock.now,
            data=self._data,
            desk=partial(ws.desk, plugin),
        )

    def _belongings(self, plugin: str, subject: str) -> tuple[logging.LoggerAdapter[logging.Logger], Credentials]:
        """The log and the tokens that every call of a plugin for one subject has."""
        known = self._things.get((plugin, subject))
        if known is None:
            if len(self._things) > _MOST_THINGS:
                self._things.clear()
            log = logging.LoggerAdapter(
                logging.getLogger(f"smm.plugin.{plugin}"), {"plugin": plugin, "subject": subject}
            )
            file = self._ws.root / ".smm" / "credentials" / f"{subject or plugin}.json"
            known = self._things[plugin, subject] = (log, CredentialsFile(file))
        return known
