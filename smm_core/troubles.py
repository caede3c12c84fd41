"""What plugins did wrong lately, kept in `.smm/plugin-troubles.json` so that `smm doctor` can say it afterwards.

Each plugin has one entry for each kind of misdeed: how often, when last, in which call, and what. A plugin that misbehaves in every
call costs one write in a few seconds. Two processes may add to the file: what each counted is added to what is there.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from smm_core.clock import Clock, from_text, to_text
from smm_core.isolation import Call, Misdeed
from smm_core.values import replace

KEPT_FOR = timedelta(days=7)
_MOST_WORDS = 300


class Troubled(Struct, frozen=True, kw_only=True):
    """One kind of misdeed of one plugin: how often, when last (UTC), in which call, and what it was."""

    plugin: str
    misdeed: Misdeed
    count: int
    last: datetime
    call: str
    said: str

    def __str__(self) -> str:
        often = "once" if self.count == 1 else f"{self.count:,} times, last"
        return f"{self.misdeed} {often} at {self.last:%Y-%m-%d %H:%M} UTC in {self.call}: {self.said}"


class Troubles:
    """The file of one workspace. `note` is called from any thread and never fails; `close` writes what is not written yet."""

    _EVERY = 5.0

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._fresh: dict[tuple[str, Misdeed], Troubled] = {}
        self._written = float("-inf")

    def note(self, call: Call, misdeed: Misdeed, said: str) -> None:
        """A plugin did something. On disk at once, or a few seconds later where it does much of it."""
        with self._lock:
            key = (call.plugin, misdeed)
            before = self._fresh.get(key)
            self._fresh[key] = Troubled(
                plugin=call.plugin,
                misdeed=misdeed,
                count=before.count + 1 if before else 1,
                last=self._clock.now(),
                call=call.what,
                said=said[:_MOST_WORDS],
            )
            if time.monotonic() - self._written >= self._EVERY:
                self._write()

    def lately(self) -> list[Troubled]:
        """What plugins did in the last seven days, by plugin and kind."""
        with self._lock:
            kept = self._merged()
        since = self._clock.now() - KEPT_FOR
        return sorted((one for one in kept.values() if one.last >= since), key=lambda one: (one.plugin, one.misdeed))

    def forget(self, plugin: str) -> int:
        """Forget what one plugin did, because it was mended; how many entries that were."""
        with self._lock:
            kept = self._merged()
            gone = [key for key in kept if key[0] == plugin]
            self._fresh = {}
            self._save([one for key, one in kept.items() if key not in gone])
        return len(gone)

    def close(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            if self._fresh:
                self._write()

    def _write(self) -> None:
        self._save(list(self._merged().values()))
        self._fresh = {}
        self._written = time.monotonic()

    def _merged(self) -> dict[tuple[str, Misdeed], Troubled]:
        kept = self._load()
        for key, one in self._fresh.items():
            before = kept.get(key)
            kept[key] = replace(one, count=one.count + before.count) if before else one
        return kept

    def _load(self) -> dict[tuple[str, Misdeed], Troubled]:
        try:
            entries = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        kept = {}
        for entry in entries if isinstance(entries, list) else ():
            with contextlib.suppress(KeyError, TypeError, ValueError):
                one = _entry(entry)
                kept[one.plugin, one.misdeed] = one
        return kept

    def _save(self, entries: list[Troubled]) -> None:
        """Replace the file; on a full or read-only disk the log alone has it."""
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        since = self._clock.now() - KEPT_FOR
        plain = [_plain(one) for one in entries if one.last >= since]
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(plain, ensure_ascii=False, indent=1), "utf-8")
            temporary.replace(self._path)


def _plain(one: Troubled) -> dict[str, Any]:
    return {
        "plugin": one.plugin,
        "misdeed": one.misdeed.name.lower(),
        "count": one.count,
        "last": to_text(one.last),
        "call": one.call,
        "said": one.said,
    }


def _entry(entry: Mapping[str, Any]) -> Troubled:
    return Troubled(
        plugin=entry["plugin"],
        misdeed=Misdeed[entry["misdeed"].upper()],
        count=int(entry["count"]),
        last=from_text(entry["last"]),
        call=entry["call"],
        said=entry["said"],
    )
