"""The connection of a `send`: one request at a time, written in one piece, its answer read by the standard library.

`smm_core.http` uses it for what is sent once. It does what a connection of `httpcore` does, in half the time, and less:
HTTP/1.1 only, no upgrades, no proxies. It fails in the words of `httpcore` too, so that both are judged in one place.
"""

from __future__ import annotations

import http.client
import io
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, cast

import httpcore

from smm_core.http.guard import GuardedNetwork
from smm_core.http.request import Call, Origin

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VISIBLE = re.compile(rb"[\x21-\x7e]+")
# What RFC 9110, section 5.5, allows: no control characters, no white space at either end.
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?")
_PIECE = 64 * 1024


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
        self._reader: _Reader | None = None
        self._idle = False

    def ask(self, call: Call) -> SendAnswer:
        """Write a request and read the head of its answer."""
        message = _message(call)
        self._idle = False
        if self._stream is None:
            self._stream = self._open()
            self._reader = _Reader(_Incoming(self._stream, self._timeouts["read"]), _PIECE)
        self._stream.write(message, self._timeouts["write"])
        try:
            return SendAnswer(self, self._answer(call.method))
        except http.client.HTTPException as error:
            raise _not_http(error) from None

    @property
    def is_idle(self) -> bool:
        """Whether its last answer was read to the end, and another request may follow."""
        return self._idle

    def is_open(self) -> bool:
        """Whether it is idle, and the other side has not closed it or said something unasked."""
        return self._idle and self._stream is not None and not self._stream.get_extra_info("is_readable")

    def answered(self, *, will_close: bool) -> None:
        """The answer was read to its end."""
        self._idle = not will_close

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

    def _answer(self, method: str) -> http.client.HTTPResponse:
        while True:
            answer = http.client.HTTPResponse(cast(Any, self), method=method)
            answer.begin()
            if not 100 <= answer.status < 200:
                return answer

    def makefile(self, *_: object) -> _Reader | None:
        """What the standard library reads from; one for all answers, because it may have read ahead."""
        return self._reader


class SendAnswer:
    """An answer whose body is still to be read."""

    def __init__(self, connection: SendConnection, answer: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._answer = answer
        self.status = answer.status
        self.headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.getheaders()]

    def iter_stream(self) -> Iterator[bytes]:
        """The body as it came. One that breaks off is an error, not an end."""
        answer = self._answer
        try:
            while piece := answer.read(_PIECE):
                yield piece
        except (http.client.HTTPException, ValueError) as error:
            raise _not_http(error) from None
        if answer.length:
            raise httpcore.RemoteProtocolError("the answer broke off")
        self._connection.answered(will_close=answer.will_close)

    def close(self) -> None:
        """Nothing more of it is wanted."""


class _Incoming(io.RawIOBase):
    """What comes in over a stream, as the standard library reads it."""

    def __init__(self, stream: httpcore.NetworkStream, timeout: float) -> None:
        self._stream = stream
        self._timeout = timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        into = memoryview(buffer)
        data = self._stream.read(len(into), self._timeout)
        into[: len(data)] = data
        return len(data)


class _Reader(io.BufferedReader):
    """Stays open when the standard library closes it after an answer: the next answer comes the same way.

    And a line that breaks off is no line, where the standard library would take the end for that of the headers.
    """

    def close(self) -> None:
        pass

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and (size is None or size < 0 or len(line) < size):
            raise http.client.RemoteDisconnected("it broke off")
        return line


def _message(call: Call) -> bytes:
    """A request as it goes over the wire. What would not be HTTP is an error, before a byte has left."""
    if not _TOKEN.fullmatch(call.method) or not _VISIBLE.fullmatch(call.address.target):
        raise httpcore.LocalProtocolError("not a request line")
    for name, value in call.headers.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise httpcore.LocalProtocolError("not a header")
    head = "".join(f"{name}: {value}\r\n" for name, value in call.headers.items()).encode("ascii")
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (call.method.encode("ascii"), call.address.target, head, call.body)


def _not_http(error: Exception) -> httpcore.RemoteProtocolError:
    return httpcore.RemoteProtocolError(type(error).__name__)
