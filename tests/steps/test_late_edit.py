"""An edit that came too late everywhere: the post stands where its deliveries do."""

from __future__ import annotations

from pathlib import Path

import pytest

from smm_core.model import ActionState, Decision, PostState, Receipt
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store import Outcome
from smm_core.store.audit import audit
from smm_core.workspace import Workspace
from tests.conftest import write_post


@pytest.mark.parametrize(
    ("became", "stands"),
    [
        (Outcome(state=ActionState.HELD, reason="login: expired"), PostState.SCHEDULED),
        (Outcome(state=ActionState.PUBLISHED, receipt=Receipt(remote_id="1")), PostState.DONE),
    ],
)
def test_a_post_edited_while_it_was_being_sent(ws: Workspace, root: Path, became: Outcome, stands: PostState) -> None:
    now = ws.clock.now()
    front = {"profiles": '["social"]', "at": '"now"', "call_to_action": '"Come by"'}
    write_post(root, "bread", "Fresh bread. Come by", **front)
    collect(ws)
    for step in (render, review):
        step(ws)
    ws.store.reviews.decide(1, Decision.APPROVE, "tester", now)
    schedule(ws)
    attempt = ws.store.ledger.claim(ws.store.ledger.get(1), ws.store.begin_epoch(now), now)
    write_post(root, "bread", "Fresh cake. Come by", **front)
    collect(ws)
    render(ws)
    ws.store.ledger.finish(attempt, became, now)
    review(ws)
    post = ws.store.posts.get(1)
    assert post.state is stands
    assert ws.store.reviews.listed(post=1)[1:] == [], "nothing new is asked"
    assert audit(ws.store.path) == []
