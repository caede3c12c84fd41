"""The sandbox keeps to what smm asks of every publisher and reader of numbers. It speaks no HTTP: its fault script stands in for answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from smm_sandbox.faults import Fault
from smm_sandbox.growth import post_value
from smm_sandbox.metrics import SandboxMetrics
from smm_sandbox.network import Network
from smm_sandbox.publisher import SandboxPublisher
from smm_sandbox.records import Account, Kind, Submission
from smm_sandbox.rules import rule_set
from smm_sandbox.settings import account_of

from smm_core import Profile, count, replace
from smm_core.testing import FakeClock
from smm_core.testing.kit import MetricsCase, MetricsSuite, PublisherCase, PublisherSuite, Shown, post_subject
from smm_core.testing.kit.bench import NOW, Bench
from smm_core.testing.kit.metrics import read

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
                add(session, account, f"elsewhere {turn}", self.clock.now())

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


def add(session, account: Account, key: str, at: datetime) -> str:  # type: ignore[no-untyped-def]
    """A post of the account that is visible from an instant on; its id."""
    submission = Submission(
        account=account,
        kind=Kind.POST,
        key=key,
        text="Written on a phone",
        link=None,
        pictures=(),
        parent=None,
        send_by=at + timedelta(minutes=1),
    )
    return str(session.add(submission, style=RULES.ids, root=None, now=at, visible_at=at).id)


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


class TestNumbers(MetricsSuite):
    differs: ClassVar[Mapping[str, str]] = {
        "test_what_is_absent_is_absent": "Which numbers there are is a matter of the imitated platform, and stays as it is:"
        " asked is whether another platform's numbers are left out.",
        "test_bad_answers_are_errors_and_no_numbers": "the sandbox uses no network",
        "test_offline_is_said": "the sandbox uses no network",
    }

    @pytest.fixture
    def case(self, tmp_path: Path) -> MetricsCase:
        """A post of yesterday, and one of now, which nobody has seen yet."""
        profile = Profile(name=PROFILE, client="acme", platform="sandbox", imitates="microblog")
        network = Network(tmp_path / "workspace" / ".smm" / "plugins" / "tried")
        with network.writing() as session:
            account = account_of(profile, RULES, NOW - timedelta(days=30))
            session.welcome(account)
            old, new = (add(session, account, key, at) for key, at in (("o", NOW - timedelta(days=1)), ("n", NOW)))
        values: dict[tuple[str, str], float] = {}
        for post, age in ((old, timedelta(days=1)), (new, timedelta(0))):
            values |= {
                (post, one.metric): post_value(one.metric, post, account.followers, age) for one in RULES.post_metrics
            }
        return MetricsCase(
            make=SandboxMetrics,
            profile=profile,
            subjects=(post_subject(old), post_subject(new)),
            values=values,
            withhold=lambda metric: None,
        )

    def test_what_is_absent_is_absent(self, case: MetricsCase, bench: Bench) -> None:
        """A 0 that was never measured makes an average wrong, and a person who trusts it decide wrongly."""
        other = replace(case, profile=replace(case.profile, imitates="shorttext"))
        given = {one.metric for one in read(other, bench)}
        assert given == {one.metric for one in rule_set("shorttext").post_metrics}
        assert given != {metric for _, metric in case.values}
