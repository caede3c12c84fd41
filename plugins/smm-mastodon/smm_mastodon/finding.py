"""Looking among the account's own statuses for one that we sent and got no answer for.

The API shows no keys. A picture belongs to one status only, so a status with one of our uploads is ours for sure; one
without pictures is told by its text, its parent and its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from smm_mastodon.answers import id_in, instant_of
from smm_mastodon.api import Api
from smm_mastodon.text import same_text

_CLOCKS_DIFFER = timedelta(minutes=1)
_MOST_PAGES = 50

Status = Mapping[str, Any]


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for: its text, how many pictures it has, their ids where they are known, and what it is below."""

    text: str
    pictures: int
    media: Sequence[str]
    parent: str | None
    since: datetime


def find_status(api: Api, wanted: Wanted) -> Status | None:
    """The status, or None when it is not there now. The oldest that fits: what resembles it and is newer is another one."""
    resembles: Status | None = None
    for status in own_statuses(api, since=wanted.since - _CLOCKS_DIFFER):
        if set(wanted.media) & set(ids_of_media(status)):
            return status
        if _resembles(status, wanted):
            resembles = status
    return resembles


def own_statuses(api: Api, *, since: datetime, most_pages: int = _MOST_PAGES) -> Iterator[Status]:
    """What the account wrote itself since then, the newest first."""
    path = f"/api/v1/accounts/{id_in(api.me())}/statuses"
    for page in api.pages(path, (("exclude_reblogs", "true"),), most=most_pages):
        yield from (status for status in page if is_of_itself(status) and _is_since(status, since))
        # One that says it is old may stand between newer ones: a server can be told to date it back.
        if page and not any(_is_since(status, since) for status in page):
            return


def is_of_itself(status: Status) -> bool:
    """Whether it is a status of the account, and not one of another's that it passed on."""
    return bool(id_in(status)) and not status.get("reblog")


def ids_of_media(status: Status) -> list[str]:
    """The ids of a status' pictures."""
    attachments = status.get("media_attachments")
    return [id_in(one) for one in attachments if isinstance(one, dict)] if isinstance(attachments, list) else []


def _is_since(status: Status, since: datetime) -> bool:
    written = instant_of(status.get("created_at"))
    return written is None or written >= since


def _resembles(status: Status, wanted: Wanted) -> bool:
    media = ids_of_media(status)
    if wanted.media and media:
        return False  # it has pictures, and they are others
    parent = status.get("in_reply_to_id")
    return (
        len(media) == wanted.pictures
        and (str(parent) if parent else None) == wanted.parent
        and same_text(wanted.text, str(status.get("content", "")))
    )
