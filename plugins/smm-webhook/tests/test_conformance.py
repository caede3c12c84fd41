"""The webhook publisher keeps to what smm asks of every publisher."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smm_webhook.publisher import Webhook

from smm_core import Receipt
from smm_core.testing import Answer, Loopback, Received, Route, answer_json
from smm_core.testing.kit import Differs, PublisherCase, PublisherSuite, Shown

ANY_2XX = Differs(
    to=(Receipt,),
    why="any 2xx is a yes: receivers are often automation services that answer with nothing or a page of their own",
)


@pytest.fixture
def case() -> Iterator[PublisherCase]:
    shown: list[Shown] = []

    def receive(request: Received) -> Answer:
        sent = request.json()
        alts = tuple(medium["alt"] for medium in sent["media"])
        shown.append(Shown(id=str(len(shown) + 1), text=sent["text"], alts=alts, parent=sent["parent_id"]))
        return answer_json({"id": len(shown)}, status=201)

    with Loopback(Route("POST", "/hook", receive)) as platform:
        yield PublisherCase(
            plugin="smm_webhook",
            publisher=Webhook,
            platform=platform,
            posts=lambda: shown,
            settings={
                "url": f"{platform.url}/hook",
                "secret": "env:HOOK_SECRET",
                "headers": {"Authorization": "env:HOOK_AUTHORIZATION"},
            },
            secrets={"env:HOOK_SECRET": "hook-canary-51b0d7aa", "env:HOOK_AUTHORIZATION": "Bearer canary-7c2e9f"},
            account="127.0.0.1",
            answers=dict.fromkeys(
                ("a web page with 200", "nothing with 200", "a list with 200", "JSON without an id with 200"), ANY_2XX
            ),
        )


class TestWebhook(PublisherSuite):
    pass
