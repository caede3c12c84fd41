"""Deleting, editing and replying: each goes through the ledger once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from smm_sandbox.faults import Fault
from smm_sandbox.network import Network
from smm_sandbox.records import StoredPost

from smm_core.clock import FakeClock
from smm_core.contracts import Deletes, Edits, Guarantees, Imitates, Replies
from smm_core.errors import SmmError, TooLate
from smm_core.model import Action, ActionKind, ActionState, Decision, PostState, ReviewState
from smm_core.steps import Report
from smm_core.steps.changing import delete, update
from smm_core.steps.collect import collect
from smm_core.steps.measure import measure
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.reply import reply as planned_reply
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store.audit import audit
from smm_core.workspace import Workspace
from tests.conftest import write_post

MINUTE = timedelta(minutes=1)


class Desk:
    """A workspace with a person at it, and the test network behind its profile `social`."""

    def __init__(self, ws: Workspace, clock: FakeClock) -> None:
        self.ws = ws
        self.clock = clock
        self.network = Network(ws.root / ".smm" / "plugins" / "sandbox")

    def write(self, text: str, name: str = "bread", **front: str) -> None:
        """Write a post for `social` and read it in."""
        front = {"profiles": '["social"]', "at": '"now"', "call_to_action": '"Come by"'} | front
        write_post(self.ws.root, name, f"{text} Come by", **front)
        collect(self.ws)

    def approve(self) -> None:
        """Render, ask and approve everything, and give it its time."""
        for step in (render, review):
            assert step(self.ws).troubles == []
        for one in self.ws.store.reviews.listed(state=ReviewState.OPEN):
            self.ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", self.clock.now())
        assert schedule(self.ws).troubles == []

    def publish(self, *, after: timedelta = timedelta(0), rounds: int = 1) -> Report:
        """Rounds of the step, each by a new process."""
        for _ in range(rounds):
            self.clock.advance(after)
            report = publish(self.ws, self.ws.store.begin_epoch(self.clock.now()))
        return report

    def out(self, text: str = "Fresh bread.", **front: str) -> Action:
        """A post that is out; its first action."""
        self.write(text, **front)
        self.approve()
        self.publish()
        return self.of(ActionKind.PUBLISH)[0]

    def of(self, kind: ActionKind) -> list[Action]:
        """The actions of a kind, in the order of their numbers."""
        actions = self.ws.store.ledger.of_post(1)
        return sorted((one for one in actions if one.kind is kind), key=lambda one: one.id)

    def faults(self, *words: str) -> None:
        """What the network does to the next requests."""
        with self.network.writing() as session:
            session.plan_faults("social", tuple(Fault.parse(word) for word in words))

    def shown(self) -> tuple[StoredPost, ...]:
        """What followers see."""
        with self.network.reading() as session:
            return session.visible("social", self.clock.now())

    def texts(self) -> list[str]:
        """The texts that followers see, the oldest first."""
        return [one.text for one in self.shown()]

    def is_sound(self) -> bool:
        """Whether every promise of the ledger holds."""
        found = audit(self.ws.store.path)
        assert found == []
        return True


def reply(ws: Workspace, action: Action, text: str, *, to: str = "") -> int:
    """A reply as it is planned; its number."""
    number, _ = planned_reply(ws, action, text, to=to)
    return number


@pytest.fixture
def desk(ws: Workspace, clock: FakeClock) -> Desk:
    return Desk(ws, clock)


# ---------------------------------------------------------------- deleting


def test_what_is_deleted_is_gone_and_shown_as_removed(desk: Desk) -> None:
    action = desk.out()
    assert desk.texts() == ["Fresh bread. Come by"]
    (number,) = delete(desk.ws, action)
    desk.publish()
    assert desk.texts() == []
    act = desk.ws.store.ledger.get(number)
    assert (act.state, act.by, act.on_id) == (ActionState.PUBLISHED, "tester", action.id)
    assert desk.ws.store.ledger.get(action.id).removed_at == desk.clock.now()
    assert [one.state for one in desk.ws.store.ledger.deliveries()] == ["removed"]
    assert desk.ws.store.posts.get(1).state is PostState.DONE
    assert desk.is_sound()


def test_a_thread_is_taken_off_from_the_last_part_to_the_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    action = desk.out("One.\n\n---\n\nTwo.\n\n---\n\nThree.")
    assert len(desk.shown()) == 3
    numbers = delete(desk.ws, action)
    on = [desk.ws.store.ledger.get(number).on_id for number in numbers]
    assert on == [3, 2, 1]
    desk.faults("refuse")
    desk.publish()
    assert len(desk.shown()) == 3, "the one that was refused holds up those before it"
    assert [desk.ws.store.ledger.get(number).state for number in numbers] == ["refused", "waiting", "waiting"]
    assert desk.is_sound()


def test_what_was_not_sent_yet_of_a_deleted_thread_never_is(desk: Desk) -> None:
    desk.write("One.\n\n---\n\nTwo.")
    desk.approve()
    desk.faults("slow:0", "refuse")
    desk.publish()
    first, second = desk.of(ActionKind.PUBLISH)
    assert (first.state, second.state) == (ActionState.PUBLISHED, ActionState.REFUSED)
    assert len(delete(desk.ws, first)) == 1
    desk.publish()
    assert desk.ws.store.ledger.get(second.id).state is ActionState.CANCELLED
    assert desk.texts() == []
    assert desk.ws.store.posts.get(1).state is PostState.DONE
    assert desk.is_sound()


def test_nothing_is_deleted_twice_and_nothing_that_is_not_out(desk: Desk) -> None:
    desk.write("Fresh bread.", at='"2026-11-24 09:00"')
    desk.approve()
    (action,) = desk.of(ActionKind.PUBLISH)
    with pytest.raises(TooLate, match="nothing of delivery 1 is out"):
        delete(desk.ws, action)
    desk.publish(after=timedelta(days=1, minutes=1))
    delete(desk.ws, action)
    with pytest.raises(TooLate, match="has a delete under way"):
        delete(desk.ws, action)
    desk.publish()
    with pytest.raises(TooLate, match="nothing of delivery 1 is out"):
        delete(desk.ws, action)


def test_a_part_whose_outcome_is_open_comes_first(desk: Desk) -> None:
    """Whoever commits first wins: a delivery that was claimed is not deleted behind the sender's back."""
    desk.write("Fresh bread.")
    desk.approve()
    (action,) = desk.of(ActionKind.PUBLISH)
    desk.ws.store.ledger.claim(action, desk.ws.store.begin_epoch(desk.clock.now()), desk.clock.now())
    with pytest.raises(TooLate, match="sending"):
        delete(desk.ws, action)


def test_numbers_are_not_read_of_what_is_gone(desk: Desk) -> None:
    action = desk.out()
    assert any("2 subjects" in line for line in measure(desk.ws).lines)
    delete(desk.ws, action)
    desk.publish()
    assert not any("2 subjects" in line for line in measure(desk.ws).lines)


# ---------------------------------------------------------------- editing


def edited(desk: Desk, text: str = "Warm bread.") -> list[int]:
    """Another text in the file of a post that is out, and the acts that carry it over."""
    desk.write(text)
    desk.approve()
    return update(desk.ws, desk.of(ActionKind.PUBLISH)[0])


def decide(desk: Desk, decision: Decision) -> None:
    (asked,) = desk.ws.store.reviews.listed(state=ReviewState.OPEN)
    desk.ws.store.reviews.decide(asked.id, decision, "tester", desk.clock.now())


def test_an_edit_waits_for_its_approval(desk: Desk) -> None:
    desk.out()
    (number,) = edited(desk)
    desk.publish()
    assert desk.ws.store.ledger.get(number).state is ActionState.WAITING
    assert desk.texts() == ["Fresh bread. Come by"]
    assert desk.is_sound()
    decide(desk, Decision.APPROVE)
    assert desk.ws.store.posts.get(1).state is PostState.DONE
    desk.publish()
    assert desk.texts() == ["Warm bread. Come by"]
    assert update(desk.ws, desk.of(ActionKind.PUBLISH)[0]) == [], "it is out as it stands"
    assert desk.is_sound()


def test_an_edit_that_is_not_approved_is_given_up(desk: Desk) -> None:
    desk.out()
    (number,) = edited(desk)
    decide(desk, Decision.REWORK)
    desk.publish()
    assert desk.ws.store.ledger.get(number).state is ActionState.CANCELLED
    assert desk.texts() == ["Fresh bread. Come by"]
    assert desk.ws.store.posts.get(1).state is PostState.DONE
    assert desk.is_sound()


def test_an_approval_that_is_taken_back_in_time_stops_the_edit(desk: Desk) -> None:
    desk.out()
    (number,) = edited(desk)
    (asked,) = desk.ws.store.reviews.listed(state=ReviewState.OPEN)
    for decision in (Decision.APPROVE, Decision.REWORK):
        desk.ws.store.reviews.decide(asked.id, decision, "tester", desk.clock.now())
    desk.publish()
    assert desk.ws.store.ledger.get(number).state is ActionState.CANCELLED
    assert desk.texts() == ["Fresh bread. Come by"]


def test_an_approval_that_is_taken_back_too_late_says_so(desk: Desk) -> None:
    desk.out()
    edited(desk)
    (asked,) = desk.ws.store.reviews.listed(state=ReviewState.OPEN)
    desk.ws.store.reviews.decide(asked.id, Decision.APPROVE, "tester", desk.clock.now())
    desk.publish()
    with pytest.raises(TooLate, match="done or under way"):
        desk.ws.store.reviews.decide(asked.id, Decision.REWORK, "tester", desk.clock.now())


def test_another_edit_of_the_post_ends_the_question(desk: Desk) -> None:
    desk.out()
    (first,) = edited(desk)
    (second,) = edited(desk, "Still warm bread.")
    assert desk.ws.store.ledger.get(first).state is ActionState.CANCELLED
    decide(desk, Decision.APPROVE)
    desk.publish()
    assert (desk.ws.store.ledger.get(second).state, desk.texts()) == (
        ActionState.PUBLISHED,
        ["Still warm bread. Come by"],
    )
    assert desk.is_sound()


def test_only_the_parts_that_differ_are_edited_and_their_number_stays(desk: Desk) -> None:
    action = desk.out("One.\n\n---\n\nTwo.")
    (number,) = edited(desk, "One.\n\n---\n\nTwo and a half.")
    assert desk.ws.store.ledger.get(number).on_id == 2
    decide(desk, Decision.APPROVE)
    desk.publish()
    assert desk.texts() == ["One.", "Two and a half. Come by"]
    desk.write("One.\n\n---\n\nTwo.\n\n---\n\nThree.")
    desk.approve()
    with pytest.raises(TooLate, match="3 parts now and 2 are out"):
        update(desk.ws, action)


def test_what_a_check_blocks_is_not_carried_over(desk: Desk) -> None:
    action = desk.out()
    desk.write("Warm bread.", call_to_action='""')
    with pytest.raises(SmmError, match="smm deliveries update 1"):
        update(desk.ws, action)


# ---------------------------------------------------------------- replying


def test_a_reply_goes_below_what_is_out(desk: Desk) -> None:
    action = desk.out()
    number = reply(desk.ws, action, "See you at six!")
    desk.publish()
    post, below = desk.shown()
    assert (below.text, below.parent) == ("See you at six!", post.id)
    act = desk.ws.store.ledger.get(number)
    assert (act.state, act.by, act.receipt and act.receipt.remote_id) == (ActionState.PUBLISHED, "tester", below.id)
    assert desk.is_sound()


def test_a_reply_to_someone_else_names_them_by_the_platforms_id(desk: Desk) -> None:
    action = desk.out("One.\n\n---\n\nTwo.")
    reply(desk.ws, action, "Indeed.", to=desk.shown()[1].id)
    desk.publish()
    assert desk.shown()[2].parent == desk.shown()[1].id
    assert desk.is_sound()


def test_the_same_reply_may_be_meant_twice(desk: Desk) -> None:
    action = desk.out()
    for _ in range(2):
        reply(desk.ws, action, "Thanks!")
    desk.publish()
    assert desk.texts()[1:] == ["Thanks!", "Thanks!"]


def test_no_reply_goes_below_what_is_gone(desk: Desk) -> None:
    action = desk.out()
    number = reply(desk.ws, action, "Thanks!")
    desk.faults("429:60")
    desk.publish()
    delete(desk.ws, action)
    desk.publish(after=10 * MINUTE, rounds=3)
    assert desk.texts() == []
    assert desk.ws.store.ledger.get(number).state in (ActionState.CANCELLED, ActionState.PUBLISHED)
    with pytest.raises(TooLate, match="removed"):
        reply(desk.ws, action, "Too late")


# ---------------------------------------------------------------- once, whatever happens

ACTS: dict[str, tuple[Callable[[Desk, Action], Any], list[str]]] = {
    "delete": (lambda desk, action: delete(desk.ws, action), []),
    "edit": (lambda desk, action: (edited(desk), decide(desk, Decision.APPROVE)), ["Warm bread. Come by"]),
    "reply": (lambda desk, action: reply(desk.ws, action, "Thanks!"), ["Fresh bread. Come by", "Thanks!"]),
}


@pytest.mark.parametrize("kind", ACTS)
@pytest.mark.parametrize("fault", ["drop", "503"])
def test_an_act_is_done_once_whatever_the_platform_answers(desk: Desk, kind: str, fault: str) -> None:
    do, after = ACTS[kind]
    do(desk, desk.out())
    desk.faults(fault)
    desk.publish()
    desk.publish(after=2 * MINUTE, rounds=3)
    (act,) = desk.of(ActionKind(kind))
    assert act.state is ActionState.PUBLISHED
    assert desk.texts() == after
    assert desk.is_sound()


@pytest.mark.parametrize("kind", ACTS)
@pytest.mark.parametrize("accepted", [True, False], ids=["answer lost", "request lost"])
def test_an_act_is_done_once_when_the_process_dies_before_the_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str, accepted: bool
) -> None:
    do, after = ACTS[kind]
    do(desk, desk.out())
    (act,) = desk.of(ActionKind(kind))
    asked: list[str] = []
    publisher = desk.ws.plugins.publisher("sandbox")
    real = getattr(publisher, kind)

    def and_dies(request: Any, ctx: Any) -> Any:
        asked.append(request.key)
        answer = real(request, ctx) if accepted or len(asked) > 1 else None
        if len(asked) == 1:
            desk.ws.store.begin_epoch(desk.clock.now())  # what this process still hears does not count
        return answer

    monkeypatch.setattr(publisher, kind, and_dies, raising=False)
    desk.publish()
    assert desk.ws.store.ledger.get(act.id).state is ActionState.UNKNOWN
    desk.publish(after=2 * MINUTE, rounds=3)
    assert set(asked) == {act.key}
    assert desk.ws.store.ledger.get(act.id).state is ActionState.PUBLISHED
    assert desk.texts() == after
    assert desk.is_sound()


@pytest.mark.parametrize(("kind", "state"), [("delete", "published"), ("edit", "published"), ("reply", "held")])
def test_without_key_and_find_only_what_may_be_asked_twice_is_asked_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str, state: str
) -> None:
    publisher = desk.ws.plugins.publisher("sandbox")
    action = desk.out()
    monkeypatch.setattr(publisher, "guarantees", Guarantees(http_only=False), raising=False)
    monkeypatch.setattr(publisher, "abilities", frozenset({Deletes, Edits, Replies, Imitates}), raising=False)
    do, after = ACTS[kind]
    do(desk, action)
    desk.faults("drop")
    desk.publish()
    desk.publish(after=2 * MINUTE, rounds=3)
    (act,) = desk.of(ActionKind(kind))
    assert (str(act.state), desk.texts()) == (state, after)
    assert act.attempts == (1 if state == "held" else 2)
    assert desk.is_sound()


def test_a_platform_that_cannot_do_it_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    action = desk.out()
    publisher = desk.ws.plugins.publisher("sandbox")
    monkeypatch.setattr(publisher, "abilities", frozenset(), raising=False)
    for act in (delete, update):
        with pytest.raises(SmmError, match="sandbox has no way to"):
            act(desk.ws, action)
    with pytest.raises(SmmError, match="do it on the platform itself"):
        reply(desk.ws, action, "Thanks!")


def test_a_refused_reply_waits_for_a_person(desk: Desk, tmp_path: Path) -> None:
    action = desk.out()
    number = reply(desk.ws, action, "Thanks!")
    desk.faults("refuse")
    desk.publish(rounds=2)
    assert desk.ws.store.ledger.get(number).state is ActionState.REFUSED
    assert len(desk.ws.store.ledger.attempts(number)) == 1
