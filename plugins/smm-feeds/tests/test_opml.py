"""Subscription lists, and the command that imports them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from smm_feeds import smm_commands
from smm_feeds.command import import_opml
from smm_feeds.entries import NotReadable
from smm_feeds.settings import FeedSettings
from smm_feeds.subscriptions import read_opml, subscribed

from smm_core import ContentError, WorkspaceError

Data = Callable[[str], bytes]


def test_folders_and_categories_become_labels(data: Data) -> None:
    feeds = read_opml(data("subscriptions.opml"))
    assert [(feed.address, feed.labels) for feed in feeds] == [
        ("https://harbour.example/feed/", ("Harbour",)),
        ("https://werkplaats.example/atom.xml", ("Harbour", "Crafts", "Wood/Chairs", "slow")),
        ("https://crew.example/feed.json", ()),
        ("http://harbour.example/feed/", ()),
        ("file:///etc/passwd", ()),
    ]


def test_each_feed_once_and_only_from_the_web(data: Data, tmp_path: Path) -> None:
    (tmp_path / "my.opml").write_bytes(data("subscriptions.opml"))
    known = subscribed(FeedSettings(opml=("my.opml",)), tmp_path)
    assert [feed.address for feed in known.feeds] == [
        "https://harbour.example/feed/",
        "https://werkplaats.example/atom.xml",
        "https://crew.example/feed.json",
    ]
    assert [(trouble.where, trouble.message) for trouble in known.troubles] == [
        ("my.opml", "'file:///etc/passwd' is not an http(s) address")
    ]


def test_labels_reach_the_ideas(site: Any, page: Any, collect: Any, ctx: Any, data: Data) -> None:
    site.pages["/f"] = page(body=data("podcast.xml"))
    opml = f'<opml><body><outline text="Talk"><outline xmlUrl="{site.url}/f"/></outline></body></opml>'
    (ctx.workspace / "my.opml").write_text(opml)
    assert [idea.labels for idea in collect(opml=("my.opml",)).ideas] == [("Talk",)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<opml><body><outline", "is not well-formed XML"),
        (b"", "is not well-formed XML"),
        (b"<html><body/></html>", "is not an OPML subscription list"),
        (
            b'<!DOCTYPE o [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><opml><body><outline text="&b;"/></body></opml>',
            "declares entities",
        ),
        (b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/hostname">]><opml><body>&a;</body></opml>', "declares entities"),
        (b'<?xml version="1.0" encoding="klingon"?><opml/>', "is not well-formed XML"),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(NotReadable, match=f"^{message}"):
        read_opml(body)


def test_a_broken_list_is_a_trouble_and_the_rest_goes_on(
    site: Any, page: Any, collect: Any, ctx: Any, data: Data
) -> None:
    site.pages["/f"] = page(body=data("podcast.xml"))
    (ctx.workspace / "broken.opml").write_bytes(b"<opml>")
    (ctx.workspace / "empty.opml").write_bytes(b"<opml/>")
    found = collect(urls=(f"{site.url}/f",), opml=("broken.opml", "empty.opml", "gone.opml"))
    assert len(found.ideas) == 1
    assert [trouble.where for trouble in found.troubles] == ["broken.opml", "empty.opml", "gone.opml"]


def test_deep_folders_do_not_overflow() -> None:
    depth = 5_000
    body = '<outline text="x">' * depth + '<outline xmlUrl="https://deep.example/f"/>' + "</outline>" * depth
    (feed,) = read_opml(f"<opml><body>{body}</body></opml>".encode())
    assert feed.labels == ("x",)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "ws"
    root.mkdir()
    (root / "smm.toml").write_text("")
    monkeypatch.setenv("SMM_WORKSPACE", str(root))
    return root


@pytest.fixture
def listed(tmp_path: Path, data: Data) -> Path:
    path = tmp_path / "My Feeds.opml"
    path.write_bytes(data("subscriptions.opml"))
    return path


def test_import_copies_the_list_and_prints_the_table(workspace: Path, listed: Path) -> None:
    import tomllib

    (group,) = smm_commands()
    result = CliRunner().invoke(group, ["import", str(listed)], catch_exceptions=False)
    assert result.exit_code == 0
    assert (workspace / "feeds" / "my-feeds.opml").read_bytes() == listed.read_bytes()
    table = tomllib.loads(result.stdout)["sources"]["my-feeds"]
    assert table == {"type": "feed", "opml": ["feeds/my-feeds.opml"]}
    assert "5 feeds" in result.stderr


def test_import_again_is_harmless_but_never_overwrites_unasked(workspace: Path, listed: Path) -> None:
    assert import_opml(listed, "mine", workspace) == ("feeds/mine.opml", 5)
    assert import_opml(listed, "mine", workspace) == ("feeds/mine.opml", 5)
    listed.write_bytes(listed.read_bytes() + b"\n")
    with pytest.raises(ContentError, match="is there already and differs"):
        import_opml(listed, "mine", workspace)
    import_opml(listed, "mine", workspace, replace=True)
    assert (workspace / "feeds" / "mine.opml").read_bytes() == listed.read_bytes()


@pytest.mark.parametrize(
    ("name", "message"), [("../up", "cannot be a source's name"), ("A B", "cannot be a source's name")]
)
def test_import_refuses_odd_names(name: str, message: str, workspace: Path, listed: Path) -> None:
    with pytest.raises(ContentError, match=message):
        import_opml(listed, name, workspace)


def test_import_refuses_what_is_no_list(workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="No such file"):
        import_opml(tmp_path / "gone.opml", "x", workspace)
    empty = tmp_path / "empty.opml"
    empty.write_bytes(b"<opml/>")
    with pytest.raises(ContentError, match="lists no feeds"):
        import_opml(empty, "x", workspace)
    assert not (workspace / "feeds").exists()


def test_import_needs_a_workspace(listed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMM_WORKSPACE", str(tmp_path))
    (group,) = smm_commands()
    with pytest.raises(WorkspaceError, match="there is no workspace"):
        CliRunner().invoke(group, ["import", str(listed)], catch_exceptions=False)
