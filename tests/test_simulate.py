"""simulate: what it says will happen is what the daemon then does, and saying so changes nothing."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smm_core import logs
from smm_core.clock import FakeClock
from smm_core.contracts import Inspected
from smm_core.hold import hold
from smm_core.model import ActionState, Decision, PostState, ReviewState
from smm_core.rounds import writing_steps
from smm_core.simulate import Cause, Finding, Forecast, simulate
from smm_core.steps.publish import publish
from smm_core.workspace import Workspace
from tests.conftest import MONDAY, SMM_TOML, write_post

TWO_WEEKS = timedelta(days=14)
FAR = """
[profiles.far]
client = "acme"
platform = "sandbox"
imitates = "open"
zone = "America/New_York"
slots = ["mon,thu 08:30"]

[publish]
series_ahead = "3d"
"""
Line = tuple[datetime, str, str, int, str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with three sandbox profiles and a brand book that asks for nothing."""
    return make_workspace(tmp_path / "workspace")


def make_workspace(folder: Path) -> Path:
    (folder / "content" / "posts").mkdir(parents=True)
    (folder / "smm.toml").write_text(SMM_TOML + FAR)
    (folder / "brand.toml").write_text("require_call_to_action = false\navoid = ['forbidden']\n")
    return folder


# ---------------------------------------------------------------- the daemon, on the same clock


def drive(ws: Workspace, clock: FakeClock, until: datetime) -> None:
    """The daemon's rounds with the real test platform, up to an instant."""
    epoch = ws.store.begin_epoch(clock.now())
    while clock.now() <= until:
        for report in writing_steps(ws, due_only=False):
            assert not [line for line in report.troubles if "a mistake in smm" in line]
        publish(ws, epoch)
        clock.set(next_instant(ws, clock.now()))


def next_instant(ws: Workspace, now: datetime) -> datetime:
    wake = ws.store.ledger.next_wake()
    deadlines = [review.deadline for review in ws.store.reviews.listed(state=ReviewState.OPEN)]
    later = [at for at in (wake, *deadlines) if at is not None and at > now]
    return min(later, default=now + TWO_WEEKS)


def done(ws: Workspace) -> list[Line]:
    """What the ledger says came of everything, by instant."""
    lines = []
    for post in ws.store.posts.listed(limit=10_000):
        for action in ws.store.ledger.of_post(post.id):
            if action.state is ActionState.PUBLISHED:
                assert action.receipt is not None
                assert action.receipt.at is not None
                lines.append((action.receipt.at, post.slug, action.profile, action.seq + 1, "published"))
    return sorted(lines)


def stopped(ws: Workspace) -> set[tuple[str, str, str]]:
    """Deliveries that were held, refused or dropped."""
    ends = (ActionState.HELD, ActionState.REFUSED, ActionState.CANCELLED)
    return {
        (post.slug, action.profile, str(action.state))
        for post in ws.store.posts.listed(limit=10_000)
        for action in ws.store.ledger.of_post(post.id)
        if action.state in ends and action.seq == 0
    }


def said(forecast: Forecast) -> list[Line]:
    return sorted((one.at, one.post, one.profile, one.part, str(one.state)) for one in forecast.happens)


def said_to_stop(forecast: Forecast) -> set[tuple[str, str, str]]:
    words = {Cause.HELD: "held", Cause.DROPPED: "cancelled"}
    return {(one.post, one.profile, words[one.cause]) for one in forecast.prevented if one.cause in words}


def approve(ws: Workspace, *slugs: str) -> None:
    """Ask for everything that is written, and approve these."""
    writing_steps(ws, due_only=False)
    for review in ws.store.reviews.listed(state=ReviewState.OPEN):
        if ws.store.posts.get(review.post_id).slug in slugs:
            ws.store.reviews.decide(review.id, Decision.APPROVE, "tester", ws.clock.now())


def of(forecast: Forecast, cause: Cause) -> list[Finding]:
    return [one for one in (*forecast.prevented, *forecast.warnings) if one.cause is cause]


# ---------------------------------------------------------------- the promise


@pytest.fixture
def full(ws: Workspace, clock: FakeClock) -> Workspace:
    """Posts in many states, some of them late already because nobody was there to send them."""
    late = {"at": '"2026-11-23T09:30"', "profiles": '["social"]'}
    write_post(ws.root, "late-next", "Late.", **late, late='"next-slot"')
    write_post(ws.root, "late-drop", "Later.", **late, late='"drop"')
    write_post(ws.root, "late-ask", "Latest.", **late, late='"ask"')
    write_post(ws.root, "late-within", "Just late.", profiles='["far"]', at='"2026-11-23T05:30"', window='"1d"')
    approve(ws, "late-next", "late-drop", "late-ask", "late-within")
    writing_steps(ws, due_only=False)
    clock.advance(timedelta(hours=5))

    write_post(ws.root, "slot", "In the next slot.")
    write_post(ws.root, "slot-too", "In the one after it.")
    at = {"at": '"2026-11-25T11:00"', "profiles": '["far"]'}
    write_post(ws.root, "thread", "One.\n\n---\n\nTwo.", **at, first_comment='"First!"')
    write_post(ws.root, "close", "Too close.", at='"2026-11-25T11:03"', profiles='["far"]')
    write_post(ws.root, "now", "At once.", at='"now"', profiles='["short"]')
    write_post(ws.root, "unasked", "Nobody looks.", at='"2026-11-27T09:00"')
    write_post(ws.root, "unasked-slot", "Nobody looks here either.")
    write_post(ws.root, "bad", "A forbidden word.", at='"2026-11-26T09:00"', profiles='["short"]')
    write_post(ws.root, "past", "Over.", at='"2026-11-20T09:00"')
    write_post(ws.root, "someday", "Some day.", at='"unplanned"')
    write_post(ws.root, "beyond", "Much later.", at='"2027-03-01T09:00"')
    write_post(ws.root, "draft", "Not yet.", at='"2026-11-28T09:00"', draft="true")
    approve(ws, "slot", "slot-too", "thread", "close", "now", "someday")
    days = '{every = "week", on = "mon, wed", at = "13:00"}'
    write_post(
        ws.root, "series", "Every week.", approval='"rule"', repeat=days, profiles='["far"]', repeat_allowed="true"
    )
    (ws.root / "content" / "posts" / "loaf.png").write_bytes(picture())
    shown = '[{file = "loaf.png", alt = "A loaf of bread"}]'
    write_post(ws.root, "unread", "No daemon has seen it.", approval='"rule"', at='"2026-12-01T10:00"', pictures=shown)
    return ws


def test_what_it_says_is_what_the_daemon_does(full: Workspace, clock: FakeClock) -> None:
    until = clock.now() + TWO_WEEKS
    forecast = simulate(full, until)
    drive(full, clock, until)
    assert said(forecast) == done(full)
    assert said_to_stop(forecast) == stopped(full)
    waiting = {one.post for one in of(forecast, Cause.APPROVAL)}
    states = {post.slug: post.state for post in full.store.posts.listed()}
    unanswered = {slug for slug, state in states.items() if state in (PostState.EXPIRED, PostState.REVIEWING)}
    assert waiting == unanswered - {"beyond"}, "what is meant for later is no matter of these weeks"
    assert {one[1] for one in said(forecast)} >= {
        "slot",
        "thread",
        "close",
        "now",
        "unread",
        "late-next",
        "late-within",
    }
    assert [str(one[0].date()) for one in said(forecast) if one[1].startswith("series@")] == [
        "2026-11-23",
        "2026-11-25",
        "2026-11-30",
        "2026-12-02",
    ]
    assert said_to_stop(forecast) >= {("late-drop", "social", "cancelled"), ("late-ask", "social", "held")}


NARROW = """
from datetime import timedelta
from smm_core import *
from smm_core.limits import Rate

class Narrow:
    name = title = "narrow"
    settings = NoSettings
    guarantees = Guarantees(http_only=False)
    abilities = frozenset()

    def inspect(self, request, ctx): return Inspected(account="narrow")
    def limits(self, profile, known): return Limits(parts=3, rates=(Rate(maximum=2, per=timedelta(hours=1)),))
    def render(self, post, profile, limits): return render_plain(post, profile, limits)
    def prepare(self, request, ctx): return Prepared()
    def send(self, request, ctx): return Receipt(remote_id=request.key)

@hookimpl
def smm_publishers():
    return [Narrow()]
"""


def test_rates_that_push_posts_back_are_in_it(root: Path, clock: FakeClock) -> None:
    """Nine parts at about the same time, where two an hour are taken: some wait, some are late and go to the next slot."""
    (root / "plugins").mkdir()
    (root / "plugins/narrow.py").write_text(NARROW)
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.slow]\nclient = "acme"\nplatform = "narrow"\nslots = ["daily 20:00"]\n')
    for number in range(3):
        at = f'"2026-11-23T12:{number * 20:02}"'
        text = "\n\n---\n\n".join(f"Post {number}, part {part}." for part in range(3))
        write_post(root, f"post-{number}", text, at=at, approval='"rule"', profiles='["slow"]')
    with Workspace(root, clock) as ws:
        until = clock.now() + TWO_WEEKS
        forecast = simulate(ws, until)
        drive(ws, clock, until)
        assert said(forecast) == done(ws)
    assert len(forecast.happens) == 9
    moved = {one.post: one.why for one in of(forecast, Cause.MOVED)}
    assert "the platform takes 2 in" in moved["post-0"], "its third part waits"


def test_it_says_why_not(full: Workspace, clock: FakeClock) -> None:
    forecast = simulate(full, clock.now() + TWO_WEEKS)
    why = {one.post: one for one in forecast.prevented}
    assert "beyond" not in why
    assert (why["unasked"].cause, why["unasked"].at) == (
        Cause.APPROVAL,
        datetime(2026, 11, 27, 6, 0, tzinfo=UTC),
    )
    assert why["unasked"].next_step.startswith("smm reviews approve ")
    assert (why["unasked-slot"].cause, why["unasked-slot"].at) == (Cause.APPROVAL, None)
    assert (why["bad"].cause, why["bad"].next_step) == (Cause.BLOCKED, "smm check bad")
    assert "is past" in why["past"].why
    assert (why["someday"].cause, why["draft"].cause) == (Cause.UNPLANNED, Cause.DRAFT)
    assert [(one.post, one.profile) for one in of(forecast, Cause.CONFLICT)] == [("close", "far")]
    (moved,) = [one for one in of(forecast, Cause.MOVED) if one.post == "late-next"]
    assert "too late" in moved.why


def picture() -> bytes:
    """So large that it must be made smaller for most platforms."""
    from PIL import Image

    body = BytesIO()
    Image.new("RGB", (2600, 2400), "#c08040").save(body, "PNG")
    return body.getvalue()


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def logged(root: Path) -> Iterator[Path]:
    """The workspace's log, switched on as for a command; what happened before stands in it."""
    logs.set_up(root)
    logging.getLogger("smm").info("before")
    yield root / ".smm" / "logs" / "smm.jsonl"
    logs.tear_down()


def test_it_changes_nothing_while_another_holds_and_writes(full: Workspace, clock: FakeClock, logged: Path) -> None:
    with hold(full.root, "smm run"), closing(sqlite3.connect(full.store.path)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        busy.execute("UPDATE meta SET value = 'half-written' WHERE key = 'nothing'")
        before, version = snapshot(full.root), full.store.version()
        first = simulate(full, clock.now() + TWO_WEEKS)
        assert simulate(full, clock.now() + TWO_WEEKS) == first
        assert (snapshot(full.root), full.store.version()) == (before, version)
        busy.rollback()
    assert first.happens
    assert len(logged.read_text().splitlines()) == 1, "nothing happened, so the log says nothing of it"


SPY = """
from pathlib import Path
from smm_core import *

def told(what):
    with (Path(__file__).parent / "told").open("a") as file:
        file.write(what + "\\n")

class Spy:
    name = title = "spy"
    settings = NoSettings
    guarantees = Guarantees()
    abilities = frozenset({Finds, Resumes})

    def limits(self, profile, known):
        return Limits(text=(TextLimit(maximum=100, unit=TextUnit.GRAPHEMES),))
    def render(self, post, profile, limits):
        return render_plain(post, profile, limits)
    def inspect(self, request, ctx): told("inspect")
    def prepare(self, request, ctx): told("prepare")
    def send(self, request, ctx): told("send")
    def find(self, request, ctx): told("find")
    def resume(self, request, ctx): told("resume")

class Asker:
    name = "asker"
    def ask(self, request, ctx): told("ask")
    def poll(self, request, ctx): told("poll")

class Reader:
    name = "reader"
    settings = NoSettings
    def collect(self, request, ctx): told("collect")

@hookimpl
def smm_publishers():
    return [Spy()]

@hookimpl
def smm_approvers():
    return [Asker()]

@hookimpl
def smm_sources():
    return [Reader()]

@hookimpl
def smm_event(event, ctx):
    told("event")
"""


def test_it_reaches_nobody(root: Path, clock: FakeClock) -> None:
    (root / "plugins").mkdir()
    (root / "plugins/spy.py").write_text(SPY)
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.watched]\nplatform = "spy"\n\n[sources.watched]\ntype = "reader"\n')
    write_post(root, "ruled", "Hello.", at='"2026-11-24T09:00"', approval='"rule"', profiles='["watched"]')
    write_post(root, "asked", "Hello?", at='"2026-11-25T09:00"', approval='"asker"', profiles='["watched"]')
    write_post(root, "long", "Hello. " * 20, approval='"rule"', profiles='["watched"]')
    with Workspace(root, clock) as ws:
        forecast = simulate(ws, clock.now() + TWO_WEEKS)
    assert [(one.post, one.profile) for one in forecast.happens] == [("ruled", "watched")]
    assert [(one.post, one.cause) for one in forecast.prevented if one.post == "asked"] == [("asked", Cause.APPROVAL)]
    assert [one.post for one in of(forecast, Cause.BLOCKED)] == ["long"], "the real limits hold"
    assert not (root / "plugins/told").exists()


# ---------------------------------------------------------------- what keeps deliveries from going out


@pytest.fixture
def planned(ws: Workspace) -> Workspace:
    """One post for three profiles, approved."""
    write_post(ws.root, "bread", at='"2026-11-24T09:00"')
    approve(ws, "bread")
    return ws


def test_pauses_logins_and_doubt_are_named_with_what_waits(planned: Workspace, clock: FakeClock) -> None:
    until = clock.now() + TWO_WEEKS
    planned.store.profiles.log_out("social", "token expired")
    forecast = simulate(planned, until)
    (login,) = of(forecast, Cause.LOGIN)
    assert (login.profile, login.next_step) == ("social", "smm profiles login social")
    assert "token expired; 1 delivery waits" in login.why
    assert {one.profile for one in forecast.happens} == {"short", "far"}

    planned.store.profiles.pause("acme", "anna", clock.now())
    forecast = simulate(planned, until)
    (pause,) = of(forecast, Cause.PAUSE)
    assert ("paused by anna; 3 deliveries wait" in pause.why, forecast.happens) == (True, ())

    planned.store.profiles.resume("acme")
    planned.store.begin_epoch(clock.now())
    (planned.root / ".smm" / "machine.json").unlink()
    forecast = simulate(planned, until)
    (database,) = of(forecast, Cause.DATABASE)
    assert (database.next_step, forecast.happens) == ("smm adopt", ())


def test_a_token_that_ends_before_is_told(planned: Workspace, clock: FakeClock) -> None:
    ends = MONDAY + timedelta(hours=12)
    planned.store.profiles.keep_inspected("social", Inspected(account="acme", token_ends=ends), clock.now())
    planned.store.profiles.keep_inspected("short", Inspected(account="acme", token_ends=ends + TWO_WEEKS), clock.now())
    forecast = simulate(planned, clock.now() + TWO_WEEKS)
    assert [(one.profile, one.at) for one in of(forecast, Cause.TOKEN)] == [("social", ends)]


def test_a_profile_that_is_gone_holds_up_only_itself(planned: Workspace, clock: FakeClock) -> None:
    writing_steps(planned, due_only=False)
    config = planned.root / "smm.toml"
    config.write_text(config.read_text().replace("[profiles.far]", "[profiles.further]"))
    planned.reload()
    forecast = simulate(planned, clock.now() + TWO_WEEKS)
    assert {one.profile for one in forecast.happens} == {"short", "social"}
    assert [(one.profile, one.cause) for one in of(forecast, Cause.PROFILE)] == [("far", Cause.PROFILE)]


def test_gaps_are_the_free_slots_of_each_profile(planned: Workspace, clock: FakeClock) -> None:
    gaps = {gap.profile: gap for gap in simulate(planned, clock.now() + TWO_WEEKS).gaps}
    social = gaps["social"]
    assert (social.slots, len(social.empty)) == (20, 19), "the post takes one of them"
    assert [str(week) for week in social.weeks] == ["2026-11-30", "2026-12-07"]
    assert gaps["far"].slots == 4


def test_a_broken_file_is_told_with_its_place(ws: Workspace, clock: FakeClock) -> None:
    write_post(ws.root, "broken", at="[[")
    (file,) = of(simulate(ws, clock.now() + TWO_WEEKS), Cause.FILE)
    assert "broken.md" in file.why


# ---------------------------------------------------------------- any plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """One post of a made-up plan."""

    when: str
    profiles: tuple[str, ...]
    parts: int
    approved: bool
    late: str


HOURS = st.integers(-20, 200).map(lambda hours: MONDAY + timedelta(hours=hours))
WHENS = st.one_of(st.sampled_from(["next", "now", "unplanned"]), HOURS.map(lambda at: f"{at:%Y-%m-%dT%H:%M}"))
DRAFTS = st.builds(
    Draft,
    when=WHENS,
    profiles=st.sets(st.sampled_from(["social", "short", "far"]), min_size=1).map(lambda names: tuple(sorted(names))),
    parts=st.integers(1, 3),
    approved=st.sampled_from([True, True, False]),
    late=st.sampled_from(["next-slot", "ask", "drop"]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=st.lists(DRAFTS, min_size=1, max_size=6), asleep=st.integers(0, 60))
def test_any_plan_comes_out_as_it_was_said(plan: list[Draft], asleep: int) -> None:
    """Posts are approved two days early, then nobody is there for a while, then we look ahead, then the daemon runs."""
    for ws, clock in opened():
        clock.advance(-timedelta(days=2))
        for number, draft in enumerate(plan):
            text = "\n\n---\n\n".join(f"Post {number}, part {part}." for part in range(draft.parts))
            names = "[" + ", ".join(f'"{name}"' for name in draft.profiles) + "]"
            when = {} if draft.when == "next" else {"at": f'"{draft.when}"'}
            write_post(ws.root, f"post-{number}", text, profiles=names, late=f'"{draft.late}"', **when)
        approve(ws, *(f"post-{number}" for number, draft in enumerate(plan) if draft.approved))
        writing_steps(ws, due_only=False)
        clock.advance(timedelta(hours=asleep))
        until = clock.now() + TWO_WEEKS
        forecast = simulate(ws, until)
        drive(ws, clock, until)
        assert said(forecast) == done(ws)
        assert said_to_stop(forecast) == stopped(ws)


def opened() -> Iterator[tuple[Workspace, FakeClock]]:
    with TemporaryDirectory() as folder:
        clock = FakeClock(MONDAY)
        with Workspace(make_workspace(Path(folder) / "workspace"), clock) as ws:
            yield ws, clock
