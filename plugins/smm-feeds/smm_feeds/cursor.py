"""What the feed source remembers between rounds, as one opaque string.

Feeds are remembered by the hash of their address: an address may hold a token, and the cursor lies in the database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct, field

from smm_core import SmmError, from_json, replace, to_json

# Raised when entries are read otherwise than before, so that feeds that did not change are read once more.
READING = 1


class FeedState(Struct, frozen=True, kw_only=True):
    """One feed: how to ask whether it changed (`etag`, `modified`, `digest` of the body) and what is wrong with it.

    `reading` is how it was read last (version and `keep`): a feed that is to be read otherwise is read again although
    it did not change. `trouble` is shown as long as the feed stays as it is. `failures` counts fetches in a row that
    failed. The server is left alone until `not_before` (UTC).
    """

    etag: str = ""
    modified: str = ""
    digest: str = ""
    reading: str = ""
    trouble: str = ""
    failures: int = 0
    not_before: datetime | None = None


class Cursor(Struct, frozen=True, kw_only=True):
    """Where the round stands: `next` is the key of the feed whose turn it is, empty between rounds."""

    next: str = ""
    feeds: Mapping[str, FeedState] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The cursor that was stored; an empty or foreign one starts anew, at the cost of a few requests."""
        import msgspec

        if not text:
            return cls()
        try:
            return from_json(text, cls)
        except (msgspec.DecodeError, SmmError):
            return cls()

    def text(self) -> str:
        """The opaque string."""
        return to_json(self)

    def knowing(self, key: str, state: FeedState) -> Cursor:
        """With the new state of one feed."""
        return replace(self, feeds={**self.feeds, key: state})

    def at(self, key: str) -> Cursor:
        """With another feed to go on with."""
        return replace(self, next=key)

    def ended(self, keys: Collection[str]) -> Cursor:
        """At the end of a round: only these feeds are still subscribed."""
        return Cursor(feeds={key: state for key, state in self.feeds.items() if key in keys})
