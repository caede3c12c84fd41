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


class Delay(StrEnum):
    """What the platform does later than it says, or does not say at all."""

    KEY = "key stored late"
    LIST = "listed late"
    HIDDEN = "asked for before it was listed"
    UNSAID = "question not answered"


class Point(StrEnum):
    """Where the platform stands with a post; something may happen to whoever sent it."""

    ARRIVED = "arrived"
    ACCEPTED = "accepted"
    SENT_BACK = "sent-back"


@dataclass(frozen=True, kw_only=True, slots=True)
class Temper:
    """How it misbehaves: `rate` of the answers are faults of these kinds. Times are in seconds.

    `accepts_within` bounds how old a post may be when it is accepted, `known_within` how long after that its key may
    still be unknown and the list may not show it; half of the keys and lists are late. `late` is how long one that is
    accepted late has been lying around. `dumb` is the rate of questions that get no
    answer but one of `unsaid` (None drops the connection).
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
    dumb: float = 0.085
    unsaid: tuple[int | None, ...] = (None, 503, 500)


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
class Arrival:
    """One request that was read, by the platform's clock (Unix seconds)."""

    profile: str
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Post:
    profile: str
    text: str
    ref: str
    parent: str | None
    key: str | None
    sent: float
    sender: str


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Platform:
    """The platform, listening between entry and exit. `on_point` is called in the thread of the post that got there.

    `overtaken` are process ids of daemons that must not send any more; `sent_by_overtaken` counts what they sent all the same.
    """

    def __init__(
        self,
        temper: Temper,
        seed: int,
        on_point: Callable[[Point], None] = lambda point: None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.temper = temper
        self.on_point = on_point
        self.faults: Counter[str] = Counter()
        self.visible: list[Visible] = []
        self.arrivals: list[Arrival] = []
        self.posts_read = 0
        self.overtaken: set[str] = set()
        self.sent_by_overtaken = 0
        self._clock = clock
        self._random = random.Random(seed)
        self._lock = threading.Condition()
        self._keys: dict[tuple[str, str], Visible] = {}
        self._jobs: dict[str, tuple[float, Visible]] = {}
        self._logged_out: dict[str, float] = {}
        self._refused: set[tuple[str, str]] = set()
        self._server = _Server(self)
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
        self.temper = Temper(rate=0, dumb=0)

    def wait_for_posts(self, count: int, seconds: float) -> bool:
        """Wait until this many more posts were read; whether that came true."""
        with self._lock:
            wanted = self.posts_read + count
            return self._lock.wait_for(lambda: self.posts_read >= wanted, timeout=seconds)

    def lets_in(self, profile: str) -> bool:
        """Whether a login would help now."""
        with self._lock:
            return self._logged_out.get(profile, 0.0) <= self._clock()

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
            self.sent_by_overtaken += post.sender in self.overtaken
            self._lock.notify_all()
            now = self._clock()
            self.arrivals.append(Arrival(profile=post.profile, at=now))
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
            self.faults[str(fault)] += 1
            return fault

    def _accept(self, post: _Post) -> Visible | None:
        """Make it visible, or give back what a key that is known stands for; None when it is too old by now."""
        with self._lock:
            now = self._clock()
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
                known_at=now + (self._delay(Delay.KEY) if post.key else 0.0),
                listed_at=now + self._delay(Delay.LIST),
            )
            self.visible.append(one)
            if post.key:
                self._keys.setdefault((post.profile, post.key), one)
            return one

    def _delay(self, kind: Delay) -> float:
        if self._random.random() < 0.5 or not self.temper.rate:
            return 0.0
        self.faults[str(kind)] += 1
        return self._random.random() * self.temper.known_within

    def _begin_job(self, accepted: Visible) -> str:
        with self._lock:
            job = f"j{len(self._jobs) + 1}"
            self._jobs[job] = (self._clock() + self.temper.pending, accepted)
            return job

    def look_up(self, path: str, ref: str) -> _Answer | None:
        """Answer a question: what became of a job, or which posts carry a reference."""
        with self._lock:
            now = self._clock()
            _, profile, kind, *rest = path.split("/")
            self.arrivals.append(Arrival(profile=profile, at=now))
            if self._random.random() < self.temper.dumb:
                self.faults[str(Delay.UNSAID)] += 1
                status = self._random.choice(self.temper.unsaid)
                return None if status is None else _Answer(status)
            if kind == "jobs":
                ready_at, accepted = self._jobs[rest[0]]
                return _Answer(201, {"id": accepted.id}) if ready_at <= now else _Answer(202, {"job": rest[0]})
            there = [one for one in self.visible if one.profile == profile and one.ref == ref]
            listed = [one.id for one in there if one.listed_at <= now]
            self.faults[str(Delay.HIDDEN)] += len(listed) < len(there)
            return _Answer(200, listed)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 512

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        super().__init__(("127.0.0.1", 0), _Connection)

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
            sender=self.headers.get("x-sender", ""),
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
