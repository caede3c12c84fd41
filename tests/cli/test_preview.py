"""`smm preview`: a page and pictures of what followers will see."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Smm
from tests.conftest import write_post
from tests.pages.reading import read_page


@pytest.fixture(autouse=True)
def _lenient_brand(root: Path) -> None:
    (root / "brand.toml").write_text("require_call_to_action = false\n")


def test_a_page_and_a_png_per_profile(smm: Smm, root: Path) -> None:
    (root / "content/media").mkdir()
    Image.new("RGB", (1200, 800), "teal").save(root / "content/media/teal.png")
    pictures = '[{file = "teal.png", alt = "All <teal>"}]'
    write_post(root, "bread", "Bread & <b>butter</b>", title='"Bread <script>"', pictures=pictures)
    ran = smm("preview", "bread")
    assert ran.code == 0, ran.out + ran.err
    page_path, *pngs = (Path(line) for line in ran.out.splitlines())
    assert page_path == root / ".smm/previews/bread/index.html"
    assert [path.name for path in pngs] == ["social.png", "short.png"]
    for path in pngs:
        with Image.open(path) as image:
            assert image.format == "PNG"
    page = read_page(page_path)
    assert page.words.count("Bread & <b>butter</b>") == 2, "as text, on both profiles"
    assert "Bread <script>" in page.words
    assert len(page.all("details")) == 2
    assert "Nothing to complain about." in page.words


def test_problems_are_listed_under_the_profile_they_concern(smm: Smm, root: Path, tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.window]\nclient = "acme"\nplatform = "sandbox"\nimitates = "pictures"\n')
    path.write_text("+++\n+++\n\nNo picture.\n")
    ran = smm("preview", str(path), "--out", str(tmp_path / "page"))
    assert ran.code == 1, "it blocks"
    page = read_page(tmp_path / "page/index.html")
    assert page.words.count("blocks") == 1
    assert "the least allowed is 1" in page.words


def test_only_one_profile_and_a_slug_with_folders(smm: Smm, root: Path) -> None:
    (root / "content/posts/winter").mkdir()
    write_post(root, "winter/spice", "Spice.")
    smm("collect")
    ran = smm("preview", "winter/spice", "--profile", "short")
    assert ran.out.splitlines() == [
        str(root / ".smm/previews/winter/spice/index.html"),
        str(root / ".smm/previews/winter/spice/pictures/short.png"),
    ]


PLAIN = """
from smm_core import Guarantees, Inspected, Limits, NoSettings, Prepared, Receipt, hookimpl, render_plain


class Plain:
    name = "plainnet"
    title = "Plain"
    settings = NoSettings
    guarantees = Guarantees()
    abilities = frozenset()

    def inspect(self, request, ctx):
        return Inspected(account="plain")

    def limits(self, profile, known):
        return Limits()

    def render(self, post, profile, limits):
        return render_plain(post, profile, limits)

    def prepare(self, request, ctx):
        return Prepared()

    def send(self, request, ctx):
        raise AssertionError("a real platform was asked to send")


@hookimpl
def smm_publishers():
    return (Plain(),)
"""


def test_without_anybody_who_draws_it_is_told_plainly(smm: Smm, root: Path) -> None:
    (root / "plugins").mkdir()
    (root / "plugins/plain.py").write_text(PLAIN)
    (root / "smm.toml").write_text(
        '[workspace]\nname = "T"\nlanguage = "nl"\n[clients.acme]\n[plugins]\nenabled = ["plain"]\n'
        '[profiles.one]\nplatform = "plainnet"\n[sources.content]\ntype = "folder"\n'
    )
    (root / "content/media").mkdir()
    Image.new("RGB", (600, 600), "teal").save(root / "content/media/teal.png")
    write_post(root, "bread", "Brood & boter <3", pictures='[{file = "teal.png", alt = "Teal"}]')
    ran = smm("preview", "bread")
    assert ran.code == 0, ran.out + ran.err
    assert len(ran.out.splitlines()) == 1, "a page, and no PNG"
    page = read_page(Path(ran.out.strip()))
    assert page.all("html")[0]["lang"] == "nl"
    assert "Brood & boter <3" in page.words
    assert [image["alt"] for image in page.all("img")] == ["Teal"]
    assert "Zo zien volgers het" in page.words


def test_a_drawer_that_fails_leaves_the_plain_words(smm: Smm, root: Path) -> None:
    broken = PLAIN.replace("plainnet", "brokennet").replace(
        "abilities = frozenset()",
        "abilities = frozenset({Previews})\n\n    def preview(self, request, ctx):\n        raise ValueError('no ink')",
    )
    (root / "plugins").mkdir()
    (root / "plugins/broken.py").write_text(broken.replace("Receipt,", "Previews, Receipt,"))
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.inky]\nplatform = "brokennet"\n')
    write_post(root, "bread", "Only words.", profiles='["inky"]')
    ran = smm("preview", "bread")
    assert ran.code == 0, ran.err
    assert "Only words." in read_page(Path(ran.out.strip())).words


def test_a_folder_that_cannot_be_written_is_said(smm: Smm, root: Path, tmp_path: Path) -> None:
    write_post(root, "bread")
    (tmp_path / "file").write_text("in the way")
    ran = smm("preview", "bread", "--out", str(tmp_path / "file" / "below"))
    assert ran.code == 1
    assert "--out" in ran.err


def test_a_stranger_draws_the_account_that_the_platform_knows_us_by(smm: Smm, root: Path) -> None:
    (root / "plugins").mkdir()
    (root / "plugins/plain.py").write_text(PLAIN.replace('account="plain"', 'account="@bakery@plain.example"'))
    with (root / "smm.toml").open("a") as file:
        file.write('\n[profiles.one]\nclient = "acme"\nplatform = "plainnet"\n')
    write_post(root, "bread", profiles='["one"]')
    assert "@one" in read_page(Path(smm("preview", "bread").out.splitlines()[0])).words
    assert smm("profiles", "inspect", "one").code == 0
    assert "@bakery@plain.example" in read_page(Path(smm("preview", "bread").out.splitlines()[0])).words
