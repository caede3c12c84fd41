"""The folder source: what changed is found, what is broken is told, what is gone is told, nothing leaves the folder."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smm_core import CollectPage, CollectRequest, ConfigError, ContentError, Context, Response, Source
from smm_core.builtin import folder
from smm_core.context import PluginContext
from smm_core.media import MediaStore
from smm_core.secrets import CredentialsFile

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
Collect = Callable[..., CollectPage]


class NoNetwork:
    """The folder source has no business on the network."""

    def request(self, *_: Any, **__: Any) -> Response:
        pytest.fail("the folder source used the network")


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return PluginContext(
        plugin="builtin",
        workspace=tmp_path,
        deadline=NOW,
        log=logging.LoggerAdapter(logging.getLogger("test")),
        http=NoNetwork(),
        media=MediaStore(tmp_path / ".smm" / "media"),
        credentials=CredentialsFile(tmp_path / ".smm" / "credentials.json"),
        clock=lambda: NOW,
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "content" / "posts").mkdir(parents=True)
    (tmp_path / "content" / "ideas").mkdir()
    return tmp_path / "content"


@pytest.fixture
def collect(ctx: Context) -> Collect:
    source = folder.FolderSource()

    def once(cursor: str = "", path: str = "content") -> CollectPage:
        settings = folder.FolderSettings(path=path)
        return source.collect(CollectRequest(instance="content", client="c", settings=settings, cursor=cursor), ctx)

    return once


def write(path: Path, text: str | bytes, *, age: float = 60) -> Path:
    """A file that was last changed `age` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def post(title: str = "Rye", head: str = "", body: str = "Hello") -> str:
    return f'+++\ntitle = "{title}"\n{head}\n+++\n\n{body}\n'


def test_it_is_a_source() -> None:
    (source,) = folder.smm_sources()
    assert isinstance(source, Source)
    assert source.name == "folder"


def test_posts_and_ideas_are_found_by_their_paths(root: Path, collect: Collect) -> None:
    write(root / "posts" / "rye.md", post())
    write(root / "posts" / "2026" / "advent.md", post("Advent"))
    write(root / "ideas" / "why.md", "Why rye?")
    write(root / "posts" / "notes.txt", "not a post")
    write(root / "posts" / ".draft.md", "hidden")
    write(root / "readme.md", "neither post nor idea")
    page = collect()
    assert {found.key: found.content.title for found in page.posts} == {
        "posts/2026/advent": "Advent",
        "posts/rye": "Rye",
    }
    assert [idea.key for idea in page.ideas] == ["ideas/why"]
    assert (page.troubles, page.more, page.gone) == ((), False, ())


def test_what_did_not_change_is_not_told_again(root: Path, collect: Collect) -> None:
    write(root / "posts" / "a.md", post("A"))
    write(root / "posts" / "b.md", post("B"))
    first = collect()
    assert len(first.posts) == 2
    second = collect(first.cursor)
    assert second.posts == ()
    assert second.cursor == first.cursor
    write(root / "posts" / "b.md", post("B2"), age=50)
    third = collect(second.cursor)
    assert [found.content.title for found in third.posts] == ["B2"]
    assert collect(third.cursor).posts == ()


def test_a_file_that_was_only_touched_is_no_news(root: Path, collect: Collect) -> None:
    path = write(root / "posts" / "a.md", post("A"))
    first = collect()
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert collect(first.cursor).posts == ()


def test_a_change_within_the_same_moment_is_seen(root: Path, collect: Collect) -> None:
    path = write(root / "posts" / "a.md", post("A"), age=0)
    stamp = path.stat().st_mtime_ns
    first = collect()
    path.write_text(post("B"))
    os.utime(path, ns=(stamp, stamp))
    assert [found.content.title for found in collect(first.cursor).posts] == ["B"]


def test_a_picture_that_changed_is_news_of_its_post(root: Path, collect: Collect, ctx: Context) -> None:
    write(root / "posts" / "a.md", post(head='pictures = [{file = "rye.png"}]'))
    write(root / "posts" / "b.md", post("B"))
    write(root / "media" / "rye.png", b"one")
    first = collect()
    write(root / "media" / "rye.png", b"two", age=50)
    (found,) = collect(first.cursor).posts
    assert found.key == "posts/a"
    assert found.content.pictures[0].media is not None
    assert ctx.media.read(found.content.pictures[0].media) == b"two"


def test_a_broken_file_is_told_every_time_and_the_others_go_on(root: Path, collect: Collect) -> None:
    write(root / "posts" / "a.md", post("A"))
    write(root / "posts" / "b.md", post(head='profile = ["x"]'))
    page = collect()
    assert [found.key for found in page.posts] == ["posts/a"]
    (trouble,) = page.troubles
    assert trouble.where == "content/posts/b.md:3"
    assert trouble.message == 'profile is not a key that is known here (did you mean "profiles"?)'
    again = collect(page.cursor)
    assert (again.posts, again.troubles, again.gone) == ((), page.troubles, ())
    write(root / "posts" / "b.md", post("B"))
    healed = collect(again.cursor)
    assert ([found.key for found in healed.posts], healed.troubles) == (["posts/b"], ())


def test_a_post_that_broke_is_not_gone_but_a_deleted_one_is(root: Path, collect: Collect) -> None:
    for name in ("a", "b", "c"):
        write(root / "posts" / f"{name}.md", post(name))
    write(root / "ideas" / "d.md", "idea")
    first = collect()
    write(root / "posts" / "a.md", "no front matter", age=50)
    (root / "posts" / "b.md").unlink()
    (root / "ideas" / "d.md").unlink()
    second = collect(first.cursor)
    assert second.gone == ("posts/b",)
    assert len(second.troubles) == 1
    assert collect(second.cursor).gone == ()


def test_a_missing_picture_is_told_until_it_is_there(root: Path, collect: Collect) -> None:
    write(root / "posts" / "a.md", post(head='pictures = [{file = "rye.png"}]'))
    first = collect()
    assert "there is no such file" in first.troubles[0].message
    write(root / "posts" / "rye.png", b"rye")
    assert [found.key for found in collect(first.cursor).posts] == ["posts/a"]


def test_files_that_cannot_be_text_are_told(root: Path, collect: Collect) -> None:
    write(root / "posts" / "latin.md", post(body="caf\u00e9").encode("latin-1"))
    write(root / "posts" / "large.md", post(body="x" * 1_000_001))
    os.mkfifo(root / "posts" / "pipe.md")
    (root / "posts" / "nowhere.md").symlink_to(root / "posts" / "missing.md")
    (root / "posts" / "loop.md").symlink_to(root / "posts" / "loop.md")
    told = {trouble.where: trouble.message for trouble in collect().troubles}
    assert told.pop("content/posts/loop.md").startswith("cannot be read: ")
    assert told == {
        "content/posts/latin.md:6": "is not UTF-8 (save the file as UTF-8)",
        "content/posts/large.md": "is larger than 1 MB",
        "content/posts/pipe.md": "is not a regular file",
        "content/posts/nowhere.md": "cannot be read: No such file or directory",
    }


def test_links_lead_nowhere_outside(root: Path, collect: Collect) -> None:
    write(root.parent / "outside" / "secret.md", post("secret"))
    write(root / "posts" / "inside.md", post("inside"))
    (root / "posts" / "link.md").symlink_to(root.parent / "outside" / "secret.md")
    (root / "posts" / "folder").symlink_to(root.parent / "outside")
    (root / "posts" / "same.md").symlink_to(root / "posts" / "inside.md")
    page = collect()
    assert [found.key for found in page.posts] == ["posts/inside", "posts/same"]
    assert {trouble.where for trouble in page.troubles} == {"content/posts/link.md", "content/posts/folder"}


@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are always UTF-8 there")
def test_names_that_are_not_text_or_look_the_same_are_told(root: Path, collect: Collect) -> None:
    write(root / "posts" / os.fsdecode(b"caf\xe9.md"), post())
    write(root / "posts" / unicodedata.normalize("NFC", "café.md"), post("composed"))
    write(root / "posts" / unicodedata.normalize("NFD", "café.md"), post("taken apart"))
    page = collect()
    assert [found.key for found in page.posts] == ["posts/caf\u00e9"]
    assert sorted(trouble.message.split(" (")[0] for trouble in page.troubles) == [
        "has a name that is not UTF-8",
        f"has a name that looks the same as that of {unicodedata.normalize('NFD', 'café')}.md",
    ]


def test_many_files_come_in_pages_and_broken_ones_do_not_stop_them(
    root: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "FILES_A_PAGE", 3)
    for number in range(10):
        write(root / "posts" / f"{number}.md", post() if number % 2 else "broken")
    keys, troubles, cursor, pages = [], 0, "", 0
    more = True
    while more:
        page = collect(cursor)
        keys += [found.key for found in page.posts]
        troubles += len(page.troubles)
        cursor, more, pages = page.cursor, page.more, pages + 1
        assert pages < 10
        assert page.gone == ()
    assert (keys, troubles, pages) == ([f"posts/{n}" for n in (1, 3, 5, 7, 9)], 5, 4)


def test_a_content_folder_that_is_gone_withdraws_nothing(root: Path, collect: Collect) -> None:
    write(root / "posts" / "a.md", post())
    cursor = collect().cursor
    (root / "posts").rename(root / "elsewhere")
    page = collect(cursor)
    assert page.gone == ()
    assert page.troubles[0].where == "content/posts"
    assert "its posts stay as they are" in page.troubles[0].message
    (root / "posts").mkdir()
    assert collect(page.cursor).gone == ("posts/a",)
    root.rename(root.parent / "elsewhere")
    with pytest.raises(ContentError, match=r"content/: there is no such folder"):
        collect(page.cursor)


@contextlib.contextmanager
def _permissions_count() -> Iterator[None]:
    """Root may look everywhere; within this block this thread of root's may not (Linux: capabilities 1 and 2 put down)."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    kept = sets[0]
    sets[0] = kept & ~0b110
    assert libc.capset(header, sets) == 0
    try:
        yield
    finally:
        sets[0] = kept
        assert libc.capset(header, sets) == 0


def test_a_folder_that_cannot_be_read_withdraws_nothing(root: Path, collect: Collect) -> None:
    write(root / "posts" / "2026" / "a.md", post())
    cursor = collect().cursor
    (root / "posts" / "2026").chmod(0)
    try:
        with _permissions_count():
            page = collect(cursor)
    finally:
        (root / "posts" / "2026").chmod(0o700)
    assert page.gone == ()
    assert page.troubles[0].where == "content/posts/2026"


def test_the_folder_lies_within_the_workspace(root: Path, collect: Collect) -> None:
    (root / "posts").rmdir()
    assert collect(path="content").posts == ()
    with pytest.raises(
        ConfigError, match=r"smm\.toml \[sources\.content\.settings\] path: \.\. is outside the workspace"
    ):
        collect(path="..")


def test_a_cursor_of_another_version_means_starting_anew(root: Path, collect: Collect) -> None:
    write(root / "posts" / "a.md", post())
    assert len(collect('{"files": {"posts/a": 7}}').posts) == 1
    assert len(collect("???").posts) == 1


def test_unchanged_files_give_nothing_and_the_cursor_stays_small(root: Path, collect: Collect) -> None:
    for number in range(300):
        write(root / "posts" / f"{number % 20}" / f"{number}.md", post())
    cursor, more = "", True
    while more:
        page = collect(cursor)
        cursor, more = page.cursor, page.more
    assert collect(cursor).posts == ()
    assert len(cursor) < 300 * 100
