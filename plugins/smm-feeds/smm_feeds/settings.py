"""What a `[sources.NAME]` table of type `feed` may say."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedSettings:
    """The keys of a `[sources.NAME]` table of type `feed`."""

    urls: tuple[str, ...] = field(default=(), metadata={"help": "Feeds on the web."})
    files: tuple[str, ...] = field(default=(), metadata={"help": "Feeds in the workspace."})
    opml: tuple[str, ...] = field(default=(), metadata={"help": "Subscription lists in the workspace."})
    keep: int = field(default=100, metadata={"help": "At most so many entries of each feed in each round, the newest."})
    max_bytes: int = field(default=10_000_000, metadata={"help": "A feed of more bytes is not read."})
