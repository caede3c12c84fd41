"""`smm ideas`: from an idea to a post file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from smm_core.content import read_post
from smm_core.model import PostContent
from tests.cli.conftest import Smm


@pytest.fixture(autouse=True)
def _ideas(root: Path) -> None:
    folder = root / "content/ideas"
    folder.mkdir()
    (folder / "night.md").write_text(
        '+++\ntitle = "The night shift"\nurl = "https://example.org/night"\nlabels = ["people"]\n'
        'author = "Teun"\ndate = "2026-11-20"\n+++\n\nWho bakes at three?\n\n---\n\nNobody sees it.\n'
    )
    (folder / "rye.md").write_text("Rye is back\n")


def content_of(root: Path, name: str) -> PostContent:
    """A post file as it reads."""
    path = root / "content/posts" / f"{name}.md"
    found = read_post(path.read_text("utf-8"), path=path, root=root / "content", keep=lambda picture: picture.name)
    return found.content


def test_list_and_show(smm: Smm) -> None:
    assert smm("collect").code == 0
    rows = smm("ideas", "list", "--json").json
    assert [(row["id"], row["title"], row["state"]) for row in rows] == [
        (2, "Rye is back", "new"),
        (1, "The night shift", "new"),
    ]
    assert smm("ideas", "list", "--source", "elsewhere", "--json").json == []
    shown = smm("ideas", "show", "1").out
    for piece in ("1 The night shift: new", "Teun", "https://example.org/night", "Who bakes at three?"):
        assert piece in shown
    assert smm("ideas", "show", "1", "--json").json["found"]["labels"] == ["people"]


def test_use_writes_a_draft_and_marks_the_idea(smm: Smm, root: Path) -> None:
    smm("collect")
    ran = smm("ideas", "use", "1", "--profile", "social", "--at", "2030-12-01T09:00")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == ["content/posts/the-night-shift.md", "post 1 the-night-shift: draft"]
    content = content_of(root, "the-night-shift")
    assert content.parts == ("Who bakes at three?\n\n---\n\nNobody sees it.",), "an idea's words stay one part"
    assert (content.link, content.idea, content.profiles) == ("https://example.org/night", 1, ("social",))
    assert [row["state"] for row in smm("ideas", "list", "--state", "used", "--json").json] == ["used"]


def test_use_ready_by_a_template_with_a_picture(smm: Smm, root: Path) -> None:
    smm("collect")
    templates = root / "templates"
    templates.mkdir()
    Image.new("RGB", (1000, 1000), "teal").save(templates / "teal.png")
    (templates / "tip.md").write_text(
        '+++\npictures = [{file = "teal.png", alt = "Teal"}]\n+++\n\n{{ idea.title }}: see {{ idea.url }}\n'
    )
    ran = smm("ideas", "use", "1", "--template", "text", "--layout", "tip", "--ready")
    assert ran.code == 0, ran.err
    assert ran.out.endswith(": written\n")
    post = smm("posts", "show", "1", "--json").json["post"]["content"]
    assert post["parts"] == ["The night shift: see https://example.org/night"]
    assert len(list((root / "content/media").iterdir())) == 1
    assert post["pictures"][0]["alt"] == "Teal"


def test_an_idea_without_text_becomes_its_title(smm: Smm, root: Path) -> None:
    smm("collect")
    assert smm("ideas", "use", "2").code == 0
    assert content_of(root, "rye-is-back").parts == ("Rye is back",)


def test_dismiss(smm: Smm) -> None:
    smm("collect")
    assert smm("ideas", "dismiss", "2").code == 0
    assert [row["id"] for row in smm("ideas", "list", "--state", "new", "--json").json] == [1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["use", "9"], 1, "there is no idea 9"),
        (["use", "1", "--layout", "tip"], 2, "--template"),
        (["use", "1", "--template", "text", "--layout", "nope"], 2, "nope"),
        (["use", "1", "--profile", "nope"], 1, "nope"),
        (["list", "--client", "nope"], 1, "nope"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    smm: Smm, root: Path, arguments: list[str], code: int, said: str
) -> None:
    smm("collect")
    ran = smm("ideas", *arguments)
    assert ran.code == code
    assert said in ran.err
    assert not list((root / "content/posts").iterdir())
    assert {row["state"] for row in smm("ideas", "list", "--json").json} == {"new"}
