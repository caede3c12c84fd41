"""How numbers grow on the network: invented, but the same at every look, whole, and never falling.

Each post has its own luck, drawn from its id. Its final numbers follow from that luck and the account's followers; on
the way there they follow a saturating curve, steep in the first hours and flat after `SETTLED`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from smm_sandbox.rules import Metric

SETTLED = timedelta(days=7)
_PACE = timedelta(hours=9)
_DAILY_GROWTH = 0.0015
_FOLLOWS_PER_REACHED = 0.004


class _Rate(Struct, frozen=True, kw_only=True):
    """Which share of the people reached do this in the end, from the unluckiest to the luckiest post, and how slowly."""

    low: float
    high: float
    slowness: float


# Interactions are never quicker than the reach they come from: otherwise a young post could have more likes than readers.
_RATES = {
    Metric.REACH: _Rate(low=1.0, high=1.0, slowness=1.0),
    Metric.IMPRESSIONS: _Rate(low=1.15, high=1.6, slowness=1.0),
    Metric.LIKES: _Rate(low=0.02, high=0.09, slowness=1.1),
    Metric.COMMENTS: _Rate(low=0.002, high=0.015, slowness=1.4),
    Metric.SHARES: _Rate(low=0.003, high=0.02, slowness=1.3),
    Metric.QUOTES: _Rate(low=0.0, high=0.004, slowness=1.5),
    Metric.SAVES: _Rate(low=0.002, high=0.02, slowness=1.3),
    Metric.CLICKS: _Rate(low=0.005, high=0.03, slowness=1.2),
}


def post_value(metric: Metric, post_id: str, followers: int, age: timedelta) -> int:
    """A post's number at an age, for an account that started with `followers`. Before its birth it is 0."""
    rate = _RATES[metric]
    share = rate.low + (rate.high - rate.low) * luck(post_id, metric)
    return math.floor(_audience(post_id, followers) * share * _progress(age, rate.slowness))


def reached_after(metric: Metric, post_id: str, followers: int, number: int) -> timedelta | None:
    """The age at which a post's number gets there; None when it never does."""
    rate = _RATES[metric]
    share = rate.low + (rate.high - rate.low) * luck(post_id, metric)
    final = _audience(post_id, followers) * share
    if final < number:
        return None
    pace = _PACE * rate.slowness
    return min(SETTLED, -math.log(1 - number / final * (1 - math.exp(-SETTLED / pace))) * pace)


def followers_value(start: int, account_age: timedelta, posts: Iterable[tuple[str, timedelta]]) -> int:
    """The account's followers: those it started with, those who come by themselves, those whom posts (id, age) won."""
    days = max(0.0, account_age / timedelta(days=1))
    won = sum(
        math.floor(_audience(post_id, start) * _FOLLOWS_PER_REACHED * _progress(age, 1.6)) for post_id, age in posts
    )
    return start + math.floor(start * _DAILY_GROWTH * days) + won


def _audience(post_id: str, followers: int) -> float:
    """How many people the post reaches in the end: some strangers, and 12 to 72 % of the followers."""
    share = luck(post_id, "audience")
    return 12 + 30 * share + followers * (0.12 + 0.6 * share**2)


def _progress(age: timedelta, slowness: float) -> float:
    """Which share of the final number is reached: 0 at birth, 1 from `SETTLED` on."""
    pace = _PACE * slowness
    grown = 1 - math.exp(-max(age, timedelta(0)) / pace)
    return min(1.0, grown / (1 - math.exp(-SETTLED / pace)))


def luck(post_id: str, what: str) -> float:
    """A number from 0 to 1 that depends on nothing but the post (or account) and what it is for."""
    return int.from_bytes(hashlib.sha256(f"{post_id} {what}".encode()).digest()[:6]) / 2**48
