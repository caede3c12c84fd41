"""What Bluesky accepts, as data with its source and date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from smm_core import ImageLimits, Limits, LinkStyle, Provenance, Rate, Size, TextLimit, TextUnit, replace

THUMBNAIL = ImageLimits(formats=("jpeg", "png"), max_bytes=1_000_000, max_width=1200)
"""What the picture of a link card may be (app.bsky.embed.external, `thumb`)."""

MOST_LANGUAGES = 3
TAG = (TextLimit(maximum=64, unit=TextUnit.GRAPHEMES), TextLimit(maximum=640, unit=TextUnit.UTF8))
"""What a hashtag may be, without its sign (app.bsky.richtext.facet#tag)."""

MOST_VIDEO_BYTES = 300_000_000

_IMAGE_BYTES = 2_000_000
_SCHEMAS = "bluesky-social/atproto@d6296a1 lexicons/app/bsky"
_TRIED = "and tried with @atproto/pds 0.5.35"

_LIMITS = Limits(
    text=(TextLimit(maximum=300, unit=TextUnit.GRAPHEMES), TextLimit(maximum=3000, unit=TextUnit.UTF8)),
    alt_text=TextLimit(maximum=2000, unit=TextUnit.GRAPHEMES),
    images=ImageLimits(
        maximum=4, formats=("jpeg", "png", "webp"), max_bytes=_IMAGE_BYTES, sizes=(Size(width=1200, height=675),)
    ),
    parts=25,
    link_style=LinkStyle.CARD,
    # 5,000 points an hour and 35,000 a day; a new post is 3 of them where it costs most.
    rates=(Rate(maximum=1666, per=timedelta(hours=1)), Rate(maximum=11_666, per=timedelta(days=1))),
    provenance={
        "*": Provenance(source=f"{_SCHEMAS}/feed/post.json {_TRIED}", as_of="2026-11-23"),
        "images": Provenance(source=f"{_SCHEMAS}/embed/images.json {_TRIED}", as_of="2026-11-23"),
        "rates": Provenance(
            source="bluesky-social/bsky-docs@390c1e9 docs/advanced-guides/rate-limits.md", as_of="2026-04-21"
        ),
        "alt_text": Provenance(
            source="the Bluesky app takes no more; servers have no limit", as_of="2026-11-23", verified=False
        ),
        "parts": Provenance(
            source="a choice of smm-bluesky; servers have no limit", as_of="2026-11-23", verified=False
        ),
    },
)


def limits_of(known: Mapping[str, Any]) -> Limits:
    """The limits of a server: what it says itself of the largest file that it takes, where that is less."""
    takes = known.get("max_blob_bytes")
    if not isinstance(takes, int) or takes >= _IMAGE_BYTES or takes <= 0:
        return _LIMITS
    return replace(_LIMITS, images=replace(_LIMITS.images, max_bytes=takes))
