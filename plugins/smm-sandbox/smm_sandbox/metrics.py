"""The numbers of the network as readings: only those that the imitated platform gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from smm_core import Context, MetricsRequest, Reading, Subject, SubjectKind
from smm_sandbox.growth import SETTLED, followers_value, post_value
from smm_sandbox.network import Network
from smm_sandbox.records import Account, Kind, StoredPost
from smm_sandbox.rules import Metric, MetricGiven, RuleSet, network_rules
from smm_sandbox.settings import SandboxSettings, account_of


class SandboxMetrics:
    """Reads the network's numbers. What is not on the network (never sent, or reset) has no readings."""

    name = "sandbox"
    settings: type = SandboxSettings

    def read(self, request: MetricsRequest, ctx: Context) -> Sequence[Reading]:
        """Lifetime readings of posts and of the profile at `ctx.now()`; those of a post are provisional for its first seven days."""
        rules = network_rules(request.profile)
        now = ctx.now()
        with Network(ctx.data_dir()).reading() as session:
            known = session.account(request.profile.name)
            posts = session.visible(request.profile.name, now)
        if known is None:
            return ()
        account = account_of(request.profile, rules, known.joined_at)
        numbers = Numbers(account, rules, posts, now)
        return tuple(reading for subject in request.subjects for reading in numbers.readings(subject))


class Numbers:
    """The numbers of one account at one instant. `posts` are its visible posts and comments."""

    def __init__(self, account: Account, rules: RuleSet, posts: Sequence[StoredPost], now: datetime) -> None:
        self._account = account
        self._rules = rules
        self._posts = {post.id: post for post in posts if post.kind is Kind.POST}
        self._now = now

    def readings(self, subject: Subject) -> Iterator[Reading]:
        """The readings of one subject."""
        if subject.kind is SubjectKind.PROFILE:
            for given in self._rules.profile_metrics:
                yield self._reading(subject, given, self.followers(), provisional=False)
            return
        post = self._posts.get(subject.receipt.remote_id) if subject.receipt else None
        if post:
            settled = self._age(post.visible_at) >= SETTLED
            for given, value in self.of_post(post):
                yield self._reading(subject, given, value, provisional=not settled)

    def of_post(self, post: StoredPost) -> tuple[tuple[MetricGiven, int], ...]:
        """The numbers of one post, in the rule set's order. Nobody can click where there is no link."""
        age = self._age(post.visible_at)
        return tuple(
            (given, post_value(given.metric, post.id, self._account.followers, age))
            for given in self._rules.post_metrics
            if given.metric is not Metric.CLICKS or _has_link(post)
        )

    def followers(self) -> int:
        """The account's followers."""
        posts = [(post.id, self._age(post.visible_at)) for post in self._posts.values()]
        return followers_value(self._account.followers, self._age(self._account.joined_at), posts)

    def _age(self, since: datetime) -> timedelta:
        return max(self._now - since, timedelta(0)) * self._account.speed

    def _reading(self, subject: Subject, given: MetricGiven, value: int, *, provisional: bool) -> Reading:
        return Reading(
            subject=subject,
            metric=given.metric,
            native=given.native,
            value=value,
            at=self._now,
            provisional=provisional,
        )


def _has_link(post: StoredPost) -> bool:
    from smm_core import find_links

    return post.link is not None or bool(find_links(post.text))
