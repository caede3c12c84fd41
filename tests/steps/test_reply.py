"""Answering what others said: checked, approved where the profile asks for it, and out once, whatever happens on the way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from smm_sandbox.faults import Fault
from smm_sandbox.network import Network
from smm_sandbox.records import StoredPost

from smm_core.attention import attention
from smm_core.clock import FakeClock
from smm_core.errors import SmmError, TooLate
from smm_core.explain import explain
from smm_core.model import ActionState, Decision, InteractionState, ReviewState
from smm_core.simulate import simulate
from smm_core.steps import Report
from smm_core.steps.changing import delete
from smm_core.steps.collect import collect
from smm_core.steps.listen import listen
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.reply import answer
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store import lists
from smm_core.store.audit import audit
from smm_core.workspace import Workspace
from tests.conftest import write_post

MINUTE = timedelta(minutes=1)


class Counter:
    """A person who answers, and the test network behind the profile `social`, on which a post is out."""

    def __init__(self, ws: Workspace, clock: FakeClock) -> None:
        self.ws = ws
        self.clock = clock
        self.network = Network(ws.root / ".smm" / "plugins" / "sandbox")
        front = {"profiles": '["social"]', "at": '"now"', "approval": '"rule"', "call_to_action": '"Come by"'}
        write_post(ws.root, "bread", "Fresh bread. Come by", **front)
        for step in (collect, render, review, schedule):
            assert step(ws).troubles == []
        self.publish()
        self.post = self.shown()[0]

    def publish(self, *, after: timedelta = timedelta(0), rounds: int = 1) -> Report:
        for _ in range(rounds):
            self.clock.advance(after)
            report = publish(self.ws, self.ws.store.begin_epoch(self.clock.now()))
        return report

    def hears(self, text: str = "Is there some left?", *, mention: bool = False) -> int:
        """Somebody says something; its number in the inbox."""
        with self.network.writing() as session:
            on = None if mention else self.post.id
            session.say("social", author="Ann", text=text, on=on, now=self.clock.now())
        listen(self.ws)
        return max(one["id"] for one in lists.inbox(self.ws.store._db))

    def answer(self, number: int, text: str = "Yes, until noon.", *, again: bool = False) -> int:
        planned, _ = answer(self.ws, self.ws.store.inbox.get(number), text, again=again)
        return planned

    def decide(self, decision: Decision, remark: str = "") -> None:
        (one,) = self.ws.store.reviews.listed(state=ReviewState.OPEN)
        self.ws.store.reviews.decide(one.id, decision, "mirjam", self.clock.now(), remark)

    def state(self, number: int) -> ActionState:
        return self.ws.store.ledger.get(number).state

    def says(self, number: int) -> str:
        """How our reply to an interaction stands, as the list says it."""
        (row,) = (one for one in lists.inbox(self.ws.store._db) if one["id"] == number)
        return str(row["reply"]["says"])

    def faults(self, *words: str) -> None:
        with self.network.writing() as session:
            session.plan_faults("social", tuple(Fault.parse(word) for word in words))

    def shown(self) -> tuple[StoredPost, ...]:
        with self.network.reading() as session:
            return session.visible("social", self.clock.now())

    def replies(self) -> list[tuple[str, str | None]]:
        """What followers see below what they said: text, and what it is below."""
        return [(one.text, one.parent) for one in self.shown()[1:]]

    def is_sound(self) -> bool:
        """Whether every promise of the ledger holds."""
        assert audit(self.ws.store.path) == []
        return True


@pytest.fixture
def counter(ws: Workspace, clock: FakeClock) -> Counter:
    return Counter(ws, clock)


@pytest.fixture
def asking(root: Path, ws: Workspace, clock: FakeClock) -> Counter:
    """The same, where replies wait for approval."""
    toml = root / "smm.toml"
    toml.write_text(toml.read_text().replace("[profiles.social]", "[profiles.social]\napprove_replies = true"))
    return Counter(ws, clock)


# ---------------------------------------------------------------- on the word of a person


def test_an_answer_goes_out_below_what_was_said_and_that_is_done(counter: Counter) -> None:
    number = counter.hears()
    entry = counter.ws.store.inbox.get(number)
    assert (entry.on_action, entry.on_post) == (1, 1)
    planned = counter.answer(number)
    assert (counter.says(number), counter.ws.store.inbox.get(number).state) == ("scheduled", InteractionState.READ)
    report = counter.publish()
    assert report.lines[0].startswith("reply to ann.example → social: https://")
    assert counter.replies() == [("Yes, until noon.", entry.interaction.remote_id)]
    entry = counter.ws.store.inbox.get(number)
    assert (entry.state, entry.by, entry.replies) == (InteractionState.DONE, "tester", (planned,))
    assert counter.says(number) == "out"
    assert counter.is_sound()


def test_a_mention_elsewhere_is_answered_too(counter: Counter) -> None:
    number = counter.hears("Recommended: @social", mention=True)
    assert counter.ws.store.inbox.get(number).on_action is None
    counter.answer(number, "Thank you!")
    counter.publish()
    assert counter.replies() == [("Thank you!", counter.ws.store.inbox.get(number).interaction.remote_id)]
    assert [post.slug for post in counter.ws.store.posts.listed()] == ["bread"], "the home of replies is no post"
    assert counter.is_sound()


def test_a_conversation_goes_on(counter: Counter) -> None:
    counter.answer(counter.hears("Have a look at @social", mention=True), "Thank you!")
    first = counter.answer(counter.hears())
    counter.publish()
    ours = counter.ws.store.ledger.get(first).receipt
    assert ours is not None
    with counter.network.writing() as session:
        session.say("social", author="Ann", text="Great, see you!", on=ours.remote_id, now=counter.clock.now())
    listen(counter.ws)
    assert counter.ws.store.inbox.get(3).on_action == first
    second = counter.ws.store.ledger.get(counter.answer(3, "See you!"))
    assert second.on_id == first
    counter.publish()
    assert counter.replies()[-1] == ("See you!", counter.ws.store.inbox.get(3).interaction.remote_id)
    assert counter.is_sound()


def test_a_comment_that_came_before_its_post_was_known_finds_it_later(counter: Counter) -> None:
    counter.faults("pending:300")
    write_post(
        counter.ws.root,
        "cake",
        "Cake. Come by",
        profiles='["social"]',
        at='"now"',
        approval='"rule"',
        call_to_action='"Come by"',
    )
    for step in (collect, render, review, schedule):
        step(counter.ws)
    counter.publish(after=15 * MINUTE)
    with counter.network.reading() as session:
        (on,) = (one for one in session._posts("WHERE account = 'social'") if one.text.startswith("Cake"))
    with counter.network.writing() as session:
        session.say("social", author="Bo", text="Already seen!", on=on.id, now=counter.clock.now())
    listen(counter.ws)
    entry = counter.ws.store.inbox.get(1)
    assert (entry.interaction.on, entry.on_post) == (on.id, None)
    counter.publish(after=6 * MINUTE)
    assert counter.ws.store.inbox.get(1).on_post == 2


@pytest.mark.parametrize("fault", ["drop", "503", "429:60"])
def test_an_answer_is_given_once_whatever_the_platform_says(counter: Counter, fault: str) -> None:
    number = counter.hears()
    counter.answer(number)
    counter.faults(fault)
    counter.publish(after=5 * MINUTE, rounds=3)
    assert [text for text, _ in counter.replies()] == ["Yes, until noon."]
    assert counter.ws.store.inbox.get(number).state is InteractionState.DONE
    assert counter.is_sound()


def test_a_refused_answer_waits_for_a_person(counter: Counter) -> None:
    number = counter.hears()
    planned = counter.answer(number)
    counter.faults("refuse")
    counter.publish()
    assert (counter.says(number), counter.replies()) == ("refused", [])
    (item,) = attention(counter.ws)
    assert item.what == f"delivery {planned} refused: reply to ann.example → social"
    assert f"smm inbox reply {number}" in item.next_step


def test_the_same_answer_twice_needs_a_word(counter: Counter) -> None:
    number, other = counter.hears(), counter.hears("And tomorrow?")
    counter.answer(number)
    with pytest.raises(SmmError, match="tester gave the same reply on 2026-11-23 08:00 UTC") as refused:
        counter.answer(number, "Yes, until noon.\n")
    assert "--again" in refused.value.hint
    counter.answer(other)
    counter.answer(number, "Yes, until one.")
    counter.answer(number, again=True)
    counter.publish()
    assert len(counter.replies()) == 4
    counter.clock.advance(timedelta(days=31))
    counter.answer(number)


def test_what_the_checks_block_is_not_planned(counter: Counter) -> None:
    number = counter.hears()
    with pytest.raises(SmmError, match=r"the reply on social cannot go out so: the reply has 600 .*500 are allowed"):
        counter.answer(number, "a" * 600)
    with pytest.raises(SmmError, match="needs a text"):
        counter.answer(number, " \n")
    assert counter.ws.store.inbox.get(number).state is InteractionState.NEW
    assert len(counter.ws.store.ledger.of_post(1)) == 1


def test_the_brand_books_words_hold_for_answers_and_its_demands_on_posts_do_not(
    root: Path, ws: Workspace, clock: FakeClock
) -> None:
    (root / "brand.toml").write_text('name = "Acme"\navoid = ["cheap"]\nrequire_hashtag_set = false\n')
    counter = Counter(ws, clock)
    number = counter.hears()
    with pytest.raises(SmmError, match="“cheap”, which brand book Acme avoids"):
        counter.answer(number, "Yes, and it is cheap!")
    counter.answer(number, "Yes!")


def test_nothing_is_answered_below_what_is_gone(counter: Counter) -> None:
    number = counter.hears()
    planned = counter.answer(number)
    delete(counter.ws, counter.ws.store.ledger.get(1))
    counter.faults("429:60", "429:60")
    counter.publish(after=5 * MINUTE, rounds=3)
    assert counter.state(planned) in (ActionState.CANCELLED, ActionState.PUBLISHED)
    with pytest.raises(TooLate, match="removed"):
        counter.answer(number, "Too late")
    assert counter.is_sound()


def test_the_story_of_a_post_has_what_was_said_about_it(counter: Counter) -> None:
    number = counter.hears()
    counter.answer(number)
    counter.publish()
    story = [line.text for line in explain(counter.ws, counter.ws.store.posts.get(1)).story]
    assert "comment by ann.example: Is there some left?" in story
    assert "reply to ann.example by tester: out" in story


# ---------------------------------------------------------------- where it is asked first


def test_an_answer_waits_for_approval_and_goes_out_on_it(asking: Counter) -> None:
    number = asking.hears()
    planned = asking.answer(number)
    review(asking.ws)
    assert (asking.state(planned), asking.says(number)) == (ActionState.WAITING, "waiting for approval")
    asking.publish(after=MINUTE)
    assert asking.replies() == []
    (one,) = asking.ws.store.reviews.listed(state=ReviewState.OPEN)
    asked = asking.ws.store.inbox.asked_about(one)
    assert asked is not None
    assert asked.id == number
    assert asking.is_sound()
    asking.decide(Decision.APPROVE)
    asking.publish()
    assert [text for text, _ in asking.replies()] == ["Yes, until noon."]
    with closing(sqlite3.connect(asking.ws.store.path)) as connection:
        assert connection.execute(
            "SELECT count(*) FROM attempts WHERE action_id = ? AND verdict_id IS NOT NULL", (planned,)
        ).fetchone() == (1,)
    assert asking.is_sound()


def test_an_approval_holds_below_what_it_was_given_for(asking: Counter) -> None:
    number, other = asking.hears(), asking.hears("And tomorrow?")
    asking.answer(number, "Thank you!")
    asking.decide(Decision.APPROVE)
    second = asking.answer(other, "Thank you!")
    assert asking.state(second) is ActionState.WAITING
    asking.publish()
    assert len(asking.replies()) == 1


def test_nobody_claims_an_answer_that_is_not_approved(asking: Counter) -> None:
    planned = asking.answer(asking.hears())
    with closing(sqlite3.connect(asking.ws.store.path)) as connection, connection:
        connection.execute("UPDATE actions SET state = 'scheduled', wake_at = due_at WHERE id = ?", (planned,))
    asking.publish()
    assert (asking.state(planned), asking.replies()) == (ActionState.HELD, [])
    assert "not approved" in asking.ws.store.ledger.get(planned).reason


def test_rework_ends_an_answer_and_another_can_be_given(asking: Counter) -> None:
    number = asking.hears()
    planned = asking.answer(number)
    asking.decide(Decision.REWORK, "friendlier, please")
    assert (asking.state(planned), asking.ws.store.ledger.get(planned).reason) == (
        ActionState.CANCELLED,
        "friendlier, please",
    )
    again = asking.answer(number, "Of course! Until noon.")
    asking.decide(Decision.APPROVE)
    asking.publish()
    assert asking.state(again) is ActionState.PUBLISHED
    assert len(asking.replies()) == 1
    assert asking.is_sound()


def test_an_approval_is_taken_back_before_it_is_out(asking: Counter) -> None:
    planned = asking.answer(asking.hears())
    asking.decide(Decision.APPROVE)
    asking.ws.store.reviews.decide(2, Decision.REWORK, "mirjam", asking.clock.now(), "wait")
    asking.publish()
    assert (asking.state(planned), asking.replies()) == (ActionState.CANCELLED, [])


def test_nobody_is_asked_about_an_answer_that_was_given_up(asking: Counter) -> None:
    from smm_core.store import Outcome

    planned = asking.answer(asking.hears())
    action = asking.ws.store.ledger.get(planned)
    asking.ws.store.ledger.settle(action, Outcome(state=ActionState.CANCELLED), None, asking.clock.now())
    assert asking.ws.store.reviews.listed(state=ReviewState.OPEN) == []
    assert attention(asking.ws) == []


def test_an_edit_of_its_post_leaves_the_answer_as_it_is(asking: Counter) -> None:
    planned = asking.answer(asking.hears())
    write_post(
        asking.ws.root,
        "bread",
        "Other bread. Come by",
        profiles='["social"]',
        at='"now"',
        approval='"rule"',
        call_to_action='"Come by"',
    )
    collect(asking.ws)
    assert asking.state(planned) is ActionState.WAITING
    asking.decide(Decision.APPROVE)
    asking.publish()
    assert asking.state(planned) is ActionState.PUBLISHED


def test_looking_ahead_says_that_an_answer_waits_and_leaves_it_alone(asking: Counter) -> None:
    planned = asking.answer(asking.hears())
    forecast = simulate(asking.ws, asking.clock.now() + timedelta(days=2))
    assert [(one.why, one.next_step) for one in forecast.prevented] == [
        ("the reply to ann.example is not approved yet (hand)", "smm reviews approve 2")
    ]
    assert asking.state(planned) is ActionState.WAITING
