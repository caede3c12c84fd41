"""A workspace with persons, clients and workflows, for the tests of reviews."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from smm_core.clock import FakeClock
from smm_core.errors import SmmError
from smm_core.model import Decision, Review, ReviewState, Verdict
from smm_core.steps import Report
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store import Store
from smm_core.workspace import Workspace
from tests.conftest import write_post

PEOPLE = """
[workspace]
name = "Test"
zone = "Europe/Amsterdam"

[clients.acme]
zone = "Europe/Amsterdam"
country = "NL"
silence_is_consent = "contract of 2026-03-01"

[clients.other]
zone = "Europe/Amsterdam"

[profiles.social]
client = "acme"
platform = "sandbox"
imitates = "microblog"
slots = ["mon-fri 09:00", "mon-fri 17:00"]

[profiles.theirs]
client = "other"
platform = "sandbox"
imitates = "microblog"
slots = ["mon-fri 09:00"]

[sources.content]
type = "folder"
client = "acme"

[persons.anna]
address = "anna@example.com"
roles = { acme = ["writer", "approver"] }

[persons.bert]
address = "bert@example.com"
roles = { acme = ["approver"] }

[persons.mia]
address = "mia@example.com"
roles = { acme = ["manager"], other = ["manager"] }

[persons.carla]
address = "carla@client.example"
language = "nl"
roles = { acme = ["client"] }

[persons.chris]
address = "chris@client.example"
roles = { acme = ["client"] }

[persons.olga]
address = "olga@other.example"
roles = { other = ["client"] }
"""

TWO_STAGES = """
[workflows.standard]
approve_by = "2 working days before"
remind = ["1 working day before"]

[[workflows.standard.stages]]
name = "desk"

[[workflows.standard.stages]]
name = "client"
audience = "client"
"""

# An approver that writes down what it is asked, and answers what lies in a file.
RECORDER = """
import json
from collections.abc import Iterable
from smm_core import Answer, Approver, Asked, AskRequest, Context, Decision, PollPage, PollRequest, hookimpl, to_plain

class Recorder:
    name = "recorder"

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        with (ctx.workspace / "asked.jsonl").open("a") as file:
            file.write(json.dumps(to_plain(request), default=str) + "\\n")
        if (ctx.workspace / "broken").exists():
            raise OSError("the mail server is away")
        return Asked(thread=f"thread of {request.review.id}")

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        return PollPage(cursor=request.cursor)

@hookimpl
def smm_approvers() -> Iterable[Approver]:
    return [Recorder()]
"""


@cache
def _empty_database() -> bytes:
    """Made once: migrating a new one takes longer than most of these tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "smm.db"
        Store(path).close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


def settle(root: Path, *, more: str = TWO_STAGES, recorder: bool = False) -> None:
    """Write the configuration, and the plugin that records."""
    (root / "smm.toml").write_text(PEOPLE + more)
    database = root / ".smm" / "smm.db"
    if not database.exists():
        database.parent.mkdir(mode=0o700, exist_ok=True)
        database.write_bytes(_empty_database())
    if recorder:
        (root / "plugins").mkdir(exist_ok=True)
        (root / "plugins" / "recorder.py").write_text(RECORDER)


def post_at(root: Path, name: str, at: str, text: str = "Fresh bread today.", **front: str) -> None:
    """A post that goes out at a wall time (or `next`)."""
    write_post(root, name, text, at=f'"{at}"', profiles='["social"]', call_to_action='"Come by."', **front)


def round_(ws: Workspace) -> Report:
    """collect, render, review, schedule; the report of the review."""
    for step in (collect, render):
        troubles = step(ws).troubles
        assert not troubles, troubles
    report = review(ws)
    schedule(ws)
    return report


def go_to(ws: Workspace, clock: FakeClock, instant: Any) -> Report:
    """Let time pass, a round at each instant at which somebody is to be asked or silence has its effect."""
    while (wake := ws.store.reviews.next_wake(clock.now())) is not None and wake < instant:
        clock.set(wake)
        round_(ws)
    clock.set(instant)
    return round_(ws)


def open_review(ws: Workspace, slug: str) -> Review:
    """The open review of a post."""
    (found,) = ws.store.reviews.listed(post=ws.store.posts.find(slug).id, state=ReviewState.OPEN)
    return found


def say(ws: Workspace, slug: str, by: str, decision: Decision = Decision.APPROVE, **more: Any) -> Verdict:
    """A person's answer, by the way that all answers come."""
    from smm_core.contracts import Answer
    from smm_core.desk.recording import record

    found = ws.store.reviews.listed(post=ws.store.posts.find(slug).id)[-1]
    answer = Answer(review_id=found.id, decision=decision, by=by, digests=found.digests, **more)
    return record(ws, answer, via=more.pop("via", "test"))


def refused(ws: Workspace, slug: str, by: str, decision: Decision = Decision.APPROVE, **more: Any) -> str:
    """Why an answer does not count."""
    try:
        say(ws, slug, by, decision, **more)
    except SmmError as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("the answer counted")


def asked(root: Path) -> list[dict[str, Any]]:
    """What the recorder was asked."""
    path = root / "asked.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
