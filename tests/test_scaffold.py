"""The workspace that `smm init` writes, and the example workspace: both are read without a mistake and keep to their brand books."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smm_core import (
    Brand,
    CheckRequest,
    CollectPage,
    CollectRequest,
    ComposeRequest,
    Context,
    Idea,
    IdeaFound,
    IdeaState,
    Limits,
    Part,
    PostContent,
    PostFound,
    Problem,
    Response,
    SmmError,
    Variant,
    WhenKind,
    WorkspaceError,
    inspect_picture,
)
from smm_core.builtin.brand_check import check_brand
from smm_core.builtin.folder import FolderSettings, FolderSource
from smm_core.builtin.text_template import TextTemplate
from smm_core.config import Config, load_config
from smm_core.context import PluginContext
from smm_core.media import MediaStore
from smm_core.model import Attachment, Profile
from smm_core.render import render_plain, resolve_content
from smm_core.scaffold import LANGUAGES, write_workspace
from smm_core.secrets import CredentialsFile

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BAKERY = Path(__file__).parents[1] / "examples" / "bakery"
NAME = 'Jan\'s "shop" \\ Ünï'


class NoNetwork:
    """Content lies in the folder."""

    def request(self, *_: Any, **__: Any) -> Response:
        pytest.fail("the network was used")


@dataclass(frozen=True, kw_only=True)
class Read:
    """A workspace with everything in its content folder."""

    config: Config
    ctx: Context
    page: CollectPage

    def brand(self, profile: Profile) -> Brand:
        return self.config.clients[profile.client].brand

    def problems(self, post: PostFound, profile: Profile) -> list[Problem]:
        """What the brand book says of a post on a profile, its pictures not yet fitted."""
        brand, platform = self.brand(profile), profile.imitates or profile.platform
        content = resolve_content(post.content, profile, brand, platform=platform)
        rendering = render_plain(content, profile, Limits(parts=25, first_comment=True))
        parts = tuple(
            Part(
                text=part.text,
                link=part.link,
                media=tuple(
                    Attachment(sha256="", format="jpeg", width=1080, height=1080, bytes=1, alt=picture.alt)
                    for picture in part.pictures
                ),
            )
            for part in rendering.parts
        )
        variant = Variant(profile=profile.name, parts=parts, first_comment=rendering.first_comment)
        request = CheckRequest(content=content, variant=variant, profile=profile, limits=Limits(), brand=brand)
        return list(check_brand(request))


def read(root: Path, media: Path) -> Read:
    ctx = PluginContext(
        plugin="builtin",
        workspace=root,
        deadline=NOW,
        log=logging.LoggerAdapter(logging.getLogger("test")),
        http=NoNetwork(),
        media=MediaStore(media),
        credentials=CredentialsFile(media / "credentials.json"),
        clock=lambda: NOW,
    )
    request = CollectRequest(instance="content", client="any", settings=FolderSettings())
    return Read(config=load_config(root), ctx=ctx, page=FolderSource().collect(request, ctx))


@pytest.fixture(params=[*LANGUAGES, "bakery"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Read:
    """The sample workspace in each language, and the example."""
    root = tmp_path / "workspace"
    if request.param == "bakery":
        shutil.copytree(BAKERY, root, ignore=shutil.ignore_patterns(".smm"))
    else:
        write_workspace(root, name=NAME, language=request.param, zone="Europe/Amsterdam")
    return read(root, tmp_path / "media")


def deliveries(workspace: Read) -> Iterator[tuple[PostFound, Profile]]:
    for post in workspace.page.posts:
        for name in post.content.profiles or workspace.config.profiles:
            yield post, workspace.config.profiles[name]


# ---------------------------------------------------------------- both


def test_everything_can_be_read(workspace: Read) -> None:
    assert workspace.page.troubles == ()
    assert len(workspace.page.posts) >= 2
    assert len(workspace.page.ideas) >= 1


def test_posts_keep_to_the_brand_book_and_drafts_show_what_it_is_for(workspace: Read) -> None:
    told = {
        (post.key, post.draft): found
        for post, profile in deliveries(workspace)
        if (found := workspace.problems(post, profile))
    }
    assert {draft for _, draft in told} <= {True}, told


def test_pictures_are_described_small_and_usable(workspace: Read) -> None:
    pictures = [one for post in workspace.page.posts if not post.draft for one in post.content.pictures]
    assert pictures
    for picture in pictures:
        assert len(picture.alt) > 20
        if picture.media:
            info = inspect_picture(workspace.ctx.media.path(picture.media))
            assert info.format == "jpeg"
            assert info.bytes < 150_000
            assert min(info.width, info.height) >= 1080


def test_every_layout_makes_a_post_of_a_bare_idea_and_of_a_full_one(workspace: Read) -> None:
    folder = workspace.ctx.workspace / "templates"
    layouts = sorted(path.stem for path in folder.glob("*.md"))
    assert "tip" in layouts
    brand = next(iter(workspace.config.clients.values())).brand
    for layout in layouts:
        for found in (
            IdeaFound(key="k", title="Rye"),
            IdeaFound(key="k", title="Rye " * 60, text="Why? " * 200, url="https://a.example/b", author="Anna"),
        ):
            idea = Idea(id=1, client="c", source="news", found=found, state=IdeaState.NEW, collected_at=NOW)
            request = ComposeRequest(
                idea=idea, brand=brand, layout=layout, folder=folder, client="c", language="en", fields={}
            )
            content = TextTemplate().compose(request, workspace.ctx)
            assert found.title[:3] in content.parts[0]
            assert content.link == found.url or not content.link
            assert "\n\n\n" not in content.parts[0]


# ---------------------------------------------------------------- the new workspace


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Hello"), ("nl", "Hallo"), ("nl-BE", "Hallo"), ("de", "Hello"), ("EN-gb", "Hello")]
)
def test_the_texts_are_in_the_language_there_is(tmp_path: Path, language: str, title: str) -> None:
    root = tmp_path / "new"
    written = write_workspace(root, name=NAME, language=language, zone="Asia/Kolkata")
    config = load_config(root)
    assert (config.name, config.zone, config.language) == (NAME, "Asia/Kolkata", language)
    assert sorted(written) == sorted(path for path in root.rglob("*") if path.is_file())
    assert (root / ".gitignore").read_text().splitlines()[-1] == ".smm/"
    titles = [post.content.title for post in read(root, tmp_path / "media").page.posts]
    assert title in titles


def test_no_placeholder_is_left(tmp_path: Path) -> None:
    for path in write_workspace(tmp_path / "new", name="x", language="en", zone="UTC"):
        if path.suffix in (".md", ".toml"):
            assert not re.search(r"@[A-Z]+@", path.read_text())


def test_both_languages_have_the_same_files_and_settings(tmp_path: Path) -> None:
    configs = {}
    for language in LANGUAGES:
        write_workspace(tmp_path / language, name="x", language=language, zone="UTC")
        configs[language] = load_config(tmp_path / language)
    english, dutch = configs["en"], configs["nl"]
    assert {name: (one.imitates, one.slots) for name, one in english.profiles.items()} == {
        name: (one.imitates, one.slots) for name, one in dutch.profiles.items()
    }
    assert [len(list((tmp_path / one).rglob("*.md"))) for one in LANGUAGES] == [4, 4]


def test_a_workspace_is_never_written_over(tmp_path: Path) -> None:
    write_workspace(tmp_path, name="one", language="en", zone="UTC")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(WorkspaceError, match="is a workspace already"):
        write_workspace(tmp_path, name="two", language="nl", zone="UTC")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_files_in_the_way_are_named_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "brand.toml").write_text("mine")
    with pytest.raises(WorkspaceError, match=r"has brand\.toml already"):
        write_workspace(tmp_path, name="x", language="en", zone="UTC")
    assert [path.name for path in tmp_path.iterdir()] == ["brand.toml"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="is a file"):
        write_workspace(tmp_path / "file", name="x", language="en", zone="UTC")


def test_a_folder_with_other_things_keeps_them(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "README.md").write_text("mine too\n")
    written = write_workspace(tmp_path, name="x", language="en", zone="UTC")
    assert tmp_path / ".gitignore" not in written
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert (tmp_path / "README.md").read_text() == "mine too\n"


@pytest.mark.parametrize(("language", "zone"), [("en", "Delft"), ("Dutch!", "UTC"), ("", "UTC")])
def test_what_makes_no_sense_is_refused_before_anything_is_written(tmp_path: Path, language: str, zone: str) -> None:
    with pytest.raises(SmmError):
        write_workspace(tmp_path / "new", name="x", language=language, zone=zone)
    assert not (tmp_path / "new").exists()


# ---------------------------------------------------------------- the example


@pytest.fixture
def bakery(tmp_path: Path) -> Read:
    return read(BAKERY, tmp_path / "media")


def content_of(bakery: Read, key: str) -> PostContent:
    return next(post.content for post in bakery.page.posts if post.key == key)


def test_the_example_shows_every_kind_of_post(bakery: Read) -> None:
    assert len(content_of(bakery, "posts/how-sourdough-works").parts) == 3
    assert set(content_of(bakery, "posts/opening-hours").variations) == {"short-and-warm", "microblog"}
    assert content_of(bakery, "posts/rye-is-back").pictures[0].focus == (0.5, 0.68)
    assert content_of(bakery, "posts/rye-is-back").first_comment
    assert content_of(bakery, "posts/keep-it-crisp").pictures[0].card is not None
    assert content_of(bakery, "posts/winter/spice-stars").when.kind is WhenKind.AT


def test_the_draft_is_blocked_for_the_reasons_it_names(bakery: Read) -> None:
    (found,) = ((post, profile) for post, profile in deliveries(bakery) if post.draft)
    assert {problem.code for problem in bakery.problems(*found)} == {
        "words.avoided",
        "call-to-action.missing",
        "hashtag-set.missing",
        "alt.missing",
    }


def test_no_profile_of_the_example_leads_outside(bakery: Read) -> None:
    assert {profile.platform for profile in bakery.config.profiles.values()} == {"sandbox", "manual"}
    assert "http" not in (BAKERY / "smm.toml").read_text()


def test_the_files_that_the_readme_names_are_there() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", (BAKERY / "README.md").read_text(), flags=re.MULTILINE)
    assert len(named) >= 10
    assert [name for name in named if not (BAKERY / name).exists()] == []
