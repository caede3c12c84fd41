"""The source `feed`: one round goes through every subscribed feed, a few of them a page."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from smm_core import CollectPage, CollectRequest, Context, IdeaFound, SmmError, Trouble, replace
from smm_feeds import reader
from smm_feeds.cursor import READING, Cursor, FeedState
from smm_feeds.fetch import AskedToWait, Fetched, NotModified, fetch
from smm_feeds.ideas import ideas_of
from smm_feeds.links import shown
from smm_feeds.settings import FeedSettings
from smm_feeds.subscriptions import Subscription, subscribed

FEEDS_PER_PAGE = 8
IDEAS_PER_PAGE = 100


class _Turn(Struct, frozen=True, kw_only=True):
    """What came of one feed."""

    state: FeedState
    ideas: tuple[IdeaFound, ...] = ()
    troubles: tuple[Trouble, ...] = ()


class FeedSource:
    """Finds ideas in RSS, Atom and JSON feeds."""

    name = "feed"
    settings: type = FeedSettings

    def collect(self, request: CollectRequest, ctx: Context) -> CollectPage:
        """The next few feeds; `more` until the round is through all of them.

        A feed that cannot be read is a trouble, again in every round as long as that lasts; the others go on.
        """
        settings: FeedSettings = request.settings
        known = subscribed(settings, ctx.workspace)
        keys = [feed.key for feed in known.feeds]
        cursor = Cursor.parse(request.cursor)
        start = keys.index(cursor.next) if cursor.next in keys else 0
        troubles = list(known.troubles) if start == 0 else []
        ideas: list[IdeaFound] = []
        began, enough = ctx.now(), (ctx.deadline - ctx.now()) / 3
        for position, feed in enumerate(known.feeds[start:], start):
            full = position - start >= FEEDS_PER_PAGE or len(ideas) >= IDEAS_PER_PAGE
            if full or (position > start and ctx.now() - began > enough):
                return _page(ideas, troubles, cursor.at(feed.key), more=True)
            turn = _turn(feed, cursor.feeds.get(feed.key, FeedState()), settings, ctx)
            cursor = cursor.knowing(feed.key, turn.state)
            ideas += turn.ideas
            troubles += turn.troubles
        return _page(ideas, troubles, cursor.ended(keys), more=False)


def _page(ideas: list[IdeaFound], troubles: list[Trouble], cursor: Cursor, *, more: bool) -> CollectPage:
    return CollectPage(ideas=tuple(ideas), troubles=tuple(troubles), cursor=cursor.text(), more=more)


def _turn(feed: Subscription, state: FeedState, settings: FeedSettings, ctx: Context) -> _Turn:
    """One feed: fetch it, and read it if it changed since it was last read in the same way."""
    reading = f"{READING}:{settings.keep}:{'/'.join(feed.labels)}"
    if state.reading != reading:
        state = replace(state, etag="", modified="", digest="", reading=reading)
    if state.not_before and ctx.now() < state.not_before:
        return _Turn(state=state, troubles=_remembered(feed, state))
    try:
        fetched = fetch(feed, state, ctx, max_bytes=settings.max_bytes)
    except SmmError as error:
        return _failed(feed, state, error)
    state = replace(state, failures=0, not_before=None)
    if isinstance(fetched, NotModified) or fetched.digest == state.digest:
        return _Turn(state=state, troubles=_remembered(feed, state))
    return _read(feed, fetched, state, settings, ctx)


def _read(feed: Subscription, fetched: Fetched, state: FeedState, settings: FeedSettings, ctx: Context) -> _Turn:
    state = replace(state, etag=fetched.etag, modified=fetched.modified, digest=fetched.digest, trouble="")
    left = (ctx.deadline - ctx.now()) - timedelta(seconds=2)
    try:
        read = reader.read(fetched.body, base=fetched.base, charset=fetched.charset, seconds=left.total_seconds())
    except SmmError as error:
        state = replace(state, trouble=str(error))
        return _Turn(state=state, troubles=_remembered(feed, state))
    if fetched.moved_to:
        note = f"now answers from {shown(fetched.moved_to)}; if it moved for good, change its address"
        state = replace(state, trouble=note)
    ideas = ideas_of(read, scope=feed.key, labels=feed.labels, keep=max(1, settings.keep))
    return _Turn(state=state, ideas=ideas, troubles=_remembered(feed, state))


def _failed(feed: Subscription, state: FeedState, error: SmmError) -> _Turn:
    """What was remembered of the feed's content stays; only this fetch came to nothing."""
    until = error.until if isinstance(error, AskedToWait) else None
    state = replace(state, failures=state.failures + 1, not_before=until)
    return _Turn(state=state, troubles=(Trouble(where=feed.shown, message=str(error)),))


def _remembered(feed: Subscription, state: FeedState) -> tuple[Trouble, ...]:
    return (Trouble(where=feed.shown, message=state.trouble),) if state.trouble else ()
