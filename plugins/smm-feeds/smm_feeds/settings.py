"""What a `[sources.NAME]` table of type `feed` may say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedSettings:
    """`urls` are feeds on the web, `files` feeds in the workspace, `opml` subscription lists in the workspace.

    `keep`: at most so many entries per feed and round, the newest. `max_bytes`: a larger feed is not read.
    """

    urls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    opml: tuple[str, ...] = ()
    keep: int = 100
    max_bytes: int = 10_000_000
