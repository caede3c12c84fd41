"""`smm check`: what would be refused, and by which limit, before anybody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Smm
from tests.conftest import write_post

TOO_LONG = "x" * 2201


@pytest.fixture(autouse=True)
def _lenient_brand(root: Path) -> None:
    (root / "brand.toml").write_text("require_call_to_action = false\nrequire_alt_text = false\n")


@pytest.fixture
def window(root: Path) -> str:
    """A profile that knows no threads and wants a picture; the front matter of a post that has one."""
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.window]\nclient = "acme"\nplatform = "sandbox"\nimitates = "pictures"\n')
    (root / "content/media").mkdir()
    Image.new("RGB", (1080, 1080), "teal").save(root / "content/media/teal.png")
    return '[{file = "teal.png"}]'


def test_nothing_to_complain_about_says_how_long_it_is(smm: Smm, root: Path) -> None:
    write_post(root, "bread", "Fresh bread 🥖")
    smm("collect")
    ran = smm("check", "bread")
    assert ran.code == 0
    assert "bread: nothing to complain about" in ran.out
    assert "social: 13 of 500 graphemes" in ran.out
    assert "short: 13 of 300 graphemes" in ran.out


def test_what_is_too_long_blocks_with_what_is_allowed_and_found(smm: Smm, root: Path, window: str) -> None:
    write_post(root, "long", TOO_LONG, pictures=window)
    smm("collect")
    ran = smm("check", "1")
    assert ran.code == 1
    row = next(line for line in ran.out.splitlines() if line.startswith("window"))
    for piece in ("block", "part 1", "2,201 UTF-16 units", "2,200"):
        assert piece in row
    only = smm("check", "long", "--profile", "social")
    assert only.code == 0, only.out


def test_the_file_as_it_stands_is_checked_not_what_was_collected(smm: Smm, root: Path) -> None:
    write_post(root, "bread")
    smm("collect")
    path = write_post(root, "bread", "y" * 600, profiles='["social"]')
    for name in ("bread", "1", str(path)):
        assert smm("check", name, "--profile", "social", "--json").json["lengths"]["social"]
    write_post(root, "bread", "Short again.")
    assert smm("check", "bread").code == 0


def test_a_file_that_nobody_collected_and_one_from_elsewhere(smm: Smm, root: Path, tmp_path: Path) -> None:
    write_post(root, "new")
    assert smm("check", "new").code == 0
    elsewhere = tmp_path / "note.md"
    elsewhere.write_text("+++\n+++\n\n" + "x" * 400 + "\n")
    assert "short: part 2: 100 of 300 graphemes" in smm("check", str(elsewhere)).out
    assert smm("posts", "list", "--json").json == [], "checking stores nothing"


def test_json_has_every_problem_with_its_numbers(smm: Smm, root: Path, window: str) -> None:
    write_post(root, "long", TOO_LONG, profiles='["window"]', pictures=window)
    ran = smm("check", "long", "--json")
    assert ran.code == 1
    assert ran.json["blocks"] is True
    problem = ran.json["problems"][0]
    assert (problem["allowed"], problem["found"], problem["unit"]) == (2200, 2201, "UTF-16 units")
    assert (problem["profile"], problem["level"], problem["code"]) == ("window", "block", "text.too-long")
    assert problem["verified"] in (True, False)


def test_a_limit_that_is_a_guess_says_so() -> None:
    from smm_core.cli.problems import say_source
    from smm_core.limits import Provenance
    from smm_core.model import Level, Problem

    guess = Provenance(source="hearsay", as_of="2026-01-01", verified=False)
    problem = Problem(level=Level.BLOCK, code="x", message="x", provenance=guess)
    assert say_source(problem) == "guess: hearsay (2026-01-01)"


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ('titel = "x"', "bread.md:2"),
        ('profiles = ["socal"]', "did you mean social?"),
        ('pictures = [{file = "gone.png"}]', "there is no such file"),
    ],
)
def test_a_file_with_a_mistake_is_answered_with_the_place(smm: Smm, root: Path, front: str, said: str) -> None:
    (root / "content/posts/bread.md").write_text(f"+++\n{front}\n+++\n\nText\n")
    ran = smm("check", "bread")
    assert ran.code == 2
    assert said in ran.err


def test_a_name_that_is_nothing(smm: Smm) -> None:
    ran = smm("check", "nothing")
    assert ran.code == 1
    assert "there is no post 'nothing'" in ran.err


def test_a_profile_that_the_post_does_not_go_to(smm: Smm, root: Path) -> None:
    write_post(root, "bread", profiles='["short"]')
    ran = smm("check", "bread", "--profile", "social")
    assert ran.code == 1
    assert "does not go to profile 'social'" in ran.err


def test_a_file_from_elsewhere_needs_a_client_when_there_are_two(smm: Smm, root: Path, tmp_path: Path) -> None:
    with (root / "smm.toml").open("a") as file:
        file.write('\n[clients.other]\n[profiles.theirs]\nclient = "other"\nplatform = "sandbox"\n')
    path = tmp_path / "note.md"
    path.write_text("+++\n+++\n\nHello\n")
    ran = smm("check", str(path))
    assert ran.code == 1
    assert "--client" in ran.err
    assert "theirs" in smm("check", str(path), "--client", "other").out
    path.write_text('+++\nprofiles = ["theirs"]\n+++\n\nHello\n')
    assert smm("check", str(path)).code == 0, "its profiles say whose it is"


def test_what_the_profiles_other_posts_have_to_do_with_it_is_said_too(smm: Smm, root: Path) -> None:
    """Else `smm attention` names a blocked post, and `smm check`, which it points to, finds nothing."""
    write_post(root, "first", profiles='["social"]', at='"now"', approval='"rule"')
    for step in ("collect", "render", "review", "schedule", "publish"):
        assert smm(step).code == 0
    again = write_post(root, "again", profiles='["social"]')
    for name in ("first", str(again)):
        assert smm("check", name).code == (name != "first")
    smm("collect")
    assert "the same text went to social" in smm("check", "again").out
    write_post(root, "again", profiles='["social"]', repeat_allowed="true")
    assert smm("check", "again").code == 0
    write_post(root, "one", "One.", profiles='["social"]', at='"2031-01-06T09:00"')
    write_post(root, "two", "Two.", profiles='["social"]', at='"2031-01-06T09:01"')
    smm("collect")
    assert "it goes out 1m after post one" in smm("check", "two").out


def test_two_posts_with_the_same_text_are_told_of_before_either_is_out(smm: Smm, root: Path) -> None:
    warning = "post plain for short has the same text"
    write_post(root, "plain", "Plain.", profiles='["short"]', at='"end"')
    write_post(root, "plainer", "Plain.", profiles='["short"]')
    for step in ("collect", "render", "review"):
        assert smm(step).code == 0
    assert warning in smm("reviews", "show", "plainer").out
    smm("reviews", "approve", "plain")
    smm("schedule")
    assert warning in smm("check", "plainer").out
    write_post(root, "plainer", "Plain.", profiles='["short"]', repeat_allowed="true")
    assert "nothing to complain about" in smm("check", "plainer").out
    write_post(root, "plainer", "Plain and more.", profiles='["short"]')
    assert "nothing to complain about" in smm("check", "plainer").out
