"""What may be out already: it settles from when its attempt ended, its key has a life, and an edit does not go around it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.errors import TooLate
from smm_core.lifecycle import A_MOMENT
from smm_core.model import Action, ActionState, PostState
from smm_core.store import NotApproved, NotSent, Outcome, Store
from tests.steps.test_publish import Platform, approve, odd_workspace, scheduled, written
from tests.store.test_ledger import planned

FINDS = 'find="exact", absent_after=timedelta(minutes=5), '
HAS_KEY = "key_life=timedelta(hours=1), "


@pytest.fixture
def finding(root: Path, clock: FakeClock) -> Iterator[Platform]:
    """A platform that can be asked."""
    with odd_workspace(root, clock, guarantees=FINDS, abilities="Finds") as platform:
        yield platform


@pytest.fixture
def keyed(root: Path, clock: FakeClock) -> Iterator[Platform]:
    """A platform that knows its keys for an hour."""
    with odd_workspace(root, clock, guarantees=HAS_KEY) as platform:
        yield platform


def claimed_then_ended_after(platform: Platform, clock: FakeClock, wait: timedelta) -> None:
    """A process that claimed, was frozen for a while, and was killed: its request may have left just before."""
    ledger = platform.ws.store.ledger
    ledger.claim(platform.action(), platform.ws.store.begin_epoch(clock.now()), clock.now())
    clock.advance(wait)
    platform.ws.store.begin_epoch(clock.now())


def test_settling_begins_when_the_attempt_ended(finding: Platform, clock: FakeClock) -> None:
    scheduled(finding)
    claimed_then_ended_after(finding, clock, timedelta(hours=1))
    finding.publish()
    assert (finding.action().state, finding.sent()) == (ActionState.UNKNOWN, [])
    clock.advance(timedelta(minutes=5))
    finding.publish()
    assert (finding.action().state, len(finding.sent())) == (ActionState.PUBLISHED, 1)


def test_a_key_settles_after_a_crash_as_well(root: Path, clock: FakeClock) -> None:
    with odd_workspace(root, clock, guarantees=HAS_KEY + "key_settles=timedelta(minutes=2), ") as platform:
        scheduled(platform)
        claimed_then_ended_after(platform, clock, timedelta(minutes=1))
        clock.advance(timedelta(seconds=119))
        platform.publish()
        assert platform.sent() == []
        clock.advance(timedelta(seconds=1 + A_MOMENT))
        platform.publish()
        assert len(platform.sent()) == 1


def test_the_life_of_a_key_begins_with_the_first_attempt_in_doubt(keyed: Platform, clock: FakeClock) -> None:
    scheduled(keyed)
    keyed.answers("send", "unknown", "unknown")
    keyed.publish()
    clock.advance(timedelta(minutes=50))
    keyed.publish()
    assert (keyed.action().state, len(keyed.sent())) == (ActionState.UNKNOWN, 2)
    clock.advance(timedelta(minutes=20))
    keyed.publish()
    assert (keyed.action().state, len(keyed.sent())) == (ActionState.HELD, 2), "the key of the first may be forgotten"


def test_a_key_that_ran_out_while_it_waited_is_not_sent_again(keyed: Platform, clock: FakeClock) -> None:
    scheduled(keyed)
    keyed.answers("send", "unknown", "later")
    keyed.publish()
    clock.advance(timedelta(seconds=10))
    keyed.publish()
    assert (keyed.action().state, len(keyed.sent())) == (ActionState.SCHEDULED, 2)
    keyed.ws.store.profiles.pause("", "tester", clock.now())
    clock.advance(timedelta(hours=2))
    keyed.ws.store.profiles.resume("")
    keyed.publish()
    assert (keyed.action().state, len(keyed.sent())) == (ActionState.HELD, 2)
    assert keyed.action().reason.startswith("unknown:")


def test_no_clear_answer_again_and_again_is_asked_less_and_less_often(keyed: Platform, clock: FakeClock) -> None:
    scheduled(keyed)
    keyed.answers("send", *["unknown"] * 100)
    for _ in range(300):
        keyed.publish()
        clock.advance(timedelta(seconds=1))
    assert 3 <= len(keyed.sent()) <= 9


def test_an_edit_does_not_go_around_what_is_held_in_doubt(root: Path, clock: FakeClock) -> None:
    with odd_workspace(root, clock) as platform:
        scheduled(platform)
        platform.answers("send", "unknown")
        platform.publish()
        clock.advance(timedelta(minutes=5))
        platform.publish()
        assert platform.action().state is ActionState.HELD
        written(platform, "Fresh rolls.")
        approve(platform)
        platform.publish()
        assert platform.sent() == ["Fresh bread. Come by"]


def test_an_edit_during_an_attempt_that_was_not_accepted_replaces_it(keyed: Platform, clock: FakeClock) -> None:
    scheduled(keyed)
    ledger, now = keyed.ws.store.ledger, clock.now()
    attempt = ledger.claim(keyed.action(), keyed.ws.store.begin_epoch(now), now)
    written(keyed, "Fresh rolls.")
    ledger.finish(attempt, Outcome(state=ActionState.SCHEDULED, wake_at=now + timedelta(minutes=1), failed=True), now)
    approve(keyed)
    clock.advance(timedelta(minutes=2))
    keyed.publish()
    assert keyed.sent() == ["Fresh rolls. Come by"]


def test_what_is_dropped_takes_the_rest_of_its_thread_along(keyed: Platform, clock: FakeClock) -> None:
    scheduled(keyed, "One.\n\n---\n\nTwo.\n\n---\n\nThree.", late='"drop"')
    clock.advance(timedelta(hours=4))
    keyed.publish()
    assert {action.state for action in keyed.ws.store.ledger.of_post(1)} == {ActionState.CANCELLED}
    assert keyed.ws.store.posts.get(1).state is PostState.DONE


def test_a_word_about_an_older_attempt_does_not_count(store: Store, clock: FakeClock) -> None:
    def unknown() -> Action:
        attempt = store.ledger.claim(store.ledger.get(action.id), epoch, clock.now())
        store.ledger.finish(attempt, Outcome(state=ActionState.UNKNOWN), clock.now())
        return store.ledger.get(action.id)

    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    seen = unknown()
    store.ledger.settle(seen, Outcome(state=ActionState.SCHEDULED, wake_at=clock.now()), epoch, clock.now())
    unknown()
    with pytest.raises(TooLate):
        store.ledger.settle(seen, Outcome(state=ActionState.SCHEDULED, not_sent=NotSent.ALL), None, clock.now())


def test_a_cancelled_part_takes_those_after_it_along(store: Store, clock: FakeClock) -> None:
    first, second, third = planned(store, clock, parts=3)
    attempt = store.ledger.claim(first, store.begin_epoch(clock.now()), clock.now())
    store.ledger.finish(attempt, Outcome(state=ActionState.PUBLISHED), clock.now())
    store.ledger.settle(store.ledger.get(second.id), Outcome(state=ActionState.CANCELLED), None, clock.now())
    assert store.ledger.get(third.id).state is ActionState.CANCELLED
    assert store.posts.get(first.post_id).state is PostState.DONE


def test_a_post_whose_rest_is_withdrawn_is_done(keyed: Platform, clock: FakeClock) -> None:
    ws = keyed.ws
    scheduled(keyed, profiles='["social", "short"]')
    sent, waiting = ws.store.ledger.of_post(1)
    attempt = ws.store.ledger.claim(sent, ws.store.begin_epoch(clock.now()), clock.now())
    ws.store.ledger.finish(attempt, Outcome(state=ActionState.PUBLISHED), clock.now())
    assert ws.store.posts.withdraw(1, clock.now(), "no").too_late == (sent.profile,)
    assert ws.store.ledger.get(waiting.id).state is ActionState.CANCELLED
    assert ws.store.posts.get(1).state is PostState.DONE


def test_a_process_killed_in_its_first_epoch_leaves_a_database_that_is_known(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raise_and_die(now: datetime) -> int:
        raise_epoch(now)
        raise KeyboardInterrupt

    raise_epoch = store.ledger.raise_epoch
    monkeypatch.setattr(store.ledger, "raise_epoch", raise_and_die)
    with pytest.raises(KeyboardInterrupt):
        store.begin_epoch(clock.now())
    assert (store.ledger.epoch(), store.doubt()) == (1, "")


def test_a_claim_looks_for_the_approval_itself(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    with store._db.write() as tx:
        tx.execute("DELETE FROM approvals")
    with pytest.raises(NotApproved):
        store.ledger.claim(action, epoch, clock.now())
    assert store.ledger.attempts(action.id) == []


def test_giving_up_on_the_second_attempt_says_nothing_of_the_first(root: Path, clock: FakeClock) -> None:
    with odd_workspace(root, clock, guarantees=HAS_KEY, abilities="Resumes") as keyed:
        scheduled(keyed)
        keyed.answers("send", "unknown", "pending")
        keyed.answers("resume", "rejected")
        for wait in (0, 10, 120):
            clock.advance(timedelta(seconds=wait))
            keyed.publish()
        assert (keyed.action().state, len(keyed.sent())) == (ActionState.REFUSED, 2)
        clock.advance(timedelta(hours=2))
        again = Outcome(state=ActionState.SCHEDULED, wake_at=clock.now())
        keyed.ws.store.ledger.settle(keyed.action(), again, None, clock.now())
        keyed.publish()
        assert (keyed.action().state, len(keyed.sent())) == (ActionState.HELD, 2), "the first may be out"
