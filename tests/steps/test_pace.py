"""Not too soon after each other: distances after a burst, the rates of a platform, and a platform that is unwell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.model import Decision, ReviewState
from smm_core.steps.collect import collect
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.workspace import Workspace
from tests.conftest import write_post
from tests.steps.test_publish import Platform, odd_workspace

MINUTE = timedelta(minutes=1)


@pytest.fixture
def odd(root: Path, clock: FakeClock) -> Iterator[Platform]:
    """A profile whose posts keep half an hour's distance, on a platform without key or find."""
    with odd_workspace(root, clock) as platform:
        text = (root / "smm.toml").read_text()
        (root / "smm.toml").write_text(text.replace("window = '3h'", "window = '8h'\ndistance = '30m'"))
        yield platform


def planned(ws: Workspace, **posts: str) -> None:
    """Approved posts, each with its time of today."""
    for name, at in posts.items():
        write_post(ws.root, name, f"{name}.", profiles='["social"]', at=at, call_to_action=f'"{name}"')
    for step in (collect, render, review):
        assert step(ws).troubles == []
    for one in ws.store.reviews.listed(state=ReviewState.OPEN):
        ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", ws.clock.now())
    assert schedule(ws).troubles == []


def sent_at(odd: Platform, clock: FakeClock, *minutes: int) -> list[int]:
    """How many are out at so many minutes from now."""
    counts, begin = [], clock.now()
    for minute in minutes:
        clock.set(begin + minute * MINUTE)
        odd.publish()
        counts.append(len(odd.sent()))
    return counts


def test_a_burst_after_sleep_keeps_the_distance(odd: Platform, clock: FakeClock) -> None:
    planned(odd.ws, one='"2026-11-23T10:00"', two='"2026-11-23T11:00"', three='"2026-11-23T12:00"')
    clock.advance(timedelta(hours=5))
    assert sent_at(odd, clock, 0, 29, 30, 59, 60) == [1, 1, 2, 2, 3]
    assert odd.sent() == ["one.", "two.", "three."]


def test_what_was_planned_closer_stays_as_close(odd: Platform, clock: FakeClock) -> None:
    planned(odd.ws, one='"2026-11-23T10:00"', two='"2026-11-23T10:05"', three='"2026-11-23T10:05"')
    clock.advance(timedelta(hours=5))
    assert sent_at(odd, clock, 0, 4, 5) == [1, 1, 3]


def test_on_time_nobody_waits(odd: Platform, clock: FakeClock) -> None:
    planned(odd.ws, one='"2026-11-23T10:00"', two='"2026-11-23T10:30"')
    clock.set(odd.ws.store.ledger.get(1).due_at)
    assert sent_at(odd, clock, 0, 30) == [1, 2]


def test_the_wait_survives_a_restart(odd: Platform, clock: FakeClock) -> None:
    planned(odd.ws, one='"2026-11-23T10:00"', two='"2026-11-23T11:00"')
    clock.advance(timedelta(hours=5))
    assert sent_at(odd, clock, 0, 10) == [1, 1]
    with Workspace(odd.ws.root, clock) as again:
        publish(again, again.store.begin_epoch(clock.now()))
        clock.advance(20 * MINUTE)
        publish(again, again.store.begin_epoch(clock.now()))
    assert odd.sent() == ["one.", "two."]


@pytest.fixture
def rated(root: Path, clock: FakeClock) -> Iterator[Platform]:
    """A platform that takes two within an hour."""
    with odd_workspace(root, clock) as platform:
        code = (root / "plugins" / "odd.py").read_text()
        rates = "Limits(rates=(Rate(maximum=2, per=timedelta(hours=1)),), parts=5,"
        (root / "plugins" / "odd.py").write_text(code.replace("Limits(parts=5,", rates))
        yield platform


def test_the_rate_of_a_platform_is_kept(rated: Platform, clock: FakeClock) -> None:
    planned(rated.ws, one='"now"', two='"now"', three='"now"', four='"now"', five='"now"')
    assert sent_at(rated, clock, 0, 30, 59, 60, 119, 120) == [2, 2, 2, 4, 4, 5]


def test_the_rate_survives_a_restart(rated: Platform, clock: FakeClock) -> None:
    planned(rated.ws, one='"now"', two='"now"', three='"now"')
    rated.publish()
    with Workspace(rated.ws.root, clock) as again:
        for minutes, count in ((1, 2), (58, 2), (1, 3)):
            clock.advance(minutes * MINUTE)
            publish(again, again.store.begin_epoch(clock.now()))
            assert len(rated.sent()) == count


def test_a_thread_counts_part_by_part(rated: Platform, clock: FakeClock) -> None:
    text = "One.\n\n---\n\nTwo.\n\n---\n\nThree. Come by"
    write_post(rated.ws.root, "thread", text, profiles='["social"]', at='"now"', call_to_action='"Come by"')
    planned(rated.ws)
    assert sent_at(rated, clock, 0, 59, 60) == [2, 2, 3]
    assert rated.sent() == ["One.", "Two.", "Three. Come by"]


def test_a_platform_that_is_unwell_is_asked_less_and_less(root: Path, clock: FakeClock) -> None:
    with odd_workspace(root, clock) as odd:
        planned(odd.ws, **{f"post-{number}": '"now"' for number in range(8)})
        odd.answers("send", *["later-someday"] * 6)
        requests = []
        for _ in range(10 * 20):
            odd.publish()
            requests.append(len(odd.sent()))
            clock.advance(timedelta(seconds=3))
        assert requests[1] == 1, "one post asks for all"
        assert 4 <= requests[4 * 20] <= 8
        assert requests[-1] == 6 + 8, "then all go out"


def test_one_clear_answer_ends_the_rests(root: Path, clock: FakeClock) -> None:
    with odd_workspace(root, clock) as odd:
        planned(odd.ws, one='"now"', two='"now"')
        odd.answers("send", "later-someday", "later-someday", "ok")
        for _ in range(120):
            odd.publish()
            clock.advance(timedelta(seconds=1))
        assert (len(odd.sent()), odd.ws.store.profiles.state("social").failures) == (4, 0)
