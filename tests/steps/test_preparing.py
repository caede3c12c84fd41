"""prepare: asked before every act, again where what it made no longer holds, and never while a try is in doubt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smm_core.clock import FakeClock
from smm_core.model import ActionState, Decision, ReviewState
from smm_core.steps.changing import delete
from smm_core.steps.collect import collect
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.reply import reply
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.workspace import Workspace
from tests.conftest import write_post

# It tells what it was asked to prepare, and answers as a file says, one word a line.
PLATFORM = """
import json
from datetime import timedelta
from pathlib import Path
from smm_core import *

HERE = Path(__file__).parent

class Careful:
    name = title = "careful"
    settings = NoSettings
    guarantees = Guarantees(natural_id=True, http_only=False)
    abilities = frozenset({Deletes, Replies})

    def inspect(self, request, ctx):
        return Inspected(account="careful")
    def limits(self, profile, known):
        return Limits(parts=5, text=(TextLimit(maximum=500, unit=TextUnit.GRAPHEMES),))
    def render(self, post, profile, limits):
        return render_plain(post, profile, limits)
    def prepare(self, request, ctx):
        asked = {"action": request.action, "text": request.part.text, "handles": dict(request.handles)}
        asked["parent"] = request.parent.remote_id if request.parent else None
        with (HERE / "asked").open("a") as file:
            file.write(json.dumps(asked) + "\\n")
        step = request.handles.get("step", 0) + 1
        if self.next("prepare") == "pending":
            return Pending(check_after=timedelta(minutes=1), handles={"step": step}, note="it takes its time")
        return Prepared(handles={"step": step})
    def send(self, request, ctx):
        word = self.next("send")
        if word == "later": raise TryLater("busy", after=timedelta(minutes=5))
        if word == "unknown": raise OutcomeUnknown("cut off")
        return Receipt(remote_id=f"{request.part.text} {request.handles['step']}")
    def reply(self, request, ctx):
        return Receipt(remote_id="reply")
    def delete(self, request, ctx):
        return Receipt(remote_id=request.receipt.remote_id)
    def next(self, method):
        path = HERE / method
        lines = path.read_text().split() if path.exists() else []
        path.write_text(" ".join(lines[1:]))
        return lines[0] if lines else ""

@hookimpl
def smm_publishers():
    return [Careful()]
"""


class Platform:
    """The careful platform of one workspace, with a post on it that is due."""

    def __init__(self, ws: Workspace, clock: FakeClock) -> None:
        self.ws = ws
        self.clock = clock
        self.folder = ws.root / "plugins"
        write_post(ws.root, "bread", "Bread, come by", profiles='["social"]', at='"now"', call_to_action='"come by"')
        for step in (collect, render, review):
            assert step(ws).troubles == []
        (open_,) = ws.store.reviews.listed(state=ReviewState.OPEN)
        ws.store.reviews.decide(open_.id, Decision.APPROVE, "tester", clock.now())
        assert schedule(ws).troubles == []

    def answers(self, method: str, *words: str) -> None:
        """What it will answer next."""
        (self.folder / method).write_text(" ".join(words))

    def publish(self, *, after: timedelta = timedelta(0)) -> None:
        """One round of the step, after a while."""
        self.clock.advance(after)
        publish(self.ws, self.ws.store.begin_epoch(self.clock.now()))

    def asked(self) -> list[dict[str, Any]]:
        """What it was asked to prepare."""
        return [json.loads(line) for line in (self.folder / "asked").read_text().splitlines()]


@pytest.fixture
def platform(root: Path, clock: FakeClock) -> Iterator[Platform]:
    (root / "plugins").mkdir()
    (root / "plugins" / "careful.py").write_text(PLATFORM)
    config = (root / "smm.toml").read_text()
    (root / "smm.toml").write_text(
        config.replace('platform = "sandbox"\nimitates = "microblog"', 'platform = "careful"')
    )
    with Workspace(root, clock) as ws:
        yield Platform(ws, clock)


def test_what_is_not_ready_goes_on_from_its_handles(platform: Platform) -> None:
    platform.answers("prepare", "pending", "pending")
    for _ in range(3):
        platform.publish(after=timedelta(minutes=2))
    action = platform.ws.store.ledger.get(1)
    assert [one["handles"] for one in platform.asked()] == [{}, {"step": 1}, {"step": 2}]
    assert (action.state, action.attempts) == (ActionState.PUBLISHED, 1), "it is sent once it is ready, not before"


def test_after_a_try_that_was_surely_not_accepted_it_is_prepared_again(platform: Platform) -> None:
    platform.answers("send", "later")
    platform.publish()
    platform.publish(after=timedelta(minutes=6))
    assert [one["handles"] for one in platform.asked()] == [{}, {"step": 1}]
    assert platform.ws.store.ledger.get(1).state is ActionState.PUBLISHED


def test_while_a_try_is_in_doubt_its_handles_stay(platform: Platform) -> None:
    platform.answers("send", "unknown")
    platform.publish()
    for _ in range(4):
        platform.publish(after=timedelta(minutes=1))
    assert [one["handles"] for one in platform.asked()] == [{}]
    receipt = platform.ws.store.ledger.get(1).receipt
    assert receipt is not None
    assert receipt.remote_id == "Bread, come by 1"


def test_before_something_is_deleted_it_is_told_so_without_the_text(platform: Platform) -> None:
    platform.publish()
    delete(platform.ws, platform.ws.store.ledger.get(1))
    platform.publish(after=timedelta(minutes=1))
    assert {"action": "delete", "text": "", "handles": {}, "parent": None} in platform.asked()


def test_before_a_reply_it_is_told_what_is_answered(platform: Platform) -> None:
    platform.publish()
    reply(platform.ws, platform.ws.store.ledger.get(1), "Thanks")
    platform.publish(after=timedelta(minutes=1))
    assert platform.asked()[-1] == {"action": "reply", "text": "Thanks", "handles": {}, "parent": "Bread, come by 1"}
