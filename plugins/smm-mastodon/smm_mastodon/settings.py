"""What a profile on a server with Mastodon's API needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from smm_core import ConfigError, Profile, Secret

Visibility = Literal["public", "unlisted", "private", "direct"]
VISIBILITIES: tuple[Visibility, ...] = ("public", "unlisted", "private", "direct")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The `[profiles.NAME.settings]` of a profile."""

    server: str = field(metadata={"help": 'The server that the account is on, such as "mastodon.example".'})
    token: Secret | None = field(
        default=None,
        metadata={"help": "A reference to an access token made by hand; without one, `smm profiles login` gets one."},
    )
    visibility: Visibility = field(
        default="public",
        metadata={"help": "Who sees posts that say nothing else: public, unlisted, private or direct."},
    )


def settings_of(profile: Profile) -> Settings:
    """The profile's settings; for a profile that only imitates this platform, the defaults."""
    return profile.settings if isinstance(profile.settings, Settings) else Settings(server="")


def address_of(profile: Profile) -> str:
    """The server's address, `https://host`; what is none is a `ConfigError` that names the key."""
    written = settings_of(profile).server.strip()
    try:
        parts = urlsplit(written if "://" in written else f"https://{written}")
        named = parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        named = False
    if not named:
        raise ConfigError(
            "this names no server",
            where=f"smm.toml [profiles.{profile.name}.settings] server",
            hint='write it like server = "mastodon.example"',
        )
    return f"{parts.scheme}://{parts.netloc}"
