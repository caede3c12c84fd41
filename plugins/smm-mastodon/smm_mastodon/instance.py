"""Who we are on a server, which program it runs, and which limits it states. What is learned is plain JSON, with its date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from smm_core import Context, Inspected, PluginError, Profile
from smm_mastodon.answers import object_in, trouble_of, web_address
from smm_mastodon.api import Api, api_of

SCOPES = "scopes"
_COMPATIBLE = re.compile(r"\(compatible; *(?P<name>[^ )]+) *(?P<version>[^ )]*)[^)]*\)", re.IGNORECASE)
_FORMATS = {"image/jpeg": "jpeg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


def inspect(profile: Profile, ctx: Context) -> Inspected:
    """Ask the server who we are and what holds there."""
    api = api_of(profile, ctx)
    me = api.me()
    instance, path = _instance(api)
    granted = ctx.credentials.get(SCOPES)
    return Inspected(
        account=f"@{me['username']}@{urlsplit(web_address(me.get('url')) or api.address).hostname}",
        url=web_address(me.get("url")),
        known={
            "server": program_on(api) or _program_in(instance),
            "limits": limits_in(instance),
            "source": f"{api.address}{path}",
            "asked": f"{ctx.now():%Y-%m-%d}",
        },
        scopes=tuple(granted.reveal().split()) if granted else (),
    )


def program_on(api: Api) -> dict[str, str]:
    """The program's name and version by NodeInfo, which every server of the Fediverse has; empty where this one has none."""
    links = object_in(api.request("GET", "/.well-known/nodeinfo")).get("links")
    for link in reversed(links if isinstance(links, list) else []):
        address = web_address(link.get("href")) if isinstance(link, Mapping) else None
        # Only the server itself is asked: an address in an answer may lead anywhere.
        if address and urlsplit(address).netloc == urlsplit(api.address).netloc:
            software = object_in(api.request("GET", urlsplit(address).path)).get("software")
            if isinstance(software, Mapping) and isinstance(software.get("name"), str):
                return {"name": software["name"].lower(), "version": str(software.get("version", ""))}
    return {}


def _instance(api: Api) -> tuple[Mapping[str, Any], str]:
    """What the server says of itself, and where it does; older ones only know the older form."""
    for path in ("/api/v2/instance", "/api/v1/instance"):
        response = api.request("GET", path)
        if response.status == 200 and (answer := object_in(response)):
            return answer, path
        if response.status not in (200, 404, 410):
            raise trouble_of(response, at=api.ctx.now(), hidden=api.hidden)
    raise PluginError(
        f"{api.address} does not say what it is", hint="is this a server with Mastodon's API? Look at `server`"
    )


def _program_in(instance: Mapping[str, Any]) -> dict[str, str]:
    """The program as the version tells it: others write `2.7.2 (compatible; Pleroma 2.5.0)`."""
    version = str(instance.get("version", ""))
    found = _COMPATIBLE.search(version)
    if found:
        return {"name": found["name"].lower(), "version": found["version"]}
    return {"name": "", "version": version}


def limits_in(instance: Mapping[str, Any]) -> dict[str, Any]:
    """The limits in either form of the answer. What the server does not state is not in it."""
    configuration = _part(instance, "configuration")
    statuses, media = _part(configuration, "statuses"), _part(configuration, "media_attachments")
    stated = {
        "characters": _number(statuses.get("max_characters")) or _number(instance.get("max_toot_chars")),
        "link": _number(statuses.get("characters_reserved_per_url")),
        "pictures": _number(statuses.get("max_media_attachments")),
        "alt": _number(media.get("description_limit")),
        "picture_bytes": _number(media.get("image_size_limit")),
        "picture_pixels": _number(media.get("image_matrix_limit")),
        "formats": _formats(media.get("supported_mime_types")),
    }
    return {name: value for name, value in stated.items() if value}


def _formats(types: object) -> list[str]:
    stated = types if isinstance(types, list) else []
    return [name for kind, name in _FORMATS.items() if kind in stated]


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = of.get(name)
    return part if isinstance(part, Mapping) else {}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
