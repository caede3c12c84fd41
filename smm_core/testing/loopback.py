"""A loopback platform: a real HTTP server on 127.0.0.1 that a plugin's tests talk to, and that misbehaves on demand.

::

    def publish(request: Received) -> Answer:
        return answer_json({"id": "1", "text": request.json()["text"]}, status=201)

    with Loopback(Route("POST", "/posts", publish)) as platform:
        platform.fault(DropAfterAccepting())     # the next request is accepted, and its answer lost
        ...                                      # client code against platform.url
        assert platform.accepted == 1

Each fault is used up by one request, in the order in which they were given; one with `when` waits for a request that
it fits. `requests` keeps all that was read, `accepted` counts the times a handler ran: what the platform believes.
An exception in a handler answers 500 and is raised again when the server is closed, so that a test cannot miss it. So is
a request that does not fit the platform's OpenAPI description, where there is one: it is answered with 400.
"""

from __future__ import annotations

import io
import json
import re
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from smm_core.testing.faults import (
    Accepted,
    CutBody,
    Drip,
    DropAfterAccepting,
    DropBeforeReading,
    Fault,
    Nonsense,
    NotHttp,
    Slow,
    Status,
)
from smm_core.testing.forms import PostedFile, fields_of, files_of
from smm_core.testing.openapi import OpenApi
from smm_core.values import replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A request as it arrived. Header names are lower case; `params` are the named pieces of the route's pattern.

    `connection` numbers the TCP connection it came over, from 1.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    connection: int
    params: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON; a body that is not JSON is a ValueError."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The fields of a posted form, the last value of each name; its files are in `files`."""
        return fields_of(self.body, self.headers.get("content-type", ""))

    def files(self) -> dict[str, PostedFile]:
        """The files of a posted form (`multipart/form-data`), by the names of their fields."""
        return files_of(self.body, self.headers.get("content-type", ""))


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a handler answers. Content-Length is filled in."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer_json(thing: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    all_headers = {"content-type": "application/json", **(headers or {})}
    return Answer(status=status, headers=all_headers, body=json.dumps(thing).encode())


Handler = Callable[[Received], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """Which handler answers: a method and a path in which `{name}` stands for one segment."""

    method: str
    pattern: str
    handler: Handler

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """The named segments when the route fits, else None."""
        pieces = re.split(r"\{(\w+)\}", self.pattern)
        regex = "".join(f"(?P<{piece}>[^/]+)" if turn % 2 else re.escape(piece) for turn, piece in enumerate(pieces))
        found = re.fullmatch(regex, path) if method == self.method else None
        return found.groupdict() if found else None


# ---------------------------------------------------------------- what the test and the connections share


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scripted:
    fault: Fault
    when: Callable[[Received], bool] | None


class _Book:
    """The script and the records, behind one lock."""

    def __init__(self, routes: tuple[Route, ...], describes: OpenApi | None) -> None:
        self.routes = routes
        self.describes = describes
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.script: list[_Scripted] = []
        self.requests: list[Received] = []
        self.failures: list[Exception] = []
        self.accepted = 0
        self.connections = 0

    def must_drop(self) -> bool:
        """Whether the request that is arriving is to be dropped unread; uses the fault up."""
        with self.lock:
            first = next((scripted for scripted in self.script if scripted.when is None), None)
            if first is None or not isinstance(first.fault, DropBeforeReading):
                return False
            self.script.remove(first)
            return True

    def receive(self, received: Received) -> Fault | None:
        """Keep a request, and use up the first fault that fits it. One that is not as described is refused."""
        problems = self.describes.problems(received) if self.describes else []
        with self.lock:
            self.requests.append(received)
            if problems:
                words = "; ".join(problems)
                self.failures.append(AssertionError(f"a request is not as the platform describes it: {words}"))
                return Status(code=400, body=json.dumps({"error": words}).encode())
            fits = (scripted for scripted in self.script if scripted.when is None or scripted.when(received))
            first = next(fits, None)
            if first is None:
                return None
            self.script.remove(first)
            return first.fault

    def run(self, received: Received) -> Answer:
        """What the fitting route's handler answers, counted as accepted; 404 without a route, 500 when it raises."""
        for route in self.routes:
            params = route.match(received.method, received.path)
            if params is not None:
                return self._handle(route, replace(received, params=params))
        return answer_json({"error": f"no route for {received.method} {received.path}"}, status=404)

    def _handle(self, route: Route, received: Received) -> Answer:
        try:
            answer = route.handler(received)
        except Exception as error:
            with self.lock:
                self.failures.append(error)
            return answer_json({"error": "the handler raised"}, status=500)
        with self.lock:
            self.accepted += 1
        return answer


class Loopback:
    """The platform as a context manager: it listens between entry and exit, on a port that is free.

    `describes`: what every request must fit.
    """

    def __init__(self, *routes: Route, describes: OpenApi | None = None) -> None:
        self._book = _Book(routes, describes)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("the loopback platform is used outside its `with` block")
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address, `http://127.0.0.1:PORT`, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> tuple[Received, ...]:
        """Every request that was read, in the order of arrival."""
        with self._book.lock:
            return tuple(self._book.requests)

    @property
    def accepted(self) -> int:
        """How many times a handler ran to its end: what happened, as far as the platform is concerned."""
        with self._book.lock:
            return self._book.accepted

    @property
    def connections(self) -> int:
        """How many TCP connections were opened."""
        with self._book.lock:
            return self._book.connections

    def fault(self, *faults: Fault, when: Callable[[Received], bool] | None = None) -> None:
        """Add faults to the script; each is used up by one request (that fits `when`)."""
        if when is not None and any(isinstance(fault, DropBeforeReading) for fault in faults):
            raise ValueError("DropBeforeReading cannot look at a request that it does not read")
        with self._book.lock:
            self._book.script.extend(_Scripted(fault=fault, when=when) for fault in faults)

    def __enter__(self) -> Loopback:
        self._server = _Server(self._book)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if error is None and self._book.failures:
            raise self._book.failures[0]

    def close(self) -> None:
        """Stop listening, cut what is open and wait for every thread. A second time changes nothing."""
        self._book.closing.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.cut_connections()
            self._server.server_close()
            self._thread.join()


# ---------------------------------------------------------------- the server


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, book: _Book) -> None:
        self.book = book
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Connection)

    def server_bind(self) -> None:
        # The library's own would ask the resolver for this machine's name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def opened(self, connection: socket.socket) -> int:
        """A connection was opened; its number."""
        with self.book.lock:
            self._open.add(connection)
            self.book.connections += 1
            return self.book.connections

    def closed(self, connection: socket.socket) -> None:
        """A connection is about to be closed."""
        with self.book.lock:
            self._open.discard(connection)

    def cut_connections(self) -> None:
        """Wake every thread that waits for a client."""
        with self.book.lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that go away are what this server is for; errors of handlers are kept by the book.
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, OSError):
            with self.book.lock:
                self.book.failures.append(error)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    rfile: io.BufferedReader

    def setup(self) -> None:
        super().setup()
        self.number = self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        with suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        book = self.server.book
        if book.closing.is_set() or not self.rfile.peek(1) or book.must_drop():
            self.close_connection = True
            return
        self.raw_requestline = self.rfile.readline(65537)
        if self.parse_request():
            received = self._read_request()
            self._respond(received, book.receive(received))

    def _read_request(self) -> Received:
        address = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        return Received(
            method=self.command,
            path=address.path,
            query=dict(parse_qsl(address.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            connection=self.number,
        )

    def _respond(self, received: Received, fault: Fault | None) -> None:
        book = self.server.book
        match fault:
            case Status():
                self._send(Answer(status=fault.code, headers=fault.headers, body=fault.body))
                return
            case Slow():
                book.closing.wait(fault.seconds)
        answer = book.run(received)
        match fault:
            case DropAfterAccepting():
                self.close_connection = True
            case CutBody():
                self._send_head(answer)
                self.wfile.write(answer.body[: len(answer.body) // 2])
                self.close_connection = True
            case Drip():
                self._send_head(answer)
                self._drip(answer.body, fault.seconds)
            case Nonsense():
                self._send(Answer(body=fault.body))
            case NotHttp():
                self.wfile.write(fault.body)
                self.close_connection = True
            case Accepted():
                self._send(Answer(status=fault.status))
            case _:
                self._send(answer)

    def _drip(self, body: bytes, seconds: float) -> None:
        for byte in body:
            if self.server.book.closing.wait(seconds):
                self.close_connection = True
                return
            self.wfile.write(bytes([byte]))

    def _send(self, answer: Answer) -> None:
        self._send_head(answer)
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test sees the requests."""
