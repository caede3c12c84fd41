"""Listening: profile by profile and page by page; what goes wrong with one of them is one line, and nothing is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.daemon import Daemon
from smm_core.errors import NotFound
from smm_core.steps import Report
from smm_core.steps.listen import PAGES, listen
from smm_core.store import lists
from smm_core.workspace import Workspace

MINUTE = timedelta(minutes=1)

Profiles = Callable[..., None]


@pytest.fixture
def profiles(root: Path) -> Profiles:
    """Put profiles of the chatter into the workspace: name → what goes wrong with it."""

    def put(more: str = "", **wrong: str) -> None:
        (root / "plugins").mkdir(exist_ok=True)
        shutil.copy(Path(__file__).with_name("chatter.py"), root / "plugins")
        toml = root / "smm.toml"
        tables = [
            f'\n[profiles.{name}]\nplatform = "chatter"\nsettings = {{ does = "{one}" }}\n'
            for name, one in wrong.items()
        ]
        toml.write_text(toml.read_text() + more + "".join(tables))

    return put


def says(ws: Workspace, profile: str, *lines: str) -> None:
    """What others have said to a profile so far."""
    (ws.root / f"{profile}.said").write_text("\n".join(lines), "utf-8")


def heard(ws: Workspace) -> list[tuple[str, str]]:
    """What is in the inbox, the first that came first: profile and text."""
    rows = sorted(lists.inbox(ws.store._db), key=lambda one: int(one["id"]))
    return [(one["profile"], one["text"]) for one in rows]


def asked(ws: Workspace, profile: str) -> list[str]:
    """The cursors with which a profile was asked."""
    path = ws.root / f"{profile}.asked"
    return path.read_text().split() if path.exists() else []


def test_all_pages_are_read_and_the_next_turn_goes_on_behind_them(profiles: Profiles, ws: Workspace) -> None:
    profiles(ann="")
    says(ws, "ann", "one", "two", "three @ann")
    assert listen(ws).lines == ["ann: 2 new comments and 1 new mention"]
    says(ws, "ann", "one", "two", "three @ann", "four")
    assert listen(ws).lines == ["ann: 1 new comment"]
    assert heard(ws) == [("ann", text) for text in ("one", "two", "three @ann", "four")]
    assert asked(ws, "ann") == ["begin", "2", "3"]
    assert listen(ws) == Report(step="listen")
    (told, _) = [one.message for one in ws.store.events.about("profile:ann")]
    assert told == "ann has 2 new comments and 1 new mention: smm inbox"


def test_pages_without_end_end_for_this_turn(profiles: Profiles, ws: Workspace) -> None:
    profiles(ann="endless")
    assert listen(ws).lines == [f"ann: {PAGES} new comments"]
    assert listen(ws).lines == [f"ann: {PAGES} new comments"]
    assert asked(ws, "ann")[-1] == str(2 * PAGES - 1)


def test_one_that_misbehaves_is_one_line_and_the_others_are_heard(profiles: Profiles, ws: Workspace) -> None:
    profiles(
        '\n[plugins]\ndeadline = "1s"\n', a="raise", b="hang", c="number", d="hollow", e="naive", f="stranger", good=""
    )
    says(ws, "good", "hello")
    report = listen(ws)
    assert heard(ws) == [("good", "hello")]
    said = [
        "listen for a raised RuntimeError: the sky fell",
        "listen for b did not come back within 1 s",
        "listen for c returned int, not ListenPage",
        "listen returned a page that cannot be used",
        "n1 was written at an instant without a zone",
        "an interaction of profile 'somebody'",
    ]
    assert len(report.troubles) == len(said)
    for line, words in zip(report.troubles, said, strict=True):
        assert words in line


def test_one_without_login_is_told_once_and_left_alone_until_it_is_logged_in(profiles: Profiles, ws: Workspace) -> None:
    profiles(ann="login", bob="")
    says(ws, "bob", "hello")
    assert listen(ws).troubles == ["profile ann: the token has ended"]
    assert [one.profile for one in ws.store.profiles.logged_out()] == ["ann"]
    assert listen(ws) == Report(step="listen")
    assert len(ws.store.events.about("profile:ann")) == len(asked(ws, "ann")) == 1
    ws.store.profiles.log_in("ann")
    assert len(listen(ws).troubles) == 1


def test_each_is_asked_when_its_time_has_come(profiles: Profiles, ws: Workspace, clock: FakeClock) -> None:
    profiles(ann="", bob="", later="later", sick="raise")
    toml = ws.root / "smm.toml"
    toml.write_text(toml.read_text().replace("[profiles.bob]", '[profiles.bob]\nlisten_every = "30m"'))
    for _ in range(31):
        listen(ws, due_only=True)
        clock.advance(MINUTE)
    turns = {name: len(asked(ws, name)) for name in ("ann", "bob", "later", "sick")}
    assert turns == {"ann": 7, "bob": 2, "later": 2, "sick": 7}


def test_a_clock_that_is_set_back_keeps_nobody_waiting(profiles: Profiles, ws: Workspace, clock: FakeClock) -> None:
    profiles(ann="")
    listen(ws, due_only=True)
    clock.advance(timedelta(hours=-3))
    listen(ws, due_only=True)
    assert len(asked(ws, "ann")) == 2


def test_what_would_upset_a_terminal_is_taken_out(profiles: Profiles, ws: Workspace) -> None:
    profiles(ann="")
    says(ws, "ann", "Hello\x1b[2J \x07there\\and here")
    listen(ws)
    assert heard(ws) == [("ann", "Hello[2J there\nand here")]


def test_one_that_is_named_is_asked_whatever_holds(profiles: Profiles, ws: Workspace) -> None:
    profiles(ann="", bob="")
    says(ws, "ann", "hello")
    says(ws, "bob", "hello")
    ws.store.profiles.log_out("ann", "by hand")
    assert listen(ws, only=["ann"]).lines == ["ann: 1 new comment"]
    with pytest.raises(NotFound, match="no profile 'nobody'"):
        listen(ws, only=["nobody"])


def test_the_daemon_listens_by_itself(profiles: Profiles, ws: Workspace) -> None:
    profiles(ann="")
    says(ws, "ann", "hello")
    lines: list[str] = []
    daemon = Daemon(ws, lines.append)
    for _ in range(2):
        daemon.listen_round()
    assert lines == ["listen: ann: 1 new comment"]
    assert asked(ws, "ann") == ["begin"]
