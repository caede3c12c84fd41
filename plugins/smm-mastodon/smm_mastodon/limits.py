"""What a server accepts: as it says itself, and where it says nothing as the documentation does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from smm_core import ImageLimits, Limits, Provenance, Rate, TextLimit, TextUnit
from smm_mastodon.servers import Counting, counting_of, program_of

_DOCUMENTED = Provenance(source="docs.joinmastodon.org/entities/Instance", as_of="2026-07-02")
_CHARACTERS, _LINK, _PICTURES, _ALT = 500, 23, 4, 1500
_PICTURE_BYTES, _PICTURE_PIXELS = 16_777_216, 33_177_600
_FORMATS = ("jpeg", "png", "gif", "webp")
_LONGEST_THREAD = 50


def limits_of(known: Mapping[str, Any]) -> Limits:
    """The limits of the server of which `inspect` learned `known`; of Mastodon's defaults where it learned nothing."""
    stated: Mapping[str, Any] = known.get("limits") or {}
    program = program_of(known)
    text = _text(stated, counting_of(known))
    return Limits(
        text=(text,),
        alt_text=TextLimit(maximum=stated.get("alt", _ALT), unit=TextUnit.CODE_POINTS),
        images=ImageLimits(
            minimum=1 if program.needs_picture else 0,
            maximum=stated.get("pictures", _PICTURES),
            formats=tuple(stated.get("formats") or _FORMATS),
            max_bytes=stated.get("picture_bytes", _PICTURE_BYTES),
            max_pixels=stated.get("picture_pixels", _PICTURE_PIXELS),
        ),
        parts=_LONGEST_THREAD if program.threads else 1,
        first_comment=True,
        first_comment_text=text,
        rates=(Rate(maximum=300, per=timedelta(hours=3)),),
        provenance={
            "*": _where(known),
            "parts": Provenance(source="smm: no server has a limit, readers have", as_of="2026-11-23"),
            "rates": Provenance(source="mastodon/mastodon app/lib/rate_limiter.rb", as_of="2026"),
        },
    )


def _text(stated: Mapping[str, Any], counting: Counting) -> TextLimit:
    longest = stated.get("characters", _CHARACTERS)
    if counting is Counting.READERS:
        return TextLimit(maximum=longest, unit=TextUnit.GRAPHEMES, url=stated.get("link", _LINK), mention_hosts=False)
    return TextLimit(maximum=longest, unit=TextUnit.CODE_POINTS)


def _where(known: Mapping[str, Any]) -> Provenance:
    if not known.get("limits"):
        return _DOCUMENTED
    return Provenance(source=str(known.get("source", "")) or "the server", as_of=str(known.get("asked", "")) or "2026")
