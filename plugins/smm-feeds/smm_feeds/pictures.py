"""Which addresses are pictures, and how many an entry may have."""

from __future__ import annotations

import re
from collections.abc import Iterable

from smm_feeds.links import is_web

MOST_PICTURES = 10
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.IGNORECASE)


def is_picture(address: str, media_type: str = "", medium: str = "") -> bool:
    """Whether an attached file is a picture, by what the feed says of it or else by its name."""
    if media_type or medium:
        return medium.lower() == "image" or media_type.lower().startswith("image/")
    return _PICTURE_FILE.search(address) is not None


def distinct_pictures(addresses: Iterable[str]) -> tuple[str, ...]:
    """Web addresses, each once, the first few."""
    return tuple(dict.fromkeys(address for address in addresses if is_web(address)))[:MOST_PICTURES]
