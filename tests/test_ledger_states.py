"""Arbitrary interleavings of two workers, people and a platform: whatever happens, an approved post goes out at most once.

The workers run the real publish step on a real store; the platform is a model (`tests/crash/model.py`). A crash is what it is for the
store: another process raises the epoch, and what the first one still wants to write does not count. What happens "during"
a send happens between its claim and its answer.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from smm_core.clock import FakeClock
from smm_core.errors import TooLate
from smm_core.model import (
    Action,
    ActionState,
    Decision,
    Late,
    PostContent,
    PostFound,
    PostState,
    Receipt,
    When,
    WhenKind,
)
from smm_core.steps import Report
from smm_core.steps.hand import Hand
from smm_core.steps.publish import work
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store import Fenced, NotSent, Outcome, Store
from smm_core.workspace import Workspace
from tests.crash.model import (
    ABILITIES,
    BRAND,
    CONFIGURATION,
    MINUTE,
    NEWS,
    PUBLISHERS,
    TURNS,
    ModelPlatform,
    Turn,
    turns_of,
)

STEPS = (timedelta(0), MINUTE, 2 * MINUTE, 5 * MINUTE, 50 * MINUTE, timedelta(hours=3))
WORDS = ("published", "not sent", "retry", "cancel")
PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


class Promise(RuleBasedStateMachine):
    """Everybody does what they like."""

    ws: Workspace
    clock: FakeClock
    template: Path

    @initialize(ability=st.sampled_from(ABILITIES), parts=st.integers(1, 3), late=st.sampled_from(Late))
    def begin(self, ability: str, parts: int, late: Late) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="states-"))
        shutil.copy(self.template, self.folder / "smm.db")
        self.store = Store(self.folder / "smm.db", clock=self.clock)
        self.ws.__dict__["store"] = self.store
        self.clock.set(datetime.fromisoformat("2026-11-23T08:00:00+00:00"))
        self.ability = ability
        self.platform = ModelPlatform(self.clock, self.meanwhile)
        self.ws.plugins.publisher(f"model-{ability}").platform = self.platform  # type: ignore[attr-defined]
        self.texts = 0
        self.excused: Counter[int] = Counter()
        self.told: set[str] = set()  # what people called out; the platform may still have been at it
        self.workers = {name: self.store.begin_epoch(self.clock.now()) for name in ("first", "second")}
        for number in (1, parts, 1, 2):
            self.write(number, late)
        self.approve_all()

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        try:
            self.comes_to_rest()
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    # ------------------------------------------------------------ people

    def write(self, parts: int, late: Late) -> None:
        self.put(f"posts/{len(self.store.posts.listed())}", parts, late)

    def edit(self) -> None:
        self.put("posts/0", 1, Late.NEXT_SLOT)

    def put(self, key: str, parts: int, late: Late) -> None:
        self.texts += 1
        content = PostContent(
            parts=tuple(f"text {self.texts} part {part}" for part in range(parts)),
            profiles=(self.ability,),
            when=When(kind=WhenKind.NOW),
            late=late,
        )
        self.store.posts.put("content", "acme", PostFound(key=key, content=content), self.clock.now())

    def office(self) -> None:
        for step in (render, review, schedule):
            step(self.ws)

    def approve_all(self) -> None:
        self.office()
        for one in self.store.reviews.listed():
            with contextlib.suppress(TooLate):
                self.store.reviews.decide(one.id, Decision.APPROVE, "tester", self.clock.now())
        self.office()

    def send_back(self) -> None:
        reviews = self.store.reviews.listed(post=1)
        if reviews:
            with contextlib.suppress(TooLate):
                self.store.reviews.decide(reviews[-1].id, Decision.REWORK, "tester", self.clock.now())

    def withdraw(self) -> None:
        with contextlib.suppress(TooLate):
            self.store.posts.withdraw(1, self.clock.now(), "no", "tester")

    def pause(self) -> None:
        self.store.profiles.pause("", "tester", self.clock.now())

    @rule()
    def a_good_day(self) -> None:
        self.go_on()
        self.approve_all()

    def go_on(self) -> None:
        self.store.profiles.resume("")
        for state in self.store.profiles.logged_out():
            self.store.profiles.log_in(state.profile)
        self.store.ledger.release_held(self.ability, self.clock.now())

    @precondition(lambda self: self.store.ledger.wanting())
    @rule(which=st.integers(0, 5), word=st.sampled_from(WORDS), truly=st.booleans())
    def person(self, which: int, word: str, truly: bool) -> None:
        """Like `smm deliveries`; only a person who does not look, and says so, is an excuse for a second copy."""
        wanting = self.store.ledger.wanting()
        action = wanting[which % len(wanting)]
        out = self.platform.may_be_out(action.key)
        in_doubt = action.reason.startswith("unknown:")
        if (word == "retry" and (in_doubt or action.state not in (ActionState.HELD, ActionState.REFUSED))) or (
            word == "cancel" and action.state is ActionState.UNKNOWN
        ):
            return
        if truly and word in ("published", "not sent"):
            word = "published" if out else "not sent"
        if word == "cancel" or (word == "not sent" and out):
            self.excused[action.post_id] += 1
        with contextlib.suppress(TooLate):
            self.store.ledger.settle(action, self.spoken(word, action), None, self.clock.now())
            self.told |= {action.key} if word == "published" else set()

    def spoken(self, word: str, action: Action) -> Outcome:
        if word == "published":
            return Outcome(state=ActionState.PUBLISHED, receipt=Receipt(remote_id=action.key))
        if word == "cancel":
            return Outcome(state=ActionState.CANCELLED)
        return Outcome(
            state=ActionState.SCHEDULED,
            not_sent=NotSent.ALL if word == "not sent" else NotSent.NONE,
            wake_at=self.clock.now(),
        )

    # ------------------------------------------------------------ time and machines

    def time_passes(self, step: timedelta) -> None:
        self.clock.advance(step)
        self.platform.tick()

    def take_over(self, who: str) -> None:
        self.workers[who] = self.store.begin_epoch(self.clock.now())

    @rule(turns=TURNS, then=st.sampled_from(STEPS))
    def publish(self, turns: list[Turn], then: timedelta) -> None:
        """A new process takes over and does a round."""
        self.take_over("first")
        self.publish_on("first", turns, then)

    @rule(who=st.sampled_from(("first", "second")), turns=TURNS, then=st.sampled_from(STEPS))
    def publish_on(self, who: str, turns: list[Turn], then: timedelta) -> None:
        """A round of one worker, which may have been overtaken long ago; then time passes."""
        self.platform.turns = list(turns)
        with contextlib.suppress(Fenced):
            self.round(self.workers[who])
        self.platform.turns = []
        self.time_passes(then)

    def round(self, epoch: int) -> None:
        for _ in range(6):
            due = self.store.ledger.due(self.clock.now(), limit=1)
            if not due:
                return
            work(Hand(self.ws, due[0], epoch, Report(step="publish")))

    @rule(what=st.sampled_from(NEWS))
    def meanwhile(self, what: str) -> None:
        """Something that happens between two rounds, or while a worker is in the middle of a send."""
        match what:
            case "crash":
                self.take_over("second")
            case "crash and go on":
                self.take_over("second")
                self.clock.advance(4 * MINUTE)
                self.platform.turns = []
                self.round(self.workers["second"])
            case "edit":
                self.edit()
            case "edit and approve":
                self.edit()
                self.approve_all()
            case "withdraw":
                self.withdraw()
            case "rework":
                self.send_back()
            case "pause":
                self.pause()
            case "a minute":
                self.clock.advance(MINUTE)
            case "two hours":
                self.clock.advance(timedelta(hours=2))
            case "clock forward":
                self.clock.set_wall(timedelta(hours=2))
            case "clock back":
                self.clock.set_wall(-timedelta(hours=1))
            case "clock back, and noticed":
                self.clock.set_wall(-timedelta(hours=1))
                self.store.ledger.keep_up()
            case "crash of the machine":
                self.clock.restart()
                self.clock.set_wall(timedelta(hours=2))
                self.take_over("second")

    # ------------------------------------------------------------ the promise

    def actions(self) -> Iterator[Action]:
        for post in self.store.posts.listed():
            yield from self.store.ledger.of_post(post.id)

    @invariant()
    def nothing_is_out_twice(self) -> None:
        if not hasattr(self, "store"):
            return
        copies: Counter[tuple[int, int]] = Counter()
        for action in self.actions():
            copies[action.post_id, action.seq] += len(self.platform.visible[action.key])
        for (post, seq), count in copies.items():
            assert count <= 1 + self.excused[post], f"part {seq} of post {post} is out {count} times"

    @invariant()
    def nothing_is_out_without_its_attempt_and_an_approval(self) -> None:
        if not hasattr(self, "store"):
            return
        rows = self.store._db.rows(
            "SELECT t.key FROM attempts t JOIN verdicts v ON v.id = t.verdict_id JOIN actions a ON a.id = t.action_id"
            " WHERE v.decision = 'approve' AND t.digest = a.variant_digest AND v.digests LIKE '%' || t.digest || '%'"
        )
        approved = Counter(row["key"] for row in rows)
        for key, out in self.platform.visible.items():
            assert len(out) <= approved[key]

    @invariant()
    def parts_are_out_in_order(self) -> None:
        if not hasattr(self, "store"):
            return
        place = {key: number for number, key in reversed(list(enumerate(self.platform.order)))}
        known = {action.id: action for action in self.actions()}
        for action in known.values():
            before = known.get(action.parent_id or 0)
            if before is not None and action.key in place and not self.excused[action.post_id]:
                assert before.key in self.told or place[before.key] < place[action.key]

    def comes_to_rest(self) -> None:
        """When the platform behaves and time passes, nothing is left hanging."""
        moving = (ActionState.SCHEDULED, ActionState.SENDING, ActionState.PENDING, ActionState.UNKNOWN)
        self.take_over("first")
        for _ in range(60):
            self.go_on()
            self.approve_all()
            self.round(self.workers["first"])
            if not any(action.state in moving for action in self.actions()):
                break
            wake = self.store.ledger.next_wake() or self.clock.now()
            self.clock.set(max(wake, self.clock.now() + MINUTE))
        self.nothing_is_out_twice()
        known = {action.id: action for action in self.actions()}
        for action in known.values():
            assert action.state not in moving, f"{action} never came to rest"
            if action.state is ActionState.WAITING:
                parent = known[action.parent_id or 0]
                assert parent.state in (ActionState.WAITING, ActionState.HELD, ActionState.REFUSED), (action, parent)
            if (
                action.state is ActionState.HELD
                and action.reason.startswith("unknown:")
                and not self.excused[action.post_id]
            ):
                assert self.ability != "find", action
        for post in self.store.posts.listed(states=[PostState.SCHEDULED]):
            assert self.store.ledger.unfinished(post.id), f"{post.slug} should be done"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[type[Promise]]:
    """The machine, with a workspace for all of its runs and an empty database that each copies."""
    root, clock = tmp_path / "workspace", FakeClock()
    (root / "plugins").mkdir(parents=True)
    (root / "smm.toml").write_text(CONFIGURATION)
    (root / "brand.toml").write_text(BRAND)
    (root / "plugins" / "model.py").write_text(PUBLISHERS)
    with Store(tmp_path / "template.db"):
        pass
    with Workspace(root, clock) as ws:

        class Here(Promise):
            pass

        Here.ws, Here.clock, Here.template = ws, clock, tmp_path / "template.db"
        yield Here


def test_an_approved_post_goes_out_at_most_once_whatever_happens(machine: type[Promise]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            phases=PHASES,
            database=None,
        ),
    )


WALKS = 30
STEPS_OF_A_WALK = 12


def test_long_walks_that_mostly_publish(machine: type[Promise]) -> None:
    """The same machine, driven evenly: hypothesis by itself seldom gets as far as a second attempt of the same action."""
    for seed in range(WALKS):
        walk = machine()
        try:
            take_a_walk(walk, random.Random(seed))
        except AssertionError as error:
            raise AssertionError(f"walk {seed}: {error}") from error
        finally:
            walk.teardown()


def take_a_walk(walk: Promise, source: random.Random) -> None:
    """One life of a workspace, with the promise looked at after every step."""
    walk.begin(ability=source.choice(ABILITIES), parts=source.randint(1, 3), late=source.choice(list(Late)))
    for _ in range(STEPS_OF_A_WALK):
        match source.choices(("publish", "publish on", "news", "person", "a good day"), (10, 4, 2, 2, 3))[0]:
            case "publish":
                walk.publish(turns=turns_of(source.getrandbits(32)), then=source.choice(STEPS))
            case "publish on":
                who = source.choice(("first", "second"))
                walk.publish_on(who=who, turns=turns_of(source.getrandbits(32)), then=source.choice(STEPS))
            case "news":
                walk.meanwhile(what=source.choice(NEWS))
            case "person" if walk.store.ledger.wanting():
                word = source.choice(WORDS)
                walk.person(which=source.randrange(6), word=word, truly=source.random() < 0.8)
            case "a good day":
                walk.a_good_day()
        walk.nothing_is_out_twice()
        walk.nothing_is_out_without_its_attempt_and_an_approval()
        walk.parts_are_out_in_order()
