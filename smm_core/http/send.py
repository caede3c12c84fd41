"""The connection of a `send`: one request at a time, written in one piece, its answer parsed by llhttp (`httptools`).

`smm_core.http` uses it for what is sent once. It does what a connection of `httpcore` does, in a third of the time, and
less: HTTP/1.1 only, no upgrades, no proxies. It fails in the words of `httpcore` too, so that both are judged in one place.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Mapping

import httpcore
import httptools

from smm_core.http.guard import GuardedNetwork
from smm_core.http.request import Call, Origin

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VISIBLE = re.compile(rb"[\x21-\x7e]+")
# What RFC 9110, section 5.5, allows: no control characters, no white space at either end.
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?")
_PIECE = 64 * 1024
_LONGEST_HEAD = 64 * 1024


class SendConnection:
    """A connection to one origin, opened with the first request. For one thread at a time."""

    def __init__(
        self,
        origin: Origin,
        network: GuardedNetwork,
        certificates: ssl.SSLContext,
        timeouts: Mapping[str, float],
    ) -> None:
        self.origin = origin
        self._network = network
        self._certificates = certificates
        self._timeouts = timeouts
        self._stream: httpcore.NetworkStream | None = None
        self._idle = False

    def ask(self, call: Call) -> SendAnswer:
        """Write a request and read the head of its answer."""
        message = _message(call)
        self._idle = False
        stream = self._stream = self._stream or self._open()
        stream.write(message, self._timeouts["write"])
        answer = SendAnswer(self, lambda: stream.read(_PIECE, self._timeouts["read"]), has_body=call.method != "HEAD")
        answer.read_head()
        return answer

    @property
    def is_idle(self) -> bool:
        """Whether its last answer was read to the end, and another request may follow."""
        return self._idle

    def is_open(self) -> bool:
        """Whether it is idle, and the other side has not closed it or said something unasked."""
        return self._idle and self._stream is not None and not self._stream.get_extra_info("is_readable")

    def answered(self, *, may_go_on: bool) -> None:
        """The answer was read to its end."""
        self._idle = may_go_on

    def close(self) -> None:
        """Close the connection."""
        self._idle = False
        if self._stream is not None:
            self._stream.close()

    def _open(self) -> httpcore.NetworkStream:
        host, port = self.origin.host.decode("ascii"), self.origin.port
        stream = self._network.connect_tcp(host, port, self._timeouts["connect"])
        if self.origin.scheme != b"https":
            return stream
        return stream.start_tls(self._certificates, host, self._timeouts["connect"])


class SendAnswer:
    """An answer, parsed as it comes in. What announces one (a status of 1xx) is passed over."""

    def __init__(self, connection: SendConnection, read: Callable[[], bytes], *, has_body: bool) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._connection = connection
        self._read = read
        self._has_body = has_body
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._has_head = False
        self._head_size = 0
        self._is_whole = False
        self._may_go_on = False

    def read_head(self) -> None:
        """Read until status and headers are there."""
        size = 0
        while not self._has_head:
            size += self._read_on()
            if size > _LONGEST_HEAD and not self._has_head:
                raise httpcore.RemoteProtocolError("its head is too long")

    def iter_stream(self) -> Iterator[bytes]:
        """The body as it came. One that breaks off is an error, not an end."""
        while True:
            pieces, self._pieces = self._pieces, []
            yield from pieces
            if self._is_whole:
                break
            self._read_on()
        self._connection.answered(may_go_on=self._may_go_on)

    def close(self) -> None:
        """Nothing more of it is wanted."""
        del self._parser  # which holds on to this object

    def _read_on(self) -> int:
        data = self._read()
        if not data:
            self._ended()
            return 0
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._is_whole:
                raise httpcore.RemoteProtocolError(type(error).__name__) from None
            self._may_go_on = False  # it says more than it was asked
        return len(data)

    def _ended(self) -> None:
        """The other side closed the connection, which is the end of a body that has no other."""
        named = {name.lower() for name, _ in self.headers}
        if not self._has_head or named & {b"content-length", b"transfer-encoding"}:
            raise httpcore.RemoteProtocolError("the answer broke off")
        self._is_whole = True

    # ------------------------------------------------------------ what the parser tells

    def on_message_begin(self) -> None:
        if self._is_whole:
            raise _TooMuch

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._has_head:
            return  # what follows a body in pieces is no header
        self.headers.append((name, value))
        self._head_size += len(name) + len(value)
        if self._head_size > _LONGEST_HEAD:
            raise _TooMuch

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._has_head = self.status >= 200
        self._is_whole = self._has_head and not self._has_body

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        if self._has_head:
            self._is_whole = True
            self._may_go_on = self._parser.should_keep_alive()
        else:
            self.headers.clear()


class _TooMuch(Exception):
    """More came than was asked for, or than anybody needs."""


def _message(call: Call) -> bytes:
    """A request as it goes over the wire. What would not be HTTP is an error, before a byte has left."""
    if not _TOKEN.fullmatch(call.method) or not _VISIBLE.fullmatch(call.address.target):
        raise httpcore.LocalProtocolError("not a request line")
    for name, value in call.headers.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise httpcore.LocalProtocolError("not a header")
    head = "".join(f"{name}: {value}\r\n" for name, value in call.headers.items()).encode("ascii")
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (call.method.encode("ascii"), call.address.target, head, call.body)
