"""Who and where: brand books, profiles and their posting times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Brand(Struct, frozen=True, kw_only=True):
    """A brand book: what captions and pictures of a client must look and sound like.

    `colours` maps a role (`background`, `text`, `accent` …) to `#rrggbb`; `typefaces` maps a role (`heading`,
    `body`) to a font file; `root` is the folder against which `logo` and `typefaces` are resolved.
    """

    name: str
    root: str = ""
    colours: Mapping[str, str] = field(default_factory=dict)
    typefaces: Mapping[str, str] = field(default_factory=dict)
    logo: str | None = None
    tone: str = ""
    avoid: tuple[str, ...] = ()
    hashtag_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    require_call_to_action: bool = True
    require_alt_text: bool = True
    require_hashtag_set: bool = False
    link_parameters: Mapping[str, str] = field(default_factory=dict)
    link_hosts: tuple[str, ...] = ()


class Scheduler(StrEnum):
    """Who keeps the time of a profile's deliveries: smm itself, or the platform's own scheduler where it has one."""

    SMM = "smm"
    PLATFORM = "platform"


class Profile(Struct, frozen=True, kw_only=True):
    """One account on one platform.

    `schedule` says who keeps the time: smm, or the platform's own scheduler.
    `imitates` is set on a test profile: the platform or rule set whose limits and rendering hold there.
    `distance` is the least time between two of its posts, `per_day` the most of them on one day in `zone`.
    `listen_every` says how often it is asked what others said; with `approve_replies` a reply waits for approval.
    `settings` is what the platform's plugin declared as its settings type, already decoded.
    """

    name: str
    client: str
    platform: str
    title: str = ""
    handle: str = ""
    zone: str = "UTC"
    language: str = "en"
    imitates: str | None = None
    test_profile: str | None = None
    slots: tuple[Slot, ...] = ()
    distance: timedelta = timedelta(minutes=10)
    per_day: int = 10
    schedule: Scheduler = Scheduler.SMM
    listen_every: timedelta = timedelta(minutes=5)
    approve_replies: bool = False
    allow_private: bool = False
    settings: Any = None


class Slot(Struct, frozen=True, kw_only=True):
    """A posting time of a profile: weekday (0 = Monday), wall-clock hour and minute, IANA zone."""

    weekday: int
    hour: int
    minute: int
    zone: str
