"""Ideas from feeds: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed 1.0 and 1.1, and OPML subscription lists.

The way through: `source` takes one turn, `subscriptions` says which feeds there are, `fetch` gets one, `reader` chooses
how to read it (`strict`, `jsonfeed`, `lenient`), `ideas` makes ideas of its entries, `cursor` remembers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from smm_core import Source, hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def smm_sources() -> Iterable[Source]:
    """The source `feed`."""
    from smm_feeds.source import FeedSource

    return (FeedSource(),)


@hookimpl
def smm_commands() -> Iterable[click.Command]:
    """The group `smm feeds`."""
    from smm_feeds.command import feeds_group

    return (feeds_group(),)
