"""`smm queue`: what is in the coming slots, and a post that goes to the front or the end."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.model import Decision, ReviewState
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.workspace import Workspace
from tests.cli.conftest import Smm
from tests.conftest import MONDAY, write_post


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line lives on the same Monday as the test."""
    monkeypatch.setattr("smm_core.clock.SystemClock.now", lambda _: MONDAY)


def planned(ws: Workspace, **posts: str) -> None:
    """Approved and planned posts for `social`, each with its `at`."""
    for name, at in posts.items():
        write_post(ws.root, name, f"About {name}.", profiles='["social"]', at=f'"{at}"', call_to_action='"Come by"')
        for step in (collect, render, review):
            step(ws)
        for one in ws.store.reviews.listed(state=ReviewState.OPEN):
            ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", ws.clock.now())
        schedule(ws)


def listed(smm: Smm, *more: str) -> list[tuple[str, str, str | None]]:
    rows = smm("queue", "list", "--profile", "social", "--days", "2", "--json", *more).json
    return [(row["when"], row["kind"], row["post"]) for row in rows]


def at_of(root: Path, name: str) -> object:
    return tomllib.loads((root / "content/posts" / f"{name}.md").read_text().split("+++")[1]).get("at")


def test_the_list_shows_slots_times_free_slots_and_closed_ones(smm: Smm, ws: Workspace) -> None:
    planned(ws, one="next", own="2026-11-24T16:55")
    assert listed(smm) == [
        ("2026-11-23 17:00", "slot", "one"),
        ("2026-11-24 09:00", "free", None),
        ("2026-11-24 16:55", "time", "own"),
        ("2026-11-24 17:00", "closed", None),
        ("2026-11-25 09:00", "free", None),
    ]
    write_post(ws.root, "two", profiles='["social"]')
    collect(ws)
    ran = smm("queue", "list", "--days", "1")
    assert ran.out.splitlines() == [
        "profile    when              zone              post    state      note",
        "---------  ----------------  ----------------  ------  ---------  ------",
        "social     2026-11-23 17:00  Europe/Amsterdam  one     scheduled",
        "social     2026-11-24 09:00  Europe/Amsterdam          free",
        "short      2026-11-23 12:00  Europe/Amsterdam          free",
    ]
    assert ran.err == "not approved yet, so without a slot: two\n"


def test_first_moves_an_approved_post_at_once_and_says_who_makes_room(smm: Smm, ws: Workspace) -> None:
    planned(ws, one="next", two="next")
    ran = smm("queue", "first", "two")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[2:] == [
        "post two → social: Mon 2026-11-23 17:00 Europe/Amsterdam",
        "post one → social moves from Mon 2026-11-23 17:00 to Tue 2026-11-24 09:00 Europe/Amsterdam: post two goes first",
    ]
    assert at_of(ws.root, "two") == "first"
    assert smm("queue", "first", "one").code == 0
    assert [post for _, _, post in listed(smm)][:2] == ["one", "two"]
    assert smm("queue", "first", "two").code == 0, "asked for again, it goes to the front again"
    assert [post for _, _, post in listed(smm)][:2] == ["two", "one"]


def test_end_and_next(smm: Smm, ws: Workspace) -> None:
    planned(ws, one="next", two="next", three="next")
    assert smm("queue", "end", "one").code == 0
    assert [post for _, _, post in listed(smm)] == [None, "two", "three", "one"]
    assert smm("queue", "next", "three").code == 0
    assert [post for _, _, post in listed(smm)] == ["three", "two", None, "one"]
    assert at_of(ws.root, "three") is None


def test_what_is_not_approved_takes_its_place_later(smm: Smm, ws: Workspace) -> None:
    write_post(ws.root, "one", call_to_action='"Come by"')
    ran = smm("queue", "first", "one")
    assert ran.code == 0
    assert "when it is approved" in ran.err
    assert at_of(ws.root, "one") == "first"


def test_what_is_out_has_no_place(smm: Smm, ws: Workspace, clock: FakeClock) -> None:
    planned(ws, one="next")
    ws.store.ledger.claim(ws.store.ledger.get(1), ws.store.begin_epoch(clock.now()), clock.now())
    ran = smm("queue", "first", "one")
    assert ran.code == 1
    assert "too late" in ran.err


def test_an_unknown_profile_is_named(smm: Smm) -> None:
    ran = smm("queue", "list", "--profile", "socal")
    assert ran.code == 1
    assert "did you mean social" in ran.err


# ---------------------------------------------------------------- a time that is past


@pytest.mark.parametrize("command", [("new", "--title", "Late"), ("edit", "bread")])
def test_a_past_time_is_refused_unless_it_may_go_out_now(smm: Smm, root: Path, command: tuple[str, ...]) -> None:
    write_post(root, "bread", call_to_action='"Come by"')
    ran = smm("posts", *command, "--at", "2020-01-01T10:00")
    assert ran.code == 2
    assert "2020-01-01 10:00 Europe/Amsterdam is past (now 2026-11-23 09:00)" in " ".join(ran.err.split())
    assert "--now" in ran.err
    assert not (root / "content/posts/late.md").exists()
    assert at_of(root, "bread") is None

    assert smm("posts", *command, "--at", "2020-01-01T10:00", "--now").code == 0
    assert at_of(root, "late" if command[0] == "new" else "bread") == "now"


def test_a_time_to_come_is_kept_beside_now(smm: Smm, root: Path) -> None:
    assert smm("posts", "new", "--title", "Soon", "--at", "2026-12-01T09:00", "--now").code == 0
    assert at_of(root, "soon") == "2026-12-01T09:00"
    assert smm("posts", "new", "--title", "Today", "--now").code == 0
    assert at_of(root, "today") == "now"


def test_past_is_judged_in_the_zone_that_the_file_names(smm: Smm, root: Path) -> None:
    write_post(root, "bread", at='"2026-12-01T09:00"', zone='"America/New_York"')
    assert smm("posts", "edit", "bread", "--at", "2026-11-23T08:00").code == 0, "it is 03:00 there"
    assert str(at_of(root, "bread")) in ("2026-11-23T08:00", str(datetime(2026, 11, 23, 8)))
    assert smm("posts", "edit", "bread", "--at", "2026-11-23T02:00").code == 2
