"""`smm try`: to test profiles only, at once, without approval, and nothing else along with it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from smm_core.hold import hold
from smm_core.model import ActionState, PostState
from smm_core.steps.publish import publish
from smm_core.workspace import Workspace
from tests.cli.conftest import Smm
from tests.cli.test_posts import approve_and_schedule
from tests.cli.test_preview import PLAIN
from tests.conftest import write_post


@pytest.fixture(autouse=True)
def _lenient_brand(root: Path) -> None:
    (root / "brand.toml").write_text("require_call_to_action = false\n")


def test_a_file_goes_to_its_test_profiles_without_approval(smm: Smm, root: Path) -> None:
    path = write_post(root, "bread", "One.\n\n---\n\nTwo.", draft="true", at='"2020-01-01T09:00"')
    ran = smm("try", str(path), "--json")
    assert ran.code == 0, ran.out + ran.err
    rows = ran.json["deliveries"]
    assert [(row["profile"], row["on"], row["state"]) for row in rows] == [
        ("social", "social", "published"),
        ("short", "short", "published"),
    ]
    assert all(row["url"] for row in rows)
    assert all((root / row["preview"]).is_file() for row in rows)
    assert smm("posts", "show", "bread", "--json").json["post"]["state"] == "draft", "a trial changes nothing else"
    assert {row["trial"] for row in smm("deliveries", "list", "--json").json} == {True}


def test_what_blocks_is_not_sent(smm: Smm, root: Path) -> None:
    write_post(root, "empty", "", profiles='["short", "social"]')
    ran = smm("try", "empty")
    assert ran.code == 1
    assert "is empty" in ran.out
    assert "was not sent" in ran.err
    assert smm("deliveries", "list", "--json").json == []


def test_a_real_profile_is_imitated_and_its_platform_is_not_asked_to_send(smm: Smm, root: Path) -> None:
    (root / "plugins").mkdir()
    (root / "plugins/plain.py").write_text(PLAIN)
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.real]\nplatform = "plainnet"\nhandle = "acme"\n')
    write_post(root, "bread", profiles='["real"]')
    rows = smm("try", "bread", "--json").json["deliveries"]
    assert [(row["profile"], row["on"], row["state"]) for row in rows] == [("real", "real~test", "published")]
    assert smm("deliveries", "list").code == 0
    assert smm("explain", "bread").code == 0


def test_its_own_test_profile_goes_before_one_that_is_made_up(smm: Smm, root: Path) -> None:
    (root / "plugins").mkdir()
    (root / "plugins/plain.py").write_text(PLAIN)
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.real]\nplatform = "plainnet"\ntest_profile = "social"\n')
    write_post(root, "bread", profiles='["real"]')
    rows = smm("try", "bread", "--json").json["deliveries"]
    assert [row["on"] for row in rows] == ["social"]


def test_without_a_test_platform_it_says_what_to_do(smm: Smm, root: Path) -> None:
    (root / "plugins").mkdir()
    (root / "plugins/plain.py").write_text(PLAIN)
    (root / "smm.toml").write_text(
        '[workspace]\nname = "T"\n[clients.acme]\n[plugins]\nenabled = ["plain"]\n'
        '[profiles.real]\nplatform = "plainnet"\n[sources.content]\ntype = "folder"\n'
    )
    write_post(root, "bread")
    ran = smm("try", "bread")
    assert ran.code == 1
    assert "[profiles.real]" in ran.err
    assert "smm-sandbox" in ran.err


def test_a_file_outside_the_content_folders_is_an_error_with_the_way_out(smm: Smm, tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text("+++\n+++\n\nHello\n")
    ran = smm("try", str(path))
    assert ran.code == 1
    assert "is not in a content folder" in ran.err
    assert "smm check" in ran.err


def test_what_else_is_due_on_the_profile_stays_where_it_is(smm: Smm, root: Path) -> None:
    write_post(root, "due", "Due now.", at='"now"')
    with Workspace(root) as opened:
        approve_and_schedule(opened)
        assert opened.store.posts.find("due").state is PostState.SCHEDULED
    write_post(root, "bread", "Tried.")
    assert smm("try", "bread").code == 0
    states = {(row["post"], row["state"]) for row in smm("deliveries", "list", "--json").json}
    assert states == {("due", "scheduled"), ("bread", "published")}


def test_a_second_trial_is_sent_again(smm: Smm, root: Path) -> None:
    write_post(root, "bread", profiles='["short"]')
    first, second = (smm("try", "bread", "--json").json["deliveries"][0]["url"] for _ in range(2))
    assert first != second


def test_a_paused_client_keeps_its_trial_and_it_comes_back_at_once(smm: Smm, root: Path) -> None:
    write_post(root, "bread", profiles='["short"]')
    smm("pause")
    ran = smm("try", "bread", "--json")
    assert ran.code == 1
    assert ran.json["deliveries"][0]["state"] == "scheduled"


def test_a_running_daemon_sends_it(smm: Smm, root: Path) -> None:
    write_post(root, "bread", profiles='["short"]')
    failures: list[BaseException] = []
    ready = threading.Event()

    def daemon() -> None:
        try:
            with Workspace(root) as opened, hold(root, "smm run"):
                epoch = opened.store.begin_epoch(opened.clock.now())
                ready.set()
                for _ in range(300):
                    if any(
                        action.state is ActionState.SCHEDULED for action in opened.store.ledger.due(opened.clock.now())
                    ):
                        publish(opened, epoch)
                        return
                    threading.Event().wait(0.05)
                raise AssertionError("nothing became due")
        except BaseException as error:
            failures.append(error)
            ready.set()

    thread = threading.Thread(target=daemon)
    thread.start()
    assert ready.wait(10)
    ran = smm("try", "bread")
    thread.join(20)
    assert not failures
    assert ran.code == 0, ran.out + ran.err
    assert "published" in ran.out
    assert "holds the workspace and sends it" in ran.err
