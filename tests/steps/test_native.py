"""The platform's own scheduler: what it has is sent by nobody else, and comes back when a person wants it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from smm_core.clock import FakeClock
from smm_core.contracts import SchedulesNatively
from smm_core.model import Action, ActionKind, ActionState, Decision, PostState, ReviewState
from smm_core.steps.collect import collect
from smm_core.steps.measure import measure
from smm_core.steps.placing import Place, move_of
from smm_core.steps.schedule import schedule
from smm_core.store import Held, Move
from smm_core.workspace import Workspace
from tests.conftest import write_post
from tests.steps.test_acts import MINUTE, Desk

DAY = timedelta(days=1)
TOMORROW = '"2026-11-24 09:00"'
DUE = datetime.fromisoformat("2026-11-24T08:00:00+00:00")


@pytest.fixture
def desk(root: Any, clock: FakeClock) -> Any:
    """A profile whose posts the platform schedules."""
    text = (root / "smm.toml").read_text()
    (root / "smm.toml").write_text(
        text.replace('imitates = "microblog"', 'imitates = "microblog"\nschedule = "platform"')
    )
    with Workspace(root, clock) as ws:
        yield Desk(ws, clock)


def handed(desk: Desk, text: str = "Fresh bread.", **front: str) -> Action:
    """A post that the platform's scheduler has."""
    desk.write(text, **{"at": TOMORROW} | front)
    desk.approve()
    desk.publish()
    return delivery(desk)


def delivery(desk: Desk) -> Action:
    return desk.of(ActionKind.PUBLISH)[-1]


def states(desk: Desk, kind: ActionKind) -> list[str]:
    return [str(one.state) for one in desk.of(kind)]


def on_schedule(desk: Desk) -> list[tuple[str, datetime]]:
    """What the platform will show, and when."""
    with desk.network.reading() as session:
        shown = session.visible("social", desk.clock.now() + timedelta(days=60))
    return [(one.text, one.visible_at) for one in shown if one.visible_at > desk.clock.now()]


# ---------------------------------------------------------------- handing over


def test_the_platform_sends_what_it_was_handed(desk: Desk) -> None:
    action = handed(desk)
    assert (action.state, action.attempts) == (ActionState.WAITING, 0)
    (act,) = desk.of(ActionKind.HAND_OVER)
    assert act.state is ActionState.PUBLISHED
    assert act.receipt is not None
    assert act.receipt.remote_id.startswith("s")
    assert on_schedule(desk) == [("Fresh bread. Come by", DUE)]
    assert desk.is_sound()

    desk.publish(after=DAY - MINUTE)
    assert (delivery(desk).state, desk.texts()) == (ActionState.WAITING, [])
    desk.publish(after=2 * MINUTE)
    action = delivery(desk)
    assert (action.state, action.attempts, desk.texts()) == (ActionState.PUBLISHED, 0, ["Fresh bread. Come by"])
    assert action.receipt is not None
    assert (action.receipt.at, action.receipt.remote_id) == (DUE, desk.shown()[0].id)
    assert desk.ws.store.posts.get(1).state is PostState.DONE
    assert desk.is_sound()


def test_it_goes_out_while_this_machine_sleeps_and_measure_hears_of_it(desk: Desk) -> None:
    handed(desk)
    desk.clock.advance(timedelta(days=5))
    lines = measure(desk.ws).lines
    assert delivery(desk).state is ActionState.PUBLISHED
    assert any("2 subjects" in line for line in lines), "and its numbers are read"


def test_it_is_handed_over_when_the_platform_takes_it_and_not_before(desk: Desk) -> None:
    action = handed(desk, at='"2027-01-22 09:00"')
    assert (action.state, action.reason) == (ActionState.SCHEDULED, "the platform does not take it so early")
    assert action.next_try_at == action.due_at - timedelta(days=30)
    desk.publish(after=timedelta(days=30, hours=1))
    assert delivery(desk).state is ActionState.WAITING


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        ("Fresh bread.", '"2026-11-23 09:03"', "too near"),
        ("One.\n\n---\n\nTwo.", TOMORROW, "single posts only"),
    ],
)
def test_what_the_platform_cannot_schedule_is_sent_by_smm(desk: Desk, text: str, at: str, why: str) -> None:
    desk.write(text, at=at)
    desk.approve()
    desk.publish()
    assert states(desk, ActionKind.HAND_OVER) == []
    first = desk.of(ActionKind.PUBLISH)[0]
    assert first.state is ActionState.SCHEDULED
    assert why in first.reason or at != TOMORROW
    desk.publish(after=DAY + MINUTE, rounds=2) if at == TOMORROW else desk.publish(after=5 * MINUTE)
    assert set(states(desk, ActionKind.PUBLISH)) == {"published"}
    assert desk.is_sound()


def test_a_platform_without_a_scheduler_leaves_it_to_smm(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = desk.ws.plugins.publisher("sandbox")
    monkeypatch.setattr(publisher, "abilities", publisher.abilities - {SchedulesNatively}, raising=False)
    action = handed(desk)
    assert (action.state, action.reason) == (
        ActionState.SCHEDULED,
        "sandbox has no scheduler of its own: smm sends it",
    )
    desk.publish(after=DAY)
    assert desk.texts() == ["Fresh bread. Come by"]


def test_what_came_too_near_while_the_platform_was_unwell_is_sent_by_smm(desk: Desk) -> None:
    desk.write("Fresh bread.", at='"2026-11-23 09:30"')
    desk.approve()
    desk.faults("429:1560")
    desk.publish()
    desk.publish(after=27 * MINUTE)
    assert states(desk, ActionKind.HAND_OVER) == ["cancelled"]
    assert delivery(desk).state is ActionState.SCHEDULED
    desk.publish(after=4 * MINUTE)
    assert desk.texts() == ["Fresh bread. Come by"]
    assert desk.is_sound()


def test_a_hand_over_that_is_refused_waits_for_a_person(desk: Desk) -> None:
    desk.write("Fresh bread.", at=TOMORROW)
    desk.approve()
    desk.faults("refuse")
    desk.publish(rounds=2)
    assert states(desk, ActionKind.HAND_OVER) == ["refused"]
    desk.publish(after=DAY + 2 * MINUTE, rounds=2)
    assert desk.texts() == [], "a refusal is no word to send it in another way"
    assert desk.is_sound()


# ---------------------------------------------------------------- once, whatever happens


@pytest.mark.parametrize("fault", ["drop", "503", "429:30"])
def test_it_is_handed_over_once_whatever_the_platform_answers(desk: Desk, fault: str) -> None:
    desk.write("Fresh bread.", at=TOMORROW)
    desk.approve()
    desk.faults(fault)
    desk.publish()
    desk.publish(after=2 * MINUTE, rounds=3)
    assert on_schedule(desk) == [("Fresh bread. Come by", DUE)]
    desk.publish(after=DAY, rounds=2)
    assert (states(desk, ActionKind.PUBLISH), desk.texts()) == (["published"], ["Fresh bread. Come by"])
    assert desk.is_sound()


@pytest.mark.parametrize("method", ["hand_over", "take_back"])
@pytest.mark.parametrize("accepted", [True, False], ids=["answer lost", "request lost"])
def test_it_is_done_once_when_the_process_dies_before_the_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str, accepted: bool
) -> None:
    publisher = desk.ws.plugins.publisher("sandbox")
    real: Callable[..., Any] = getattr(publisher, method)
    asked: list[str] = []

    def and_dies(request: Any, ctx: Any) -> Any:
        asked.append(request.key)
        answer = real(request, ctx) if accepted or len(asked) > 1 else None
        if len(asked) == 1:
            desk.ws.store.begin_epoch(desk.clock.now())
        return answer

    monkeypatch.setattr(publisher, method, and_dies, raising=False)
    action = handed(desk)
    if method == "take_back":
        desk.ws.store.posts.withdraw(1, desk.clock.now(), "not today", "tester")
        desk.publish()
    kind = ActionKind.HAND_OVER if method == "hand_over" else ActionKind.TAKE_BACK
    assert states(desk, kind) == ["unknown"]
    desk.publish(after=2 * MINUTE, rounds=3)
    assert (states(desk, kind), len(set(asked))) == (["published"], 1)
    desk.publish(after=DAY, rounds=2)
    expected = ["Fresh bread. Come by"] if method == "hand_over" else []
    assert desk.texts() == expected
    assert desk.ws.store.ledger.get(action.id).state is (ActionState.PUBLISHED if expected else ActionState.CANCELLED)
    assert desk.is_sound()


def test_nobody_here_can_claim_what_the_platform_has(desk: Desk) -> None:
    action = handed(desk)
    from smm_core.errors import TooLate

    with pytest.raises(TooLate):
        desk.ws.store.ledger.claim(action, desk.ws.store.begin_epoch(desk.clock.now()), desk.clock.now())


def test_what_the_platform_lost_is_held_for_a_person(desk: Desk) -> None:
    action = handed(desk)
    with desk.network.writing() as session:
        session.forget("social")
    desk.publish(after=DAY + MINUTE)
    action = delivery(desk)
    assert action.state is ActionState.HELD
    assert action.reason.startswith("unknown: the platform knows neither")
    assert desk.is_sound()
    desk.write("Another text.", at='"2026-11-26 09:00"')
    assert delivery(desk).state is ActionState.HELD, "an edit comes too late: it may be out"
    desk.publish(after=DAY, rounds=2)
    assert desk.texts() == []


# ---------------------------------------------------------------- asked back


def withdraw(desk: Desk) -> None:
    desk.ws.store.posts.withdraw(1, desk.clock.now(), "not today", "tester")


def rework(desk: Desk) -> None:
    (asked,) = desk.ws.store.reviews.listed(state=ReviewState.APPROVED)
    desk.ws.store.reviews.decide(asked.id, Decision.REWORK, "tester", desk.clock.now(), "not like that")


def draft(desk: Desk) -> None:
    desk.write("Fresh bread.", at=TOMORROW, draft="true")


def cancel(desk: Desk) -> None:
    assert desk.ws.store.ledger.give_up(delivery(desk), "cancelled by tester", "tester", desk.clock.now())


@pytest.mark.parametrize("ends", [withdraw, rework, draft, cancel])
def test_what_is_no_longer_wanted_is_taken_back_first(desk: Desk, ends: Callable[[Desk], None]) -> None:
    handed(desk)
    ends(desk)
    assert delivery(desk).state is ActionState.WAITING, "the platform still has it"
    assert desk.is_sound()
    desk.publish()
    assert (delivery(desk).state, on_schedule(desk)) == (ActionState.CANCELLED, [])
    assert states(desk, ActionKind.TAKE_BACK) == ["published"]
    desk.publish(after=DAY + MINUTE, rounds=2)
    assert desk.texts() == []
    assert desk.is_sound()


@pytest.mark.parametrize("ends", [withdraw, rework, draft, cancel])
def test_what_is_no_longer_wanted_before_it_was_handed_over_never_is(
    desk: Desk, ends: Callable[[Desk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("Fresh bread.", at=TOMORROW)
    desk.approve()
    desk.ws.store.ledger.hand_over(delivery(desk), desk.clock.now())
    if ends is cancel:
        assert not desk.ws.store.ledger.give_up(delivery(desk), "cancelled by tester", "tester", desk.clock.now())
    else:
        ends(desk)
    desk.publish()
    assert (states(desk, ActionKind.HAND_OVER), states(desk, ActionKind.TAKE_BACK)) == (["cancelled"], [])
    assert on_schedule(desk) == []
    assert delivery(desk).state is ActionState.CANCELLED
    assert desk.is_sound()


@pytest.mark.parametrize("accepted", [True, False])
def test_withdrawing_races_with_handing_over(desk: Desk, monkeypatch: pytest.MonkeyPatch, accepted: bool) -> None:
    """A person withdraws between the claim of the hand-over and its answer."""
    publisher = desk.ws.plugins.publisher("sandbox")
    real = publisher.hand_over  # type: ignore[attr-defined]
    calls: list[str] = []

    def meanwhile(request: Any, ctx: Any) -> Any:
        calls.append(request.key)
        withdraw(desk)
        if accepted:
            return real(request, ctx)
        from smm_core.errors import TryLater

        raise TryLater("busy")

    monkeypatch.setattr(publisher, "hand_over", meanwhile, raising=False)
    handed(desk)
    desk.publish(after=MINUTE, rounds=3)
    assert (len(calls), on_schedule(desk)) == (1, [])
    assert (delivery(desk).state, desk.ws.store.posts.get(1).state) == (ActionState.CANCELLED, PostState.WITHDRAWN)
    desk.publish(after=DAY, rounds=2)
    assert desk.texts() == []
    assert desk.is_sound()


def test_too_late_to_take_it_back_is_said(desk: Desk) -> None:
    handed(desk)
    desk.clock.advance(DAY + MINUTE)
    withdraw(desk)
    desk.publish(rounds=2)
    assert delivery(desk).state is ActionState.PUBLISHED
    assert desk.texts() == ["Fresh bread. Come by"]
    assert states(desk, ActionKind.TAKE_BACK) == ["cancelled"]
    assert desk.is_sound()


def test_an_edit_is_carried_over(desk: Desk) -> None:
    handed(desk)
    desk.write("Warm bread.", at=TOMORROW)
    desk.approve()
    assert desk.ws.store.posts.get(1).state is PostState.APPROVED, "it waits for the platform to let go"
    desk.publish()
    assert on_schedule(desk) == []
    schedule(desk.ws)
    desk.publish()
    assert on_schedule(desk) == [("Warm bread. Come by", DUE)]
    desk.publish(after=DAY + MINUTE)
    assert desk.texts() == ["Warm bread. Come by"]
    assert desk.is_sound()


def test_another_time_is_carried_over(desk: Desk) -> None:
    handed(desk)
    desk.write("Fresh bread.", at='"2026-11-25 09:00"')
    desk.approve()
    desk.publish()
    schedule(desk.ws)
    desk.publish()
    assert on_schedule(desk) == [("Fresh bread. Come by", DUE + DAY)]
    assert len({one.key for one in desk.of(ActionKind.HAND_OVER)}) == 2
    assert desk.is_sound()


def test_a_post_that_makes_room_in_the_queue_is_scheduled_anew(desk: Desk) -> None:
    def queued(name: str, at: str) -> None:
        front = {"profiles": '["social"]', "at": f'"{at}"', "call_to_action": '"Come by"'}
        write_post(desk.ws.root, name, f"{name} Come by", **front)
        collect(desk.ws)
        desk.approve()
        desk.publish()

    queued("a", "next")
    queued("b", "next")
    before = dict(on_schedule(desk))
    assert len(before) == 2
    queued("c", "first")
    desk.publish(rounds=2)
    after = dict(on_schedule(desk))
    assert after["c Come by"] == before["a Come by"]
    assert after["a Come by"] == before["b Come by"]
    assert after["b Come by"] > before["b Come by"]
    desk.publish(after=timedelta(days=4), rounds=2)
    assert desk.texts() == ["c Come by", "a Come by", "b Come by"]
    assert desk.is_sound()


def test_an_unwell_platform_takes_it_back_later(desk: Desk) -> None:
    handed(desk)
    desk.faults("503", "drop")
    withdraw(desk)
    desk.publish()
    desk.publish(after=5 * MINUTE, rounds=4)
    assert (states(desk, ActionKind.TAKE_BACK), on_schedule(desk)) == (["published"], [])
    assert desk.is_sound()


def test_a_refusal_to_let_go_waits_for_a_person_while_the_platform_sends_it(desk: Desk) -> None:
    handed(desk)
    desk.faults("refuse")
    withdraw(desk)
    desk.publish()
    assert (states(desk, ActionKind.TAKE_BACK), delivery(desk).state) == (["refused"], ActionState.WAITING)
    desk.publish(after=DAY + MINUTE)
    assert (states(desk, ActionKind.TAKE_BACK), delivery(desk).state) == (["cancelled"], ActionState.PUBLISHED)
    assert desk.is_sound()


def test_what_is_gone_because_we_took_it_back_is_not_held_as_lost(desk: Desk) -> None:
    """The platform let go of it and the answer got lost; then comes its time, before that is settled."""
    handed(desk)
    desk.faults("drop", "503")
    withdraw(desk)
    desk.publish()
    assert states(desk, ActionKind.TAKE_BACK) == ["unknown"]
    desk.clock.advance(DAY + MINUTE)
    measure(desk.ws)
    assert delivery(desk).state is ActionState.WAITING
    desk.publish(after=10 * MINUTE, rounds=3)
    assert (states(desk, ActionKind.TAKE_BACK), delivery(desk).state) == (["published"], ActionState.CANCELLED)
    assert desk.texts() == []
    assert desk.is_sound()


def test_a_post_is_done_when_it_is_out_whatever_else_is_open(desk: Desk) -> None:
    handed(desk)
    desk.faults("refuse")
    cancel(desk)
    desk.publish()
    desk.publish(after=DAY + MINUTE)
    assert (delivery(desk).state, desk.ws.store.posts.get(1).state) == (ActionState.PUBLISHED, PostState.DONE)
    assert desk.is_sound()


def clocks_change(desk: Desk) -> None:
    """Everything planned by the wall clock of Amsterdam is due an hour later."""

    def later(held: Held) -> Move:
        place = Place(due_at=held.due_at + timedelta(hours=1), wall=held.wall, zone=held.zone)
        return move_of(held, place, "the clocks change", zone="Europe/Amsterdam", now=desk.clock.now())

    ledger, at_once = desk.ws.store.ledger, desk.ws.config.handing_over
    ledger.replan(["Europe/Amsterdam"], later, desk.clock.now(), ahead=10 * MINUTE, at_once=at_once)


def test_what_moves_before_it_was_handed_over_is_handed_over_once(desk: Desk) -> None:
    desk.write("Fresh bread.", at=TOMORROW)
    desk.approve()
    desk.ws.store.ledger.hand_over(delivery(desk), desk.clock.now())
    clocks_change(desk)
    desk.publish()
    assert on_schedule(desk) == [("Fresh bread. Come by", DUE + timedelta(hours=1))]
    assert (states(desk, ActionKind.HAND_OVER), states(desk, ActionKind.TAKE_BACK)) == (["published"], [])
    assert desk.is_sound()


def test_what_moves_twice_is_taken_back_once(desk: Desk) -> None:
    handed(desk)
    clocks_change(desk)
    clocks_change(desk)
    desk.publish(rounds=2)
    assert on_schedule(desk) == [("Fresh bread. Come by", DUE + timedelta(hours=2))]
    assert (len(states(desk, ActionKind.HAND_OVER)), states(desk, ActionKind.TAKE_BACK)) == (2, ["published"])
    assert desk.is_sound()


def test_a_delivery_whose_zone_changes_its_clocks_is_scheduled_anew(desk: Desk) -> None:
    handed(desk)
    clocks_change(desk)
    assert on_schedule(desk) == [("Fresh bread. Come by", DUE)]
    desk.publish(rounds=2)
    assert on_schedule(desk) == [("Fresh bread. Come by", DUE + timedelta(hours=1))]
    assert states(desk, ActionKind.TAKE_BACK) == ["published"]
    desk.publish(after=DAY + timedelta(hours=2))
    assert desk.texts() == ["Fresh bread. Come by"]
    assert desk.is_sound()
