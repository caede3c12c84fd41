"""`smm posts`: the file is the truth, and every change is known at once."""

from __future__ import annotations

import io
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from smm_core.clock import instant_of
from smm_core.model import Decision, PostState
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.workspace import Workspace
from tests.cli.conftest import Smm
from tests.conftest import write_post


def front(path: Path) -> dict[str, Any]:
    """The front matter of a post file."""
    return tomllib.loads(path.read_text("utf-8").split("+++")[1])


def draw_picture(path: Path) -> Path:
    """A picture of 1200 × 800."""
    Image.new("RGB", (1200, 800), "#b5482f").save(path)
    return path


# ---------------------------------------------------------------- new


def test_new_writes_a_file_and_says_where_the_post_stands(smm: Smm, root: Path) -> None:
    ran = smm(
        *("posts", "new", "--title", "Fresh bread", "--text", "Come and get it.", "--profile", "social"),
        *("--at", "2030-12-01T09:00", "--link", "https://example.org/", "--label", "bread", "--campaign", "winter"),
        *("--call-to-action", "Come in!"),
    )
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == ["content/posts/fresh-bread.md", "post 1 fresh-bread: written"]
    assert front(root / "content/posts/fresh-bread.md") == {
        "title": "Fresh bread",
        "profiles": ["social"],
        "at": "2030-12-01T09:00",
        "campaign": "winter",
        "labels": ["bread"],
        "link": "https://example.org/",
        "call_to_action": "Come in!",
    }
    shown = smm("posts", "show", "fresh-bread", "--json").json
    assert shown["post"]["state"] == "written"
    assert shown["post"]["content"]["parts"] == ["Come and get it."]
    assert shown["file"] == "content/posts/fresh-bread.md"


def test_new_from_now_is_a_wall_time_where_the_client_is(smm: Smm, root: Path) -> None:
    before = datetime.now(UTC)
    assert smm("posts", "new", "--title", "Soon", "--at", "+10m").code == 0
    written = front(root / "content/posts/soon.md")
    assert written["zone"] == "Europe/Amsterdam"
    due = instant_of(datetime.fromisoformat(written["at"]), "Europe/Amsterdam")
    assert timedelta(minutes=9, seconds=59) <= due - before <= timedelta(minutes=11)


def test_new_reads_a_thread_from_standard_input(smm: Smm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("One.\n\n---\n\nTwo.\n"))
    assert smm("posts", "new", "--title", "Two parts", "--text", "-", "--draft").code == 0
    shown = smm("posts", "show", "two-parts", "--json").json["post"]
    assert (shown["content"]["parts"], shown["state"]) == (["One.", "Two."], "draft")


def test_a_name_that_is_taken_gets_a_number(smm: Smm) -> None:
    assert smm("posts", "new", "--title", "Same").out.startswith("content/posts/same.md")
    assert smm("posts", "new", "--title", "Same").out.startswith("content/posts/same-2.md")


def test_a_picture_is_copied_into_the_content_folder(smm: Smm, root: Path, tmp_path: Path) -> None:
    picture = draw_picture(tmp_path / "Red Door.PNG")
    ran = smm("posts", "new", "--title", "Door", "--picture", str(picture), "--alt", "A red door")
    assert ran.code == 0, ran.err
    assert (root / "content/media/red-door.png").read_bytes() == picture.read_bytes()
    assert front(root / "content/posts/door.md")["pictures"] == [{"file": "media/red-door.png", "alt": "A red door"}]


def test_another_picture_of_the_same_name_does_not_replace_the_first(smm: Smm, root: Path, tmp_path: Path) -> None:
    first = draw_picture(tmp_path / "door.png")
    smm("posts", "new", "--title", "One", "--picture", str(first))
    Image.new("RGB", (900, 900), "blue").save(first)
    smm("posts", "new", "--title", "Two", "--picture", str(first))
    assert front(root / "content/posts/two.md")["pictures"] == [{"file": "media/door-2.png"}]
    assert smm("posts", "new", "--title", "Three", "--picture", str(first)).code == 0
    assert sorted(path.name for path in (root / "content/media").iterdir()) == ["door-2.png", "door.png"]


def test_a_file_that_is_no_picture_is_refused_before_anything_is_written(smm: Smm, root: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.png"
    words.write_text("these are words")
    ran = smm("posts", "new", "--title", "Words", "--picture", str(words))
    assert ran.code == 1
    assert "words.png" in ran.err
    assert not list((root / "content").rglob("words*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new"], "--title"),
        (["new", "--title", "X", "--template", "text"], "--layout"),
        (["new", "--title", "X", "--alt", "nothing"], "--alt"),
        (["new", "--title", "X", "--at", "soon"], "soon"),
        (["edit", "bread", "--at", "next", "--now"], "--now"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(smm: Smm, root: Path, arguments: list[str], said: str) -> None:
    write_post(root, "bread")
    ran = smm("posts", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_profile_that_is_not_there_is_said_with_the_nearest(smm: Smm, root: Path) -> None:
    ran = smm("posts", "new", "--title", "X", "--profile", "socal")
    assert ran.code == 1
    assert "did you mean social?" in ran.err
    assert not list((root / "content/posts").iterdir())


def test_new_by_a_template(smm: Smm, root: Path) -> None:
    (root / "templates").mkdir()
    (root / "templates/tip.md").write_text('+++\nlabels = ["tip"]\n+++\n\nTip: {{ idea.title }}. {{ idea.text }}\n')
    ran = smm("posts", "new", "--title", "Toast", "--text", "Not too dark.", "--template", "text", "--layout", "tip")
    assert ran.code == 0, ran.err
    content = smm("posts", "show", "toast", "--json").json["post"]["content"]
    assert content["parts"] == ["Tip: Toast. Not too dark."]
    assert (content["labels"], content["idea"]) == (["tip"], None)


# ---------------------------------------------------------------- edit


def test_edit_changes_keys_and_leaves_the_rest_of_the_file(smm: Smm, root: Path) -> None:
    path = write_post(root, "bread", "Old text.", title='"Bread" # the title stays ours', labels='["old"]')
    ran = smm("posts", "edit", "bread", "--at", "next", "--label", "new", "--profile", "short", "--text", "New text.")
    assert ran.code == 0, ran.err
    text = path.read_text("utf-8")
    assert "# the title stays ours" in text
    assert text.endswith("+++\n\nNew text.\n")
    assert front(path) == {"title": "Bread", "labels": ["new"], "profiles": ["short"]}
    assert smm("posts", "edit", "bread", "--now", "--label", "", "--profile", "").code == 0
    assert front(path) == {"title": "Bread", "at": "now"}


def test_edit_opens_the_editor_when_nothing_else_is_said(
    smm: Smm, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_post(root, "bread", "Typo hre.")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i.old "s/hre/here/" "$1" && rm "$1.old"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    assert smm("posts", "edit", "bread").code == 0
    assert path.read_text("utf-8").endswith("Typo here.\n")
    assert smm("posts", "show", "bread", "--json").json["post"]["content"]["parts"] == ["Typo here."]


def test_a_mistake_made_in_the_editor_is_said_with_its_line(
    smm: Smm, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_post(root, "bread", title='"Bread"')
    assert smm("collect").code == 0
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "+++\\ntitel = \\"Bread\\"\\n+++\\n\\nText\\n" > "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    ran = smm("posts", "edit", "bread")
    assert ran.code == 2
    assert "content/posts/bread.md:2" in ran.err
    assert "title" in ran.err


def test_yaml_is_left_to_the_person(smm: Smm, root: Path) -> None:
    path = root / "content/posts/bread.md"
    path.write_text("---\ntitle: Bread\n---\n\nText\n")
    ran = smm("posts", "edit", "bread", "--title", "Rolls")
    assert ran.code == 2
    assert "by hand" in ran.err
    assert "title: Bread" in path.read_text()


def test_a_draft_becomes_ready(smm: Smm, root: Path) -> None:
    path = write_post(root, "bread", draft="true")
    assert smm("posts", "edit", str(path), "--ready").out.endswith("post 1 bread: written\n")
    assert "draft" not in front(path)


# ---------------------------------------------------------------- duplicate


def test_a_duplicate_is_a_draft_without_a_time(smm: Smm, root: Path) -> None:
    write_post(root, "bread", "Text.", at='"2020-01-01T09:00"', title='"Bread"')
    smm("collect")
    assert smm("posts", "duplicate", "bread", "--as", "Rolls again").code == 0
    path = root / "content/posts/rolls-again.md"
    assert front(path) == {"title": "Bread", "draft": True}
    assert path.read_text("utf-8").endswith("Text.\n")


# ---------------------------------------------------------------- withdraw, and too late


def approve_and_schedule(ws: Workspace) -> None:
    """Take every written post as far as the ledger."""
    collect(ws)
    render(ws)
    review(ws)
    for one in ws.store.reviews.listed():
        ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", ws.clock.now())
    schedule(ws)


@pytest.fixture
def scheduled(root: Path) -> Path:
    """A post that is in the ledger for both profiles, due in 2030."""
    brand = root / "brand.toml"
    brand.write_text("require_call_to_action = false\n")
    path = write_post(root, "bread", "Bread.", at='"2030-12-01T09:00"')
    with Workspace(root) as opened:
        approve_and_schedule(opened)
        assert opened.store.posts.find("bread").state is PostState.SCHEDULED
    return path


def begin_sending(root: Path, *profiles: str) -> None:
    """Claim the deliveries on these profiles, as a daemon does just before it sends."""
    with Workspace(root) as opened:
        now = opened.clock.now()
        epoch = opened.store.begin_epoch(now)
        for action in opened.store.ledger.of_post(opened.store.posts.find("bread").id):
            if action.profile in profiles:
                opened.store.ledger.claim(action, epoch, now)


def test_withdraw_says_so_in_the_file_and_it_stays_withdrawn(smm: Smm, root: Path, scheduled: Path) -> None:
    ran = smm("posts", "withdraw", "bread", "--reason", "the oven is cold")
    assert (ran.code, ran.out) == (0, "post 1 bread: withdrawn\n")
    assert front(scheduled)["withdrawn"] is True
    assert smm("collect").code == 0
    shown = smm("posts", "show", "bread", "--json").json
    assert (shown["post"]["state"], shown["post"]["reason"]) == ("withdrawn", "the oven is cold")
    assert {one["state"] for one in shown["deliveries"]} == {"cancelled"}
    assert "was withdrawn before: the oven is cold" in smm("posts", "withdraw", "bread").out


def test_a_withdrawn_post_can_be_brought_back(smm: Smm, scheduled: Path) -> None:
    smm("posts", "withdraw", "bread")
    assert smm("posts", "edit", "bread", "--ready").out.endswith("post 1 bread: written\n")
    assert "withdrawn" not in front(scheduled)


def test_withdraw_says_where_it_came_too_late(smm: Smm, root: Path, scheduled: Path) -> None:
    begin_sending(root, "social")
    before = scheduled.read_bytes()
    ran = smm("posts", "withdraw", "bread")
    assert ran.code == 1
    assert "taken back on short" in ran.out
    assert "too late for social" in ran.err
    assert scheduled.read_bytes() == before
    states = {one["profile"]: one["state"] for one in smm("posts", "show", "bread", "--json").json["deliveries"]}
    assert states == {"social": "sending", "short": "cancelled"}


def test_withdraw_and_edit_are_too_late_once_everything_is_on_its_way(smm: Smm, root: Path, scheduled: Path) -> None:
    begin_sending(root, "social", "short")
    before = scheduled.read_bytes()
    ran = smm("posts", "withdraw", "bread")
    assert ran.code == 1
    assert "being sent to short, social" in ran.err
    ran = smm("posts", "edit", "bread", "--text", "Other.")
    assert ran.code == 1
    assert "too late: post bread is out or on its way on short, social" in ran.err
    assert "posts duplicate bread" in ran.err
    assert scheduled.read_bytes() == before


def test_an_edit_names_the_profiles_it_came_too_late_for(smm: Smm, root: Path, scheduled: Path) -> None:
    begin_sending(root, "social")
    ran = smm("posts", "edit", "bread", "--text", "Other.")
    assert ran.code == 0
    assert "too late for social" in ran.err
    assert ran.out.endswith("post 1 bread: written\n")


def test_withdraw_of_a_file_in_yaml_counts_but_says_what_to_do(smm: Smm, root: Path) -> None:
    (root / "content/posts/bread.md").write_text("---\ntitle: Bread\n---\n\nText\n")
    smm("collect")
    ran = smm("posts", "withdraw", "bread")
    assert ran.code == 1
    assert "withdrawn" in ran.out
    assert "by hand" in ran.err
    assert smm("posts", "list", "--json").json[0]["state"] == "withdrawn"


# ---------------------------------------------------------------- looking


def test_list_filters_and_gives_json(smm: Smm, root: Path) -> None:
    write_post(root, "a", draft="true", labels='["bread"]')
    write_post(root, "b", labels='["bread", "tip"]')
    write_post(root, "c")
    smm("collect")
    assert [row["post"] for row in smm("posts", "list", "--json").json] == ["a", "b", "c"]
    assert [row["post"] for row in smm("posts", "list", "--state", "draft", "--json").json] == ["a"]
    assert [row["post"] for row in smm("posts", "list", "--label", "tip", "--json").json] == ["b"]
    assert smm("posts", "list", "--client", "acme", "--json").json
    table = smm("posts", "list").out
    assert table.splitlines()[0].split() == ["id", "post", "state", "when", "profiles", "labels", "reason"]
    unknown = smm("posts", "list", "--client", "acne")
    assert unknown.code == 1
    assert "did you mean acme?" in unknown.err


def test_an_empty_list_says_how_to_begin(smm: Smm) -> None:
    ran = smm("posts", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "smm posts new" in ran.err
    assert smm("posts", "list", "--json").json == []


def test_show_lays_out_everything(smm: Smm, root: Path, scheduled: Path) -> None:
    out = smm("posts", "show", "1").out
    for piece in ("1 bread: scheduled", "content/posts/bread.md", "2030-12-01 09:00", "for social", "review 1", "due"):
        assert piece in out, piece
    assert "approve by tester" in out


def test_a_post_that_is_not_there_is_answered_with_the_nearest(smm: Smm, root: Path) -> None:
    write_post(root, "bread")
    smm("collect")
    ran = smm("posts", "show", "braed")
    assert ran.code == 1
    assert "did you mean bread?" in ran.err


# ---------------------------------------------------------------- where the next step is told


def test_what_was_not_rendered_is_named_where_nobody_is_asked_about_it(smm: Smm, root: Path) -> None:
    write_post(root, "bread", call_to_action='"Come by"')
    smm("collect")
    hint = "nobody is asked yet about bread: `smm render`, then `smm review`"
    for command in (("review",), ("reviews", "list"), ("reviews", "approve", "--all")):
        assert hint in smm(*command).err
    assert "`smm render`, `smm review`, then `smm reviews list`" in smm("simulate").out.replace("\n", " ")
    smm("render")
    assert "nobody" not in smm("review").err
    assert smm("reviews", "show", "bread").out == smm("reviews", "show", "1").out


def test_an_edit_and_a_withdrawal_that_come_too_late_say_what_can_still_be_done(smm: Smm, root: Path) -> None:
    front = {"at": '"now"', "profiles": '["social"]', "call_to_action": '"Come by"', "approval": '"rule"'}
    write_post(root, "bread", **front)
    for step in ("collect", "render", "review", "schedule", "publish"):
        assert smm(step).code == 0
    assert "`smm deliveries update`" in smm("posts", "edit", "bread", "--text", "Cake").err
    assert "`smm deliveries delete` takes it off" in smm("posts", "withdraw", "bread").err
    write_post(root, "bread", "Fresh cake.", **front)
    smm("collect")
    assert "`smm deliveries update` carries the edit over" in smm("explain", "bread").out


def test_the_doctor_counts_in_words_and_names_a_scheduler_that_is_not_there(smm: Smm, root: Path) -> None:
    assert "1 client, 2 profiles, 1 source\n" in smm("doctor").out
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.board]\nclient = "acme"\nplatform = "manual"\nschedule = "platform"\n')
    ran = smm("doctor")
    assert ran.code == 1
    assert "manual has no scheduler of its own, so smm has to run" in ran.out


def test_the_calendar_says_when_by_the_clients_clock_and_to_which_profiles(smm: Smm, root: Path) -> None:
    write_post(root, "bread", at='"2031-01-31T20:00"', zone='"America/New_York"', profiles='["social"]')
    smm("collect")
    (entry,) = smm("calendar", "2031-02", "--json").json
    assert entry == {"day": "2031-02-01", "time": "02:00", "what": "bread → social", "state": "written"}
    assert smm("calendar", "2031-01", "--json").json == []


def test_what_is_told_of_a_delivery_by_hand_is_an_address(smm: Smm, root: Path) -> None:
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.board]\nclient = "acme"\nplatform = "manual"\n')
    write_post(root, "bread", profiles='["board"]', at='"now"', approval='"rule"', call_to_action='"Come by"')
    for step in ("collect", "render", "review", "schedule", "publish"):
        assert smm(step).code == 0
    ran = smm("deliveries", "resolve", "1", "--published", "yes")
    assert ran.code == 2
    assert "'yes' is no web address" in ran.err
    assert smm("deliveries", "resolve", "1", "--published", "https://example.org/1").code == 0
