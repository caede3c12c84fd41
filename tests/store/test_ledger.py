"""The ledger: nothing leaves without its attempt, nothing counts from a process that was overtaken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.errors import StoreError, TooLate
from smm_core.lifecycle import ACTION_MOVES
from smm_core.model import (
    Action,
    ActionKind,
    ActionState,
    Decision,
    Part,
    Post,
    PostContent,
    PostFound,
    PostState,
    Receipt,
    Variant,
    sealed,
)
from smm_core.store import Fenced, NotSent, Outcome, Planned, Store


def approved_post(store: Store, clock: FakeClock, name: str = "bread", parts: int = 1) -> tuple[Post, Variant]:
    """A post for the profile `social`, rendered, reviewed and approved."""
    now = clock.now()
    texts = tuple(f"{name} {number}" for number in range(parts))
    post = store.posts.put(
        "content", "acme", PostFound(key=f"posts/{name}", content=PostContent(parts=texts)), now
    ).post
    variant = sealed(Variant(profile="social", parts=tuple(Part(text=text) for text in texts)))
    store.posts.keep_variants(post, [(variant, ())], PostState.RENDERED, "", now)
    review = store.reviews.open(store.posts.get(post.id), "hand", {"social": variant.digest}, None, now)
    store.reviews.decide(review.id, Decision.APPROVE, "tester", now)
    return store.posts.get(post.id), variant


def planned(store: Store, clock: FakeClock, name: str = "bread", parts: int = 1) -> list[Action]:
    """The actions of an approved post that is due now."""
    post, variant = approved_post(store, clock, name, parts)
    plan = [
        Planned(kind=ActionKind.PUBLISH, seq=number, due_at=clock.now(), after=number - 1 if number else None)
        for number in range(parts)
    ]
    numbers = store.ledger.plan(post, {"social": (variant.digest, plan)}, clock.now())
    return [store.ledger.get(number) for number in numbers]


def test_a_claim_writes_the_attempt_before_anything_leaves(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    attempt = store.ledger.claim(action, epoch, clock.now())
    with Store(store.path) as other:
        assert [one.id for one in other.ledger.attempts(action.id)] == [attempt.id]
        assert other.ledger.get(action.id).state is ActionState.SENDING


def test_the_same_action_is_claimed_once(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    store.ledger.claim(action, epoch, clock.now())
    with pytest.raises(TooLate):
        store.ledger.claim(action, epoch, clock.now())


def test_what_is_not_approved_is_not_claimed(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    store.reviews.decide(1, Decision.REWORK, "tester", clock.now(), "wrong price")
    assert store.ledger.get(action.id).state is ActionState.CANCELLED
    with pytest.raises(TooLate):
        store.ledger.claim(action, epoch, clock.now())


def test_approval_taken_back_loses_the_race_against_sending(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    store.ledger.claim(action, store.begin_epoch(clock.now()), clock.now())
    with pytest.raises(TooLate, match="on its way"):
        store.reviews.decide(1, Decision.REWORK, "tester", clock.now(), "wrong price")


def test_an_edit_cancels_what_was_not_attempted_and_asks_again(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    change = store.posts.put(
        "content", "acme", PostFound(key="posts/bread", content=PostContent(parts=("new",))), clock.now()
    )
    assert change.too_late == ()
    assert change.post.state is PostState.WRITTEN
    assert store.ledger.get(action.id).state is ActionState.CANCELLED


def test_an_edit_after_the_first_attempt_is_told_too_late(store: Store, clock: FakeClock) -> None:
    first, second = planned(store, clock, parts=2)
    epoch = store.begin_epoch(clock.now())
    attempt = store.ledger.claim(first, epoch, clock.now())
    store.ledger.finish(attempt, Outcome(state=ActionState.PUBLISHED, receipt=Receipt(remote_id="1")), clock.now())
    change = store.posts.put(
        "content", "acme", PostFound(key="posts/bread", content=PostContent(parts=("new",))), clock.now()
    )
    assert change.too_late == ("social",)
    assert store.ledger.get(second.id).state is ActionState.SCHEDULED, "a thread that has begun is finished"


def test_an_older_epoch_is_fenced_out(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    attempt = store.ledger.claim(action, epoch, clock.now())
    store.begin_epoch(clock.now())
    assert store.ledger.get(action.id).state is ActionState.UNKNOWN
    with pytest.raises(Fenced):
        store.ledger.finish(attempt, Outcome(state=ActionState.PUBLISHED, receipt=Receipt(remote_id="1")), clock.now())
    assert store.ledger.get(action.id).state is ActionState.UNKNOWN


def test_a_part_waits_for_the_one_before_it(store: Store, clock: FakeClock) -> None:
    first, second = planned(store, clock, parts=2)
    epoch = store.begin_epoch(clock.now())
    assert second.state is ActionState.WAITING
    assert [action.id for action in store.ledger.due(clock.now())] == [first.id]
    attempt = store.ledger.claim(first, epoch, clock.now())
    store.ledger.finish(
        attempt, Outcome(state=ActionState.UNKNOWN, wake_at=clock.now() + timedelta(hours=1)), clock.now()
    )
    assert store.ledger.due(clock.now()) == []
    unknown = store.ledger.get(first.id)
    store.ledger.settle(
        unknown, Outcome(state=ActionState.PUBLISHED, receipt=Receipt(remote_id="1")), epoch, clock.now()
    )
    assert [action.id for action in store.ledger.due(clock.now())] == [second.id]


def test_a_pause_and_a_logged_out_profile_stop_claims_at_once(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    for stop, go_on in (
        (lambda: store.profiles.pause("", "me", clock.now()), lambda: store.profiles.resume("")),
        (lambda: store.profiles.pause("acme", "me", clock.now()), lambda: store.profiles.resume("acme")),
        (lambda: store.profiles.log_out("social", "expired"), lambda: store.profiles.log_in("social")),
    ):
        stop()
        assert store.ledger.due(clock.now()) == []
        assert store.ledger.next_wake() is None
        with pytest.raises(TooLate):
            store.ledger.claim(action, epoch, clock.now())
        go_on()
    assert len(store.ledger.due(clock.now())) == 1


def test_planning_twice_adds_nothing(store: Store, clock: FakeClock) -> None:
    post, variant = approved_post(store, clock)
    plans = {"social": (variant.digest, [Planned(kind=ActionKind.PUBLISH, seq=0, due_at=clock.now())])}
    store.ledger.plan(post, plans, clock.now())
    with pytest.raises(TooLate):
        store.ledger.plan(post, plans, clock.now())
    assert len(store.ledger.of_post(post.id)) == 1


def test_a_post_is_done_when_all_of_it_is_out(store: Store, clock: FakeClock) -> None:
    actions = planned(store, clock, parts=2)
    epoch = store.begin_epoch(clock.now())
    for number, action in enumerate(actions):
        attempt = store.ledger.claim(store.ledger.get(action.id), epoch, clock.now())
        store.ledger.finish(
            attempt, Outcome(state=ActionState.PUBLISHED, receipt=Receipt(remote_id=str(number))), clock.now()
        )
    assert store.posts.get(actions[0].post_id).state is PostState.DONE
    (delivery,) = store.ledger.deliveries()
    assert (delivery.state, delivery.sent, delivery.total) == ("published", 2, 2)


@pytest.mark.parametrize("before", list(ActionState))
@pytest.mark.parametrize("after", list(ActionState))
def test_the_store_refuses_every_move_that_is_not_in_the_table(
    store: Store, clock: FakeClock, before: ActionState, after: ActionState
) -> None:
    (action,) = planned(store, clock)
    with store._db.write() as tx:
        tx.execute("UPDATE actions SET state = ? WHERE id = ?", (before, action.id))
    outcome = Outcome(state=after, receipt=Receipt(remote_id="1"))
    if before is after or after in ACTION_MOVES[before]:
        store.ledger.settle(store.ledger.get(action.id), outcome, None, clock.now())
        assert store.ledger.get(action.id).state is after
    else:
        with pytest.raises(StoreError, match="cannot become"):
            store.ledger.settle(store.ledger.get(action.id), outcome, None, clock.now())
        assert store.ledger.get(action.id).state is before


def test_a_killed_process_leaves_its_attempt_as_unknown(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    (action,) = planned(store, clock)
    script = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from smm_core.clock import SystemClock
        from smm_core.store import Store
        store, now = Store(Path({str(store.path)!r})), SystemClock().now()
        epoch = store.begin_epoch(now)
        store.ledger.claim(store.ledger.get({action.id}), epoch, now)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run([sys.executable, "-c", script], env={**os.environ}, check=False)
    assert ended.returncode == -signal.SIGKILL
    store.begin_epoch(clock.now())
    assert store.ledger.get(action.id).state is ActionState.UNKNOWN
    (attempt,) = store.ledger.attempts(action.id)
    assert attempt.outcome == "unknown"


def test_what_may_be_out_is_not_replaced_by_an_edit(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    attempt = store.ledger.claim(action, epoch, clock.now())
    store.ledger.finish(attempt, Outcome(state=ActionState.UNKNOWN), clock.now())
    store.ledger.settle(
        store.ledger.get(action.id), Outcome(state=ActionState.HELD, reason="unknown: look"), epoch, clock.now()
    )
    edited = PostFound(key="posts/bread", content=PostContent(parts=("new",)))
    assert store.posts.put("content", "acme", edited, clock.now()).too_late == ("social",)
    assert store.ledger.get(action.id).state is ActionState.HELD
    with pytest.raises(TooLate):
        store.reviews.decide(1, Decision.REWORK, "tester", clock.now(), "stop")


def test_what_is_surely_not_out_may_be_edited_again(store: Store, clock: FakeClock) -> None:
    (action,) = planned(store, clock)
    epoch = store.begin_epoch(clock.now())
    attempt = store.ledger.claim(action, epoch, clock.now())
    store.ledger.finish(attempt, Outcome(state=ActionState.UNKNOWN), clock.now())
    outcome = Outcome(state=ActionState.SCHEDULED, not_sent=NotSent.ALL, wake_at=clock.now())
    store.ledger.settle(store.ledger.get(action.id), outcome, epoch, clock.now())
    edited = PostFound(key="posts/bread", content=PostContent(parts=("new",)))
    assert store.posts.put("content", "acme", edited, clock.now()).too_late == ()
    assert store.ledger.get(action.id).state is ActionState.CANCELLED
