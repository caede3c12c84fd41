"""What followers will see of a variant, drawn by a plugin that can, else told plainly."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from smm_core.contracts import PreviewRequest
from smm_core.desk.preview import drawer_of, drawn, request_for
from smm_core.errors import PluginError, SmmError
from smm_core.model import Profile, Variant, digest_of
from smm_core.pages.folder import PageFolder, render

if TYPE_CHECKING:
    from smm_core.workspace import Workspace

log = logging.getLogger("smm.pages")


class Sight(Struct, frozen=True, kw_only=True):
    """A variant as followers see it: an HTML fragment, and where a plugin drew it, the name and size (pixels) of a PNG."""

    html: str
    png: str | None = None
    width: int = 0
    height: int = 0


def draw(ws: Workspace, variant: Variant, profile: Profile, now: datetime, folder: PageFolder, name: str = "") -> Sight:
    """Draw a variant as on `profile` at `now`, its pictures put into `folder`.

    The profile's own publisher draws it, else the first one that can, else it is told plainly. `name` is what the PNG
    is called, without ending. Without one only the PNG is made, named by what it shows, and not drawn again when it is there.
    """
    drawer = drawer_of(ws, profile)
    if drawer is not None:
        try:
            return _drawn(ws, drawer, variant, profile, now, folder, name)
        except SmmError as error:
            log.warning("preview for %s: %s", profile.name, error)
    pictures = {media.sha256: folder.local(f"media:{media.sha256}") for part in variant.parts for media in part.media}
    return Sight(html=render("plain.html.j2", variant=variant, profile=profile, pictures=pictures))


def _drawn(
    ws: Workspace, drawer: Any, variant: Variant, profile: Profile, now: datetime, folder: PageFolder, name: str
) -> Sight:
    request = request_for(ws, drawer, variant, profile, now)
    file = f"{name or _digest(ws, drawer, request)}.png"
    if not name and folder.has(file):
        width, height = _size((folder.path / folder.name_of(file)).read_bytes())
        return Sight(html="", png=folder.name_of(file), width=width, height=height)
    preview = drawn(ws, drawer, request)
    width, height = _size(preview.png)
    html = folder.local(preview.html) if name else ""
    return Sight(html=html, png=folder.keep(preview.png, file), width=width, height=height)


def _digest(ws: Workspace, drawer: Any, request: PreviewRequest) -> str:
    """Changes when anything that is drawn changes, or the plugin that draws it."""
    owner = ws.plugins.owner("publisher", drawer.name)
    versions = [one.found.version for one in ws.plugins.loaded if one.found.name == owner]
    return digest_of([owner, versions, request])[:20]


def _size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    if not png.startswith(b"\x89PNG\r\n\x1a\n") or len(png) < 24:
        raise PluginError("preview gave something that is no PNG")
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
