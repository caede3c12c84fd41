"""`smm report`: what went out, what came of it, what waits, what is coming."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smm_core.model import Post, Reading, Subject, SubjectKind
from smm_core.steps.measure import measure
from smm_core.steps.publish import publish
from smm_core.workspace import Workspace
from tests.cli.conftest import Smm
from tests.cli.test_posts import approve_and_schedule
from tests.conftest import write_post
from tests.pages.reading import read_page


@pytest.fixture
def busy(root: Path) -> Path:
    """A workspace in which a thread is out on two profiles, one post waits for approval, one is blocked, one is coming."""
    (root / "brand.toml").write_text('require_call_to_action = false\n[colours]\naccent = "#f2c14e"\n')
    write_post(root, "bread", "Bread & <i>butter</i>.\n\n---\n\nTwo.", title='"Bread <now>"', at='"now"')
    write_post(root, "later", "Later.", title='"Later"', at='"2031-05-06T07:08"')
    with Workspace(root) as opened:
        approve_and_schedule(opened)
        publish(opened, opened.store.begin_epoch(opened.clock.now()))
        measure(opened)
        _add_readings(opened, opened.store.posts.find("bread"))
    write_post(root, "waits", "Waits.", title='"Waits"')
    write_post(root, "empty", "", title='"Empty"')
    with Workspace(root) as opened:
        from smm_core.rounds import writing_steps

        writing_steps(opened, due_only=False)
    return root


def _add_readings(ws: Workspace, post: Post) -> None:
    """A later, higher number of likes for every part, final, and one that is paid."""
    later = ws.clock.now() + timedelta(hours=1)
    for action in ws.store.ledger.of_post(post.id):
        subject = Subject(kind=SubjectKind.POST, id=str(action.id))
        ws.store.readings.keep(
            action.profile,
            [
                Reading(subject=subject, metric="likes", native="likes", value=1234, at=later, provisional=False),
                Reading(subject=subject, metric="likes", native="paid", value=7, at=later, paid=True),
            ],
        )


def test_the_page_tells_it_all(smm: Smm, busy: Path) -> None:
    ran = smm("report")
    assert ran.code == 0, ran.err
    path = Path(ran.out.strip())
    assert path == busy / ".smm/report/index.html"
    page = read_page(path)
    assert "Bread <now>" in page.words
    assert "1,234" in page.words
    assert "Later" in page.words
    assert "Tue 6 May 2031, 07:08" in page.words, "in the client's zone"
    assert "waits for approval" in page.words
    assert "is empty" in page.words
    assert [image["alt"].startswith("As followers of ") for image in page.all("img")] == [True, True]
    assert page.all("svg")
    assert all(line["aria-label"].startswith("from ") for line in page.all("svg"))


def test_json_is_the_same_and_draws_nothing(smm: Smm, busy: Path) -> None:
    report = smm("report", "--json").json
    (client,) = report["clients"]
    assert sorted((one["slug"], one["profile"], len(one["parts"]), one["total"]) for one in client["sent"]) == [
        ("bread", "short", 2, 2),
        ("bread", "social", 2, 2),
    ]
    likes = [m for m in client["sent"][0]["parts"][0]["measures"] if m["metric"] == "likes" and not m["paid"]]
    assert (likes[0]["value"], likes[0]["provisional"]) == (1234, False)
    assert len(likes[0]["points"]) == 2, "the paid one is another number"
    assert client["totals"]["likes"] == 4 * 1234
    assert "reach" not in client["totals"]
    assert {one["slug"] for one in client["waiting"]} == {"waits", "empty"}
    assert {(one["slug"], one["due_at"]) for one in client["coming"] if one["slug"] == "later"} == {
        ("later", "2031-05-06T05:08:00Z")
    }
    assert not (busy / ".smm/report").exists()


def test_the_time_that_is_asked_for_decides_what_went_out(smm: Smm, busy: Path) -> None:
    today = datetime.now(UTC).date()
    assert smm("report", "--json", "--until", "1d").json["clients"][0]["sent"] == []
    assert smm("report", "--json", "--since", str(today + timedelta(days=-1))).json["clients"][0]["sent"]
    assert smm("report", "--json", "--until", str(today + timedelta(days=1))).json["clients"][0]["sent"]
    page = read_page(Path(smm("report", "--until", "1d").out.strip()))
    assert "Nothing went out in this time." in page.words


@pytest.mark.parametrize("arguments", [("--since", "yesterday"), ("--since", "1d", "--until", "2d")])
def test_a_time_that_makes_no_sense_is_a_usage_error(smm: Smm, arguments: tuple[str, ...]) -> None:
    assert smm("report", *arguments).code == 2


def test_a_trial_is_not_in_the_report(smm: Smm, busy: Path) -> None:
    write_post(busy, "tried", "Tried.", draft="true")
    assert smm("try", "tried").code == 0
    slugs = {one["slug"] for one in smm("report", "--json").json["clients"][0]["sent"]}
    assert slugs == {"bread"}


def test_dutch_and_a_brand_colour_that_cannot_be_read_as_it_is(smm: Smm, busy: Path) -> None:
    toml = busy / "smm.toml"
    toml.write_text(toml.read_text().replace('name = "Test"', 'name = "Test"\nlanguage = "nl"'))
    path = Path(smm("report").out.strip())
    page = read_page(path)
    assert page.all("html")[0]["lang"] == "nl"
    assert "Wat er geplaatst is" in page.words
    assert "1.234" in page.words
    assert "di 6 mei 2031, 07:08" in page.words
    text = path.read_text()
    assert "--band:#f2c14e;--on-band:#1b1e23" in text, "dark writing on the yellow band"
    assert "--accent:#f2c14e}" not in text.split("@media (prefers-color-scheme:dark){ #client")[0]


def test_two_clients_each_in_their_language(smm: Smm, busy: Path) -> None:
    with (busy / "smm.toml").open("a") as file:
        file.write('\n[clients.bakker]\ntitle = "De Bakker"\nlanguage = "nl"\n')
    page = read_page(Path(smm("report").out.strip()))
    assert [section["lang"] for section in page.all("section") if "lang" in section] == ["en", "nl"]
    assert "What went out" in page.words
    assert "Wat er geplaatst is" in page.words
    only = read_page(Path(smm("report", "--client", "bakker").out.strip()))
    assert "What went out" not in only.words


def test_a_second_report_draws_nothing_again(smm: Smm, busy: Path) -> None:
    smm("report")
    pictures = list((busy / ".smm/report/pictures").iterdir())
    assert pictures
    for path in pictures:
        os.utime(path, (1, 1))
    smm("report")
    assert {path.stat().st_mtime for path in (busy / ".smm/report/pictures").iterdir()} == {1.0}


def test_a_profile_that_is_gone_is_told_without_a_picture(smm: Smm, busy: Path) -> None:
    toml = busy / "smm.toml"
    text = toml.read_text()
    toml.write_text(text[: text.index("[profiles.short]")] + text[text.index("[sources.content]") :])
    page = read_page(Path(smm("report").out.strip()))
    assert len(page.all("img")) == 1
    assert page.words.count("Bread & <i>butter</i>.") == 1


def test_the_page_as_a_process_of_its_own(busy: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from smm_core.cli import main; main()", "report", "--out", "page"],
        cwd=tmp_path,
        env={**os.environ, "SMM_WORKSPACE": str(busy)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert Path(ran.stdout.strip()) == tmp_path / "page" / "index.html"
    read_page(tmp_path / "page" / "index.html")
