"""`smm profiles add`: questions or options, secrets as references, verified, and undone when it does not work."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import pytest
from click.testing import CliRunner, Result

from smm_core.cli import cli
from smm_core.config import load_config
from smm_core.errors import SmmError
from smm_core.testing import Answer, Loopback, Received, Route, answer_json
from smm_core.workspace import Workspace

TOKEN = "canary-3d0c77a1"
PLUGIN = """
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from smm_core import Guarantees, Inspected, Limits, NeedsLogin, Prepared, Receipt, Secret, hookimpl, render_plain


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: str = field(metadata={"help": "Where the board is."})
    token: Secret = field(metadata={"help": "The access token."})
    pages: int = field(default=3, metadata={"help": "How many pages."})
    tags: tuple[str, ...] = field(default=(), metadata={"help": "Its tags."})
    every: timedelta = field(default=timedelta(hours=1), metadata={"help": "How often."})
    mood: Literal["calm", "loud"] = field(default="calm", metadata={"help": "How it sounds."})


class Board:
    name, title, settings = "board", "A board", Settings
    guarantees, abilities = Guarantees(), frozenset()

    def inspect(self, request, ctx):
        settings = request.profile.settings
        headers = {"authorization": settings.token.reveal()}
        answer = ctx.http.request("GET", f"{settings.url}/me", headers=headers)
        if answer.status != 200:
            raise NeedsLogin(f"the board answered {answer.status}")
        return Inspected(account=answer.json()["name"])

    def limits(self, profile, known):
        return Limits()

    def render(self, post, profile, limits):
        return render_plain(post, profile, limits)

    def prepare(self, request, ctx):
        return Prepared()

    def send(self, request, ctx):
        return Receipt(remote_id="1")


@hookimpl
def smm_publishers():
    return [Board()]
"""


@pytest.fixture
def board(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A board that knows one token, a plugin for it in the workspace, and no keyring."""
    monkeypatch.setenv("SMM_WORKSPACE", str(root))
    (root / "plugins").mkdir()
    (root / "plugins" / "board.py").write_text(PLUGIN)
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())

    def me(request: Received) -> Answer:
        known = request.headers.get("authorization") == TOKEN
        return answer_json({"name": "@acme"}, status=200 if known else 401)

    with Loopback(Route("GET", "/me", me)) as board:
        yield board
    keyring.set_keyring(before)


class NoKeyring(keyring.backend.KeyringBackend):
    """A machine without a keyring."""

    priority = 0

    def get_password(self, service: str, username: str) -> str | None:
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError("there is no keyring here")

    def delete_password(self, service: str, username: str) -> None:
        raise AssertionError("there is no keyring here")


class OneKeyring(keyring.backend.KeyringBackend):
    """A keyring that runs."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def add(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["profiles", "add", "board", *arguments], input=typed, standalone_mode=False)


def error_of(result: Result) -> SmmError:
    assert isinstance(result.exception, SmmError), result.output
    assert TOKEN not in str(result.exception)
    return result.exception


def files(root: Path) -> dict[str, bytes]:
    kept = [path for path in root.rglob("*") if path.is_file() and ".smm" not in path.parts]
    return {str(path): path.read_bytes() for path in kept if path.suffix != ".pyc"}


def test_the_questions_lead_to_a_profile_that_works(root: Path, board: Loopback) -> None:
    before = (root / "smm.toml").read_text()
    result = add("--set", "allow_private=true", typed=f"{board.url}\n{TOKEN}\nn\n")
    assert result.exception is None, result.output
    assert "acme-board works: @acme" in result.output
    assert "Where the board is." in result.output
    assert TOKEN not in result.output
    after = (root / "smm.toml").read_text()
    assert after.startswith(before), "what stood there stays as it was, byte for byte"
    assert TOKEN not in after
    secret = root / ".smm" / "secrets" / "acme-board-token"
    assert secret.read_text() == TOKEN
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    with Workspace(root) as ws:
        settings = ws.profile("acme-board").settings
        assert settings.token.reveal() == TOKEN
        assert settings.pages == 3
        assert ws.store.profiles.state("acme-board").account == "@acme"


def test_a_keyring_is_used_where_one_runs(root: Path, board: Loopback) -> None:
    running = OneKeyring()
    keyring.set_keyring(running)
    assert add("--set", "allow_private=true", typed=f"{board.url}\n{TOKEN}\nn\n").exception is None
    assert running.kept == {("smm", "acme-board-token"): TOKEN}
    assert 'token = "keyring:smm/acme-board-token"' in (root / "smm.toml").read_text()
    assert not (root / ".smm" / "secrets").exists()
    keyring.set_keyring(running)
    refused = add("--name", "other", "--set", "allow_private=true", typed=f"{board.url}\nwrong-one\nn\n")
    assert "401" in str(error_of(refused))
    assert running.kept == {("smm", "acme-board-token"): TOKEN}


def test_everything_can_be_given_on_the_command_line(
    root: Path, board: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOARD_TOKEN", TOKEN)
    settings = {"url": board.url, "pages": "7", "tags": "a, b", "every": "90m", "mood": "loud", "allow_private": "yes"}
    options = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    result = add("--name", "b", "--yes", "--json", "--secret", "token=env:BOARD_TOKEN", *options)
    assert result.exception is None, result.output
    import json

    assert json.loads(result.stdout) == {
        "profile": "b",
        "account": "@acme",
        "url": None,
        "verified": True,
        "error": None,
        "posts": [],
    }
    raw = load_config(root).profiles["b"]
    assert raw.allow_private
    assert raw.settings == {
        "url": board.url,
        "pages": 7,
        "tags": ["a", "b"],
        "every": "90m",
        "mood": "loud",
        "token": "env:BOARD_TOKEN",
    }


def test_the_posts_that_go_there_too_are_named(root: Path, board: Loopback) -> None:
    posts = root / "content" / "posts"
    posts.mkdir(parents=True, exist_ok=True)
    for name, head in {"rye": "", "oats": 'profiles = ["social"]', "later": "draft = true", "bad": "= ="}.items():
        (posts / f"{name}.md").write_text(f"+++\n{head}\n+++\n\nBread.\n")
    result = add("--set", "allow_private=true", typed=f"{board.url}\n{TOKEN}\nn\n")
    assert result.exception is None, result.output
    assert "posts that name no profiles now go here too: rye\n" in result.stderr


def test_a_private_address_says_what_allows_it(root: Path, board: Loopback) -> None:
    said = str(error_of(add(typed=f"{board.url}\n{TOKEN}\nn\n")))
    assert "`smm profiles add … --set allow_private=true`" in said


def test_one_that_does_not_work_is_taken_out_again(root: Path, board: Loopback) -> None:
    before = files(root)
    result = add("--set", "allow_private=true", typed=f"{board.url}\nwrong-token\nn\n")
    assert "acme-board does not work: the board answered 401" in str(error_of(result))
    assert files(root) == before
    assert list((root / ".smm" / "secrets").iterdir()) == []


def test_it_is_kept_when_that_is_wanted(root: Path, board: Loopback) -> None:
    result = add("--keep", "--set", "allow_private=true", typed=f"{board.url}\nwrong-token\nn\n")
    assert result.return_value == 1
    assert "does not work yet" in result.output
    assert "acme-board" in load_config(root).profiles


def test_a_mistake_is_asked_again(root: Path, board: Loopback) -> None:
    typed = f"{board.url}\n{TOKEN}\ny\nmany\n7\n\n2h\nnoisy\nloud\n"
    result = add("--set", "allow_private=true", typed=typed)
    assert result.exception is None, result.output
    assert "a whole number is expected" in result.output
    assert load_config(root).profiles["acme-board"].settings["pages"] == 7
    assert load_config(root).profiles["acme-board"].settings["mood"] == "loud"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--yes"], "--set url=… --secret token=env:NAME"),
        (["--set", "ulr=x"], "did you mean url?"),
        (["--yes", "--set", "url=x", "--secret", "token=env:NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"),
        (["--name", "My Board"], "a name has small letters"),
        (["--name", "social"], "has a profile social already"),
        (["--client", "other"], "no client 'other'"),
        (["--set", "pages=many"], "a whole number is expected"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(root: Path, board: Loopback, arguments: list[str], words: str) -> None:
    before = files(root)
    said = str(error_of(add(*arguments)))
    assert words in said
    assert "\n" not in said
    assert files(root) == before


def test_a_secret_on_the_command_line_is_refused(root: Path, board: Loopback) -> None:
    for option in ("--set", "--secret"):
        result = add(option, f"token={TOKEN}")
        assert "write --secret token=env:NAME" in str(result.exception)
        assert TOKEN not in str(result.exception)


def test_stopping_half_way_leaves_nothing(root: Path, board: Loopback) -> None:
    before = files(root)
    assert add(typed=f"{board.url}\n{TOKEN}\n").exception is not None
    assert files(root) == before
    assert list((root / ".smm" / "secrets").iterdir()) == []


def test_a_file_that_somebody_changed_meanwhile_is_left_alone(root: Path, board: Loopback) -> None:
    from smm_core.config.new_profile import NewProfile, append_profile, restore

    profile = NewProfile(name="b", platform="board", own={}, settings={"url": 'a"b'})
    before = append_profile(root, profile)
    with (root / "smm.toml").open("a") as file:
        file.write("# a remark\n")
    assert not restore(root, profile, before)
    assert load_config(root).profiles["b"].settings == {"url": 'a"b'}


NOBODY = "http://127.0.0.1:1"
PAGE = Path(__file__).parents[2] / "docs" / "platforms.md"


@pytest.mark.parametrize("line", re.findall(r"^smm (profiles add .+)$", PAGE.read_text("utf-8"), re.MULTILINE))
def test_the_commands_of_the_page_of_platforms_work(root: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setenv("SMM_WORKSPACE", str(root))
    monkeypatch.setenv("BLUESKY_APP_PASSWORD", "a word")
    for key, value in (("url", "https://example.org/hook"), ("handle", "acme.test"), ("server", NOBODY)):
        line = line.replace(f"{key}=…", f"{key}={value}")
    # A platform of the open internet is not asked from here, but by an address of this machine where nobody answers.
    away = {"bluesky": ["--set", f"service={NOBODY}", "--keep"], "mastodon": ["--keep"]}.get(line.split()[2], [])
    result = CliRunner().invoke(cli, [*line.split(), *away, "--name", "another"], standalone_mode=False)
    assert result.exception is None, result.output
    said = ("another is kept", "another stands") if away else ("another works",)
    assert any(words in result.output for words in said)
    assert "another" in load_config(root).profiles
