"""What others say to us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class InteractionKind(StrEnum):
    """How someone spoke to us: below something of ours, by naming us elsewhere, by quoting us, or in private."""

    COMMENT = "comment"
    MENTION = "mention"
    QUOTE = "quote"
    MESSAGE = "message"


class InteractionState(StrEnum):
    """What became of an interaction here: nobody looked at it yet, somebody did, or it needs nothing any more."""

    NEW = "new"
    READ = "read"
    DONE = "done"


class Interaction(Struct, frozen=True, kw_only=True):
    """What someone else said to or about a profile.

    `author` is written as followers write it, without "@" (`ann.example`, `ann@other.example`). `text` is plain text. `at`
    is when it was written (UTC). `on` is the remote id of our post or comment to which it belongs, where that is known;
    `extra` is what a reply needs: plain JSON, no secrets.
    """

    profile: str
    kind: InteractionKind
    remote_id: str
    author: str
    text: str
    at: datetime
    author_name: str = ""
    author_url: str | None = None
    url: str | None = None
    on: str | None = None
    language: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
