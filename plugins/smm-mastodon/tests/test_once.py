"""Once, on every kind of server: through the real steps, with answers that get lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from desk import MINUTE, Desk, open_desk
from fediverse import BEHAVIOURS, GOTOSOCIAL, MASTODON, PIXELFED, Behaviour

from smm_core.model import ActionKind
from smm_core.testing import Accepted, CutBody, DropAfterAccepting, Nonsense, Received, Status

HOUR = timedelta(hours=1)


@pytest.fixture
def behaviour(request: pytest.FixtureRequest) -> Behaviour:
    return BEHAVIOURS[getattr(request, "param", "mastodon")]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour) -> Iterator[Desk]:
    with open_desk(tmp_path, monkeypatch, behaviour) as desk:
        yield desk


def is_new_status(request: Received) -> bool:
    return (request.method, request.path) == ("POST", "/api/v1/statuses")


# ---------------------------------------------------------------- answers that get lost


@pytest.mark.parametrize(
    ("behaviour", "picture"),
    [("mastodon", False), ("mastodon", True), ("gotosocial", False), ("gotosocial", True), ("pixelfed", True),
     ("unknown", False), ("ignores schedules", False), ("backdates", False)],
    indirect=["behaviour"],
)  # fmt: skip
def test_a_lost_answer_makes_no_second_status(desk: Desk, picture: bool) -> None:
    desk.write("Fresh #bread for @ann@other.social, see https://example.org/bread today", picture=picture)
    desk.server.platform.fault(DropAfterAccepting(), when=is_new_status)
    desk.publish()
    assert desk.states() == ["unknown"]
    desk.publish(after=2 * MINUTE, rounds=2)
    assert desk.states() == ["published"]
    assert len(desk.server.shown()) == 1
    (action,) = desk.of(ActionKind.PUBLISH)
    assert action.receipt is not None
    assert action.receipt.remote_id == desk.server.shown()[0].id
    assert desk.is_sound()


@pytest.mark.parametrize("behaviour", ["gotosocial"], indirect=True)
@pytest.mark.parametrize("fault", [CutBody(), Nonsense(), Accepted(status=502)], ids=lambda one: type(one).__name__)
def test_whatever_hides_the_answer_it_is_found(desk: Desk, fault: object) -> None:
    desk.write("Fresh bread", picture=True)
    desk.server.platform.fault(fault, when=is_new_status)  # type: ignore[arg-type]
    desk.publish()
    desk.publish(after=2 * MINUTE, rounds=2)
    assert (desk.states(), len(desk.server.shown())) == (["published"], 1)
    assert desk.is_sound()


@pytest.mark.parametrize("behaviour", ["mastodon", "pixelfed"], indirect=True)
def test_where_keys_are_kept_what_was_not_taken_is_sent_again(desk: Desk) -> None:
    desk.write("Fresh bread", picture=True)
    desk.server.platform.fault(Status(code=503), when=is_new_status)
    desk.publish()
    assert desk.states() == ["unknown"]
    desk.publish(after=2 * MINUTE, rounds=2)
    assert (desk.states(), len(desk.server.shown())) == (["published"], 1)
    assert len({one.headers["idempotency-key"] for one in desk.server.platform.requests if is_new_status(one)}) == 1


@pytest.mark.parametrize("behaviour", ["gotosocial", "unknown"], indirect=True)
def test_where_they_are_not_a_person_is_asked_and_nothing_is_sent_again(desk: Desk) -> None:
    desk.write("Fresh bread", picture=True)
    desk.server.platform.fault(Status(code=503), when=is_new_status)
    desk.publish()
    desk.publish(after=2 * MINUTE, rounds=2)
    assert desk.states() == ["unknown"]
    desk.publish(after=HOUR, rounds=8)
    assert desk.states() == ["held"]
    assert (len(desk.sent()), desk.server.shown()) == (1, [])
    assert desk.is_sound()


@pytest.mark.parametrize("behaviour", ["gotosocial"], indirect=True)
def test_the_same_words_elsewhere_are_not_taken_for_ours(desk: Desk) -> None:
    """An answer to somebody with the same words, the same words with a picture, and the same words an hour before."""
    desk.server.statuses.append(desk.server._status({"status": "Thank you"}, desk.clock.now() - HOUR))
    desk.write("Thank you")
    desk.server.platform.fault(Status(code=503), when=is_new_status)
    desk.publish()
    other = desk.server.say("Nice bread!")
    desk.server._publish({"status": "Thank you", "in_reply_to_id": other}, desk.clock.now())
    desk.server.media["7"] = {"id": "7", "description": "", "taken": False, "polls": 0}
    desk.server._publish({"status": "Thank you", "media_ids": ["7"]}, desk.clock.now())
    desk.publish(after=2 * MINUTE, rounds=2)
    assert desk.states() == ["unknown"]


@pytest.mark.parametrize("behaviour", ["pixelfed"], indirect=True)
def test_a_repeated_key_that_is_refused_means_that_it_is_out(desk: Desk) -> None:
    desk.write("Fresh bread", picture=True)
    desk.server.platform.fault(DropAfterAccepting(), when=is_new_status)
    desk.publish()
    desk.server.hides_statuses = True
    desk.publish(after=2 * MINUTE)
    assert (desk.states(), len(desk.sent())) == (["unknown"], 2), "it was asked with the same key, and refused"
    assert "Duplicate" in desk.of(ActionKind.PUBLISH)[0].reason
    desk.server.hides_statuses = False
    desk.publish(after=5 * MINUTE, rounds=3)
    assert (desk.states(), len(desk.server.shown())) == (["published"], 1)
    assert desk.is_sound()


def test_a_server_that_nobody_has_asked_is_promised_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_desk(tmp_path, monkeypatch, GOTOSOCIAL) as desk:
        with desk.ws.store.profiles._db.write() as tx:  # as in a workspace that was written by hand
            tx.execute("UPDATE profiles SET inspected = NULL")
        desk.write("Fresh bread")
        desk.server.platform.fault(Status(code=503), when=is_new_status)
        desk.publish()
        desk.publish(after=2 * MINUTE, rounds=2)
        assert (desk.states(), len(desk.sent())) == (["unknown"], 1)


def test_the_second_part_of_a_thread_is_found_below_the_first(desk: Desk) -> None:
    desk.write("One.\n\n---\n\nTwo.\n\n---\n\nThree.")
    desk.publish()
    first = desk.server.shown()
    assert [one.parent for one in first] == [None, first[0].id, first[1].id]
    desk.write("One!\n\n---\n\nTwo!\n\n---\n\nThree!")
    desk.clock.advance(HOUR)
    desk.server.platform.fault(
        DropAfterAccepting(), when=lambda one: is_new_status(one) and "in_reply_to_id" in one.json()
    )
    desk.publish(after=2 * MINUTE, rounds=3)
    assert desk.server.texts() == ["One.", "Two.", "Three.", "One!", "Two!", "Three!"]
    assert desk.states(post=2) == ["published"] * 3
    assert desk.is_sound()


# ---------------------------------------------------------------- what else can happen


def test_a_rate_limit_is_waited_for_as_long_as_the_server_says(desk: Desk) -> None:
    desk.write("Fresh bread")
    until = desk.clock.now() + timedelta(minutes=7)
    headers = {
        "x-ratelimit-limit": "300",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": f"{until:%Y-%m-%dT%H:%M:%S.000000Z}",
    }
    desk.server.platform.fault(Status(code=429, headers=headers), when=is_new_status)
    desk.publish()
    (action,) = desk.of(ActionKind.PUBLISH)
    assert (action.state.value, action.next_try_at) == ("scheduled", until)
    desk.publish(after=timedelta(minutes=6))
    assert desk.server.texts() == []
    desk.publish(after=2 * MINUTE)
    assert desk.server.texts() == ["Fresh bread"]


def test_a_token_that_was_revoked_pauses_the_profile_and_nothing_is_lost(desk: Desk) -> None:
    desk.write("Fresh bread")
    tokens = dict(desk.server.login.tokens)
    desk.server.login.tokens.clear()
    desk.publish()
    assert desk.states() == ["held"]
    assert desk.ws.store.profiles.state("fedi").logged_out
    desk.server.login.tokens.update(tokens)
    desk.ws.store.profiles.log_in("fedi")
    desk.ws.store.ledger.release_held("fedi", desk.clock.now())
    desk.publish()
    assert (desk.states(), desk.server.texts()) == (["published"], ["Fresh bread"])


def test_a_token_without_the_permission_to_write_is_a_matter_of_the_login(desk: Desk) -> None:
    desk.write("Fresh bread")
    desk.server.login.tokens = dict.fromkeys(desk.server.login.tokens, ("read",))
    desk.publish()
    assert desk.states() == ["held"]
    assert "outside the authorized scopes" in desk.of(ActionKind.PUBLISH)[0].reason


def test_a_picture_that_the_server_works_on_is_waited_for(desk: Desk) -> None:
    desk.server.slow_media = 3
    desk.write("Fresh bread", picture=True)
    desk.publish()
    assert (desk.states(), desk.server.shown()) == (["scheduled"], [])
    assert "working on a picture" in desk.of(ActionKind.PUBLISH)[0].reason
    desk.publish(after=timedelta(seconds=6), rounds=3)
    assert desk.states() == ["published"]
    (medium,) = desk.server.media.values()
    assert (medium["description"], medium["meta"]["focus"]) == ("A loaf", [-0.5, -0.5]), "it was uploaded once"


def test_a_picture_that_waited_too_long_is_uploaded_anew(desk: Desk) -> None:
    """Servers throw away what belongs to no status after a day."""
    desk.write("Fresh bread", picture=True)
    desk.server.platform.fault(Status(code=429, headers={"retry-after": "80000"}), when=is_new_status)
    desk.publish()
    desk.server.media.clear()
    desk.publish(after=timedelta(seconds=80_001))
    assert desk.states() == ["published"]
    assert [one.alts for one in desk.server.shown()] == [("A loaf",)]


def test_a_post_says_what_its_options_say(desk: Desk) -> None:
    options = (
        'language = "nl"\nfirst_comment = "Baked at six."\n[options.mastodon]\ncontent_warning = "Food"\nvisibility = "unlisted"\n'
        'poll = { options = ["Rye", "Wheat"], expires_in = "2d", multiple = true }'
    )
    desk.write("Which bread?", front=options)
    desk.publish()
    post, comment = desk.sent()
    assert post == {
        "status": "Which bread?", "spoiler_text": "Food", "language": "nl", "visibility": "unlisted",
        "poll": {"options": ["Rye", "Wheat"], "expires_in": 172_800, "multiple": True, "hide_totals": False},
    }  # fmt: skip
    assert comment == {
        "status": "Baked at six.", "spoiler_text": "Food", "language": "nl", "visibility": "unlisted",
        "in_reply_to_id": desk.server.shown()[0].id,
    }  # fmt: skip


def test_what_a_server_refuses_is_told_in_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_desk(tmp_path, monkeypatch, MASTODON) as desk:
        desk.write("Fresh bread")
        desk.server.behaviour = PIXELFED
        desk.publish()
        assert desk.states() == ["refused"]
        assert "a picture is needed" in desk.of(ActionKind.PUBLISH)[0].reason
