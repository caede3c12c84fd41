"""What a profile on Bluesky needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from smm_core import ConfigError, Profile, Secret

ENTRANCE = "https://bsky.social"
"""Where accounts live that were made on bsky.app."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The `[profiles.NAME.settings]` of a profile."""

    handle: str = field(metadata={"help": "The account's handle, such as bakery.bsky.social; its DID does as well."})
    app_password: Secret = field(
        metadata={"help": "An app password, from Settings, Privacy and security, App passwords. Not your own password."}
    )
    service: str = field(
        default=ENTRANCE, metadata={"help": "The server that the account lives on, where that is one of your own."}
    )
    video_service: str = field(
        default="https://video.bsky.app", metadata={"help": "The server that makes videos fit for playing."}
    )


def settings_of(profile: Profile) -> Settings:
    """The profile's settings with a handle and an address that can be used; a mistake is a `ConfigError` that names it."""
    settings = profile.settings
    if not isinstance(settings, Settings):
        raise ConfigError(
            "there are no settings", where=f"smm.toml [profiles.{profile.name}]", hint="smm profiles add bluesky asks"
        )
    for key in ("service", "video_service"):
        _check_address(profile, key, getattr(settings, key))
    return settings


def account_name(settings: Settings) -> str:
    """The handle or DID as servers want it: `@Bakery.example` is `bakery.example`."""
    name = settings.handle.strip().removeprefix("@")
    return name if name.startswith("did:") else name.lower()


def _check_address(profile: Profile, key: str, address: str) -> None:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            f"{address!r} is not an http or https address",
            where=f"smm.toml [profiles.{profile.name}.settings] {key}",
            hint=f'write it like {key} = "https://pds.example"',
        )
