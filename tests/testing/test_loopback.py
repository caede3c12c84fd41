"""The loopback platform: what it answers, how it fails on demand, and that it leaves nothing behind."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator

import pytest

from smm_core.http import Client
from smm_core.testing import (
    Accepted,
    Answer,
    CutBody,
    Drip,
    DropAfterAccepting,
    DropBeforeReading,
    Fault,
    Loopback,
    Nonsense,
    NotHttp,
    PostedFile,
    Received,
    Route,
    Slow,
    Status,
    answer_json,
)


def echo(request: Received) -> Answer:
    return answer_json({"params": dict(request.params), "query": dict(request.query), "sent": request.body.decode()})


@pytest.fixture
def platform() -> Iterator[Loopback]:
    with Loopback(Route("POST", "/posts/{id}/replies", echo), Route("GET", "/posts", echo)) as platform:
        yield platform


def ask(platform: Loopback, method: str = "GET", path: str = "/posts", body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=5)
    try:
        connection.request(method, path, body=body, headers={"X-Trace": "7"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_routes_take_segments_of_the_path(platform: Loopback) -> None:
    status, body = ask(platform, "POST", "/posts/a%20b/replies?lang=nl&empty=", b"hello")
    assert (status, body) == (
        200,
        b'{"params": {"id": "a%20b"}, "query": {"lang": "nl", "empty": ""}, "sent": "hello"}',
    )


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", "/posts/1/replies"), ("POST", "/posts//replies")]
)
def test_what_fits_no_route_is_404_and_not_accepted(platform: Loopback, method: str, path: str) -> None:
    assert ask(platform, method, path)[0] == 404
    assert platform.accepted == 0


def test_requests_are_kept_as_they_arrived(platform: Loopback) -> None:
    ask(platform, "POST", "/posts/1/replies", b'{"text": "hi"}')
    ask(platform, "POST", "/posts/2/replies", b"text=hi&tag=")
    first, second = platform.requests
    assert (first.method, first.path, first.headers["x-trace"], first.json()) == (
        "POST",
        "/posts/1/replies",
        "7",
        {"text": "hi"},
    )
    assert second.form() == {"text": "hi", "tag": ""}
    assert (first.connection, second.connection, platform.connections) == (1, 2, 2)


def test_a_form_with_files_is_read() -> None:
    picture = bytes(range(256)) + b"\r\n--\r\n\r\n"
    takes_all = Loopback(Route("POST", "/media", lambda request: Answer(status=201)))
    with takes_all as platform, Client(allow_private=True) as client:
        fields, files = {"alt": "A loaf, “fresh”\r\n & warm", "tag": ""}, {"file": ("loaf.png", picture, "image/png")}
        client.request("POST", f"{platform.url}/media", data=fields, files=files)
    (request,) = platform.requests
    assert request.form() == fields
    assert request.files() == {"file": PostedFile(name="loaf.png", type="image/png", body=picture)}


def test_a_form_that_breaks_off_is_a_mistake(platform: Loopback) -> None:
    kind = {"content-type": "multipart/form-data; boundary=x"}
    form = Received(method="POST", path="/", query={}, headers=kind, body=b"--x\r\n\r\nhalf", connection=1)
    with pytest.raises(ValueError, match="no complete form"):
        form.form()


def test_one_connection_serves_several_requests(platform: Loopback) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=5)
    for _ in range(3):
        connection.request("GET", "/posts")
        connection.getresponse().read()
    connection.close()
    assert [request.connection for request in platform.requests] == [1, 1, 1]


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [
        (DropBeforeReading(), 0),
        (DropAfterAccepting(), 1),
        (CutBody(), 1),
        (NotHttp(), 1),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, int) else "",
)
def test_faults_that_break_the_answer(platform: Loopback, fault: Fault, accepted: int) -> None:
    platform.fault(fault)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(platform)
    assert platform.accepted == accepted
    assert ask(platform)[0] == 200, "the fault is used up"


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        (Status(code=429, headers={"retry-after": "3"}, body=b"slow down"), 429, 0),
        (Accepted(status=502), 502, 1),
        (Nonsense(body=b"<p>"), 200, 1),
        (Slow(seconds=0.01), 200, 1),
        (Drip(seconds=0.0001), 200, 1),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, int) else "",
)
def test_faults_that_still_answer(platform: Loopback, fault: Fault, status: int, accepted: int) -> None:
    platform.fault(fault)
    assert ask(platform)[0] == status
    assert platform.accepted == accepted


def test_faults_come_in_order_and_wait_for_the_request_they_fit(platform: Loopback) -> None:
    platform.fault(Status(code=503), when=lambda request: request.method == "POST")
    platform.fault(Status(code=401), Status(code=429))
    seen = [ask(platform)[0], ask(platform, "POST", "/posts/1/replies")[0], ask(platform)[0], ask(platform)[0]]
    assert seen == [401, 503, 429, 200]


def test_a_fault_cannot_look_at_what_it_does_not_read(platform: Loopback) -> None:
    with pytest.raises(ValueError, match="does not read"):
        platform.fault(DropBeforeReading(), when=lambda request: True)


def test_a_handler_that_raises_fails_the_test() -> None:
    def broken(request: Received) -> Answer:
        raise AssertionError("the plugin sent the wrong thing")

    platform = Loopback(Route("GET", "/posts", broken))
    with pytest.raises(AssertionError, match="wrong thing"), platform:
        ask(platform)
    assert platform.accepted == 0


def test_closing_wakes_the_slow_and_joins_every_thread() -> None:
    before = threading.active_count()
    started = time.monotonic()
    with Loopback(Route("GET", "/posts", echo)) as platform:
        platform.fault(Slow(seconds=60))
        slow = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=5)
        slow.request("GET", "/posts")
        idle = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=5)
        idle.connect()
        while not platform.requests:
            time.sleep(0.005)
    slow.close()
    idle.close()
    assert threading.active_count() == before
    assert time.monotonic() - started < 5


def test_outside_its_block_it_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="with"):
        _ = Loopback().url
