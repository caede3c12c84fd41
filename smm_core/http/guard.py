"""Where a connection may go, and what is known of a request while it is on its way.

`smm_core.http` loads this module when the first request is made; nothing else uses it.

An address that came from content is judged at the last moment, when the connection is opened: its name is resolved
once, every answer must be public, and the number that was judged is the number that is dialled. A name that answers
differently the second time finds nobody asking a second time. TLS and the Host header keep the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any, Protocol

import httpcore

from smm_core.contracts import Response
from smm_core.errors import FetchError
from smm_core.http.request import Call

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port to addresses as text; a name that nobody knows is an OSError."""

_PIECE = 64 * 1024
_MOST_ADDRESSES = 4
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_EMBEDS_IPV4 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
# Newer than the tables of the oldest Python we run on.
_DOCUMENTATION = ipaddress.IPv6Network("3fff::/20")


def resolve_by_system(host: str, port: int) -> tuple[str, ...]:
    """The addresses that the machine's resolver knows, each once, best first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, also seen through the IPv6 forms that wrap an IPv4 address."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(number, ipaddress.IPv6Address):
        wrapped = _wrapped_ipv4(number)
        if wrapped is None:
            return number in _GLOBAL_UNICAST and number.is_global and number not in _DOCUMENTATION
        number = wrapped
    return number.is_global and not number.is_multicast


def _wrapped_ipv4(number: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside a mapped, 6to4, NAT64 or (long out of use) compatible one."""
    if any(number in network for network in _EMBEDS_IPV4):
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    return number.ipv4_mapped or number.sixtofour


class Exchange:
    """One request on its way: how long it may still take, and whether bytes of it may have left.

    `gate` is called once, right before the first byte leaves; it raises to keep the request here. A machine that
    slept between deciding and sending wakes up in front of the gate.
    """

    __slots__ = ("_deadline", "_gate", "bytes_left")

    def __init__(self, *, deadline: float, gate: Callable[[], None] | None = None) -> None:
        self._deadline = deadline
        self._gate = gate
        self.bytes_left = False

    def within(self, timeout: float | None) -> float:
        """The seconds one operation may take: its own limit, or what is left of the whole if that is less."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException("the time for the whole exchange is over")
        return left if timeout is None else min(timeout, left)

    def about_to_write(self) -> None:
        """Bytes of the request are about to leave."""
        if not self.bytes_left:
            if self._gate is not None:
                self._gate()
            self.bytes_left = True


class GuardedNetwork(httpcore.NetworkBackend):
    """Opens the connections of one client and watches what passes over them.

    `allow_private` is True (every address may be dialled) or the set of host names whose addresses may be private.
    The pool does all the work of a request in the thread that asked for it, so `during` can tie the two together.
    """

    def __init__(self, *, allow_private: bool | frozenset[str], resolve: Resolve) -> None:
        self._allow_private = (
            allow_private if isinstance(allow_private, bool) else frozenset(host.lower() for host in allow_private)
        )
        self._resolve = resolve
        self._dialler = httpcore.SyncBackend()
        self._thread = threading.local()

    def during(self, exchange: Exchange) -> _During:
        """What this thread sends and reads within the block belongs to `exchange`."""
        return _During(self._thread, exchange)

    @property
    def exchange(self) -> Exchange:
        """The exchange of the calling thread."""
        exchange: Exchange = self._thread.exchange
        return exchange

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses(host, port)[:_MOST_ADDRESSES]:
            within = self.exchange.within(timeout)
            try:
                stream = self._dialler.connect_tcp(address, port, within, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _WatchedStream(stream, self)
        raise failure

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except UnicodeError:
            raise FetchError(f"{host[:80]!r} is not a host name") from None
        except OSError:
            raise httpcore.ConnectError("the name is unknown") from None
        if not self._may_be_private(host):
            _require_public(host, addresses)
        return addresses

    def _may_be_private(self, host: str) -> bool:
        if isinstance(self._allow_private, bool):
            return self._allow_private
        return host.lower() in self._allow_private


class _During:
    __slots__ = ("_exchange", "_thread")

    def __init__(self, thread: threading.local, exchange: Exchange) -> None:
        self._thread = thread
        self._exchange = exchange

    def __enter__(self) -> None:
        self._thread.exchange = self._exchange

    def __exit__(self, *_: object) -> None:
        del self._thread.exchange


def _require_public(host: str, addresses: Sequence[str]) -> None:
    private = next((address for address in addresses if not is_public(address)), None)
    if private is None:
        return
    seen = host if host == private else f"{host} ({private})"
    raise FetchError(
        f"{seen} is not an address of the open internet",
        hint=f"for a server of your own, set allow_private = true in [profiles.NAME] (`smm profiles add … --set "
        f'allow_private=true`), or allow_private = ["{host}"] in [sources.NAME]; what content names never leads there',
    )


class _WatchedStream(httpcore.NetworkStream):
    """A connection that keeps to the deadline of the exchange and notes when bytes leave."""

    def __init__(self, stream: httpcore.NetworkStream, network: GuardedNetwork) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.exchange.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        exchange = self._network.exchange
        # In pieces, because a peer that takes one byte now and then must not outlast the deadline either.
        for start in range(0, len(buffer), _PIECE):
            within = exchange.within(timeout)
            exchange.about_to_write()
            self._stream.write(buffer[start : start + _PIECE], within)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        within = self._network.exchange.within(timeout)
        return _WatchedStream(self._stream.start_tls(ssl_context, server_hostname, within), self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


# ---------------------------------------------------------------- the answer


class Answer(Protocol):
    """An answer whose body is still to be read."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]: ...
    def iter_stream(self) -> Iterator[bytes]: ...
    def close(self) -> None: ...


class BadAnswer(Exception):
    """An answer that came whole and yet cannot be read. The message quotes nothing of it."""


def whole_answer(answer: Answer, call: Call, *, max_bytes: int) -> Response:
    """Read an answer to its end; more than `max_bytes`, packed or unpacked, is a `FetchError`."""
    with closing(answer):
        headers = _header_map(answer.headers)
        pieces = _unpacked(answer.iter_stream(), headers.get("content-encoding", "").strip().lower())
        body = bytearray()
        for piece in pieces:
            body += piece
            if len(body) > max_bytes:
                host = call.address.origin.host.decode("ascii")
                raise FetchError(f"{host}: the answer is larger than {max_bytes:,} bytes")
    return Response(status=answer.status, headers=headers, body=bytes(body), url=call.address.text)


def _header_map(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header names in lower case; several of one name are joined by a comma, as HTTP allows."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _unpacked(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body in pieces of bounded size, however well it was packed."""
    if encoding in ("", "identity"):
        yield from chunks
        return
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    started = False
    for chunk in chunks:
        if encoding not in ("gzip", "x-gzip"):
            raise BadAnswer("it is packed in a way that was not asked for")
        started = True
        if unpacker.eof:
            break
        yield from _unpack(unpacker, chunk)
    if started and not unpacker.eof:
        raise BadAnswer("its packed body is not complete")


def _unpack(unpacker: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    try:
        while True:
            piece = unpacker.decompress(chunk, _PIECE)
            yield piece
            chunk = unpacker.unconsumed_tail
            # A full piece may mean that more is waiting inside, even when all input has been taken.
            if unpacker.eof or (not chunk and len(piece) < _PIECE):
                return
    except zlib.error:
        raise BadAnswer("its packed body is broken") from None
