"""A status as the API wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from smm_core import Part, Profile, Receipt
from smm_mastodon.options import Options, options_of
from smm_mastodon.settings import settings_of

_HIDDEN = ("private", "direct")


def payload_of(
    profile: Profile,
    part: Part,
    *,
    options: Mapping[str, Any],
    media: Sequence[str],
    parent: Receipt | None = None,
    with_poll: bool = True,
) -> dict[str, Any]:
    """The body of a new status; what it does not say is left out."""
    chosen = options_of(options)
    return {
        **_text_of(part, chosen, media),
        "visibility": chosen.visibility or settings_of(profile).visibility,
        **({"in_reply_to_id": parent.remote_id} if parent else {}),
        **(_poll_of(chosen) if with_poll else {}),
    }


def edit_of(part: Part, *, options: Mapping[str, Any], media: Sequence[str], with_poll: bool) -> dict[str, Any]:
    """The body of a status that is changed. Its visibility stays, and its poll unless it is left out."""
    chosen = options_of(options)
    alts = [{"id": number, "description": one.alt} for number, one in zip(media, part.media, strict=True)]
    return {
        **_text_of(part, chosen, media),
        # What is not said here is gone afterwards.
        "spoiler_text": chosen.content_warning,
        "media_ids": list(media),
        **({"media_attributes": alts} if alts else {}),
        **(_poll_of(chosen) if with_poll else {}),
    }


def reply_of(profile: Profile, part: Part, to: Receipt, media: Sequence[str]) -> dict[str, Any]:
    """The body of a reply: seen by no more people than what it answers, and addressed to whoever wrote that."""
    usual = settings_of(profile).visibility
    theirs = to.extra.get("visibility")
    warning = to.extra.get("content_warning")
    return {
        "status": addressed(part.text, to),
        "visibility": theirs if theirs in _HIDDEN and usual != "direct" else usual,
        "in_reply_to_id": to.remote_id,
        **({"spoiler_text": warning} if warning else {}),
        **({"language": _language(profile.language)} if profile.language else {}),
        **({"media_ids": list(media)} if media else {}),
    }


def addressed(text: str, to: Receipt) -> str:
    """A reply's text with the name of whom it answers in front, without which nobody tells them of it."""
    name = to.extra.get("acct")
    if not name or f"@{name}".lower() in text.lower():
        return text
    return f"@{name} {text}"


def _text_of(part: Part, chosen: Options, media: Sequence[str]) -> dict[str, Any]:
    said = {
        "status": part.text,
        "spoiler_text": chosen.content_warning,
        "language": _language(chosen.language),
        "media_ids": list(media),
    }
    body: dict[str, Any] = {name: value for name, value in said.items() if value or name == "status"}
    if chosen.sensitive is not None:
        body["sensitive"] = chosen.sensitive
    return body


def _poll_of(chosen: Options) -> dict[str, Any]:
    if chosen.poll is None:
        return {}
    poll = chosen.poll
    return {
        "poll": {
            "options": list(poll.answers),
            "expires_in": int(poll.expires_in.total_seconds()),
            "multiple": poll.multiple,
            "hide_totals": poll.hide_totals,
        }
    }


def _language(name: str) -> str:
    """As servers write languages: two or three letters, without a region."""
    return name.replace("_", "-").split("-")[0].lower()
