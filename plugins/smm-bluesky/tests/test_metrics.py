"""The reader of numbers keeps to what smm asks of every reader."""

from __future__ import annotations

import pytest
from bluesky_imitation import DID, HANDLE, PASSWORD, Imitation
from smm_bluesky.metrics import BlueskyMetrics
from smm_bluesky.settings import Settings

from smm_core import Profile, Secret, Subject, SubjectKind
from smm_core.testing.kit import MetricsCase, MetricsSuite, post_subject

NAMES = {"likes": "likeCount", "shares": "repostCount", "comments": "replyCount", "quotes": "quoteCount"}
URI = f"at://{DID}/app.bsky.feed.post/3jzfcijpj2z2a"


@pytest.fixture
def case(imitation: Imitation) -> MetricsCase:
    counts = {"likeCount": 7, "repostCount": 2, "replyCount": 0, "quoteCount": 1, "bookmarkCount": 3}
    imitation.counts = {URI: {"uri": URI, **counts}}
    imitation.profile = {"followersCount": 40}

    def withhold(metric: str) -> None:
        imitation.counts[URI].pop({**NAMES, "saves": "bookmarkCount"}.get(metric, ""), None)
        if metric == "followers":
            imitation.profile = {}

    settings = Settings(handle=HANDLE, app_password=Secret(PASSWORD), service=imitation.loopback.url)
    return MetricsCase(
        make=BlueskyMetrics,
        profile=Profile(name="acme", client="acme", platform="bluesky", allow_private=True, settings=settings),
        platform=imitation.loopback,
        subjects=(post_subject(URI), Subject(kind=SubjectKind.PROFILE, id="acme")),
        values={
            (URI, "likes"): 7,
            (URI, "shares"): 2,
            (URI, "comments"): 0,
            (URI, "quotes"): 1,
            (URI, "saves"): 3,
            ("acme", "followers"): 40,
        },
        withhold=withhold,
        secrets=(PASSWORD,),
    )


class TestNumbers(MetricsSuite):
    pass
