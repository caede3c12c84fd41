"""Logging in with `smm profiles login`: by a browser that comes back, and by a code that is copied into the terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from desk import Desk, open_desk
from fediverse import MASTODON, PIXELFED, TOKEN, Behaviour

from smm_core.cli import cli
from smm_core.secrets import CredentialsFile, Secret

BROWSER = f"{sys.executable} {Path(__file__).with_name('browser.py')} %s"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Desk]:
    behaviour: Behaviour = getattr(request, "param", MASTODON)
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with open_desk(tmp_path / "w", monkeypatch, behaviour, token=False) as desk:
        yield desk


def smm(desk: Desk, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["-w", str(desk.ws.root), *arguments], input=typed, standalone_mode=False)


def credentials(desk: Desk) -> dict[str, str]:
    path = desk.ws.root / ".smm" / "credentials" / "fedi.json"
    assert path.stat().st_mode & 0o077 == 0
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


@pytest.mark.parametrize("desk", [MASTODON, PIXELFED], indirect=True, ids=lambda one: one.program)
def test_a_browser_comes_back_with_the_code(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", BROWSER)
    monkeypatch.setenv("FEDIVERSE_PERSON", "yes")
    ran = smm(desk, "profiles", "login", "fedi")
    assert ran.return_value == 0, ran.output
    assert "fedi works: @acme@127.0.0.1" in ran.output
    kept = credentials(desk)
    assert kept["token"] in desk.server.login.tokens
    wanted = "read write" if desk.server.behaviour is PIXELFED else "write:statuses"
    assert wanted in kept["scopes"]
    assert not kept["login"], "what the login needed is forgotten"
    for secret in (kept["token"], "code-canary-1", "app-canary-app-1"):
        assert secret not in ran.output
        for log in (desk.ws.root / ".smm").rglob("*.log"):
            assert secret not in log.read_text()
    desk.write("Fresh bread", picture=True)
    desk.publish()
    assert desk.server.texts() == ["Fresh bread"]


def test_a_code_is_copied_into_the_terminal(desk: Desk) -> None:
    command = [sys.executable, "-c", "from smm_core.cli import main; main()", "-w", str(desk.ws.root)]
    with subprocess.Popen(
        [*command, "profiles", "login", "fedi", "--terminal"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stderr is not None
        address = next(line.strip() for line in running.stderr if line.strip().startswith("http"))
        said, _ = running.communicate(desk.server.login.agree(address)[0] + "\n", timeout=30)
    assert (running.returncode, said) == (0, "fedi works: @acme@127.0.0.1; 0 deliveries go on\n")
    assert credentials(desk)["token"] in desk.server.login.tokens
    before = len(desk.server.login.apps)
    again = smm(desk, "profiles", "login", "fedi")
    assert (again.return_value, len(desk.server.login.apps)) == (0, before), "what works is not asked for again"


def test_a_wrong_code_says_how_to_go_on(desk: Desk) -> None:
    ran = smm(desk, "profiles", "login", "fedi", "--terminal", typed="wrong-code\n")
    assert ran.return_value == 1
    assert "the server does not take the code" in ran.output
    assert "smm profiles login fedi" in ran.output
    assert desk.ws.store.profiles.state("fedi").logged_out


def test_a_person_who_says_no_is_heard(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", BROWSER)
    monkeypatch.setenv("FEDIVERSE_PERSON", "no")
    ran = smm(desk, "profiles", "login", "fedi")
    assert ran.return_value == 1
    assert "access_denied" in ran.output


def test_a_login_anew_leaves_the_old_token_alone_until_it_is_complete(desk: Desk) -> None:
    CredentialsFile(desk.ws.root / ".smm" / "credentials" / "fedi.json").put("token", Secret(TOKEN))
    assert smm(desk, "profiles", "login", "fedi", "--again", "--terminal", typed="nonsense\n").return_value == 1
    assert credentials(desk)["token"] == TOKEN
    assert smm(desk, "profiles", "login", "fedi").return_value == 0


def test_adding_a_profile_leaves_the_login_for_later_where_nothing_is_asked(desk: Desk) -> None:
    server = f"server={desk.server.platform.url}"
    ran = smm(
        desk, "profiles", "add", "mastodon", "--name", "second", "--set", server, "--set", "allow_private=true", "--yes"
    )
    assert ran.return_value == 0, ran.output
    assert "smm profiles login second" in ran.output
