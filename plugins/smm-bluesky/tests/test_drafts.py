"""What a post becomes: its options, its card, its video, and what its page says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bluesky_desk import Desk
from bluesky_imitation import DID, Imitation
from smm_bluesky.cards import said_of_itself
from smm_bluesky.limits import limits_of
from smm_bluesky.records import address_in, rkey_of

from smm_core import LinkStyle, Part, Pending, Picture, PluginError, PostContent, Receipt, Rejected, replace
from smm_core.testing import Answer, Loopback, Received, Route, Status, answer_json


def test_options_of_a_post(trial: Desk) -> None:
    content = PostContent(
        parts=("Brood",), options={"bluesky": {"langs": ["nl", "en"], "quote": "at://did:plc:x/a.b/c"}}
    )
    assert trial.rendered(content).options == {"langs": ["nl", "en"], "quote": "at://did:plc:x/a.b/c"}
    assert trial.rendered(PostContent(parts=("Brood",))).options == {"langs": ["nl"]}
    assert trial.rendered(PostContent(parts=("Bread",), language="en-GB")).options == {"langs": ["en-GB"]}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"qoute": "x"}, "did you mean quote"),
        ({"quote": "bread"}, "link of a post"),
        ({"quote": 7}, "not a text"),
        ({"langs": ["a", "b", "c", "d"]}, "at most three"),
        ({"langs": "dutch, I think"}, "languages"),
        ({"video_alt": "A loaf"}, "no video"),
    ],
)
def test_wrong_options_are_told_when_it_is_rendered(trial: Desk, options: dict[str, Any], words: str) -> None:
    with pytest.raises(PluginError, match=words) as raised:
        trial.rendered(PostContent(parts=("Brood",), options={"bluesky": options}))
    assert "[options.bluesky]" in str(raised.value)


def test_a_link_is_a_card_but_not_beside_a_picture(trial: Desk) -> None:
    plain = trial.rendered(PostContent(parts=("Brood",), link="https://a.example/x"))
    assert (plain.parts[0].text, plain.parts[0].link) == ("Brood", "https://a.example/x")
    pictured = trial.rendered(
        PostContent(parts=("Brood",), link="https://a.example/x", pictures=(Picture(media="0" * 64),))
    )
    assert (pictured.parts[0].text, pictured.parts[0].link) == ("Brood\n\nhttps://a.example/x", None)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("", {}),
        ("<title> A\n b </title>", {"title": "A b"}),
        ("<title>A</title><svg><title>B</title></svg>", {"title": "A"}),
        ('<meta property="og:title" content="A &amp; B"><meta property="og:title" content="C">', {"title": "A & B"}),
        ('<meta property="og:image" content="javascript:alert(1)">', {}),
        ('<meta property="og:image" content="//cdn.example/a.png">', {"image": "https://cdn.example/a.png"}),
        ('<meta name="description" content="' + "a" * 900 + '">', {"description": "a" * 399 + "…"}),
        ("<title>A\x00\x1b[31m</title", {"title": "A[31m"}),
        ("<" * 5000, {}),
    ],
)
def test_what_a_page_says_of_itself(html: str, said: dict[str, str]) -> None:
    found = said_of_itself(html, "https://a.example/rye/")
    assert {name: value for name, value in found.items() if name in said or not said} == said


def test_the_record_key_depends_on_the_key_alone() -> None:
    keys = [rkey_of(str(number)) for number in range(2000)]
    assert len(set(keys)) == 2000
    assert keys == [rkey_of(str(number)) for number in range(2000)]
    years = {_instant_of(one).year for one in keys}
    assert years == {2023, 2024, 2025}, "as the form wants it, an instant that is past"


def _instant_of(rkey: str) -> datetime:
    """The instant in a TID, as atproto.com/specs/tid writes it."""
    number = 0
    for sign in rkey:
        number = number << 5 | "234567abcdefghijklmnopqrstuvwxyz".index(sign)
    assert len(rkey) == 13
    assert number < 1 << 63
    return datetime.fromtimestamp((number >> 10) / 1_000_000, UTC)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("at://did:plc:x/app.bsky.feed.post/3k", "at://did:plc:x/app.bsky.feed.post/3k"),
        ("https://bsky.app/profile/ann.example/post/3k", "at://ann.example/app.bsky.feed.post/3k"),
        ("https://deer.social/profile/did:web:a.example/post/3k?x=1", "at://did:web:a.example/app.bsky.feed.post/3k"),
        ("https://bsky.app/profile/ann.example", None),
        ("https://bsky.app/profile/nobody/post/3k", None),
        ("at://ann.example/app.bsky.feed.post/../x", None),
        ("3k", None),
        ("http://[::1", None),
    ],
)
def test_addresses(text: str, uri: str | None) -> None:
    address = address_in(text)
    assert (address.uri if address else None) == uri


def test_limits_follow_what_the_server_says() -> None:
    assert limits_of({}).images.max_bytes == 2_000_000
    assert limits_of({"max_blob_bytes": 1_000_000}).images.max_bytes == 1_000_000
    assert limits_of({"max_blob_bytes": 52_428_800}).images.max_bytes == 2_000_000
    assert limits_of({"max_blob_bytes": "many"}).images.max_bytes == 2_000_000
    assert limits_of({}).link_style is LinkStyle.CARD


def test_uploads_are_made_anew_when_the_server_may_have_thrown_them_away(trial: Desk, imitation: Imitation) -> None:
    job = trial.prepare(trial.job(Part(text="Brood", media=(trial.picture(),))))
    uploads = [one for one in imitation.loopback.requests if one.path.endswith("uploadBlob")]
    trial.prepare(job)
    trial.ahead = timedelta(hours=2)
    trial.prepare(job)
    now = [one for one in imitation.loopback.requests if one.path.endswith("uploadBlob")]
    assert (len(uploads), len(now)) == (1, 2)


def test_a_reply_to_what_is_gone_is_refused(trial: Desk, imitation: Imitation) -> None:
    with pytest.raises(Rejected, match="not there"):
        trial.reply(Receipt(remote_id=f"at://{DID}/app.bsky.feed.post/3jzfcijpj2z2a"), "Dank je")
    assert imitation.records == {}


# ---------------------------------------------------------------- videos


class VideoService:
    """The video service, as its documentation and its app describe it. Its jobs go on when they are asked after."""

    def __init__(self) -> None:
        self.states = ["JOB_STATE_ENCODING", "JOB_STATE_COMPLETED"]
        self.uploads: list[Received] = []
        self.loopback = Loopback(
            Route("POST", "/xrpc/app.bsky.video.uploadVideo", self._upload),
            Route("GET", "/xrpc/app.bsky.video.getJobStatus", self._status),
        )

    def _upload(self, request: Received) -> Answer:
        known = any(one.body == request.body for one in self.uploads)
        self.uploads.append(request)
        job = {"jobId": "j1", "did": DID, "state": "JOB_STATE_CREATED", "progress": 0}
        if known:
            return answer_json({**job, "error": "already_exists", "message": "Video already processed"}, status=409)
        return answer_json({"jobStatus": job})

    def _status(self, request: Received) -> Answer:
        assert request.query == {"jobId": "j1"}
        state = self.states.pop(0)
        status: dict[str, Any] = {"jobId": "j1", "did": DID, "state": state, "progress": 40}
        if state == "JOB_STATE_COMPLETED":
            status["blob"] = {"$type": "blob", "ref": {"$link": "bafkreivideo"}, "mimeType": "video/mp4", "size": 9}
        if state == "JOB_STATE_FAILED":
            status["message"] = "no such codec"
        return answer_json({"jobStatus": status})


@pytest.fixture
def service(trial: Desk) -> Iterator[VideoService]:
    service = VideoService()
    with service.loopback as loopback:
        trial.profile = replace(trial.profile, settings=replace(trial.profile.settings, video_service=loopback.url))
        (trial.folder / "rye.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42")
        yield service


def test_a_video_is_made_fit_before_it_is_due(trial: Desk, imitation: Imitation, service: VideoService) -> None:
    job = trial.job("Kijk", options={"video": "rye.mp4", "video_alt": "Een brood rijst"})
    for _ in range(2):
        made = trial.publisher.prepare(job, trial.ctx())
        assert isinstance(made, Pending)
        job = replace(job, handles=made.handles)
    receipt = trial.send(trial.prepare(job))
    embed = imitation.records[receipt.remote_id]["embed"]
    assert embed["video"]["ref"] == {"$link": "bafkreivideo"}
    assert embed["alt"] == "Een brood rijst"
    (upload,) = service.uploads
    assert upload.headers["authorization"] == "Bearer pass-for-com.atproto.repo.uploadBlob"
    assert upload.headers["content-type"] == "video/mp4"
    assert "access-canary" not in str(upload.headers), "the video service is not given our own token"


def test_a_video_that_the_service_has_already(trial: Desk, service: VideoService) -> None:
    job = trial.job("Kijk", options={"video": "rye.mp4"})
    trial.publisher.prepare(job, trial.ctx())
    made = trial.publisher.prepare(job, trial.ctx())  # the handles of the first were lost
    assert isinstance(made, Pending)
    assert made.handles["video"] == {"job": "j1"}


def test_a_video_that_fails_is_refused_in_the_words_of_the_service(trial: Desk, service: VideoService) -> None:
    service.states = ["JOB_STATE_FAILED"]
    job = trial.job("Kijk", options={"video": "rye.mp4"})
    made = trial.publisher.prepare(job, trial.ctx())
    with pytest.raises(Rejected, match="no such codec"):
        trial.publisher.prepare(replace(job, handles=made.handles), trial.ctx())


@pytest.mark.parametrize(
    ("name", "words"), [("../rye.mp4", "no file"), ("none.mp4", "no file"), ("smm.toml", "no file"), ("rye.mov", "MP4")]
)
def test_a_video_that_cannot_be_used(trial: Desk, service: VideoService, name: str, words: str) -> None:
    (trial.folder / "rye.mov").write_bytes(b"x")
    with pytest.raises(PluginError, match=words):
        trial.publisher.prepare(trial.job("Kijk", options={"video": name}), trial.ctx())


def test_a_service_that_is_down_is_asked_again(trial: Desk, service: VideoService) -> None:
    service.loopback.fault(Status(code=503))
    with pytest.raises(PluginError) as raised:
        trial.publisher.prepare(trial.job("Kijk", options={"video": "rye.mp4"}), trial.ctx())
    assert not isinstance(raised.value, Rejected)
