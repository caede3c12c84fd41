"""The connection of a `send`: what it writes, when it is used again, and every way in which an answer can come."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from smm_core.contracts import Response
from smm_core.errors import OutcomeUnknown, PluginError, TryLater
from smm_core.http import Client

NEVER = datetime(2100, 1, 1, tzinfo=UTC)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Talk = Callable[[socket.socket], None]


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow_private=True, connect_seconds=0.5, read_seconds=0.4, total_seconds=1.0, max_bytes=1000) as client:
        yield client


@contextmanager
def server(*talks: Talk) -> Iterator[str]:
    """Takes as many connections as there are talks, each as its talk says."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)

    def serve() -> None:
        for talk in talks:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(5)
                talk(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/posts?page=1"
    finally:
        thread.join()
        listening.close()


def heard(connection: socket.socket) -> bytes:
    """One request, read to its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(sizes[0] if sizes else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(*answers: bytes, then: Talk = lambda connection: None) -> Talk:
    """Answers one request after the other in these words."""

    def talk(connection: socket.socket) -> None:
        for answer in answers:
            heard(connection)
            connection.sendall(answer)
        then(connection)

    return talk


def send(client: Client, url: str, *, fresh: bool = True, method: str = "POST") -> Response:
    once = client.once(send_by=NEVER, now=lambda: datetime.now(UTC), fresh=fresh)
    return once.request(method, url, json={"text": "crème"} if method == "POST" else None)


def test_a_request_is_written_whole(client: Client) -> None:
    requests: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        requests.append(heard(connection))
        connection.sendall(OK)

    with server(talk) as url:
        once = client.once(send_by=NEVER, now=lambda: datetime.now(UTC))
        once.request("POST", url, json={"text": "crème"}, headers={"X-Key": "7"}, params={"q": "a b"})
    head, _, body = requests[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /posts?page=1&q=a+b HTTP/1.1"
    assert lines[1].startswith(b"host: 127.0.0.1:")
    assert {b"content-type: application/json", b"content-length: 17", b"x-key: 7"} <= set(lines)
    assert body == '{"text":"crème"}'.encode()


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\n\r\nok",
        b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n" + OK,
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-checksum: 1\r\n\r\n",
    ],
)
def test_answers_of_every_framing(client: Client, answer: bytes) -> None:
    with server(says(answer)) as url:
        response = send(client, url)
        assert (response.status, response.body) == (200, b"ok")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nmany\r\nok",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\ncontent-ty",
        b"HTTP/1.1 200 OK\r\nx: y\r\n",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: yyyy\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n" + b"x" * 4000,
    ],
)
def test_an_answer_that_is_none_is_no_clear_answer(client: Client, answer: bytes) -> None:
    with server(says(answer)) as url, pytest.raises(OutcomeUnknown):
        send(client, url)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\n\r\n"])
def test_an_answer_without_a_body_ends_with_its_head(client: Client, answer: bytes) -> None:
    hold = threading.Event()
    with server(says(answer, OK, then=lambda connection: hold.set())) as url:
        assert send(client, url, fresh=False).body == b""
        assert send(client, url, fresh=False).body == b"ok"  # over the same connection
        assert hold.wait(5)


def test_an_answer_to_head_has_no_body_whatever_it_says(client: Client) -> None:
    with server(says(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: 1\r\n\r\n")) as url:
        response = send(client, url, method="HEAD")
        assert (response.status, response.body, response.headers["x-a"]) == (200, b"", "1")


def test_headers_of_what_comes_before_or_after_the_answer_are_not_its_own(client: Client) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-late: 1\r\n\r\n"
    with server(says(early + answer)) as url:
        assert send(client, url).headers == {"x-a": "1, 2", "transfer-encoding": "chunked"}


def test_an_answer_that_drips_is_given_up(client: Client) -> None:
    def drip(connection: socket.socket) -> None:
        for _ in range(30):
            try:
                connection.sendall(b"x")
            except OSError:
                return
            time.sleep(0.1)

    head = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n"
    with server(says(head, then=drip)) as url, pytest.raises(OutcomeUnknown, match="too long"):
        send(client, url)


@pytest.mark.parametrize("headers", [{"x-bad": "a\r\nx-evil: 1"}, {"x bad": "1"}, {"x-bad": "\x00"}, {"x-bad": "é"}])
def test_what_would_not_be_http_does_not_leave(client: Client, headers: dict[str, str]) -> None:
    once = client.once(send_by=NEVER, now=lambda: datetime.now(UTC))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(PluginError, match="header"):
            once.request("POST", url, headers=headers)
    assert once.bytes_left is False


def test_two_sends_shortly_after_each_other_share_a_connection(client: Client) -> None:
    with server(says(OK, OK, OK)) as url:
        for _ in range(3):
            assert send(client, url, fresh=False).body == b"ok"
        client.close()


def test_a_send_that_could_not_be_settled_has_a_connection_of_its_own(client: Client) -> None:
    with server(says(OK), says(OK), says(OK)) as url:
        assert send(client, url, fresh=False).status == 200
        assert send(client, url, fresh=True).status == 200
        assert send(client, url, fresh=False).status == 200


def test_a_connection_that_the_server_closed_is_not_used_again(client: Client) -> None:
    closed = threading.Event()

    def and_close(connection: socket.socket) -> None:
        connection.close()
        closed.set()

    with server(says(OK, then=and_close), says(OK)) as url:
        assert send(client, url, fresh=False).status == 200
        assert closed.wait(5)
        assert send(client, url, fresh=False).status == 200


@pytest.mark.parametrize(
    "last",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more",
        OK + b"HTTP/1.1 500 No\r\ncontent-length: 2\r\nx-a: 1\r\n\r\nno",
    ],
)
def test_a_connection_whose_answer_ends_it_is_not_used_again(client: Client, last: bytes) -> None:
    hold = threading.Event()
    with server(says(last, then=lambda connection: hold.set()), says(OK)) as url:
        send(client, url, fresh=False)
        assert hold.wait(5)
        assert send(client, url, fresh=False).body == b"ok"


def test_an_old_connection_is_not_used_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smm_core.http._SEND_AGAIN_SECONDS", 0.05)
    with server(says(OK), says(OK)) as url:
        send(client, url, fresh=False)
        time.sleep(0.1)
        assert send(client, url, fresh=False).status == 200


def test_after_an_answer_that_broke_off_the_connection_is_gone(client: Client) -> None:
    with server(says(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok"), says(OK)) as url:
        with pytest.raises(OutcomeUnknown):
            send(client, url, fresh=False)
        assert send(client, url, fresh=False).status == 200


def test_nobody_there_is_surely_not_sent(client: Client) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    with pytest.raises(TryLater, match="nothing was sent"):
        send(client, url, fresh=False)


@pytest.mark.parametrize("headers", [{"x-key": b"7"}, {"x-key": 7}, {b"x-key": "7"}])
def test_a_header_that_is_no_text_does_not_leave(client: Client, headers: dict[str, str]) -> None:
    once = client.once(send_by=NEVER, now=lambda: datetime.now(UTC))
    with pytest.raises(PluginError, match="a header or the body cannot be encoded"):
        once.request("POST", "http://127.0.0.1:9/", headers=headers)
    assert once.bytes_left is False
