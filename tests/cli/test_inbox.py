"""`smm listen` and `smm inbox`: what others said in one list, and what a person does with it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from smm_sandbox.network import Network

from smm_core.model import Interaction, InteractionKind, InteractionState
from smm_core.store import Store
from tests.cli.conftest import Smm
from tests.conftest import write_post

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def said(name: str, text: str, at: datetime = NOW, *, profile: str = "social", on: str | None = None) -> Interaction:
    """Something that Ann said."""
    return Interaction(
        profile=profile,
        kind=InteractionKind.COMMENT if on else InteractionKind.MENTION,
        remote_id=name,
        author="ann.example",
        author_name="Ann",
        text=text,
        at=at,
        url=f"https://elsewhere.example/{name}",
        on=on,
    )


@pytest.fixture
def filled(root: Path) -> Path:
    """Two profiles' worth of what was said, on nothing of ours."""
    with Store(root / ".smm" / "smm.db") as store:
        store.inbox.keep("social", "acme", [said("a", "First", NOW - timedelta(days=3)), said("b", "Second")], "", NOW)
        store.inbox.keep("short", "acme", [said("c", "Third", NOW - timedelta(hours=1), profile="short")], "", NOW)
    return root


def test_the_newest_comes_first_across_profiles(smm: Smm, filled: Path) -> None:
    listed = smm("inbox", "--json").json
    assert [(one["id"], one["profile"], one["text"]) for one in listed] == [
        (2, "social", "Second"),
        (3, "short", "Third"),
        (1, "social", "First"),
    ]
    one = listed[0]
    assert (one["kind"], one["author"], one["post"], one["reply"], one["state"]) == (
        "mention",
        "ann.example",
        None,
        None,
        "new",
    )
    lines = smm("inbox").out.splitlines()
    assert "ann.example" in lines[2]
    assert "Second" in lines[2]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["--profile", "short"], [3]),
        (["--client", "acme", "--limit", "1"], [2]),
        (["--state", "done"], [1]),
        (["--all"], [2, 3, 1]),
        (["--since", "2026-11-23T09:30"], [2]),
        (["--since", "2026-11-23"], [2, 3]),
        ([], [2, 3]),
    ],
)
def test_the_list_is_narrowed(smm: Smm, filled: Path, words: list[str], numbers: list[int]) -> None:
    assert smm("inbox", "done", "1").code == 0
    assert [one["id"] for one in smm("inbox", "list", *words, "--json").json] == numbers


def test_what_is_asked_for_wrongly_is_said(smm: Smm, filled: Path) -> None:
    done = smm("inbox", "--since", "some day")
    assert (done.code, "'some day' is neither a date nor a length of time" in done.err) == (2, True)
    assert "there is no profile 'socail'" in smm("inbox", "--profile", "socail").err
    assert "there is no interaction 9" in smm("inbox", "show", "9").err
    assert "there is no interaction 9" in smm("inbox", "reply", "9", "Hello").err


def test_read_done_and_reopen(smm: Smm, filled: Path) -> None:
    assert smm("inbox", "read", "1", "2").out == "interaction 1: read\ninteraction 2: read\n"
    assert smm("inbox", "done", "2").out == "interaction 2: done\n"
    assert smm("inbox", "done", "2").out == "interaction 2 is done already\n"
    assert smm("inbox", "reopen", "2").out == "interaction 2: new\n"
    shown = smm("inbox", "show", "1").out
    assert shown.startswith("mention 1 on social: read\n")
    assert "Ann (@ann.example)" in shown
    assert "https://elsewhere.example/a" in shown
    assert "by tester" in shown
    with Store(filled / ".smm" / "smm.db") as store:
        assert store.inbox.get(2).state is InteractionState.NEW


def test_nothing_to_answer(smm: Smm) -> None:
    done = smm("inbox")
    assert (done.out, "nothing to answer" in done.err) == ("", True)


def test_a_long_text_is_one_line_in_the_list_and_whole_in_show(smm: Smm, root: Path) -> None:
    with Store(root / ".smm" / "smm.db") as store:
        store.inbox.keep("social", "acme", [said("a", "Dear all\n" + "so much " * 40)], "", NOW)
    assert "Dear all so much" in smm("inbox").out
    assert "…" in smm("inbox").out
    assert "so much " * 40 in smm("inbox", "show", "1").out


@pytest.fixture
def asked(smm: Smm, root: Path) -> Smm:
    """A post is out on `social`, whose replies wait for approval, and Ann asked something below it."""
    toml = root / "smm.toml"
    toml.write_text(toml.read_text().replace("[profiles.social]", "[profiles.social]\napprove_replies = true"))
    front = {"profiles": '["social"]', "at": '"now"', "approval": '"rule"', "call_to_action": '"Come by"'}
    write_post(root, "bread", "Fresh bread. Come by", **front)
    for step in ("collect", "render", "review", "schedule", "publish"):
        assert smm(step).code == 0
    network = Network(root / ".smm" / "plugins" / "sandbox")
    with network.writing() as session:
        (post,) = session.visible("social", datetime.now(UTC))
        session.say("social", author="Ann", text="Is there some left?", on=post.id, now=datetime.now(UTC))
    return smm


def test_a_question_is_heard_answered_approved_and_sent(asked: Smm) -> None:
    assert asked("listen", "social").out == "listen: social: 1 new comment\n"
    (row,) = asked("inbox", "--json").json
    assert (row["post"], row["on_kind"]) == ("bread", "publish")
    done = asked("inbox", "reply", "1", "Yes, until noon.")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines()[-1] == "it waits for approval: smm reviews approve 2"
    (row,) = asked("inbox", "--json").json
    assert (row["state"], row["reply"]["says"]) == ("read", "waiting for approval")
    assert "waiting for approval: smm reviews approve 2" in asked("inbox", "show", "1").out
    shown = asked("reviews", "show", "2").out
    assert "in reply to the comment by @ann.example (smm inbox show 1):\nIs there some left?" in shown
    assert "preview" not in shown
    assert asked("reviews", "approve", "2").code == 0
    assert "reply to ann.example → social: https://" in asked("publish").out
    (row,) = asked("inbox", "--all", "--json").json
    assert (row["state"], row["reply"]["says"]) == ("done", "out")
    assert row["reply"]["url"].startswith("https://sandbox.invalid/@social/")
    assert "reply to ann.example" in asked("deliveries", "list").out
    assert [one["post"] for one in asked("posts", "list", "--json").json] == ["bread"]
    again = asked("inbox", "reply", "1", "Yes, until noon.")
    assert (again.code, "tester gave the same reply" in again.err, "--again" in again.err) == (1, True, True)


def test_a_reply_is_read_from_standard_input_or_written_in_the_editor(
    asked: Smm, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked("listen")
    monkeypatch.setattr("sys.stdin", io.StringIO("Yes,\nuntil noon.\n"))
    assert asked("inbox", "reply", "1", "-").code == 0
    (reply,) = asked("inbox", "show", "1", "--json").json["replies"]
    assert reply["text"] == "Yes,\nuntil noon."
    monkeypatch.setattr(click, "edit", lambda text: f"Or until one.\n{text}")
    assert asked("inbox", "reply", "1").code == 0
    assert [one["text"] for one in asked("inbox", "show", "1", "--json").json["replies"]][1] == "Or until one."
    monkeypatch.setattr(click, "edit", lambda text: None)
    assert "nothing was written" in asked("inbox", "reply", "1").err


def test_replies_of_the_older_command_wait_for_approval_too(asked: Smm) -> None:
    done = asked("deliveries", "reply", "1", "One more thing")
    assert done.err.splitlines()[-1] == "it waits for approval: smm reviews approve 2"
    asked("reviews", "approve", "2")
    assert "reply to post bread → social" in asked("publish").out
