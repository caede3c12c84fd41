"""schedule: slots, the queue's front and end, times of their own, and what makes room for what."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smm_core.clock import FakeClock, wall_of
from smm_core.errors import TooLate
from smm_core.model import (
    ActionState,
    Decision,
    Late,
    Part,
    Post,
    PostContent,
    PostFound,
    PostState,
    Profile,
    Slot,
    Variant,
    When,
    WhenKind,
    sealed,
)
from smm_core.slots import parse_slots
from smm_core.steps.collect import collect
from smm_core.steps.placing import choose
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store import Store
from smm_core.workspace import Workspace
from tests.conftest import MONDAY, write_post

AMSTERDAM = "Europe/Amsterdam"


def approve(ws: Workspace) -> None:
    for step in (collect, render, review):
        step(ws)
    for one in ws.store.reviews.listed():
        if one.state == "open":
            ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", ws.clock.now())


def planned(ws: Workspace, *, profile: str = "social") -> dict[str, str]:
    """Slug → wall time of what has its time on a profile, in order."""
    held = ws.store.ledger.held(profile, ws.clock.now() - timedelta(days=9), ws.clock.now())
    return {one.slug: f"{wall_of(one.due_at, AMSTERDAM):%a %d %H:%M}" for one in held}


def put(ws: Workspace, **posts: str) -> None:
    """Posts for the profile `social`, each with its `at`, approved and planned one after the other."""
    for name, at in posts.items():
        write_post(ws.root, name, f"About {name}.", profiles='["social"]', at=f'"{at}"', call_to_action='"Come by"')
        approve(ws)
        schedule(ws)


# ---------------------------------------------------------------- the queue


def test_next_fills_gaps_and_nobody_moves(ws: Workspace) -> None:
    put(ws, one="next", two="next", three="next")
    assert planned(ws) == {"one": "Mon 23 17:00", "two": "Tue 24 09:00", "three": "Tue 24 17:00"}
    ws.store.posts.withdraw(ws.store.posts.find("two").id, ws.clock.now(), "no")
    assert planned(ws) == {"one": "Mon 23 17:00", "three": "Tue 24 17:00"}
    put(ws, four="next", five="next")
    assert planned(ws) == {
        "one": "Mon 23 17:00",
        "four": "Tue 24 09:00",
        "three": "Tue 24 17:00",
        "five": "Wed 25 09:00",
    }


def test_the_end_is_after_the_last_slot_that_is_taken_and_leaves_gaps_alone(ws: Workspace) -> None:
    put(ws, far="2027-06-01T12:00", one="next", two="next", three="next")
    ws.store.posts.withdraw(ws.store.posts.find("two").id, ws.clock.now(), "no")
    put(ws, last="end")
    assert planned(ws)["last"] == "Wed 25 09:00", "a time of its own far ahead is no part of the queue"
    ws.store.posts.withdraw(ws.store.posts.find("last").id, ws.clock.now(), "no")
    ws.store.posts.withdraw(ws.store.posts.find("three").id, ws.clock.now(), "no")
    ws.store.posts.withdraw(ws.store.posts.find("one").id, ws.clock.now(), "no")
    put(ws, alone="end")
    assert planned(ws)["alone"] == "Mon 23 17:00"


def test_first_takes_the_next_slot_and_tells_of_everybody_who_makes_room(ws: Workspace) -> None:
    put(ws, one="next", fixed="2026-11-24T09:00", two="next", four="end")
    ws.store.posts.withdraw(ws.store.posts.find("four").id, ws.clock.now(), "no")
    put(ws, five="2026-11-26T17:00", urgent="first")
    assert planned(ws) == {
        "urgent": "Mon 23 17:00",
        "fixed": "Tue 24 09:00",
        "one": "Tue 24 17:00",
        "two": "Wed 25 09:00",
        "five": "Thu 26 17:00",
    }
    (moved,) = [event for event in ws.store.events.about("post:1") if event.kind == "delivery.moved"]
    assert moved.message == (
        "post one → social moves from Mon 2026-11-23 17:00 to Tue 2026-11-24 17:00 Europe/Amsterdam: post urgent goes first"
    )
    (action,) = ws.store.ledger.of_post(1)
    assert action.reason == "moved from Mon 2026-11-23 17:00 Europe/Amsterdam: post urgent goes first"
    assert action.next_try_at == action.due_at - ws.config.publish.prepare_ahead


def test_a_thread_moves_as_a_whole(ws: Workspace) -> None:
    put(ws, one="next")
    write_post(ws.root, "long", "One.\n\n---\n\nTwo. Come by", profiles='["social"]', call_to_action='"Come by"')
    approve(ws)
    schedule(ws)
    put(ws, urgent="first")
    parts = ws.store.ledger.of_post(ws.store.posts.find("long").id)
    assert len(parts) == 2
    assert {f"{wall_of(part.due_at, AMSTERDAM):%a %H:%M}" for part in parts} == {"Tue 17:00"}
    assert [part.next_try_at is None for part in parts] == [False, True]


def test_what_has_begun_does_not_make_room(ws: Workspace) -> None:
    put(ws, one="next", two="next")
    epoch = ws.store.begin_epoch(ws.clock.now())
    ws.store.ledger.claim(ws.store.ledger.get(1), epoch, ws.clock.now())
    put(ws, urgent="first")
    assert planned(ws) == {"one": "Mon 23 17:00", "urgent": "Tue 24 09:00", "two": "Tue 24 17:00"}


def test_what_has_begun_on_one_profile_takes_no_second_place_there(ws: Workspace) -> None:
    both = {"profiles": '["social", "short"]', "call_to_action": '"Come by"'}
    write_post(ws.root, "one", "About one.", **both)
    approve(ws)
    schedule(ws)
    put(ws, two="next")
    action = next(one for one in ws.store.ledger.of_post(1) if one.profile == "social")
    ws.store.ledger.claim(action, ws.store.begin_epoch(ws.clock.now()), ws.clock.now())
    write_post(ws.root, "one", "About one.", at='"first"', **both)
    collect(ws)
    assert schedule(ws).lines == ["post one → short: Mon 2026-11-23 12:00 Europe/Amsterdam"]
    assert planned(ws) == {"one": "Mon 23 17:00", "two": "Tue 24 09:00"}


def test_a_change_of_place_asks_nobody_again_and_any_other_change_does(ws: Workspace) -> None:
    put(ws, one="next", two="next")
    write_post(ws.root, "two", "About two.", profiles='["social"]', at='"first"', call_to_action='"Come by"')
    collect(ws)
    assert ws.store.posts.find("two").state is PostState.APPROVED
    schedule(ws)
    assert planned(ws) == {"two": "Mon 23 17:00", "one": "Tue 24 09:00"}
    write_post(ws.root, "two", "About two!", profiles='["social"]', at='"next"', call_to_action='"Come by"')
    collect(ws)
    assert ws.store.posts.find("two").state is PostState.WRITTEN
    write_post(ws.root, "one", "About one.", profiles='["social"]', at='"2026-12-24T09:00"', call_to_action='"Come by"')
    collect(ws)
    assert ws.store.posts.find("one").state is PostState.WRITTEN, "nobody approved that time"


def test_a_place_that_changes_while_somebody_looks_keeps_the_question(ws: Workspace) -> None:
    write_post(ws.root, "one", profiles='["social"]', call_to_action='"Come by"')
    for step in (collect, render, review):
        step(ws)
    write_post(ws.root, "one", profiles='["social"]', at='"first"', call_to_action='"Come by"')
    collect(ws)
    assert ws.store.posts.find("one").state is PostState.REVIEWING
    (asked,) = ws.store.reviews.listed()
    ws.store.reviews.decide(asked.id, Decision.APPROVE, "tester", ws.clock.now(), digests=asked.digests)
    schedule(ws)
    assert planned(ws) == {"one": "Mon 23 17:00"}


def test_a_profile_has_a_distance_and_a_cap_of_its_own(ws: Workspace) -> None:
    toml = ws.root / "smm.toml"
    toml.write_text(toml.read_text().replace('slots = ["mon-fri 09:00"', 'distance = "9h"\nslots = ["mon-fri 09:00"'))
    ws.reload()
    assert ws.config.profiles["short"].distance == timedelta(minutes=10)
    put(ws, one="next", two="next", three="next")
    assert planned(ws) == {"one": "Mon 23 17:00", "two": "Tue 24 09:00", "three": "Wed 25 09:00"}
    toml.write_text(toml.read_text().replace('distance = "9h"', "per_day = 1"))
    ws.reload()
    put(ws, four="next", five="next")
    assert [planned(ws)[name] for name in ("four", "five")] == ["Thu 26 09:00", "Fri 27 09:00"]


def test_a_distance_of_days_is_kept_to_what_is_out_already(ws: Workspace, clock: FakeClock) -> None:
    toml = ws.root / "smm.toml"
    toml.write_text(toml.read_text().replace('slots = ["mon-fri 09:00"', 'distance = "5d"\nslots = ["mon-fri 09:00"'))
    ws.reload()
    put(ws, one="next")
    clock.advance(timedelta(hours=8))
    publish(ws, ws.store.begin_epoch(clock.now()))
    clock.advance(timedelta(days=3, hours=20))
    put(ws, two="next")
    assert planned(ws)["two"] == "Mon 30 09:00"


def test_what_a_lane_took_in_hand_before_it_moved_is_not_sent_at_the_old_time(ws: Workspace) -> None:
    put(ws, one="next")
    in_hand = ws.store.ledger.get(1)
    put(ws, urgent="first")
    with pytest.raises(TooLate, match="another time"):
        ws.store.ledger.claim(in_hand, ws.store.begin_epoch(ws.clock.now()), in_hand.due_at)


def test_the_distance_is_kept_to_when_a_post_really_went_out(ws: Workspace, clock: FakeClock) -> None:
    toml = ws.root / "smm.toml"
    slots = 'distance = "25m"\nslots = ["mon-fri 17:00,17:30,18:00"]'
    toml.write_text(toml.read_text().replace('slots = ["mon-fri 09:00", "mon-fri 17:00"]', slots))
    ws.reload()
    put(ws, one="next")
    clock.set(MONDAY.replace(hour=16, minute=20))
    publish(ws, ws.store.begin_epoch(clock.now()))
    put(ws, two="next")
    assert planned(ws) == {"one": "Mon 23 17:20", "two": "Mon 23 18:00"}


def test_two_who_plan_at_once_take_different_slots(ws: Workspace) -> None:
    for name in "abcdef":
        write_post(ws.root, name, f"About {name}.", profiles='["social"]', call_to_action='"Come by"')
    approve(ws)
    runs = [threading.Thread(target=schedule, args=(ws,)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(planned(ws)) == 6
    assert len(set(planned(ws).values())) == 6


def test_a_late_delivery_takes_the_next_slot_and_follows_it_from_then_on(ws: Workspace, clock: FakeClock) -> None:
    put(ws, one="next", two="next")
    clock.advance(timedelta(hours=14))
    publish(ws, ws.store.begin_epoch(clock.now()))
    assert planned(ws) == {"two": "Tue 24 09:00", "one": "Tue 24 17:00"}
    (held,) = [one for one in ws.store.ledger.held("social", clock.now(), clock.now()) if one.slug == "one"]
    assert (held.wall, held.zone) == (datetime(2026, 11, 24, 17), AMSTERDAM)


# ---------------------------------------------------------------- times of their own


def warnings(ws: Workspace, slug: str) -> list[str]:
    return [
        problem.message
        for _, problems in ws.store.posts.variants(ws.store.posts.find(slug))
        for problem in problems
        if problem.code.startswith("when.")
    ]


def test_a_time_of_its_own_is_kept_with_a_warning_and_slots_keep_away_from_it(ws: Workspace) -> None:
    put(ws, one="2026-11-24T08:55", two="next", three="next", near="2026-11-23T17:04")
    assert planned(ws) == {
        "two": "Mon 23 17:00",
        "near": "Mon 23 17:04",
        "one": "Tue 24 08:55",
        "three": "Tue 24 17:00",
    }
    assert warnings(ws, "near") == [
        "it goes out 4m after post two on social (Mon 2026-11-23 17:00), which is closer than the 10m that should be"
        " between two posts there"
    ]
    assert warnings(ws, "one") == []


def test_two_that_wait_for_approval_with_the_same_time_are_warned_of(ws: Workspace) -> None:
    for name in ("one", "two"):
        write_post(ws.root, name, f"About {name}.", at='"2026-12-01T09:00"', call_to_action='"Come by"')
    collect(ws)
    render(ws)
    (_, on_social) = warnings(ws, "two")
    assert "at the same time as post one on social" in on_social


def test_a_day_that_is_full_is_a_warning_with_names(ws: Workspace) -> None:
    toml = ws.root / "smm.toml"
    toml.write_text(toml.read_text().replace('slots = ["mon-fri 09:00"', 'per_day = 2\nslots = ["mon-fri 09:00"'))
    ws.reload()
    put(ws, one="2026-11-24T06:00", two="2026-11-24T08:00", three="2026-11-24T10:00", four="2026-11-25T00:30")
    assert warnings(ws, "three") == [
        "2026-11-24 has 2 posts on social already (one, two), and 2 a day is the most there"
    ]
    assert warnings(ws, "four") == []


def test_a_file_whose_time_is_past_is_blocked_and_says_how_to_mend_it(ws: Workspace) -> None:
    put(ws, old="2026-11-23T08:00")
    post = ws.store.posts.find("old")
    assert post.state is PostState.BLOCKED
    assert 'give another time, or `at = "now"`' in post.reason
    put(ws, old="now")
    assert planned(ws) == {"old": "Mon 23 09:00"}


def test_a_post_without_slots_or_time_says_what_to_do(ws: Workspace) -> None:
    toml = ws.root / "smm.toml"
    toml.write_text(toml.read_text().replace('slots = ["mon-fri 09:00", "mon-fri 17:00"]\n', ""))
    ws.reload()
    write_post(ws.root, "one", profiles='["social"]', call_to_action='"Come by"')
    approve(ws)
    (trouble,) = schedule(ws).troubles
    assert "profile social has no slots" in trouble
    assert "[profiles.social]" in trouble


# ---------------------------------------------------------------- any sequence

ZONE = "Australia/Lord_Howe"
PROFILE = Profile(
    name="social",
    client="acme",
    platform="sandbox",
    zone=ZONE,
    slots=(*parse_slots("daily 08:00,12:00,12:20,23:50", ZONE), Slot(weekday=2, hour=2, minute=15, zone=ZONE)),
    distance=timedelta(minutes=30),
    per_day=3,
)
START = datetime(2026, 9, 28, 3, 0, tzinfo=UTC)  # a week in which the clocks change there
KINDS = {"next": WhenKind.SLOT, "end": WhenKind.END, "first": WhenKind.FIRST}
moves = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(sorted(KINDS)), st.just(0)),
        st.tuples(st.just("withdraw"), st.integers(0, 30)),
        st.tuples(st.just("begin"), st.integers(0, 30)),
    ),
    max_size=14,
)


def approved(store: Store, number: int, kind: WhenKind) -> tuple[Post, Variant]:
    content = PostContent(parts=(f"text {number}",), profiles=("social",), when=When(kind=kind), late=Late.ASK)
    post = store.posts.put("content", "acme", PostFound(key=f"posts/p{number}", content=content), START).post
    variant = sealed(Variant(profile="social", parts=(Part(text=f"text {number}"),)))
    store.posts.keep_variants(post, [(variant, ())], PostState.RENDERED, "", START)
    asked = store.reviews.open(store.posts.get(post.id), "hand", {"social": variant.digest}, None, START)
    store.reviews.decide(asked.id, Decision.APPROVE, "tester", START)
    return store.posts.get(post.id), variant


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_any_sequence_of_changes_keeps_the_rules_and_the_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("store") / "smm.db"
    with Store(path, durable=False) as store:
        epoch = store.begin_epoch(START)
        order: list[str] = []
        begun: dict[str, datetime] = {}
        for number, (word, which) in enumerate(steps):
            before = {one.slug: one.due_at for one in store.ledger.held("social", START, START)}
            if word in KINDS:
                post, variant = approved(store, number, KINDS[word])
                plans = {"social": (variant.digest, lambda plan: choose(plan, post, variant, PROFILE, START))}  # noqa: B023
                store.ledger.plan(post, plans, START)
            elif order:
                slug = order[which % len(order)]
                action = store.ledger.of_post(store.posts.find(slug).id)[0]
                if word == "withdraw" and slug not in begun:
                    store.posts.withdraw(action.post_id, START, "no")
                elif word == "begin" and action.state is ActionState.SCHEDULED:
                    store.ledger.claim(action, epoch, START)
                    begun[slug] = action.due_at
            held = store.ledger.held("social", START, START)
            check(word, f"p{number}", before, {one.slug: one.due_at for one in held}, begun)
            order = [one.slug for one in held]


def check(
    word: str, new: str, before: dict[str, datetime], after: dict[str, datetime], begun: dict[str, datetime]
) -> None:
    times = sorted(after.values())
    assert all(later - earlier >= PROFILE.distance for earlier, later in pairwise(times))
    days = [wall_of(one, ZONE).date() for one in times]
    assert max(map(days.count, days), default=0) <= PROFILE.per_day
    assert all(after[slug] == at for slug, at in begun.items()), "what has begun stays"
    stayed = [slug for slug in before if slug in after and slug not in begun]
    assert sorted(stayed, key=lambda slug: before[slug]) == sorted(stayed, key=lambda slug: after[slug])
    if word != "first":
        assert all(after[slug] == before[slug] for slug in stayed), "nobody else moves"
    elif after[new] > START:
        assert all(after[slug] > after[new] for slug in stayed if after[slug] != before[slug])
        assert all(after[new] < at for slug, at in after.items() if slug not in begun and slug != new)
    if word == "end":
        assert all(after[new] > at for slug, at in after.items() if slug != new)


def test_a_plan_for_a_post_that_changed_meanwhile_moves_nobody(store: Store) -> None:
    first, variant = approved(store, 1, WhenKind.SLOT)
    store.ledger.plan(
        first, {"social": (variant.digest, lambda plan: choose(plan, first, variant, PROFILE, START))}, START
    )
    second, other = approved(store, 2, WhenKind.FIRST)
    store.posts.withdraw(second.id, START, "no")
    before = store.ledger.held("social", START, START)
    with pytest.raises(TooLate):
        store.ledger.plan(
            second, {"social": (other.digest, lambda plan: choose(plan, second, other, PROFILE, START))}, START
        )
    assert store.ledger.held("social", START, START) == before
