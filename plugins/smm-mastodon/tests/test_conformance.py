"""The publisher and the reader of numbers keep to what smm asks of every one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fediverse import TOKEN, Server
from smm_mastodon.metrics import MastodonMetrics
from smm_mastodon.publisher import Mastodon
from smm_mastodon.settings import Settings

from smm_core import Profile, Secret
from smm_core.testing.kit import MetricsCase, MetricsSuite, PublisherCase, PublisherSuite, post_subject


@pytest.fixture
def server() -> Server:
    return Server()


class TestMastodon(PublisherSuite):
    @pytest.fixture
    def case(self, server: Server) -> Iterator[PublisherCase]:
        with server.platform as platform:
            yield PublisherCase(
                plugin="smm_mastodon",
                publisher=Mastodon,
                platform=platform,
                settings={"server": platform.url, "token": "env:MASTODON_TOKEN"},
                secrets={"env:MASTODON_TOKEN": TOKEN},
                account="@acme@127.0.0.1",
                posts=server.shown,
                fits=lambda text: 0 < server.length(text) <= 500,
                flood=server.flood,
                ready=server.tick,
                says=lambda text, on: server.say(text, below=on),
                agrees=lambda url: server.login.agree(url)[0],
                clock=server.clock,
            )


class TestNumbers(MetricsSuite):
    @pytest.fixture
    def case(self, server: Server) -> Iterator[MetricsCase]:
        from smm_core.testing.kit.bench import NOW

        server.clock.set(NOW)
        server.flood(2)
        one, two = server.statuses
        one |= {"favourites_count": 3, "reblogs_count": 0, "replies_count": 1, "quotes_count": 2}
        two |= {"favourites_count": 0, "reblogs_count": 7, "replies_count": 0, "quotes_count": 0}
        with server.platform as platform:
            settings = Settings(server=platform.url, token=Secret(TOKEN))
            yield MetricsCase(
                make=MastodonMetrics,
                profile=Profile(name="acme", client="acme", platform="mastodon", settings=settings),
                subjects=(post_subject(one["id"]), post_subject(two["id"])),
                values={
                    (one["id"], "likes"): 3,
                    (one["id"], "shares"): 0,
                    (one["id"], "comments"): 1,
                    (one["id"], "quotes"): 2,
                    (two["id"], "likes"): 0,
                    (two["id"], "shares"): 7,
                    (two["id"], "comments"): 0,
                    (two["id"], "quotes"): 0,
                },
                withhold=lambda metric: server.kept_to_itself.add(
                    {
                        "likes": "favourites_count",
                        "shares": "reblogs_count",
                        "comments": "replies_count",
                        "quotes": "quotes_count",
                    }[metric]
                ),
                platform=platform,
                secrets=(TOKEN,),
            )
