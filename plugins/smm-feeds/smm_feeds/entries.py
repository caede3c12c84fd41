"""What a feed says, whichever format it came in: the common ground between the readers and the ideas."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from smm_core import SmmError


class NotReadable(SmmError):
    """What was fetched cannot be read as a feed. The message completes "this feed …" and is meant for a person."""


class Markup(StrEnum):
    """How a text of a feed is to be understood."""

    PLAIN = "plain"
    HTML = "html"


class Text(Struct, frozen=True, kw_only=True):
    """A text as the feed has it; HTML is not yet cleaned."""

    value: str
    markup: Markup = Markup.PLAIN


class Entry(Struct, frozen=True, kw_only=True):
    """One entry. `published_at` is in UTC. `link` and `pictures` are absolute where the feed's address is known."""

    id: str | None = None
    link: str | None = None
    title: Text | None = None
    summary: Text | None = None
    author: str | None = None
    published_at: datetime | None = None
    labels: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


class Feed(Struct, frozen=True, kw_only=True):
    """A feed: its own title and its entries in the order of the document."""

    title: Text | None = None
    entries: tuple[Entry, ...] = ()
