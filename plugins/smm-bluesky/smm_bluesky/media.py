"""Files: uploaded ahead of time, named by their hash, and thrown away by the server when no post comes to use them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from smm_bluesky.agent import Agent
from smm_bluesky.answers import text_in
from smm_bluesky.records import as_written, instant_of
from smm_core import Attachment, Context, TryLater

KEPT_FOR = timedelta(minutes=50)
"""How long an upload is counted on: servers keep what no record names for an hour and more."""

Blob = dict[str, Any]


class Uploads:
    """The uploads of one post, by sha256. What was uploaded lately is not uploaded again."""

    def __init__(self, agent: Agent, ctx: Context, earlier: Mapping[str, Any]) -> None:
        self._agent = agent
        self._ctx = ctx
        self._known: dict[str, dict[str, Any]] = {
            sha256: dict(one) for sha256, one in earlier.items() if _is_fresh(one, ctx.now())
        }

    @property
    def handles(self) -> dict[str, Any]:
        """What is to be remembered."""
        return dict(self._known)

    @property
    def expire_at(self) -> datetime | None:
        """When the first of them may be thrown away; None when there are none."""
        instants = [instant for one in self._known.values() if (instant := instant_of(one["at"]))]
        return min(instants) + KEPT_FOR if instants else None

    def blob(self, sha256: str, media_type: str) -> Blob:
        """What a record names the file by."""
        known = self._known.get(sha256)
        if known is None:
            answer = self._agent.procedure(
                "com.atproto.repo.uploadBlob",
                content=self._ctx.media.read(sha256),
                headers={"content-type": media_type},
            )
            known = self._known[sha256] = {"blob": blob_in(answer), "at": as_written(self._ctx.now())}
        blob: Blob = known["blob"]
        return blob


def blob_in(answer: Mapping[str, Any]) -> Blob:
    """The blob that an answer names."""
    blob = answer.get("blob")
    if not isinstance(blob, dict) or not isinstance(blob.get("ref"), dict):
        raise TryLater("the server's answer does not name the file that it took")
    text_in(blob["ref"], "$link")
    return blob


def images_embed(attachments: tuple[Attachment, ...], uploads: Uploads) -> dict[str, Any]:
    """The pictures of a post, with their descriptions and their shape."""
    images = [
        {
            "image": uploads.blob(one.sha256, f"image/{one.format}"),
            "alt": one.alt,
            "aspectRatio": {"width": one.width, "height": one.height},
        }
        for one in attachments
    ]
    return {"$type": "app.bsky.embed.images", "images": images}


def _is_fresh(upload: object, now: datetime) -> bool:
    at = instant_of(upload.get("at")) if isinstance(upload, Mapping) else None
    return at is not None and now < at + KEPT_FOR and isinstance(upload, Mapping) and "blob" in upload
