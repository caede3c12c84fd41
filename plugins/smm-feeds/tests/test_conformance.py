"""What every source is asked, by the kit: against a site with one JSON feed that grows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest
from smm_feeds.settings import FeedSettings
from smm_feeds.source import FeedSource
from smm_feeds.subscriptions import Place, Subscription

from smm_core.testing import Answer, Loopback, Received, Route, answer_json
from smm_core.testing.kit import SourceCase, SourceSuite


class Site:
    """A JSON feed; `add` puts one more entry into it."""

    def __init__(self) -> None:
        self.entries: list[dict[str, str]] = []
        for title in ("Rye is back", "Why dough is cold", "An open day"):
            self.add(title)

    def add(self, title: str) -> str:
        """One more entry, and its id."""
        identity = str(len(self.entries) + 1)
        self.entries.append({"id": identity, "title": title, "url": f"https://example.org/{identity}"})
        return identity

    def answer(self, request: Received) -> Answer:
        """The feed."""
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Bakery", "items": self.entries}
        return answer_json(feed)


@pytest.fixture
def case() -> Iterator[SourceCase]:
    site = Site()
    with Loopback(Route("GET", "/feed.json", site.answer)) as platform:
        address = f"{platform.url}/feed.json"
        scope = Subscription(address=address, place=Place.WEB).key
        yield SourceCase(
            make=FeedSource,
            settings=FeedSettings(urls=(address,)),
            keys=tuple(f"{scope} id:{entry['id']}" for entry in site.entries),
            add=lambda title: f"{scope} id:{site.add(title)}",
            platform=platform,
        )


class TestSource(SourceSuite):
    differs: ClassVar[Mapping[str, str]] = {
        "test_bad_answers_lose_nothing": "A server that says Retry-After is left alone until then, and this test asks again"
        " at the same instant; test_source.py waits, and finds everything."
    }
