"""What the network keeps, as frozen types. Instants are aware and in UTC."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from msgspec import Struct


class Kind(StrEnum):
    """A post (or a part of a thread), or a comment of the author below one."""

    POST = "post"
    COMMENT = "comment"


class Account(Struct, frozen=True, kw_only=True):
    """An account of the network: one per test profile, known by the profile's name. `rules` names its rule set."""

    name: str
    title: str
    handle: str
    language: str
    zone: str
    rules: str
    speed: float
    followers: int
    joined_at: datetime


class Upload(Struct, frozen=True, kw_only=True):
    """A picture that an account uploaded, as the network itself measured it. Width and height in pixels, size in bytes."""

    sha256: str
    format: str
    width: int
    height: int
    bytes: int


class Shown(Struct, frozen=True, kw_only=True):
    """An uploaded picture on a post, with its alternative text."""

    upload: Upload
    alt: str


class StoredPost(Struct, frozen=True, kw_only=True):
    """A post on the network. It is visible from `visible_at` on; `parent` and `root` are ids of posts."""

    id: str
    account: str
    kind: Kind
    text: str
    link: str | None
    parent: str | None
    root: str | None
    created_at: datetime
    visible_at: datetime
    pictures: tuple[Shown, ...] = ()
    is_deleted: bool = False


class Submission(Struct, frozen=True, kw_only=True):
    """A post as it arrives at the network. `pictures` are (sha256, alternative text), uploaded before.

    The network takes nothing at or after `send_by`. The same `key` never makes a second post.
    """

    account: Account
    kind: Kind
    key: str
    text: str
    link: str | None
    pictures: tuple[tuple[str, str], ...]
    parent: str | None
    send_by: datetime


class Remark(Struct, frozen=True, kw_only=True):
    """What one of the network's people wrote, at `at` (UTC): a comment below the post `on`, or a mention."""

    id: str
    author: str
    author_name: str
    text: str
    at: datetime
    on: str | None = None


def url_of(handle: str, post_id: str) -> str:
    """The address of a post. `.invalid` leads nowhere for good (RFC 2606), so nobody takes a test for the real thing."""
    return f"https://sandbox.invalid/@{quote(handle)}/{quote(post_id)}"
