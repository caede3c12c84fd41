"""The publisher keeps to what smm asks of every publisher."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from bluesky_imitation import HANDLE, PASSWORD, Imitation
from smm_bluesky.publisher import Bluesky

from smm_core import TextLimit, TextUnit, count
from smm_core.testing.kit import PublisherCase, PublisherSuite


def fits(text: str) -> bool:
    """As the lexicon says: 300 graphemes, and 3,000 bytes."""
    graphemes = count(text, TextLimit(maximum=300, unit=TextUnit.GRAPHEMES))
    return graphemes <= 300 and len(text.encode()) <= 3000


@pytest.fixture
def case() -> Iterator[PublisherCase]:
    imitation = Imitation()
    with imitation.loopback as platform:
        yield PublisherCase(
            plugin="smm_bluesky",
            publisher=Bluesky,
            platform=platform,
            settings={"service": platform.url, "handle": HANDLE, "app_password": "env:BLUESKY_PASSWORD"},
            secrets={"env:BLUESKY_PASSWORD": PASSWORD},
            account=f"@{HANDLE}",
            posts=imitation.shown,
            flood=imitation.flood,
            says=imitation.says,
            rotate=imitation.end_session,
            clock=imitation.clock,
            fits=fits,
            refusal=lambda words: json.dumps({"error": "InvalidRequest", "message": words}).encode(),
        )


class TestBluesky(PublisherSuite):
    pass
