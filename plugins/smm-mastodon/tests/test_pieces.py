"""The small pieces: HTML made plain, options, answers, what `inspect` learns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, open_desk
from fediverse import GOTOSOCIAL, MASTODON, PIXELFED, Behaviour
from fediverse.html import html_of
from hypothesis import given, settings
from smm_mastodon import servers
from smm_mastodon.answers import wait_of
from smm_mastodon.check import problems_of
from smm_mastodon.instance import limits_in
from smm_mastodon.limits import limits_of
from smm_mastodon.media import focus_of
from smm_mastodon.options import mistakes_in
from smm_mastodon.text import plain, same_text

from smm_core import (
    Attachment,
    Brand,
    CheckRequest,
    ConfigError,
    Part,
    PostContent,
    Profile,
    Response,
    Variant,
    sealed,
)
from smm_core.testing.kit.texts import texts

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Bread</p>", "Bread"),
        ("<p>One<br>two<br />three</p><p>four</p>", "One\ntwo\nthree\n\nfour"),
        ("1 &lt; 2 &amp;amp; &#x27;so&#39;", "1 < 2 &amp; 'so'"),
        (
            '<a href="x"><span class="invisible">https://</span>e.org/<span class="invisible">a</span></a>',
            "https://e.org/a",
        ),
        ('<p class="quote-inline">RE: <a href="x">y</a></p><p>Indeed</p>', "Indeed"),
        ("<ul><li>rye</li><li>wheat</li></ul>", "- rye\n- wheat"),
        ("<script>alert(1)</script>ok<br>", "ok"),
        ("no <b>markup", "no markup"),
        ("", ""),
    ],
)
def test_html_becomes_what_readers_see(html: str, text: str) -> None:
    assert plain(html) == text


@settings(max_examples=60, deadline=None)
@given(texts(pieces=10))
def test_what_was_sent_is_recognised_in_the_servers_markup(text: str) -> None:
    assert same_text(text, html_of(text))


@pytest.mark.parametrize(
    ("sent", "shown", "same"),
    [
        ("*Fresh* “bread”", "<p><em>Fresh</em> &quot;bread&quot;</p>", True),
        ("See @ann@other.social", "<p>See @<span>ann</span></p>", True),
        ("🥖🥖", "<p>🥖🥖</p>", True),
        ("🥖🥖", "<p>🥖</p>", False),
        ("Bread", "<p>Bread, but other bread</p>", False),
        ("", "<p>Bread</p>", False),
    ],
)
def test_what_counts_as_the_same_text(sent: str, shown: str, same: bool) -> None:
    assert same_text(sent, shown) is same


# ---------------------------------------------------------------- options


def problems(options: dict[str, Any], *, text: str = "Bread", **profile: Any) -> list[str]:
    fields: dict[str, Any] = {"name": "acme", "client": "acme", "platform": "mastodon", **profile}
    variant = sealed(Variant(profile="acme", parts=(Part(text=text),), options=options))
    request = CheckRequest(
        content=PostContent(parts=(text,)), variant=variant, profile=Profile(**fields), limits=limits_of({}), brand=Brand(name="Acme")
    )  # fmt: skip
    return [problem.message for problem in problems_of(request)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cw": "Food"}, "there is no option 'cw'"),
        ({"visibility": "friends"}, "visibility is one of public, unlisted"),
        ({"content_warning": 3}, "content_warning is a text"),
        ({"sensitive": "yes"}, "sensitive is true or false"),
        ({"poll": ["a", "b"]}, "write a table"),
        ({"poll": {"options": ["only"]}}, "1 answers; 2 to 4"),
        ({"poll": {"options": list("abcde")}}, "5 answers; 2 to 4"),
        ({"poll": {"options": ["a", "a"]}}, "the same"),
        ({"poll": {"options": ["a", "b" * 51]}}, "has 51 characters"),
        ({"poll": {"options": ["a", "b"], "expires_in": "1m"}}, 'from "5m" to "30d"'),
        ({"poll": {"options": ["a", "b"], "expires_in": "soon"}}, 'from "5m" to "30d"'),
        ({"poll": {"options": ["a", "b"], "until": "1d"}}, "no key 'until'"),
        ({"content_warning": "W" * 496}, "501 of 500 graphemes with its content warning"),
    ],
)
def test_a_mistake_in_the_options_is_found_before_the_review(options: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(options)), problems(options)
    assert problems(options, platform="sandbox", imitates="mastodon") == problems(options)
    assert problems(options, platform="elsewhere") == []


def test_options_that_are_right_are_right() -> None:
    poll = {"options": ["Rye", "Wheat"], "expires_in": "2d", "multiple": False, "hide_totals": True}
    options = {"content_warning": "Food", "visibility": "unlisted", "language": "nl", "sensitive": True, "poll": poll}
    assert list(mistakes_in(options)) == []
    assert problems({**options, "content_warning": "W" * 495}) == []


# ---------------------------------------------------------------- answers and limits


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "90"}, timedelta(seconds=90)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-12-01T09:05:00.123456Z"}, timedelta(minutes=5, microseconds=123456)),
        ({"x-ratelimit-remaining": "17", "x-ratelimit-reset": "2026-12-01T09:05:00Z"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-12-01T08:00:00Z"}, timedelta(0)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2099-01-01T00:00:00Z"}, timedelta(days=1)),
        ({"x-ratelimit-reset": "1796119500"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_how_long_to_wait_is_read_from_the_headers(headers: dict[str, str], wait: timedelta | None) -> None:
    assert wait_of(Response(status=429, headers=headers, body=b"", url=""), NOW) == wait


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(tmp_path, monkeypatch, request.param) as desk:
        yield desk


@pytest.mark.parametrize("desk", [MASTODON, GOTOSOCIAL, PIXELFED], indirect=True, ids=lambda one: one.program)
def test_limits_are_the_servers_own_with_their_date(desk: Desk) -> None:
    behaviour: Behaviour = desk.server.behaviour
    limits = desk.ws.limits_of(desk.ws.profile("fedi"))
    known = limits.provenance_of("text")
    assert known is not None
    assert (known.as_of, known.verified) == (f"{desk.clock.now():%Y-%m-%d}", True)
    assert known.source == f"{desk.server.platform.url}/api/{'v2' if behaviour.has_v2 else 'v1'}/instance"
    assert (limits.text[0].maximum, limits.images.maximum) == (behaviour.characters, behaviour.pictures)
    assert limits.images.minimum == int(behaviour.needs_picture)
    assert servers.program_of(desk.ws.store.profiles.state("fedi").known).name == behaviour.program


def test_an_older_form_of_the_limits_is_read_too() -> None:
    assert limits_in({"max_toot_chars": 5000}) == {"characters": 5000}
    assert limits_in({"configuration": {"statuses": {"max_characters": True}}}) == {}
    assert limits_in({"configuration": [], "max_toot_chars": "many"}) == {}


@pytest.mark.parametrize(
    ("name", "version", "keys", "schedules"),
    [
        ("mastodon", "4.3.1+glitch", True, True),
        ("mastodon", "2.6.5", True, False),
        ("gotosocial", "0.19.1", False, False),
        ("gotosocial", "0.20.0-rc1", False, True),
        ("pixelfed", "0.12.3", True, False),
        ("takahe", "0.11", False, False),
        ("", "", False, False),
    ],
)
def test_what_a_program_promises(name: str, version: str, keys: bool, schedules: bool) -> None:
    known = {"server": {"name": name, "version": version}}
    assert (servers.guarantees_of(known).key_life is not None) is keys
    assert (servers.scheduling_of(known) is not None) is schedules


def test_the_focus_is_written_as_the_api_has_it() -> None:
    picture = Attachment(sha256="0" * 64, format="png", width=4, height=3, bytes=1, focus=(0.25, 0.0))
    assert focus_of(picture) == "-0.500,1.000"


@pytest.mark.parametrize(
    "server", ["", "   ", "ftp://a.example", "https://", "https://ann@a.example", "http://[", "a.example:0"]
)
def test_a_server_that_is_none_names_profile_and_key(server: str) -> None:
    from smm_mastodon.settings import Settings, address_of

    profile = Profile(name="fedi", client="acme", platform="mastodon", settings=Settings(server=server))
    with pytest.raises(ConfigError, match=r"\[profiles\.fedi\.settings\] server"):
        address_of(profile)


@pytest.mark.parametrize("desk", [MASTODON], indirect=True)
def test_an_edit_keeps_the_poll_on_the_part_that_has_it(desk: Desk) -> None:
    from smm_mastodon.statuses import edit_of

    options = {"poll": {"options": ["Rye", "Wheat"]}}
    assert "poll" in edit_of(Part(text="Bread"), options=options, media=[], with_poll=True)
    assert "poll" not in edit_of(Part(text="Bread"), options=options, media=[], with_poll=False)
    desk.write("One.\n\n---\n\nTwo.", front='[options.mastodon]\npoll = { options = ["Rye", "Wheat"] }')
    desk.publish()
    assert ["poll" in body for body in desk.sent()] == [True, False]
