"""The one place that knows the time.

Instants are aware datetimes in UTC. A wall time is a naive datetime together with an IANA zone: what a
person means by "nine o'clock". `instant_of` turns the one into the other:

- a wall time that does not exist (clocks go forward) means the first instant after the gap;
- a wall time that occurs twice (clocks go back) means the first.

People and NTP set the machine's clock, so a difference between two of its instants says little about how much time has
passed. Where that decides something, it is measured by a second clock, which nobody can set: see `mark` and `passed`.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from smm_core.errors import SmmError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST = timedelta(days=36525)
_DURATION = re.compile(r"(?:[0-9]{1,9}\s*[smhdw]\s*)+")
# Files beside the zones that a system may have: this machine's own zone, and zones that count leap seconds.
_NO_ZONES = ("localtime", "posixrules", "Factory")
_NO_ZONE_FOLDERS = ("posix/", "right/")


class Clock(Protocol):
    """Tells the time and waits. The daemon gets the real one, tests a fake one."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def steady(self) -> float:
        """Seconds since some moment of this run of the machine, by a clock that nobody can set."""
        ...

    def boot(self) -> str:
        """A name for this run of the machine; empty where it has none. What is `steady` in another run cannot be compared."""
        ...

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until `seconds` have passed or `stop` is set; true when stopped."""
        ...


def mark(clock: Clock, later: float = 0.0) -> str:
    """This moment, or so many seconds later, by the clock that nobody can set, as it stands in the store; for `passed`."""
    return f"{clock.boot()}@{clock.steady() + later:.6f}"


def moment(clock: Clock) -> str:
    """This moment by both clocks, so that one can tell later whether the one on the wall was set since then."""
    return f"{to_text(clock.now())} {mark(clock)}"


def passed(clock: Clock, since: str | None) -> timedelta | None:
    """How much time has passed since a `mark`; None when there is none, or the machine was started again since then."""
    boot, at, steady = (since or "").rpartition("@")
    if not at or boot != clock.boot():
        return None
    seconds = clock.steady() - float(steady)
    return timedelta(seconds=seconds) if seconds >= 0 else None


def never_behind(clock: Clock) -> Callable[[], datetime]:
    """Tells the time from now on, for what must not be done after an instant: to set the clock back wins no time."""
    begin, steady = clock.now(), clock.steady()
    return lambda: max(clock.now(), begin + timedelta(seconds=clock.steady() - steady))


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return time.clock_gettime(_STEADY)

    def boot(self) -> str:
        return self._boot

    @cached_property
    def _boot(self) -> str:
        return _run_of_the_machine()

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        return stop.wait(seconds)


# Both go on while the machine sleeps; the plain monotonic clock of Linux does not, and that of macOS follows the wall clock.
if sys.platform == "linux":
    _STEADY = time.CLOCK_BOOTTIME
elif sys.platform == "darwin":
    _STEADY = time.CLOCK_MONOTONIC_RAW
else:
    _STEADY = time.CLOCK_MONOTONIC


def _run_of_the_machine() -> str:
    """What the system calls the time since it was started; empty where it has no name for that."""
    if sys.platform != "darwin":
        with contextlib.suppress(OSError):
            return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return ""
    import ctypes

    name = ctypes.create_string_buffer(64)
    size = ctypes.c_size_t(len(name))
    ctypes.CDLL(None).sysctlbyname(b"kern.bootsessionuuid", name, ctypes.byref(size), None, 0)
    return name.value.decode("ascii")


_FAKE_START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_FAKE_BOOT = datetime(2000, 1, 1, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until it is moved; `wait` moves it.

    Two of them agree about how much time has passed, as two processes of one machine do; one that is made `like` another
    clock goes on from where that stands.
    """

    def __init__(self, start: datetime | None = None, *, like: Clock | None = None) -> None:
        self._now = start or (like.now() if like else _FAKE_START)
        self._wrong = timedelta(0)
        self._run = like.boot() if like else "fake"
        self._began = self._now - timedelta(seconds=like.steady()) if like else _FAKE_BOOT

    def now(self) -> datetime:
        return self._now + self._wrong

    def steady(self) -> float:
        return (self._now - self._began).total_seconds()

    def boot(self) -> str:
        return self._run

    def set(self, instant: datetime) -> None:
        """Go to an instant: time passes until then."""
        self._now = instant.astimezone(UTC) - self._wrong

    def advance(self, step: timedelta) -> None:
        """Go forward, or back with a negative step."""
        self._now += step

    def set_wall(self, by: timedelta) -> None:
        """Somebody sets the clock, forward or back: no time passes."""
        self._wrong += by

    def restart(self) -> None:
        """The machine is started again: how much time has passed since before is no longer known."""
        self._run += " again"

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        self.advance(timedelta(seconds=seconds))
        time.sleep(0)
        return stop.is_set()


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of that name; an unknown one is an `SmmError`."""
    is_zone = name not in _NO_ZONES and not name.startswith(_NO_ZONE_FOLDERS)
    try:
        return ZoneInfo(name if is_zone else "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SmmError(f"unknown time zone {name!r}", hint="use an IANA name such as Europe/Amsterdam") from None


def forget_zones() -> None:
    """Read the data of every zone again when it is next needed: a system's update may have replaced it."""
    ZoneInfo.clear_cache()


def zone_print(name: str) -> str:
    """A fingerprint of the data that `zoneinfo` uses for a zone; another one means that its clocks change otherwise.

    Empty where there is no such zone.
    """
    import hashlib

    data = _zone_data(name)
    return hashlib.sha256(data).hexdigest()[:16] if data else ""


def zone_version() -> str:
    """What the zone data calls itself, such as `2026a`; empty where nothing says so."""
    import zoneinfo

    for folder in map(Path, zoneinfo.TZPATH):
        for name in ("+VERSION", "tzdata.zi"):
            with contextlib.suppress(OSError), (folder / name).open() as file:
                return file.readline().removeprefix("# version ").strip()
    import importlib

    with contextlib.suppress(ImportError):
        return str(importlib.import_module("tzdata").IANA_VERSION)
    return ""


def _zone_data(name: str) -> bytes:
    """A zone's file, looked for where `zoneinfo` does: in the folders of TZPATH, then in the package tzdata."""
    import zoneinfo

    if name.startswith(("/", ".")) or ".." in name:
        return b""
    for folder in map(Path, zoneinfo.TZPATH):
        with contextlib.suppress(OSError):
            return (folder / name).read_bytes()
    import importlib.resources

    with contextlib.suppress(OSError, ImportError):
        return (importlib.resources.files("tzdata") / "zoneinfo" / name).read_bytes()
    return b""


def instant_of(wall: datetime, zone: str) -> datetime:
    """The instant (UTC) that a naive wall time means in a zone; see the rules in this module's text."""
    if wall.tzinfo is not None:
        raise ValueError("a wall time has no offset of its own")
    local = wall.replace(tzinfo=zone_of(zone), fold=0)
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == wall:
        return instant
    return _end_of_gap(wall, zone)


def _end_of_gap(wall: datetime, zone: str) -> datetime:
    """The first instant after the gap in which `wall` lies: the transition itself, found by halving."""
    tz = zone_of(zone)
    # With fold=1 a wall time in a gap is read with the offset after it, so it lies before the transition;
    # with fold=0 it is read with the offset before it, and lies after.
    low = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    high = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
    before = low.astimezone(tz).utcoffset()
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def wall_of(instant: datetime, zone: str) -> datetime:
    """The naive wall time of an instant in a zone."""
    return instant.astimezone(zone_of(zone)).replace(tzinfo=None)


def parse_duration(text: str) -> timedelta:
    """`90s`, `30m`, `2h`, `1d12h`, `3w`; anything else is a ValueError that says so."""
    compact = text.strip().lower()
    if not _DURATION.fullmatch(compact):
        raise ValueError(f"{text!r} is not a duration; write for instance 90s, 30m, 2h, 1d12h or 3w")
    pairs = re.findall(r"([0-9]+)\s*([smhdw])", compact)
    seconds = sum(int(number) * _UNITS[unit] for number, unit in pairs)
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"{text!r} is longer than a hundred years; write for instance 90s, 30m, 2h, 1d12h or 3w")
    return timedelta(seconds=seconds)


def say_duration(step: timedelta) -> str:
    """The two largest units of a duration: `2h5m`, `3d`, `0s`."""
    left = int(abs(step.total_seconds()))
    words = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words[:2]) or "0s"


def to_text(instant: datetime) -> str:
    """An instant as it stands in the store: ISO 8601 in UTC with microseconds, so that text sorts as time."""
    # Not strftime: on some systems it writes the year 999 with three digits, which would not sort.
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def from_text(text: str) -> datetime:
    """The instant that `to_text` wrote."""
    return datetime.fromisoformat(text)
