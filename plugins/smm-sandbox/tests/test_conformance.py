"""The sandbox keeps to what smm asks of every publisher. It speaks no HTTP: its fault script stands in for answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from smm_sandbox.faults import Fault
from smm_sandbox.network import Network
from smm_sandbox.publisher import SandboxPublisher
from smm_sandbox.records import Account, Kind, Submission
from smm_sandbox.rules import rule_set

from smm_core import count
from smm_core.testing import FakeClock
from smm_core.testing.kit import PublisherCase, PublisherSuite, Shown

PROFILE = "kit"
RULES = rule_set("microblog")
FAULTS = {"401": "login", "422": "refuse", "429 with seconds": "429:120", "503": "503", "lost answer": "drop"}


class Before:
    """The network in the workspace of a test, as the kit asks for it."""

    def __init__(self, workspace: Path) -> None:
        self.clock = FakeClock()
        self.network = Network(workspace / ".smm" / "plugins" / "smm_sandbox")

    def posts(self) -> list[Shown]:
        with self.network.reading() as session:
            return [
                Shown(
                    id=post.id,
                    text=post.text,
                    alts=tuple(picture.alt for picture in post.pictures),
                    parent=post.parent,
                )
                for post in session.visible(PROFILE, self.clock.now())
            ]

    def flood(self, number: int) -> None:
        with self.network.writing() as session:
            account = session.account(PROFILE)
            assert account is not None
            for turn in range(number):
                self._add(session, account, turn)

    def _add(self, session, account: Account, turn: int) -> None:  # type: ignore[no-untyped-def]
        submission = Submission(
            account=account,
            kind=Kind.POST,
            key=f"elsewhere {turn}",
            text="Written on a phone",
            link=None,
            pictures=(),
            parent=None,
            send_by=self.clock.now() + timedelta(minutes=1),
        )
        now = self.clock.now()
        session.add(submission, style=RULES.ids, root=None, now=now, visible_at=now)

    def says(self, text: str, on: str | None) -> str:
        with self.network.writing() as session:
            return session.say(PROFILE, author="Ann", text=text, on=on, now=self.clock.now()).id

    def plan(self, *words: str) -> None:
        with self.network.writing() as session:
            session.plan_faults(PROFILE, tuple(Fault.parse(word) for word in words))

    def misbehave(self, row: str) -> bool:
        if row in FAULTS:
            self.plan(FAULTS[row])
        return row in FAULTS


@pytest.fixture
def case(tmp_path: Path) -> PublisherCase:
    before = Before(tmp_path)
    return PublisherCase(
        plugin="smm_sandbox",
        publisher=SandboxPublisher,
        posts=before.posts,
        settings={"posts_per_window": 10_000},
        profile={"name": PROFILE, "imitates": "microblog"},
        account="@acme",
        fits=lambda text: all(count(text, limit) <= limit.maximum for limit in RULES.limits.text),
        flood=before.flood,
        says=before.says,
        pending=lambda: before.plan("pending:60"),
        misbehave=before.misbehave,
        clock=before.clock,
        workspace=tmp_path,
    )


class TestSandbox(PublisherSuite):
    pass
