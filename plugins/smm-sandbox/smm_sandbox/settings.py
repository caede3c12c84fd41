"""What can be set on a test profile, and which account of the network it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from smm_core import ConfigError, Profile
from smm_sandbox.records import Account
from smm_sandbox.rules import RuleSet


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxSettings:
    """The `settings` of a profile on the sandbox."""

    speed: float = field(
        default=1.0,
        metadata={"help": "How fast numbers grow: 1 is real time, with 3600 a second counts as an hour; up to 100000."},
    )
    followers: int = field(default=1200, metadata={"help": "How many followers the account starts with."})
    posts_per_window: int | None = field(
        default=None,
        metadata={
            "help": "How many posts the network takes in the rule set's window of time; none: the rule set's own."
        },
    )


def settings_of(profile: Profile) -> SandboxSettings:
    """The profile's settings, or the defaults; a number that makes no sense is a `ConfigError` naming profile and key."""
    settings = profile.settings if isinstance(profile.settings, SandboxSettings) else SandboxSettings()
    where = f"smm.toml [profiles.{profile.name}] settings"
    if not 0 <= settings.speed <= 100_000:
        raise ConfigError(
            f"speed is {settings.speed:g}", where=where, hint="use a number from 0 to 100000; 1 is real time"
        )
    if not 0 <= settings.followers <= 100_000_000:
        raise ConfigError(f"followers is {settings.followers}", where=where, hint="use a number from 0 to 100000000")
    if settings.posts_per_window is not None and settings.posts_per_window < 1:
        raise ConfigError(
            f"posts_per_window is {settings.posts_per_window}", where=where, hint="use 1 or more, or leave it out"
        )
    return settings


def account_of(profile: Profile, rules: RuleSet, now: datetime) -> Account:
    """The profile as the network knows it. `now` is when it joins, if it is new there."""
    settings = settings_of(profile)
    return Account(
        name=profile.name,
        title=profile.title or profile.name,
        handle=profile.handle.lstrip("@") or profile.name,
        language=profile.language,
        zone=profile.zone,
        rules=rules.name,
        speed=settings.speed,
        followers=settings.followers,
        joined_at=now,
    )
