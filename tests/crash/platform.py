"""A platform on loopback that counts what it accepted and misbehaves by a seed.

Its word is kept to the millisecond, whatever the machine is busy with: what reaches it later than `Temper.accepts_within`
after it was sent is thrown away, and keys and lists are late by at most what `Temper` says. So a guarantee of the
publishers that talk to it can be true, and a duplicate is never the fault of a slow machine.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Fault(StrEnum):
    """What can go wrong with the answer to one post."""

    REFUSED = "refused"
    TOO_MANY = "429"
    UNAVAILABLE = "503, not accepted"
    DROPPED = "accepted, connection dropped"
    BROKEN = "accepted, answered 500"
    LATE = "accepted late"
    SLOW = "answered slowly"
    PENDING = "pending"
    LOGIN = "asks for login"
    UNREAD = "dropped unread"


class Point(StrEnum):
    """Where the platform stands with a post; something may happen to whoever sent it."""

    ARRIVED = "arrived"
    ACCEPTED = "accepted"
    SENT_BACK = "sent-back"


@dataclass(frozen=True, kw_only=True, slots=True)
class Temper:
    """How it misbehaves: `rate` of the answers are faults of these kinds. Times are in seconds.

    `accepts_within` bounds how old a post may be when it is accepted, `known_within` how long after that its key may
    still be unknown and the list may not show it. `late` is how long one that is accepted late has been lying around.
    """

    rate: float = 0.17
    faults: tuple[Fault, ...] = tuple(Fault)
    late: float = 1.4
    slow: float = 0.3
    pending: float = 0.5
    login: float = 0.6
    retry_after: int = 1
    accepts_within: float = 2.2
    known_within: float = 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class Visible:
    """One post that followers see. `number` counts what was accepted anywhere, `at` is when (Unix seconds)."""

    number: int
    profile: str
    text: str
    ref: str
    parent: str | None
    at: float
    known_at: float
    listed_at: float

    @property
    def id(self) -> str:
        """Its remote id."""
        return f"p{self.number}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Post:
    profile: str
    text: str
    ref: str
    parent: str | None
    key: str | None
    sent: float


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Platform:
    """The platform, listening between entry and exit. `on_point` is called in the thread of the post that got there."""

    def __init__(
        self, temper: Temper, seed: int, on_point: Callable[[Point], None] = lambda point: None, port: int = 0
    ) -> None:
        self.temper = temper
        self.on_point = on_point
        self.faults: Counter[Fault] = Counter()
        self.visible: list[Visible] = []
        self.posts_read = 0
        self._random = random.Random(seed)
        self._lock = threading.Condition()
        self._keys: dict[tuple[str, str], Visible] = {}
        self._jobs: dict[str, tuple[float, Visible]] = {}
        self._logged_out: dict[str, float] = {}
        self._refused: set[tuple[str, str]] = set()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Platform:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def behave(self) -> None:
        """From now on nothing goes wrong any more; logins that are needed stay needed until their time is over."""
        self.temper = Temper(rate=0)

    def wait_for_posts(self, count: int, seconds: float) -> bool:
        """Wait until this many more posts were read; whether that came true."""
        with self._lock:
            wanted = self.posts_read + count
            return self._lock.wait_for(lambda: self.posts_read >= wanted, timeout=seconds)

    def lets_in(self, profile: str) -> bool:
        """Whether a login would help now."""
        with self._lock:
            return self._logged_out.get(profile, 0.0) <= time.time()

    # ------------------------------------------------------------ what it does with a request

    def take(self, post: _Post) -> _Answer | None:
        """Deal with one post; None drops the connection."""
        fault = self._next_fault(post)
        self.on_point(Point.ARRIVED)
        match fault:
            case Fault.UNREAD:
                return None
            case Fault.REFUSED:
                return _Answer(422, {"error": "no"})
            case Fault.TOO_MANY:
                return _Answer(429, {"error": "slowly"}, {"retry-after": str(self.temper.retry_after)})
            case Fault.UNAVAILABLE:
                return _Answer(503, {"error": "busy"})
            case Fault.LOGIN:
                return _Answer(401, {"error": "who are you"})
            case Fault.LATE:
                time.sleep(self.temper.late)
        accepted = self._accept(post)
        if accepted is None:
            return None
        self.on_point(Point.ACCEPTED)
        match fault:
            case Fault.DROPPED:
                return None
            case Fault.BROKEN:
                return _Answer(500, {"error": "oops"})
            case Fault.PENDING:
                return _Answer(202, {"job": self._begin_job(accepted)})
            case Fault.SLOW:
                time.sleep(self.temper.slow)
        return _Answer(201, {"id": accepted.id})

    def _next_fault(self, post: _Post) -> Fault | None:
        with self._lock:
            self.posts_read += 1
            self._lock.notify_all()
            now = time.time()
            if self._logged_out.get(post.profile, 0.0) > now:
                return Fault.LOGIN
            if self._random.random() >= self.temper.rate:
                return None
            fault = self._random.choice(self.temper.faults)
            if fault is Fault.REFUSED:
                if (post.profile, post.text) in self._refused:
                    return None
                self._refused.add((post.profile, post.text))
            if fault is Fault.LOGIN:
                self._logged_out[post.profile] = now + self.temper.login
            self.faults[fault] += 1
            return fault

    def _accept(self, post: _Post) -> Visible | None:
        """Make it visible, or give back what a key that is known stands for; None when it is too old by now."""
        with self._lock:
            now = time.time()
            known = self._keys.get((post.profile, post.key)) if post.key else None
            if known is not None and known.known_at <= now:
                return known
            if now > post.sent + self.temper.accepts_within:
                return None
            one = Visible(
                number=len(self.visible) + 1,
                profile=post.profile,
                text=post.text,
                ref=post.ref,
                parent=post.parent,
                at=now,
                known_at=now + self._random.random() * self.temper.known_within,
                listed_at=now + self._random.random() * self.temper.known_within,
            )
            self.visible.append(one)
            if post.key:
                self._keys.setdefault((post.profile, post.key), one)
            return one

    def _begin_job(self, accepted: Visible) -> str:
        with self._lock:
            job = f"j{len(self._jobs) + 1}"
            self._jobs[job] = (time.time() + self.temper.pending, accepted)
            return job

    def look_up(self, path: str, ref: str) -> _Answer | None:
        """Answer a question: what became of a job, or which posts carry a reference."""
        with self._lock:
            if self._random.random() < self.temper.rate / 2:
                return self._random.choice((None, _Answer(503), _Answer(500)))
            now = time.time()
            _, profile, kind, *rest = path.split("/")
            if kind == "jobs":
                ready_at, accepted = self._jobs[rest[0]]
                return _Answer(201, {"id": accepted.id}) if ready_at <= now else _Answer(202, {"job": rest[0]})
            listed = [
                one.id for one in self.visible if one.profile == profile and one.ref == ref and one.listed_at <= now
            ]
            return _Answer(200, listed)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 512

    def __init__(self, platform: Platform, port: int) -> None:
        self.platform = platform
        super().__init__(("127.0.0.1", port), _Connection)

    def server_bind(self) -> None:
        # The library's own would ask the resolver for this machine's name.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that die in the middle are what this is for."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 5
    server: _Server

    def do_POST(self) -> None:
        platform = self.server.platform
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        post = _Post(
            profile=self.path.split("/")[1],
            text=body["text"],
            ref=self.headers["x-ref"],
            parent=body["parent"],
            key=self.headers["idempotency-key"],
            sent=float(self.headers["x-sent"]),
        )
        self._answer(platform.take(post))
        platform.on_point(Point.SENT_BACK)

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        ref = parse_qs(address.query).get("ref", [""])[0]
        self._answer(self.server.platform.look_up(address.path, ref))

    def _answer(self, answer: _Answer | None) -> None:
        if answer is None:
            self.close_connection = True
            return
        body = json.dumps(answer.body).encode()
        with suppress(OSError):
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the platform's book says it all."""
