"""The server's own scheduler: used where it is honoured, and undone where a server publishes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from desk import MINUTE, Desk, open_desk
from fediverse import BACKDATES, GOTOSOCIAL, IGNORES_SCHEDULES, MASTODON, PIXELFED, UNKNOWN, Behaviour

from smm_core.errors import SmmError
from smm_core.model import ActionKind
from smm_core.steps.collect import collect
from smm_core.testing import DropAfterAccepting, Received, Status

DAY = timedelta(days=1)
KEEPS = pytest.mark.parametrize("behaviour", [MASTODON, GOTOSOCIAL], ids=lambda one: one.program)
PUBLISHES_AT_ONCE = pytest.mark.parametrize(
    "behaviour", [IGNORES_SCHEDULES, BACKDATES], ids=["ignores schedules", "backdates"]
)


@pytest.fixture
def open_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    @contextmanager
    def opened(behaviour: Behaviour) -> Iterator[Desk]:
        with open_desk(tmp_path, monkeypatch, behaviour, profile='schedule = "platform"') as desk:
            yield desk

    return opened


def tomorrow(desk: Desk) -> str:
    return f"{desk.clock.now() + DAY:%Y-%m-%dT%H:%M}"


def is_hand_over(request: Received) -> bool:
    return request.method == "POST" and request.path == "/api/v1/statuses" and "scheduled_at" in request.json()


def hand_overs(desk: Desk) -> int:
    return sum(map(is_hand_over, desk.server.platform.requests))


@KEEPS
@pytest.mark.parametrize("fault", [None, DropAfterAccepting(), Status(code=503)], ids=["well", "lost answer", "503"])
def test_the_server_publishes_what_it_was_given(open_: object, behaviour: Behaviour, fault: object) -> None:
    with open_(behaviour) as desk:  # type: ignore[operator]
        desk.write("Fresh bread", at=tomorrow(desk))
        if fault is not None:
            desk.server.platform.fault(fault, when=is_hand_over)
        desk.publish()
        desk.publish(after=2 * MINUTE, rounds=2)
        taken = not (isinstance(fault, Status) and behaviour is GOTOSOCIAL)
        assert (len(desk.server.scheduled), desk.server.texts()) == (int(taken), [])
        assert desk.states() == ["waiting"]
        desk.publish(after=DAY + MINUTE, rounds=2)
        assert len(desk.server.shown()) == int(taken), "and where nobody can say, nothing goes out twice"
        assert desk.states() == (["published"] if taken else ["waiting"])
        assert desk.is_sound()


def test_what_is_withdrawn_is_taken_back(open_: object) -> None:
    with open_(GOTOSOCIAL) as desk:  # type: ignore[operator]
        desk.write("Fresh bread", at=tomorrow(desk))
        desk.publish()
        desk.ws.store.posts.withdraw(1, desk.clock.now(), "not today", "tester")
        desk.server.platform.fault(DropAfterAccepting(), when=lambda one: one.method == "DELETE")
        desk.publish(rounds=2)
        desk.publish(after=2 * MINUTE)
        assert (desk.server.scheduled, desk.states()) == ({}, ["cancelled"])
        desk.publish(after=DAY)
        assert desk.server.texts() == []
        assert desk.is_sound()


@PUBLISHES_AT_ONCE
@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_what_a_server_publishes_at_once_is_undone_and_goes_out_in_its_time(
    open_: object, behaviour: Behaviour, lost: bool
) -> None:
    with open_(behaviour) as desk:  # type: ignore[operator]
        desk.write("Fresh bread", at=tomorrow(desk))
        desk.write("Warm bread", at=tomorrow(desk))
        if lost:
            desk.server.platform.fault(DropAfterAccepting(), when=is_hand_over)
        desk.publish()
        desk.publish(after=2 * MINUTE, rounds=3)
        assert desk.server.texts() == [], "what was visible too soon is deleted"
        assert hand_overs(desk) == 1, "and no other post is given to that scheduler"
        assert desk.states(ActionKind.TAKE_BACK) == ["published"]
        desk.publish(rounds=3)
        acts = [*desk.states(ActionKind.HAND_OVER), *desk.states(ActionKind.HAND_OVER, post=2)]
        assert acts.count("published") == 1
        assert len(acts) <= 2, "it is not planned over and over either"
        assert (desk.states(), desk.states(post=2)) == (["scheduled"], ["scheduled"])
        told = [event.message for _, event in desk.ws.store.events.untold() if event.kind == "delivery.early"]
        assert len(told) == 1
        assert "went out too soon" in told[0]
        desk.publish(after=DAY)
        desk.publish(after=30 * MINUTE)
        assert sorted(desk.server.texts()) == ["Fresh bread", "Warm bread"]
        assert (desk.states(), desk.states(post=2)) == (["published"], ["published"])
        assert desk.is_sound()


def test_a_process_that_dies_after_the_answer_looks_at_it_afterwards(
    open_: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smm_core.steps import sending

    def dies(*_: object) -> None:
        raise SmmError("killed")

    with open_(BACKDATES) as desk:  # type: ignore[operator]
        desk.write("Fresh bread", at=tomorrow(desk))
        with monkeypatch.context() as dying:
            dying.setattr(sending, "look_at_once", dies)
            desk.publish()
        assert desk.server.texts() == ["Fresh bread"], "nobody has looked yet"
        desk.publish(rounds=2)
        assert (desk.server.texts(), desk.states(ActionKind.TAKE_BACK)) == ([], ["published"])
        assert desk.states() == ["scheduled"]


@pytest.mark.parametrize("behaviour", [PIXELFED, UNKNOWN], ids=["pixelfed", "unknown"])
def test_servers_that_are_not_known_to_schedule_are_never_asked_to(open_: object, behaviour: Behaviour) -> None:
    with open_(behaviour) as desk:  # type: ignore[operator]
        desk.write("Fresh bread", at=tomorrow(desk), picture=True)
        desk.publish()
        assert desk.states() == ["scheduled"]
        assert "no scheduler of its own" in desk.of(ActionKind.PUBLISH)[0].reason
        desk.publish(after=DAY)
        assert (desk.server.texts(), hand_overs(desk)) == (["Fresh bread"], 0)


def test_the_time_can_be_changed_while_the_server_has_it(open_: object) -> None:
    with open_(MASTODON) as desk:  # type: ignore[operator]
        desk.write("Fresh bread", at=tomorrow(desk))
        desk.publish()
        path = desk.ws.root / "content" / "posts" / "a.md"
        later = f"{desk.clock.now() + 2 * DAY:%Y-%m-%dT%H:%M}"
        path.write_text(path.read_text().replace(tomorrow(desk), later))
        collect(desk.ws)
        desk.approve()
        desk.publish()
        desk.approve()
        desk.publish()
        (kept,) = desk.server.scheduled.values()
        assert f"{kept['due']:%Y-%m-%dT%H:%M}" == later
        desk.publish(after=2 * DAY + MINUTE, rounds=2)
        assert (desk.server.texts(), desk.states()) == (["Fresh bread"], ["published"])
        assert desk.is_sound()
