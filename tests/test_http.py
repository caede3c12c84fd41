"""HTTP clients against real servers on loopback: where they may go, what they send, and what each failure means."""

from __future__ import annotations

import gzip
import logging
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.clock import FakeClock
from smm_core.contracts import HttpClient, Response
from smm_core.errors import FetchError, OutcomeUnknown, PluginError, SmmError, TryLater
from smm_core.http import Client, OneShot, host_of, retry_after
from smm_core.http.guard import is_public
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
    Received,
    Route,
    Slow,
    Status,
    answer_json,
)

CANARY = "canary-9f27c1e4"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def ok(request: Received) -> Answer:
    return answer_json({"ok": True})


@pytest.fixture
def platform() -> Iterator[Loopback]:
    with Loopback(
        Route("GET", "/posts", ok),
        Route("POST", "/posts", ok),
        Route("HEAD", "/posts", ok),
        Route("POST", "/{anything}", ok),
        Route("GET", "/{anything}", ok),
    ) as platform:
        yield platform


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client(allow_private=True, connect_seconds=0.4, read_seconds=0.3, total_seconds=0.9, max_bytes=1000) as client:
        yield client


def one_shot(client: Client, *, clock: FakeClock | None = None) -> OneShot:
    clock = clock or FakeClock(NOW)
    return client.once(send_by=NOW + timedelta(minutes=5), now=clock.now)


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


# ---------------------------------------------------------------- what is sent


def test_both_clients_are_what_plugins_are_promised(client: Client) -> None:
    assert isinstance(client, HttpClient)
    assert isinstance(one_shot(client), HttpClient)


def test_a_request_says_who_asks_and_adds_to_the_query(platform: Loopback, client: Client) -> None:
    response = client.request(
        "GET", f"{platform.url}/posts?page=2", params={"q": "bread & butter"}, headers={"X-Api": "1"}
    )
    (sent,) = platform.requests
    assert sent.query == {"page": "2", "q": "bread & butter"}
    assert sent.headers["user-agent"] == "smm/0.1.0"
    assert sent.headers["x-api"] == "1"
    assert (response.status, response.headers["content-type"], response.json()) == (
        200,
        "application/json",
        {"ok": True},
    )
    assert response.url == f"{platform.url}/posts?page=2&q=bread+%26+butter"


def test_bodies_of_every_kind(platform: Loopback, client: Client) -> None:
    url = f"{platform.url}/posts"
    client.request("POST", url, json={"text": "crème brûlée 🥐"})
    client.request("POST", url, data={"text": "a b"})
    client.request("POST", url, files={"file": ("loaf.png", b"\x89PNG", "image/png")}, data={"alt": "a loaf"})
    client.request("POST", url, content=b"\x00\x01", headers={"Content-Type": "application/octet-stream"})
    as_json, as_form, as_files, raw = platform.requests
    assert as_json.json() == {"text": "crème brûlée 🥐"}
    assert as_form.form() == {"text": "a b"}
    assert b'filename="loaf.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG' in as_files.body
    assert b'name="alt"\r\n\r\na loaf' in as_files.body
    assert (raw.body, raw.headers["content-type"]) == (b"\x00\x01", "application/octet-stream")


def test_connections_are_kept_and_cookies_are_not() -> None:
    def with_cookie(request: Received) -> Answer:
        return Answer(headers={"set-cookie": "session=1"})

    with Loopback(Route("GET", "/", with_cookie)) as platform, Client(allow_private=True) as client:
        for _ in range(3):
            client.request("GET", f"{platform.url}/")
        assert platform.connections == 1
        assert not any("cookie" in request.headers for request in platform.requests)


def test_the_environment_has_no_say(platform: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert client.request("GET", f"{platform.url}/posts").status == 200


def test_several_threads_share_a_client(platform: Loopback) -> None:
    with Client(allow_private=True) as client, ThreadPoolExecutor(8) as threads:
        seen = list(
            threads.map(
                lambda n: client.request("GET", f"{platform.url}/posts", params={"n": str(n)}).status, range(40)
            )
        )
    assert seen == [200] * 40
    assert sorted(int(request.query["n"]) for request in platform.requests) == list(range(40))


def test_any_status_is_an_answer(platform: Loopback, client: Client) -> None:
    for status in (204, 301, 404, 429, 503):
        platform.fault(Status(code=status, headers={"location": "/elsewhere"}))
        assert client.request("GET", f"{platform.url}/posts").status == status


def test_a_closed_client_says_so(platform: Loopback) -> None:
    client = Client(allow_private=True)
    client.request("GET", f"{platform.url}/posts")
    client.close()
    client.close()
    with pytest.raises(PluginError, match="closed"):
        client.request("GET", f"{platform.url}/posts")


def test_nothing_heavy_is_loaded_before_the_first_request() -> None:
    script = "import sys, smm_core.http; sys.exit(bool({'httpx', 'httpcore', 'ssl'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize("size", [0, 999, 1000])
def test_packed_answers_are_unpacked(client: Client, size: int) -> None:
    body = gzip.compress(b"x" * size)
    packed = Route("GET", "/", lambda _: Answer(headers={"content-encoding": "gzip"}, body=body))
    with Loopback(packed) as platform:
        assert client.request("GET", f"{platform.url}/").body == b"x" * size


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"x" * 1001),
        Answer(body=gzip.compress(b"\0" * 50_000_000), headers={"content-encoding": "gzip"}),
    ],
    ids=["large", "bomb"],
)
def test_an_answer_larger_than_the_cap_is_not_read(client: Client, answer: Answer) -> None:
    with Loopback(Route("GET", "/", lambda _: answer), Route("POST", "/", lambda _: answer)) as platform:
        with pytest.raises(FetchError, match="larger than 1,000 bytes"):
            client.request("GET", f"{platform.url}/")
        send = one_shot(client)
        with pytest.raises(OutcomeUnknown, match="larger than 1,000 bytes"):
            send.request("POST", f"{platform.url}/")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", b"not gzip at all"), ("gzip", gzip.compress(b"hello" * 50)[:-9]), ("br", b"\x0b\x02\x80hello\x03")],
    ids=["broken", "cut", "other"],
)
def test_an_answer_that_cannot_be_unpacked_is_no_answer(client: Client, encoding: str, body: bytes) -> None:
    packed = Route("GET", "/", lambda _: Answer(headers={"content-encoding": encoding}, body=body))
    with Loopback(packed) as platform, pytest.raises(OutcomeUnknown, match="packed"):
        client.request("GET", f"{platform.url}/")


def test_headers_of_one_name_are_joined(client: Client) -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\nLink: <a>\r\nLINK: <b>\r\ncontent-length: 0\r\n\r\n") as port:
        assert client.request("GET", f"http://127.0.0.1:{port}/").headers["link"] == "<a>, <b>"


# ---------------------------------------------------------------- redirects


@pytest.fixture
def reader() -> Iterator[Client]:
    """A client as content gets it, with this machine counted as public."""
    with Client(redirects=3, allow_private=frozenset({"127.0.0.1", "localhost"})) as client:
        yield client


def to(location: str, status: int = 302) -> Status:
    return Status(code=status, headers={"location": location})


def test_redirects_are_followed_for_reading(platform: Loopback, reader: Client) -> None:
    platform.fault(to("/one", 301), to("two?page=2", 307), to("/three", 308))
    response = reader.request("GET", f"{platform.url}/posts", headers={"X-Token": CANARY})
    assert (response.status, response.url) == (200, f"{platform.url}/three")
    assert all(request.headers["x-token"] == CANARY for request in platform.requests), "the origin is the same"


def test_a_redirect_too_many_is_an_error(platform: Loopback, reader: Client) -> None:
    platform.fault(*[to("/posts")] * 4)
    with pytest.raises(FetchError, match="more than 3 redirects"):
        reader.request("GET", f"{platform.url}/posts")
    assert len(platform.requests) == 4


def test_nothing_but_reading_is_redirected(platform: Loopback, reader: Client) -> None:
    platform.fault(to("/elsewhere", 307))
    assert reader.request("POST", f"{platform.url}/posts", json={}).status == 307
    assert len(platform.requests) == 1


def test_another_origin_does_not_see_the_callers_headers(platform: Loopback, reader: Client) -> None:
    platform.fault(to(f"http://localhost:{platform.port}/posts"))
    headers = {"Authorization": f"Bearer {CANARY}", "X-Api-Key": CANARY, "Accept": "application/rss+xml"}
    reader.request("GET", f"{platform.url}/posts", headers=headers)
    first, second = platform.requests
    assert first.headers["authorization"].endswith(CANARY)
    assert CANARY not in str(second.headers)
    assert second.headers["accept"] == "application/rss+xml"
    assert second.headers["host"] == f"localhost:{platform.port}"


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[", "//user@127.0.0.1/", "gopher:x"]
)
def test_a_redirect_leads_nowhere_odd(platform: Loopback, reader: Client, target: str) -> None:
    platform.fault(to(target))
    with pytest.raises(FetchError):
        reader.request("GET", f"{platform.url}/posts")
    assert len(platform.requests) == 1


# ---------------------------------------------------------------- the guard

INSIDE = [
    "http://127.0.0.1:{port}/posts",
    "http://127.1:{port}/posts",
    "http://2130706433:{port}/posts",
    "http://0x7f000001:{port}/posts",
    "http://0x7f.0.0.1:{port}/posts",
    "http://0177.0.0.1:{port}/posts",
    "http://017700000001:{port}/posts",
    "http://localhost:{port}/posts",
    "http://LOCALHOST:{port}/posts",
    "http://0.0.0.0:{port}/posts",
    "http://0:{port}/posts",
    "http://[::1]:{port}/posts",
    "http://[::]:{port}/posts",
    "http://[::ffff:127.0.0.1]:{port}/posts",
    "http://[::ffff:7f00:1]:{port}/posts",
    "http://[64:ff9b::7f00:1]:{port}/posts",
    "http://[2002:7f00:1::]:{port}/posts",
    "http://[::127.0.0.1]:{port}/posts",
    "http://public.example@127.0.0.1:{port}/posts",
    "http://public.example:80@127.0.0.1:{port}/posts",
    "http://127.0.0.1:{port}#@public.example/posts",
    "http://127.0.0.1:{port}\\@public.example/posts",
    "http://①②⑦.⓪.⓪.①:{port}/posts",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
]


@pytest.mark.parametrize("trick", INSIDE)
def test_content_does_not_lead_inside(platform: Loopback, trick: str) -> None:
    with Client(redirects=3, connect_seconds=0.5) as client, pytest.raises(FetchError):
        client.request("GET", trick.format(port=platform.port))
    assert platform.connections == 0


@pytest.mark.parametrize(
    "kind", ["file:///etc/passwd", "ftp://host/", "data:text/plain,x", "javascript:1", "//host/x", "host/x", ""]
)
def test_only_http_is_fetched(client: Client, kind: str) -> None:
    with pytest.raises(FetchError):
        client.request("GET", kind)


class Resolver:
    """Answers each question with the next of its answers, the last one for ever, and counts the questions."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_a_name_that_changes_its_answer_is_asked_once(platform: Loopback) -> None:
    rebinding = Resolver(("1.1.1.1",), ("127.0.0.1",))
    # The number that was judged is dialled: out of this machine, which the tests do not let happen.
    with (
        Client(resolve=rebinding, connect_seconds=0.2) as client,
        warnings.catch_warnings(action="ignore"),
        pytest.raises((SmmError, RuntimeError)),
    ):
        client.request("GET", f"http://rebind.example:{platform.port}/posts")
    assert rebinding.asked == [("rebind.example", platform.port)]
    assert platform.connections == 0


def test_the_number_that_was_judged_is_dialled(platform: Loopback) -> None:
    changing = Resolver(("127.0.0.1",), ("1.1.1.1",))
    with Client(allow_private=frozenset({"home.example"}), resolve=changing) as client:
        assert client.request("GET", f"http://home.example:{platform.port}/posts").status == 200
    assert changing.asked == [("home.example", platform.port)]


def test_one_private_address_among_public_ones_is_enough(platform: Loopback) -> None:
    mixed = Resolver(("1.1.1.1", "127.0.0.1"))
    with Client(resolve=mixed) as client, pytest.raises(FetchError, match=r"mixed\.example \(127\.0\.0\.1\)"):
        client.request("GET", f"http://mixed.example:{platform.port}/posts")
    assert platform.connections == 0


def test_a_redirect_does_not_lead_inside(platform: Loopback) -> None:
    names = {"public.example": ("127.0.0.1",), "inside.example": ("127.0.0.1",)}
    platform.fault(to(f"http://inside.example:{platform.port}/posts"))
    reader = Client(redirects=3, allow_private=frozenset({"public.example"}), resolve=lambda host, port: names[host])
    with reader, pytest.raises(FetchError, match=r"inside\.example"):
        reader.request("GET", f"http://public.example:{platform.port}/posts")
    assert len(platform.requests) == 1


def test_a_server_at_home_is_reached_by_its_name_only(platform: Loopback) -> None:
    home = frozenset({host_of("http://Social.Home:8080/api"), "NAS.home"})
    with Client(allow_private=home, resolve=Resolver(("127.0.0.1",))) as client:
        assert client.request("GET", f"http://social.HOME:{platform.port}/posts").status == 200
        assert client.request("GET", f"http://nas.home:{platform.port}/posts").status == 200
        assert platform.requests[0].headers["host"] == f"social.home:{platform.port}"
        with pytest.raises(FetchError):
            client.request("GET", f"http://printer.home:{platform.port}/posts")


def test_the_next_address_is_tried_when_one_does_not_answer(platform: Loopback) -> None:
    with Client(allow_private=True, resolve=Resolver(("::1", "127.0.0.1"))) as client:
        assert client.request("GET", f"http://both.example:{platform.port}/posts").status == 200


def test_tls_keeps_the_name_while_the_number_is_dialled(client: Client) -> None:
    heard: list[bytes] = []
    with raw_server(b"this is not TLS\r\n\r\n", heard) as port:
        dialling = Client(allow_private=True, resolve=Resolver(("127.0.0.1",)))
        with dialling, pytest.raises(TryLater, match="nothing was sent"):
            dialling.request("GET", f"https://social.example:{port}/posts")
    assert b"social.example" in heard[0]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700:4700::1111", True),
        ("64:ff9b::1.1.1.1", True),
        ("::ffff:1.1.1.1", True),
        ("2002:101:101::", True),
        ("::ffff:10.0.0.1", False),
        ("2002:a00:1::", False),
        ("64:ff9b:1::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff0e::1", False),
        ("3fff::1", False),
        ("2001:db8::1", False),
        ("240.0.0.1", False),
        ("198.18.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("localhost", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_does_not_change_what_it_is(address: object) -> None:
    plain = is_public(str(address))
    assert is_public(f"::ffff:{address}") is plain
    assert is_public(f"64:ff9b::{address}") is plain
    assert is_public(f"::{address}") is plain


# ---------------------------------------------------------------- what a failure means


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        (None, 200, 1),
        (Status(code=401), 401, 0),
        (Status(code=429, headers={"retry-after": "3"}), 429, 0),
        (to("/elsewhere", 307), 307, 0),
        (Accepted(status=500), 500, 1),
        (Nonsense(), 200, 1),
        (Slow(seconds=0.05), 200, 1),
    ],
)
def test_a_send_that_was_answered(
    platform: Loopback, client: Client, fault: Fault | None, status: int, accepted: int
) -> None:
    if fault:
        platform.fault(fault)
    send = one_shot(client)
    assert send.request("POST", f"{platform.url}/posts", json={}).status == status
    assert send.bytes_left
    assert (len(platform.requests), platform.accepted) == (1, accepted)


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [
        (DropBeforeReading(), 0),
        (DropAfterAccepting(), 1),
        (CutBody(), 1),
        (NotHttp(), 1),
        (Slow(seconds=0.6), 1),
        (Drip(seconds=0.25), 1),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, int) else "",
)
def test_a_send_whose_answer_was_lost_is_never_repeated(
    platform: Loopback, client: Client, fault: Fault, accepted: int
) -> None:
    platform.fault(fault)
    send = one_shot(client)
    with pytest.raises(OutcomeUnknown, match="no whole answer"):
        send.request("POST", f"{platform.url}/posts", json={})
    assert send.bytes_left
    platform.close()
    assert (platform.connections, platform.accepted) == (1, accepted)


def test_a_slow_drip_does_not_outlast_the_whole() -> None:
    with (
        Loopback(Route("GET", "/", ok)) as platform,
        Client(allow_private=True, read_seconds=5, total_seconds=0.3) as client,
    ):
        platform.fault(Drip(seconds=0.05))
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="too long"):
            client.request("GET", f"{platform.url}/")
        assert time.monotonic() - started < 2


def test_a_receiver_that_does_not_read_does_not_outlast_the_whole() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, Client(allow_private=True, total_seconds=0.3) as client:
        send = one_shot(client)
        with pytest.raises(OutcomeUnknown, match="too long"):
            send.request("POST", f"http://127.0.0.1:{deaf.getsockname()[1]}/", content=b"x" * 30_000_000)
        assert send.bytes_left


def unknown_host(host: str, port: int) -> tuple[str, ...]:
    raise socket.gaierror(-2, "Name or service not known")


@pytest.mark.parametrize("case", ["refused", "unknown", "no address", "not TLS"])
def test_what_surely_did_not_arrive_may_be_tried_later(platform: Loopback, case: str) -> None:
    resolve: dict[str, Callable[[str, int], tuple[str, ...]]] = {"unknown": unknown_host, "no address": lambda *_: ()}
    urls = {"refused": f"http://127.0.0.1:{closed_port()}/", "not TLS": f"https://127.0.0.1:{platform.port}/"}
    with Client(allow_private=True, connect_seconds=1, resolve=resolve.get(case)) as client:
        send = one_shot(client)
        with pytest.raises(TryLater, match="nothing was sent"):
            send.request("POST", urls.get(case, "http://social.example/"), json={})
    assert not send.bytes_left
    assert platform.requests == ()


def test_a_server_that_does_not_take_the_connection_may_be_tried_later(client: Client) -> None:
    # A queue of one that is already full: further connections wait for ever.
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        time.sleep(0.05)
        send = one_shot(client)
        with pytest.raises(TryLater, match="too long"):
            send.request("POST", f"http://127.0.0.1:{server.getsockname()[1]}/", json={})
        assert not send.bytes_left
        for one in waiting:
            one.close()


def test_a_send_to_a_forbidden_address_is_not_sent(platform: Loopback) -> None:
    with Client() as client:
        send = one_shot(client)
        with pytest.raises(FetchError):
            send.request("POST", f"{platform.url}/posts", json={})
    assert not send.bytes_left
    assert platform.connections == 0


# ---------------------------------------------------------------- exactly one


def test_a_second_request_in_one_send_is_refused(platform: Loopback, client: Client) -> None:
    send = one_shot(client)
    send.request("POST", f"{platform.url}/posts", json={})
    with pytest.raises(PluginError, match="second request"):
        send.request("GET", f"{platform.url}/posts")
    assert len(platform.requests) == 1


def test_a_send_that_failed_is_used_up_as_well(platform: Loopback, client: Client) -> None:
    send = one_shot(client)
    with pytest.raises(TryLater):
        send.request("POST", f"http://127.0.0.1:{closed_port()}/", json={})
    with pytest.raises(PluginError, match="second request"):
        send.request("POST", f"{platform.url}/posts", json={})
    assert platform.connections == 0


def test_of_many_threads_one_sends(platform: Loopback, client: Client) -> None:
    send = one_shot(client)

    def attempt(_: int) -> bool:
        try:
            send.request("POST", f"{platform.url}/posts", json={})
        except PluginError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(16))) == 1
    assert len(platform.requests) == 1


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=8)])
def test_nothing_is_sent_when_the_time_is_over(platform: Loopback, client: Client, late: timedelta) -> None:
    clock = FakeClock(NOW + timedelta(minutes=5) + late)
    send = one_shot(client, clock=clock)
    with pytest.raises(TryLater, match="nothing was sent"):
        send.request("POST", f"{platform.url}/posts", json={})
    assert not send.bytes_left
    assert platform.connections == 0


def test_a_machine_that_slept_while_it_connected_does_not_send(platform: Loopback) -> None:
    clock = FakeClock(NOW)

    def sleep_and_resolve(host: str, port: int) -> tuple[str, ...]:
        clock.advance(timedelta(hours=8))
        return ("127.0.0.1",)

    with Client(allow_private=True, resolve=sleep_and_resolve) as client:
        send = one_shot(client, clock=clock)
        with pytest.raises(TryLater, match="nothing was sent"):
            send.request("POST", f"http://social.example:{platform.port}/posts", json={})
    assert not send.bytes_left
    platform.close()
    assert platform.requests == ()


def test_a_send_does_not_trust_a_kept_connection(platform: Loopback, client: Client) -> None:
    client.request("GET", f"{platform.url}/posts")
    one_shot(client).request("POST", f"{platform.url}/posts", json={})
    client.request("GET", f"{platform.url}/posts")
    assert [request.connection for request in platform.requests] == [1, 2, 1]


# ---------------------------------------------------------------- secrets


def leaks(error: BaseException | None) -> list[str]:
    """What an error and everything behind it would show."""
    words = []
    while error is not None:
        words.append(repr(error) + str(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [word for word in words if CANARY in word]


@pytest.mark.parametrize(
    "fault", [None, DropBeforeReading(), DropAfterAccepting(), NotHttp(body=CANARY.encode()), Status(code=500)],
    ids=lambda fault: type(fault).__name__,
)  # fmt: skip
def test_no_token_in_logs_or_errors(
    platform: Loopback, client: Client, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    caplog.set_level(logging.DEBUG)
    if fault:
        platform.fault(fault)
    headers = {"Authorization": f"Bearer {CANARY}"}
    caught: SmmError | None = None
    try:
        client.request("POST", f"{platform.url}/{CANARY}?token={CANARY}", headers=headers, json={"secret": CANARY})
    except SmmError as error:
        caught = error
    assert not leaks(caught)
    assert any(record.name == "smm_core.http" for record in caplog.records) is (
        fault is None or isinstance(fault, Status)
    )
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("url", "extra"),
    [
        ("http://127.0.0.1:{closed}/" + CANARY + "?t=" + CANARY, {}),
        ("ftp://127.0.0.1/" + CANARY, {}),
        ("http://user:" + CANARY + "@127.0.0.1/", {}),
        ("http://[" + CANARY, {}),
        ("http://127.0.0.1:{port}/posts", {"headers": {"X-Token": CANARY + "\r\nX-Injected: 1"}}),
        ("http://127.0.0.1:{port}/posts", {"headers": {"X-Token": CANARY + "é"}}),
        ("http://127.0.0.1:{port}/posts", {"json": {CANARY: object()}}),
        ("http://127.0.0.1:{port}/posts", {"json": {"text": CANARY + "\ud800"}}),
    ],
)  # fmt: skip
def test_no_token_in_the_words_about_a_bad_request(
    platform: Loopback, client: Client, url: str, extra: dict[str, object]
) -> None:
    with pytest.raises(SmmError) as caught:
        client.request("POST", url.format(closed=closed_port(), port=platform.port), **extra)  # type: ignore[arg-type]
    assert not leaks(caught.value)
    assert platform.requests == ()


# ---------------------------------------------------------------- Retry-After


def asks(value: str | None) -> Response:
    return Response(status=429, headers={} if value is None else {"retry-after": value}, body=b"", url="")


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("9" * 5000, timedelta(days=1)),
        ("Mon, 23 Nov 2026 09:10:00 GMT", timedelta(minutes=10)),
        ("Mon, 23 Nov 2026 09:10:00 -0000", timedelta(minutes=10)),
        ("Monday, 23-Nov-26 08:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 09:10:00 GMT", None),
    ],
)
def test_retry_after_in_both_forms(said: str | None, wait: timedelta | None) -> None:
    assert retry_after(asks(said), NOW) == wait


@given(st.text())
def test_retry_after_takes_whatever_comes(said: str) -> None:
    wait = retry_after(asks(said), NOW)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


@given(st.integers(0, 86_400))
def test_both_forms_mean_the_same(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(asks(str(seconds)), NOW) == retry_after(asks(date), NOW) == timedelta(seconds=seconds)


# ---------------------------------------------------------------- a server that says exactly this


@contextmanager
def raw_server(words: bytes, heard: list[bytes] | None = None) -> Iterator[int]:
    """Takes one connection, reads once, says `words` and closes."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(5)

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            received = connection.recv(65536)
            if heard is not None:
                heard.append(received)
            connection.sendall(words)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(server.getsockname()[1])
    finally:
        thread.join()
        server.close()


def test_a_revoked_client_lets_nothing_leave() -> None:
    with (
        Loopback(Route("POST", "/posts", lambda request: Answer(status=201))) as platform,
        Client(allow_private=True) as client,
    ):
        once = client.once(send_by=NEVER, now=lambda: datetime.now(UTC))
        assert once.revoke() is False
        with pytest.raises(TryLater, match="nothing was sent"):
            once.request("POST", f"{platform.url}/posts")
        assert list(platform.requests) == []
        used = client.once(send_by=NEVER, now=lambda: datetime.now(UTC))
        used.request("POST", f"{platform.url}/posts")
        assert used.revoke() is True


NEVER = datetime(2100, 1, 1, tzinfo=UTC)
