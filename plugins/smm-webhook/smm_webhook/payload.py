"""What is sent, as types. The README documents the same fields; a field is added with a new `version` only if it must be."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct, field

from smm_core import Attachment, MediaReader, SendRequest, to_json


class Medium(Struct, frozen=True, kw_only=True):
    """One picture. `data` is the file in base64, or None when pictures are only named."""

    sha256: str
    format: str
    width: int
    height: int
    bytes: int
    alt: str
    data: str | None = None


class Payload(Struct, frozen=True, kw_only=True):
    """One part of a post, or a comment below it. `parent_id` and `root_id` are ids that the receiver gave."""

    version: Literal[1] = 1
    key: str
    action: str
    profile: str
    due_at: datetime
    text: str
    link: str | None = None
    media: tuple[Medium, ...] = ()
    parent_id: str | None = None
    root_id: str | None = None
    title: str = ""
    campaign: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def payload_of(request: SendRequest, media: MediaReader | None) -> Payload:
    """The payload of one send; `media` reads the pictures that travel along, None sends their names alone."""
    return Payload(
        key=request.key,
        action=request.action.value,
        profile=request.profile.name,
        due_at=request.due_at.astimezone(UTC),
        text=request.part.text,
        link=request.part.link,
        media=tuple(_medium(attachment, media) for attachment in request.part.media),
        parent_id=request.parent.remote_id if request.parent else None,
        root_id=request.root.remote_id if request.root else None,
        title=request.title,
        campaign=request.campaign,
        options=request.options,
    )


def _medium(attachment: Attachment, media: MediaReader | None) -> Medium:
    return Medium(
        sha256=attachment.sha256,
        format=attachment.format,
        width=attachment.width,
        height=attachment.height,
        bytes=attachment.bytes,
        alt=attachment.alt,
        data=base64.b64encode(media.read(attachment.sha256)).decode() if media else None,
    )


def body_of(payload: Payload) -> bytes:
    """The payload as the bytes that are signed and sent; equal payloads give equal bytes."""
    return to_json(payload).encode()
