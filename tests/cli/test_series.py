"""`smm series`, and what the other commands say of a series and its dates."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Smm
from tests.conftest import write_post

# The command line goes by the machine's clock: the dates here are counted from tomorrow.
TOMORROW = date.today() + timedelta(days=1)
NEXT, THIRD, FOURTH = (str(TOMORROW + timedelta(days=days)) for days in (1, 2, 3))
FIRST = str(TOMORROW)


@pytest.fixture
def bread(root: Path) -> Path:
    """A daily series from tomorrow on."""
    path = write_post(root, "bread", "Fresh bread. Come by", profiles='["social"]', call_to_action='"Come by"')
    rule = f'[repeat]  # mine\nevery = "day"\nat = "10:00"\nstarts = {FIRST}\ntimes = 5\n'
    path.write_text(path.read_text().replace("\n+++\n\n", f"\n\n{rule}+++\n\n"))
    return path


def state(smm: Smm, day: str) -> str:
    found = {one["date"]: one["state"] for one in smm("series", "show", "bread", "--json").json["dates"]}
    return str(found[day])


def test_list_and_show(smm: Smm, bread: Path) -> None:
    assert smm("series", "list").err == "no series yet: a post file with a [repeat] is one\n"
    assert smm("collect").code == 0
    (row,) = smm("series", "list", "--json").json
    assert (row["series"], row["state"], row["next"]) == ("bread", "active", f"{FIRST}T10:00")
    assert row["rule"] == f"every day at 10:00, from {FIRST}, 5 times"
    assert "every day at 10:00" in smm("series", "list").out
    shown = smm("series", "show", "bread")
    assert f"{TOMORROW:%a} {FIRST} 10:00" in shown.out
    assert len(smm("series", "show", f"bread@{NEXT}", "--json").json["dates"]) == 5
    assert smm("posts", "list", "--json").json[0]["series"] == "bread"
    assert "did you mean bread?" in smm("series", "show", "bred").err


def test_skip_change_and_end(smm: Smm, bread: Path) -> None:
    smm("collect")
    assert f"post bread@{NEXT} is withdrawn: series: this date is skipped" in smm("series", "skip", "bread", NEXT).out
    assert state(smm, NEXT) == "withdrawn"
    assert smm("series", "skip", "bread", NEXT).out == f"series bread: {NEXT} is that way already\n"
    assert smm("series", "change", "bread", NEXT, "--at", "10:00").code == 0
    assert state(smm, NEXT) == "written"
    assert smm("series", "change", "bread", THIRD, "--text", "Rye. Come by").code == 0
    assert smm("series", "change", "bread", THIRD, "--at", f"{FOURTH}T11:00").code == 0
    shown = smm("posts", "show", f"bread@{THIRD}").out
    assert "Rye. Come by" in shown
    assert f"{FOURTH} 11:00" in shown
    assert smm("series", "end", "bread", "--on", THIRD).code == 0
    assert state(smm, FOURTH) == "withdrawn"
    assert "[repeat]  # mine" in bread.read_text()
    assert "ends on" in smm("series", "end", "bread", "--on", FOURTH).out
    assert smm("series", "end", "bread").code == 0, "before it ever came"
    assert smm("series", "list", "--json").json[0]["state"] == "withdrawn"
    assert "withdrawn = true" in bread.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("skip", "bread", "someday"), "write for instance 2026-12-25"),
        (("skip", "bread", "2001-01-01"), "does not come on 2001-01-01"),
        (("change", "bread", NEXT, "--at", f"{THIRD}T10:00"), "the time of another of its dates"),
        (("change", "bread", NEXT, "--at", "2001-01-01T10:00"), "is past"),
        (("change", "bread", NEXT, "--at", "ten"), "write 10:30"),
        (("change", "bread", NEXT), "Say --at, --text or both"),
        (("end", "bread", "--on", "2001-01-01"), "leaves no date"),
    ],
)
def test_a_mistake_changes_nothing(smm: Smm, bread: Path, arguments: tuple[str, ...], words: str) -> None:
    smm("collect")
    before = bread.read_text()
    ran = smm("series", *arguments)
    assert ran.code != 0
    assert words in ran.err
    assert bread.read_text() == before


def test_a_date_is_withdrawn_in_the_file_of_its_series(smm: Smm, bread: Path) -> None:
    smm("collect")
    assert smm("posts", "withdraw", f"bread@{NEXT}").code == 0
    assert f"date = {NEXT}\nskip = true" in bread.read_text()
    smm("collect")
    assert state(smm, NEXT) == "withdrawn"


def test_other_commands_know_series(smm: Smm, bread: Path) -> None:
    assert "bread is a series" in smm("posts", "show", "bread").err
    assert "smm series change bread" in smm("posts", "edit", f"bread@{NEXT}", "--title", "x").err
    assert smm("check", f"bread@{NEXT}").code == 0
    assert smm("check", "bread").code == 0
    for step in ("render", "review"):
        smm(step)
    shown = smm("reviews", "show", "1")
    assert "one date of the series bread" in shown.out
    assert smm("reviews", "show", "1", "--json").json["series"] == "bread"


def test_an_approval_for_the_series(smm: Smm, bread: Path) -> None:
    for step in ("collect", "render", "review"):
        smm(step)
    ran = smm("reviews", "approve", "--all", "--series", "--by", "anna")
    assert (ran.code, ran.err) == (0, "")
    assert f"post bread@{FIRST}: approved for the series by anna" in ran.out
    assert f"post bread@{NEXT}: approved by anna: approved for the series on" in ran.out
    assert smm("reviews", "list", "--json").json == []
    assert "anna: approve for the series" in smm("reviews", "show", "1").out


def test_a_review_shows_what_the_checks_warn_of(smm: Smm, root: Path) -> None:
    write_post(root, "hello", "Hello. Come by", profiles='["social"]', call_to_action='"Come by"')
    (root / "plugins").mkdir()
    (root / "plugins" / "shy.py").write_text(
        "from smm_core import Level, Problem, hookimpl\n"
        "@hookimpl\ndef smm_check_variant(request):\n"
        "    return [Problem(level=Level.WARN, code='shy', message='too loud for us')]\n"
    )
    for step in ("collect", "render", "review"):
        smm(step)
    assert "warn  too loud for us" in smm("reviews", "show", "1").out
    (problems,) = smm("reviews", "show", "1", "--json").json["problems"].values()
    assert "shy" in {problem["code"] for problem in problems}
