"""Plugins that ended the whole process: left out for a while, so that the others can work."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from smm_core.clock import Clock

if TYPE_CHECKING:
    from smm_core.engine import Call


class Quarantine:
    """The plugins of one workspace that are left out, in a file, so that the next process knows them."""

    LEFT_OUT = timedelta(hours=1)

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def suspect(self, plugin: str, call: str, *, sole: bool) -> bool:
        """This call was under way when the process ended; whether the plugin is left out for that.

        It is when no other call was, or when it is suspected for the second time.
        """
        from smm_core.clock import to_text

        everything = self._load()
        left_out = sole or plugin in everything
        until = self._clock.now() + (self.LEFT_OUT if left_out else timedelta(0))
        everything[plugin] = {"call": call, "until": to_text(until)}
        self._save(everything)
        return left_out

    def blame(self, calls: Sequence[Call], ended: str) -> list[str]:
        """After a process that ended by itself: leave out the plugin whose call was under way. One line a call, for a person."""
        sole = len({call.plugin for call in calls}) == 1
        lines = []
        for call in calls:
            if self.suspect(call.plugin, str(call), sole=sole):
                words = (
                    f"{call} ended the whole process ({ended}); the plugin is left out for an hour: mend or remove it"
                )
            else:
                words = f"{call} was under way when the process ended ({ended}); if that happens again, the plugin is left out"
            lines.append(words)
        return lines

    def plugins(self) -> dict[str, str]:
        """Plugin → why it is left out now."""
        from smm_core.clock import from_text, wall_of

        now = self._clock.now()
        return {
            plugin: f"{entry['call'].removeprefix(f'plugin {plugin}: ')} ended the whole process;"
            f" left out until {wall_of(from_text(entry['until']), 'UTC'):%H:%M} UTC; once it is mended: smm plugins forget {plugin}"
            for plugin, entry in self._load().items()
            if timedelta(0) < from_text(entry["until"]) - now <= self.LEFT_OUT  # more, and the clock was set back
        }

    def forgive(self, plugin: str) -> bool:
        """Give one plugin another chance; whether it needed one."""
        everything = self._load()
        if everything.pop(plugin, None) is None:
            return False
        self._save(everything)
        return True

    def clear(self) -> None:
        """Give every plugin another chance."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _load(self) -> dict[str, dict[str, str]]:
        import json

        try:
            loaded: dict[str, dict[str, str]] = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return loaded

    def _save(self, everything: dict[str, dict[str, str]]) -> None:
        import json

        with contextlib.suppress(OSError):
            self._path.write_text(json.dumps(everything), "utf-8")
