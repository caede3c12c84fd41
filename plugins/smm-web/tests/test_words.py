"""Words, dates, months and addresses: the parts that need no server."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from click.testing import CliRunner
from smm_web.language import CATALOGUES
from smm_web.month import month_named, month_of, span_of
from smm_web.pages import HERE
from smm_web.site import site_of

from smm_core import Coming, PostState, SmmError
from smm_core.cli import cli

from .conftest import Office

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
EVERYWHERE = "0.0.0.0"  # noqa: S104 - nobody listens there
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_every_word_is_translated_and_none_is_left_over(path: object) -> None:
    found = {
        message for _, _, message, _, _ in extract_from_dir(HERE / "templates", [("**.j2", "jinja2")], {"**.j2": {"trimmed": "true"}})
    }  # fmt: skip
    with path.open("rb") as file:  # type: ignore[attr-defined]
        catalogue = read_po(file, locale=path.stem, abort_invalid=True)  # type: ignore[attr-defined]
    known = {message.id: message for message in catalogue if message.id}
    assert set(known) == found
    for message in known.values():
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(strings), f"{message.id!r} has no words"
        assert list(message.check(catalogue)) == [], "the blanks of both fit"
        assert not message.fuzzy


def test_a_month_has_its_days_also_where_the_clock_is_set_back() -> None:
    first = date(2026, 10, 1)
    since, until = span_of(first, AMSTERDAM)
    assert (until - since).total_seconds() == 31 * 86400 + 3600
    late = Coming(
        at=datetime(2026, 10, 31, 22, 30, tzinfo=UTC), post="p", title="P", profile="a", state=PostState.SCHEDULED
    )
    month = month_of(first, (late, late), AMSTERDAM, date(2026, 10, 31), 0)
    days = [day for week in month.weeks for day in week if not day.is_other]
    assert len(days) == 31
    assert [day.date.day for day in days if day.entries] == [31]
    assert days[-1].entries[0].profiles == ("a", "a")
    assert days[-1].is_today
    assert (month.before, month.after) == ("2026-09", "2026-11")


@pytest.mark.parametrize("text", ["", "2026-13", "1999-01", "2026-1", "２０２６-01", "2026-01-01"])
def test_a_month_that_is_none_is_this_one(text: str) -> None:
    assert month_named(text, date(2026, 11, 23)) == date(2026, 11, 1)


def test_a_site_knows_its_names() -> None:
    site = site_of("127.0.0.1", 8765, "https://Approve.Example.com/acme/")
    assert (site.address, site.path, site.is_secure) == ("https://Approve.Example.com/acme", "/acme", True)
    assert {
        "approve.example.com",
        "approve.example.com:443",
        "127.0.0.1:8765",
        "localhost:8765",
        "[::1]:8765",
    } == site.hosts
    assert "https://approve.example.com" in site.origins
    for wrong in ("ftp://x.example", "approve.example.com", "https://x.example/?a=b", "https://"):
        with pytest.raises(SmmError, match="is no web address"):
            site_of("127.0.0.1", 1, wrong)
    with pytest.raises(SmmError, match="can be reached from other machines"):
        site_of(EVERYWHERE, 8765)
    assert "0.0.0.0:8765" not in site_of(EVERYWHERE, 8765, "https://x.example").hosts


def test_the_command_prints_a_link_and_nothing_else(office: Office) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["-w", str(office.ws.root), "web", *arguments])
        return result.exit_code, result.stdout if result.exit_code == 0 else str(result.exception) + result.output

    code, link = run("--link", "anna", "--for", "2d")
    assert code == 0
    assert link.startswith("http://127.0.0.1:8765/r/")
    assert office.desk.enter(link.strip().rpartition("/")[2]).person.name == "anna"
    assert (
        '"url":"https://approve.example.com/r/'
        in run("--link", "anna", "--public-url", "https://approve.example.com", "--json")[1]
    )
    assert "there is no person 'nobody'" in run("--link", "nobody")[1]
    assert "--for" in run("--link", "anna", "--for", "soon")[1]
    assert "belong to --link" in run("--review", "1")[1]
    assert "can be reached from other machines" in run("--host", EVERYWHERE)[1]


def test_an_address_that_is_taken_is_said_in_words(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(cli, ["-w", str(office.ws.root), "web", "--port", port])
    assert isinstance(result.exception, SmmError)
    assert f"cannot listen on 127.0.0.1, port {port}" in str(result.exception)
    assert "Errno" not in result.output + "".join(capfd.readouterr())


def test_the_command_serves_until_it_is_interrupted(office: Office) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    smm = Path(sys.executable).with_name("smm")
    command = [smm, "-w", office.ws.root, "web", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert f"reviewers answer on http://127.0.0.1:{port}/" in process.stderr.readline()
        with httpx.Client(trust_env=False) as browser:
            for _ in range(200):
                try:
                    answer = browser.get(f"http://127.0.0.1:{port}/r/{office.token('anna')}")
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        said = process.stderr.read()
    assert answer.status_code == 200
    assert "Hello Anna" in answer.text
    assert said == ""
