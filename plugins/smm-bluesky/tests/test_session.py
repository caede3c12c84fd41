"""Sessions: stored before they are used, renewed by one at a time, opened at the right server."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from bluesky_desk import Desk
from bluesky_imitation import HANDLE, PASSWORD, Imitation
from smm_bluesky.answers import SessionOver
from smm_bluesky.identity import server_in
from smm_bluesky.session import current_session, session_at_hand

from smm_core import ConfigError, NeedsLogin, OutcomeUnknown, Secret, TryLater, replace
from smm_core.testing import Answer, DropAfterAccepting, Loopback, Received, Route, Status, answer_json

HALF_AN_HOUR = timedelta(minutes=30)


def test_one_session_serves_many_calls(trial: Desk, imitation: Imitation) -> None:
    for number in range(3):
        trial.publish(f"Brood {number}")
    assert (imitation.logins, imitation.refreshed) == (1, 0)


def test_a_session_is_renewed_with_the_newest_token(trial: Desk, imitation: Imitation) -> None:
    for _ in range(4):
        trial.inspect()
        trial.ahead += HALF_AN_HOUR
    assert (imitation.logins, imitation.refreshed) == (1, 3)


def test_a_renewed_session_is_on_disk_before_it_is_used(trial: Desk, imitation: Imitation) -> None:
    trial.inspect()
    trial.ahead += HALF_AN_HOUR
    on_disk: list[bool] = []

    def look(request: Received) -> bool:
        if request.path.endswith("getSession"):
            on_disk.append(
                request.headers["authorization"].removeprefix("Bearer ") in trial.credentials.path.read_text()
            )
        return False

    imitation.loopback.fault(Status(code=500), when=look)
    trial.inspect()
    assert on_disk == [True]


def test_many_at_once_renew_once(trial: Desk, imitation: Imitation) -> None:
    current_session(trial.profile, trial.ctx())
    trial.ahead += HALF_AN_HOUR
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: current_session(trial.profile, trial.ctx()), range(8)))
    assert imitation.refreshed == 1
    assert len({one.access for one in sessions}) == 1


def test_a_renewal_whose_answer_was_lost_ends_in_a_new_login(trial: Desk, imitation: Imitation) -> None:
    trial.inspect()
    trial.ahead += HALF_AN_HOUR
    imitation.loopback.fault(DropAfterAccepting(), when=lambda request: request.path.endswith("refreshSession"))
    with pytest.raises(OutcomeUnknown):
        trial.inspect()
    trial.inspect()
    assert (imitation.logins, imitation.refreshed) == (2, 1)


def test_a_session_that_ends_early_is_renewed_in_between(trial: Desk, imitation: Imitation) -> None:
    trial.inspect()
    imitation.over = True
    assert trial.inspect().account == f"@{HANDLE}"
    assert (imitation.logins, imitation.refreshed) == (1, 1)


def test_what_is_sent_waits_for_prepare_to_renew(trial: Desk, imitation: Imitation) -> None:
    job = trial.prepare(trial.job("Brood"))
    imitation.over = True
    before = len(imitation.loopback.requests)
    with pytest.raises(SessionOver):
        trial.send(job)
    assert len(imitation.loopback.requests) == before + 1
    with pytest.raises(SessionOver):  # and now it is known without asking
        trial.send(job)
    assert len(imitation.loopback.requests) == before + 1
    trial.publish(job)
    assert len(imitation.records) == 1


def test_handles_run_out_with_the_session(trial: Desk) -> None:
    job = trial.job("Brood")
    expires = trial.publisher.prepare(job, trial.ctx()).expires_at  # type: ignore[union-attr]
    ends = session_at_hand(trial.profile, trial.ctx()).ends
    assert expires is not None
    assert trial.now() < expires < ends


def test_another_password_is_another_session(trial: Desk, imitation: Imitation) -> None:
    trial.inspect()
    settings = replace(trial.profile.settings, app_password=Secret("another-one"))
    trial.profile = replace(trial.profile, settings=settings)
    with pytest.raises(NeedsLogin):
        trial.inspect()


def test_what_lies_on_disk_may_be_broken(trial: Desk, imitation: Imitation) -> None:
    trial.inspect()
    trial.credentials.path.write_text(json.dumps({"session": '{"did": 7}'}))
    trial.inspect()
    assert imitation.logins == 2


def test_the_server_in_the_did_document_is_asked(trial: Desk, imitation: Imitation) -> None:
    document = {"service": [{"id": "#atproto_pds", "serviceEndpoint": f"{imitation.loopback.url}/"}]}

    def let_in(request: Received) -> Answer:
        assert request.json() == {"identifier": HANDLE, "password": PASSWORD}
        inner = json.loads(imitation._session().body)
        return answer_json({**inner, "didDoc": document})

    with Loopback(Route("POST", "/xrpc/com.atproto.server.createSession", let_in)) as entrance:
        trial.profile = replace(trial.profile, settings=replace(trial.profile.settings, service=entrance.url))
        trial.publish("Brood")
        assert len(entrance.requests) == 1
    assert len(imitation.records) == 1


@pytest.mark.parametrize(
    ("document", "server"),
    [
        ({"service": [{"id": "#atproto_pds", "serviceEndpoint": "https://pds.example/"}]}, "https://pds.example"),
        (
            {"service": [{"id": "did:plc:x#atproto_pds", "serviceEndpoint": "https://pds.example"}]},
            "https://pds.example",
        ),
        ({"service": [{"id": "#bsky_fg", "serviceEndpoint": "https://feeds.example"}]}, None),
        ({"service": [{"id": "#atproto_pds", "serviceEndpoint": "ftp://pds.example"}]}, None),
        ({"service": [{"id": "#atproto_pds", "serviceEndpoint": "https://me:pw@pds.example"}]}, None),
        ({"service": [7, None]}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_server_of_a_did_document(document: object, server: str | None) -> None:
    assert server_in(document) == server


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, {"error": "AuthFactorTokenRequired"}, NeedsLogin, "app password"),
        (400, {"error": "AccountTakedown"}, NeedsLogin, "AccountTakedown"),
        (200, {"active": False, "status": "deactivated"}, NeedsLogin, "deactivated"),
        (429, {"error": "RateLimitExceeded"}, TryLater, "RateLimitExceeded"),
        (500, {}, TryLater, "500"),
        (200, {"did": "did:plc:x"}, TryLater, "accessJwt"),
    ],
)
def test_a_login_that_fails(
    trial: Desk, imitation: Imitation, status: int, body: dict[str, object], error: type[Exception], words: str
) -> None:
    imitation.loopback.fault(Status(code=status, body=json.dumps(body).encode()))
    with pytest.raises(error, match=words) as raised:
        trial.inspect()
    assert PASSWORD not in str(raised.value)


def test_a_wrong_address_names_profile_and_key(trial: Desk) -> None:
    trial.profile = replace(trial.profile, settings=replace(trial.profile.settings, service="pds.example"))
    with pytest.raises(ConfigError, match=r"\[profiles\.acme\.settings\] service"):
        trial.inspect()
