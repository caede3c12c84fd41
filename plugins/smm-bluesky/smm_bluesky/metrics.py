"""The numbers of `bluesky` (app.bsky.feed.getPosts, app.bsky.actor.getProfile)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from smm_bluesky.agent import Agent
from smm_bluesky.records import address_in
from smm_core import Context, MetricsRequest, Reading, Rejected, Subject, SubjectKind, TryLater

_AT_ONCE = 25
_OF_POSTS = {
    "likes": "likeCount",
    "shares": "repostCount",
    "comments": "replyCount",
    "quotes": "quoteCount",
    "saves": "bookmarkCount",
}
_OF_PROFILES = {"followers": "followersCount"}


class BlueskyMetrics:
    """Reads likes, reposts, replies, quotes and bookmarks of posts, and the followers of a profile.

    Nobody but the app counts how often a post was seen, so there is no reach. Numbers go on changing; none is final.
    """

    name = "bluesky"

    def read(self, request: MetricsRequest, ctx: Context) -> Sequence[Reading]:
        """The numbers as they are now. A post that is gone has none."""
        posts = {one.receipt.remote_id: one for one in request.subjects if _is_post(one) and one.receipt}
        profiles = [one for one in request.subjects if one.kind is SubjectKind.PROFILE]
        if not posts and not profiles:
            return []
        agent = Agent(request.profile, ctx)
        readings: list[Reading] = []
        uris = list(posts)
        for start in range(0, len(uris), _AT_ONCE):
            for post in _posts(agent, uris[start : start + _AT_ONCE]):
                subject = posts.get(str(post.get("uri")))
                readings += _readings(subject, post, _OF_POSTS, ctx) if subject else ()
        for subject in profiles:
            about = agent.query("app.bsky.actor.getProfile", {"actor": agent.session.did})
            readings += _readings(subject, about, _OF_PROFILES, ctx)
        return readings


def _is_post(subject: Subject) -> bool:
    receipt = subject.receipt
    return subject.kind is SubjectKind.POST and receipt is not None and address_in(receipt.remote_id) is not None


def _posts(agent: Agent, uris: list[str]) -> Iterator[Mapping[str, Any]]:
    try:
        posts = agent.query("app.bsky.feed.getPosts", {"uris": uris}).get("posts")
    except Rejected as error:
        raise TryLater(error.message) from None
    if not isinstance(posts, list):
        raise TryLater("the server's answer has no posts")
    yield from (post for post in posts if isinstance(post, dict))


def _readings(subject: Subject, counts: Mapping[str, Any], wanted: Mapping[str, str], ctx: Context) -> list[Reading]:
    return [
        Reading(subject=subject, metric=metric, native=native, value=counts[native], at=ctx.now())
        for metric, native in wanted.items()
        if isinstance(counts.get(native), int) and not isinstance(counts[native], bool) and counts[native] >= 0
    ]
