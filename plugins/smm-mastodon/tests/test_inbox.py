"""What others said, and how it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import Desk, open_desk
from fediverse import MASTODON

from smm_core.contracts import ListenPage, ListenRequest, ReplyRequest
from smm_core.model import Interaction, InteractionKind, Part, Receipt


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with open_desk(tmp_path, monkeypatch, MASTODON) as desk:
        yield desk


def listen(desk: Desk, cursor: str = "") -> ListenPage:
    profile, publisher = desk.ws.profile("fedi"), desk.ws.plugins.publisher("mastodon")
    request = ListenRequest(profile=profile, cursor=cursor)
    return desk.ws.calls.call(
        "publisher", "mastodon", "listen", lambda ctx: publisher.listen(request, ctx),  # type: ignore[attr-defined]
        expect=ListenPage, subject="fedi", http=desk.ws.profile_client(profile),
    )  # fmt: skip


def reply(desk: Desk, to: Interaction, text: str) -> dict[str, object]:
    """The status that a reply becomes."""
    profile, publisher = desk.ws.profile("fedi"), desk.ws.plugins.publisher("mastodon")
    request = ReplyRequest(
        profile=profile, to=Receipt(remote_id=to.remote_id, url=to.url, at=to.at, extra=to.extra), part=Part(text=text),
        key="k" * 32, digest="d" * 64, send_by=desk.clock.now() + timedelta(minutes=1),
    )  # fmt: skip
    desk.ws.calls.call(
        "publisher", "mastodon", "reply", lambda ctx: publisher.reply(request, ctx),  # type: ignore[attr-defined]
        expect=Receipt, subject="fedi", http=desk.ws.profile_client(profile),
    )  # fmt: skip
    return desk.sent()[-1]


def test_kinds_are_told_apart(desk: Desk) -> None:
    desk.write("Fresh bread")
    desk.publish()
    ours = desk.server.shown()[0].id
    desk.server.say("Is it rye?", below=ours)
    desk.server.say("Go to @acme", by="bob")
    desk.server.say("@acme psst", visibility="direct")
    desk.server.say("they followed you", kind="follow")
    heard = {one.text: one for one in listen(desk).interactions}
    assert {text: (str(one.kind), one.on) for text, one in heard.items()} == {
        "Is it rye?": ("comment", ours),
        "Go to @acme": ("mention", None),
        "@acme psst": ("message", None),
    }
    assert heard["Is it rye?"].author == "ann@other.example"
    assert heard["Go to @acme"].author == "bob@127.0.0.1", "who is on our own server has a server, too"
    assert all(one.at == desk.clock.now() for one in heard.values())


def test_the_past_is_read_for_thirty_days_and_not_beyond(desk: Desk) -> None:
    for days in (90, 60, 29, 1):
        desk.clock.advance(timedelta(0))
        status = desk.server.say(f"{days} days ago")
        at = desk.clock.now() - timedelta(days=days)
        for one in (desk.server.notifications[-1], desk.server.others[status]):
            one["created_at"] = f"{at:%Y-%m-%dT%H:%M:%S.000Z}"
    page = listen(desk)
    assert not page.more, "what is on the first page is so old that nothing older is wanted"
    desk.server.say("news")
    assert [one.text for one in listen(desk, page.cursor).interactions] == ["news"]


def test_a_cursor_that_cannot_be_read_begins_anew(desk: Desk) -> None:
    desk.server.say("Is it rye?")
    for cursor in ("", "nonsense", "[]", '{"newest": 1}'):
        assert [one.text for one in listen(desk, cursor).interactions] == ["Is it rye?"]


def test_a_reply_names_whom_it_answers_and_is_seen_by_no_more_people(desk: Desk) -> None:
    desk.server.say("@acme a question between us", visibility="direct", by="ann@other.example")
    desk.server.say("@acme a question for all", by="bob")
    between, for_all = sorted(listen(desk).interactions, key=lambda one: one.kind is not InteractionKind.MESSAGE)
    sent = reply(desk, between, "From six o'clock")
    assert (sent["status"], sent["visibility"]) == ("@ann@other.example From six o'clock", "direct")
    assert sent["in_reply_to_id"] == between.remote_id
    sent = reply(desk, for_all, "Thanks @bob!")
    assert (sent["status"], sent["visibility"]) == ("Thanks @bob!", "public")
