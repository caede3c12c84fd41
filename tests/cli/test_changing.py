"""`smm deliveries delete`, `update`, `reply`, and `cancel` of what the platform's scheduler has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Smm
from tests.conftest import write_post

FRONT = {"profiles": '["social"]', "at": '"now"', "call_to_action": '"Come by"'}


@pytest.fixture
def out(smm: Smm, root: Path) -> Smm:
    """A post that is out on the test network."""
    write_post(root, "bread", "Fresh bread. Come by", **FRONT)
    for step in ("collect", "render", "review"):
        assert smm(step).code == 0
    assert smm("reviews", "approve", "1").code == 0
    assert smm("schedule").code == 0
    assert smm("publish").code == 0
    return smm


def texts(smm: Smm) -> list[str]:
    return [one["text"] for one in smm("sandbox", "timeline", "social", "--json").json["posts"]]


def test_delete_takes_it_off_at_once_and_asks_before(out: Smm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert texts(out) == ["Fresh bread. Come by"]
    asked = out("deliveries", "delete", "1")
    assert asked.code == 1
    assert "Take post bread off social for good?" in asked.err
    assert texts(out) == ["Fresh bread. Come by"]
    done = out("deliveries", "delete", "1", "--yes")
    assert (done.code, "done" in done.out, texts(out)) == (0, True, [])
    listed = out("deliveries", "list").out
    assert "removed" in listed
    assert "delete of bread" in listed
    assert "by         tester" in out("deliveries", "show", "2").out
    assert "removed" in out("deliveries", "show", "1").out
    assert "was taken off the platform" in out("explain", "bread").out
    again = out("deliveries", "delete", "1", "--yes")
    assert (again.code, "nothing of delivery 1 is out" in again.err) == (1, True)
    assert out("doctor", "--ledger").code == 0


def test_update_asks_for_approval_and_is_then_carried_over(out: Smm, root: Path) -> None:
    same = out("deliveries", "update", "1")
    assert (same.code, "nothing to carry over" in same.err) == (0, True)
    write_post(root, "bread", "Warm bread. Come by", **FRONT)
    for step in ("collect", "render", "review"):
        out(step)
    asked = out("deliveries", "update", "1")
    assert (asked.code, asked.err.strip()) == (0, "it waits for approval: smm reviews approve 2")
    assert "Warm bread" in out("reviews", "show", "2").out
    assert texts(out) == ["Fresh bread. Come by"]
    assert out("reviews", "approve", "2").code == 0
    assert out("publish").code == 0
    assert texts(out) == ["Warm bread. Come by"]
    assert out("doctor", "--ledger").code == 0


def test_reply_is_sent_at_once(out: Smm) -> None:
    done = out("deliveries", "reply", "1", "See you at six!", "--json")
    assert (done.code, done.json[0]["state"]) == (0, "published")
    assert texts(out) == ["See you at six!", "Fresh bread. Come by"]
    empty = out("deliveries", "reply", "1", " ")
    assert (empty.code, "a reply needs a text" in empty.err) == (1, True)


def test_a_trial_can_be_changed_without_approval(smm: Smm, root: Path) -> None:
    write_post(root, "bread", "Fresh bread. Come by", **FRONT)
    assert smm("try", str(root / "content/posts/bread.md")).code == 0
    write_post(root, "bread", "Warm bread. Come by", **FRONT)
    smm("collect")
    assert smm("deliveries", "update", "1").code == 0
    assert texts(smm) == ["Warm bread. Come by"]
    assert smm("deliveries", "delete", "1", "--yes").code == 0
    assert texts(smm) == []


def test_cancel_asks_the_platforms_scheduler_back_first(smm: Smm, root: Path) -> None:
    toml = root / "smm.toml"
    toml.write_text(toml.read_text().replace('imitates = "microblog"', 'imitates = "microblog"\nschedule = "platform"'))
    write_post(root, "bread", "Fresh bread. Come by", **FRONT | {"at": '"next"'})
    for step in ("collect", "render", "review"):
        assert smm(step).code == 0
    assert smm("reviews", "approve", "1").code == 0
    for step in ("schedule", "publish"):
        assert smm(step).code == 0
    assert "the platform's scheduler has it" in smm("deliveries", "list").out
    assert "it goes out by the platform's own scheduler" in smm("explain", "bread").out
    asked = smm("deliveries", "cancel", "1")
    assert (asked.code, "is asked back from the platform's scheduler" in asked.out) == (0, True)
    assert smm("publish").code == 0
    listed = {one["kind"]: one["state"] for one in smm("deliveries", "list", "--json").json}
    assert listed == {"delivery": "cancelled", "hand-over": "taken back", "take-back": "done"}
    assert smm("doctor", "--ledger").code == 0


def test_a_refused_act_is_tried_again_or_resolved_by_a_person(out: Smm) -> None:
    out("sandbox", "faults", "social", "refuse")
    assert out("deliveries", "delete", "1", "--yes").code == 1
    assert "refused" in out("attention").out
    assert out("deliveries", "retry", "2").code == 0
    assert out("publish").code == 0
    assert texts(out) == []
    assert out("deliveries", "reply", "1", "Thanks!").code == 1, "there is nothing left to reply to"


def test_a_person_says_that_an_act_is_done(out: Smm) -> None:
    before = out("deliveries", "show", "1", "--json").json["action"]["receipt"]["remote_id"]
    out("sandbox", "faults", "social", "refuse")
    out("deliveries", "delete", "1", "--yes")
    assert out("deliveries", "resolve", "2", "--published", "https://example.org/gone").code == 0
    assert out("deliveries", "show", "2", "--json").json["action"]["receipt"]["remote_id"] == before
    assert "removed" in out("deliveries", "list").out
    assert out("doctor", "--ledger").code == 0


def test_a_refused_hand_over_is_tried_again_at_the_posts_own_time(smm: Smm, root: Path) -> None:
    toml = root / "smm.toml"
    toml.write_text(toml.read_text().replace('imitates = "microblog"', 'imitates = "microblog"\nschedule = "platform"'))
    write_post(root, "bread", "Fresh bread. Come by", **FRONT | {"at": '"next"'})
    for step in ("collect", "render", "review"):
        assert smm(step).code == 0
    smm("reviews", "approve", "1")
    smm("schedule")
    due = smm("deliveries", "show", "1", "--json").json["action"]["due_at"]
    smm("sandbox", "faults", "social", "refuse")
    smm("publish")
    assert smm("deliveries", "show", "2", "--json").json["action"]["state"] == "refused"
    assert smm("deliveries", "retry", "2").code == 0
    assert smm("publish").code == 0
    action = smm("deliveries", "show", "1", "--json").json["action"]
    assert (action["state"], action["due_at"]) == ("waiting", due)
    assert smm("doctor", "--ledger").code == 0


def test_a_wrong_scheduler_is_said_with_file_and_key(smm: Smm, root: Path) -> None:
    toml = root / "smm.toml"
    toml.write_text(toml.read_text().replace('imitates = "microblog"', 'imitates = "microblog"\nschedule = "they"'))
    wrong = smm("deliveries", "show", "1")
    assert wrong.code in (1, 2)
    wrong = smm("collect")
    assert wrong.code == 2
    assert "[profiles.social] schedule" in wrong.err
