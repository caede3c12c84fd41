"""`smm reviews`, and what posts, calendar, simulate and explain say of workflows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from smm_core.clock import FakeClock, instant_of
from smm_core.workspace import Workspace
from tests.cli.conftest import Smm
from tests.conftest import MONDAY
from tests.reviewing import TWO_STAGES, go_to, post_at, round_, settle

CONSENT = """
[workflows.standard]
clients = ["acme"]
approve_by = "2 working days before"
remind = ["1 working day before"]
on_silence = "consent"
[[workflows.standard.stages]]
name = "client"
audience = "client"
"""


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    """The command line lives by the test's clock."""
    monkeypatch.setattr("smm_core.clock.SystemClock.now", lambda _: clock.now())


@pytest.fixture
def waiting(root: Path, ws: Workspace) -> Path:
    """A post that waits for the desk, then for the client."""
    settle(root)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    return root


def test_for_whom_it_waits_and_why(smm: Smm, waiting: Path) -> None:
    listed = smm("reviews", "list").out
    assert "waiting for internal" in listed
    (row,) = smm("reviews", "list", "--json").json
    assert (row["workflow"], row["stages"], row["waiting_for"], row["on_silence"]) == (
        "standard",
        ["desk"],
        ["internal"],
        "hold",
    )
    shown = smm("reviews", "show", "bread").out
    assert "workflow standard: it is for every post" in shown
    assert "desk (internal): waiting; anna, bert, by 2026-12-08 09:00 Europe/Amsterdam" in shown
    assert "when nobody answers by then: it is held" in shown
    assert "waiting for internal" in smm("posts", "list").out
    assert smm("posts", "list", "--json").json[0]["waiting_for"] == ["internal"]
    assert "standard: it is for every post" in smm("posts", "show", "bread").out
    assert "by the workflow standard: it is for every post; when nobody answers: hold" in smm("explain", "bread").out
    assert "waits for internal (desk)" in smm("attention").out


def test_the_calendar_has_the_approve_by_time_and_what_silence_does(smm: Smm, waiting: Path) -> None:
    shown = smm("calendar", "2026-12").out
    assert "09:00  bread → social  waiting for internal until Tue 08 Dec 09:00; else it is held" in shown
    assert "09:00  approve bread  last call; else it is held" in shown
    days = [row["day"] for row in smm("calendar", "2026-12", "--json").json]
    assert days == ["2026-12-08", "2026-12-10"]


def test_answers_stage_by_stage(smm: Smm, waiting: Path) -> None:
    refused = smm("reviews", "approve", "bread", "--by", "mia")
    assert (refused.code, refused.err) == (
        1,
        "review 1: mia is not asked in desk or client; those who may: anna, bert, carla, chris\n",
    )
    assert smm("reviews", "approve", "bread", "--by", "carla").code == 1
    said = smm("reviews", "approve", "bread", "--by", "bert", "--remark", "fine")
    assert said.out == "post bread: approved by bert (stage desk): fine; client still to come\n"
    assert "waiting for client" in smm("reviews", "list").out
    assert smm("reviews", "rework", "bread", "--by", "carla", "-m", "less salt").code == 0
    shown = smm("reviews", "show", "bread").out
    assert "carla (client): rework – less salt" in shown


def test_comments_and_what_changed(smm: Smm, waiting: Path, ws: Workspace) -> None:
    assert (
        smm("reviews", "comment", "bread", "-m", "dry", "--by", "bert", "--profile", "social", "--part", "1").code == 0
    )
    assert smm("reviews", "comment", "bread", "-m", "hello", "--for-client").out.endswith("for the client too\n")
    assert smm("reviews", "comment", "bread", "-m", "x", "--part", "1").code == 2
    assert "no part 7" in smm("reviews", "comment", "bread", "-m", "x", "--profile", "social", "--part", "7").err
    post_at(waiting, "bread", "2026-12-10T09:00", text="Fresh rolls today.")
    round_(ws)
    shown = smm("reviews", "show", "bread").out
    assert "changed: social, part 1\nFresh [-bread-]{+rolls+} today." in shown
    assert "bert, 2026-11-23 09:00 on social, part 1 (our side only): dry" in shown


def test_the_audit_prints_and_checks_the_head(smm: Smm, waiting: Path, ws: Workspace) -> None:
    head = smm("reviews", "audit", "--head").out.strip()
    assert smm("reviews", "audit").out == f"2 entries, and all of them fit; the head is {head}\n"
    smm("reviews", "approve", "bread", "--by", "bert")
    assert smm("reviews", "audit", "--against", head).code == 0
    assert smm("reviews", "audit", "--against", f"2:{'0' * 64}").code == 1
    assert smm("reviews", "audit", "--against", "nonsense").code == 2
    with ws.store._db.write() as tx:
        tx.execute("UPDATE verdicts SET by = 'carla'")
    ran = smm("reviews", "audit", "--json")
    assert (ran.code, ran.json["sound"], ran.json["finding"]) == (
        1,
        False,
        "verdict 1 of review 1 is not what the log says of it",
    )
    assert "approve" in smm("reviews", "log", "1").out
    assert [row["what"] for row in smm("reviews", "log", "--json").json] == ["opened", "turn", "verdict", "turn"]


def test_links(smm: Smm, waiting: Path, ws: Workspace) -> None:
    made = smm("reviews", "link", "bert", "--for", "2d", "--json").json
    assert ws.desk("test").enter(made["link"]).person.name == "bert"
    (row,) = smm("reviews", "links", "--json").json
    assert (row["id"], row["state"], row["person"]) == (made["id"], "holds", "bert")
    assert made["link"] not in smm("reviews", "links").out
    assert smm("reviews", "revoke", made["id"]).out == "1 link taken back\n"
    assert smm("reviews", "revoke", "--person", "bert").code == 1
    assert smm("reviews", "link", "nobody").code == 1


def test_simulate_says_what_silence_will_do(smm: Smm, root: Path, ws: Workspace) -> None:
    settle(root, more=CONSENT)
    post_at(root, "bread", "2026-12-03T09:00")
    round_(ws)
    forecast = smm("simulate", "--json").json
    assert [one["post"] for one in forecast["happens"]] == ["bread"]
    (warning,) = [one for one in forecast["warnings"] if one["cause"] == "silence"]
    assert "silence lets it go out" in warning["why"]
    assert warning["at"] == "2026-12-01T08:00:00Z"
    assert ws.store.reviews.verdicts(1) == [], "looking ahead changes nothing"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("hold", "it is held"),
        ("drop", "dropped: nobody answered in time"),
        ("next-slot", "it is put off"),
        ("fallback", "none of its fallback posts is approved and free"),
    ],
)
def test_simulate_says_what_will_not_go_out(smm: Smm, root: Path, ws: Workspace, rule: str, words: str) -> None:
    more = f'on_silence = "{rule}"\n' + ('fallback = ["missing"]\n' if rule == "fallback" else "")
    settle(root, more=TWO_STAGES.replace("[workflows.standard]\n", f"[workflows.standard]\n{more}"))
    post_at(root, "bread", "2026-12-03T09:00")
    round_(ws)
    forecast = smm("simulate", "--json").json
    (finding,) = [one for one in forecast["prevented"] if one["post"] == "bread"]
    assert words in finding["why"]
    assert finding["at"] == "2026-12-01T08:00:00Z"


def test_what_simulate_said_is_what_happens(root: Path, ws: Workspace, clock: FakeClock) -> None:
    from smm_core.simulate import simulate

    settle(root, more=CONSENT)
    post_at(root, "bread", "2026-12-03T09:00")
    round_(ws)
    end = instant_of(datetime(2026, 12, 4), "Europe/Amsterdam")
    forecast = simulate(ws, end)
    go_to(ws, clock, instant_of(datetime(2026, 12, 1, 9), "Europe/Amsterdam"))
    (action,) = ws.store.ledger.of_post(1)
    assert [one.at for one in forecast.happens] == [action.due_at]
    assert MONDAY < action.due_at < end
