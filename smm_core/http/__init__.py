"""HTTP: the one module that builds clients. No other module of core names httpx, and plugins are handed a client.

Who asks decides where a client may go:

- addresses that come from content (feeds, pictures) get `Client(redirects=3)`: every address must be public;
- a profile gets `Client(allow_private=…)`, as its own `allow_private` in `smm.toml` says; where only one server is known
  to be private, `frozenset({host_of(url)})` opens that one and nothing beside it;
- an address that the configuration itself names and that leads nowhere else (the events' webhook) gets
  `Client(allow_private=True)`.

A client lives as long as its profile does and keeps connections between requests. `Client.once` makes the client of
one `send`, with a connection that no other request uses. No cookies are kept, no proxy or netrc is read from the environment, nothing is ever sent twice by itself,
and no address is put into a message beyond scheme and host, because paths and queries may carry tokens.
"""

from __future__ import annotations

import email.utils
import functools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from smm_core.contracts import Response
from smm_core.errors import FetchError, OutcomeUnknown, PluginError, TryLater
from smm_core.http.request import Call, address_of, encode

if TYPE_CHECKING:
    import ssl

    from smm_core.http.guard import Answer, Exchange, GuardedNetwork, Resolve
    from smm_core.http.request import Origin
    from smm_core.http.send import SendConnection

_KEEP_ALIVE_SECONDS = 5.0
_SEND_AGAIN_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Client:
    """An `HttpClient` with time-outs, size caps and guards; safe to use from several threads.

    `allow_private`: True, or the host names (as `host_of` gives them) that may lead to addresses that are not public.
    `redirects`: how many are followed, for GET and HEAD only; 0 hands a 3xx back as it is. Headers of the caller stay
    behind when a redirect leads to another origin. `connect_seconds` and `read_seconds` bound single operations,
    `total_seconds` the whole of a request with its redirects, `max_bytes` the answer, also after unpacking.
    `resolve` and `ssl_context` replace the system's resolver and the usual certificates.
    """

    def __init__(
        self,
        *,
        allow_private: bool | frozenset[str] = False,
        redirects: int = 0,
        connect_seconds: float = 5.0,
        read_seconds: float = 30.0,
        total_seconds: float = 60.0,
        max_bytes: int = 20_000_000,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._redirects = redirects
        self._timeouts = {
            "connect": connect_seconds,
            "read": read_seconds,
            "write": read_seconds,
            "pool": connect_seconds,
        }
        self._total_seconds = total_seconds
        self._max_bytes = max_bytes
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._lock = threading.Lock()
        self._engine: _Engine | None = None
        self._closed = False

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """One request, see `HttpClient.request`. A redirect too many is a `FetchError`."""
        from smm_core.http.guard import Exchange

        deadline = time.monotonic() + self._total_seconds
        call = encode(method, url, headers=headers, params=params, json=json, data=data, files=files, content=content)
        for _ in range(self._redirects + 1):
            response = self._perform(call, Exchange(deadline=deadline), self._ask_pool)
            onward = call.onward(response) if self._redirects else None
            if onward is None:
                return response
            call = onward
        raise FetchError(f"{call.name}: more than {self._redirects} redirects")

    def once(
        self,
        *,
        send_by: datetime,
        now: Callable[[], datetime],
        fresh: bool = True,
        require: Callable[[], None] = lambda: None,
    ) -> OneShot:
        """The client of one `send`: it lets one request leave, and none at or after `send_by` by the clock `now`.

        It goes over a `fresh` connection, or else over that of a `send` less than a second ago. A kept connection may be
        closed by the other side in the very moment that we write; then nobody knows whether the request arrived. So
        a connection is kept only where that can be found out afterwards, and only for as long as no server closes it.

        `require` is asked right before the first byte leaves as well: when it raises, nothing leaves.
        """
        return OneShot(self, send_by=send_by, now=now, fresh=fresh, require=require)

    def close(self) -> None:
        """Close the connections. A request after this is a `PluginError`."""
        with self._lock:
            engine, self._engine, self._closed = self._engine, None, True
        if engine is not None:
            engine.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask_pool(self, call: Call) -> Answer:
        return self._opened().pool.handle_request(call.on_the_wire(self._timeouts))

    def _perform_alone(self, call: Call, *, gate: Callable[[], None], fresh: bool) -> Response:
        """One request over a connection of its own; `gate` is called right before its first byte leaves."""
        from smm_core.http.guard import Exchange

        exchange = Exchange(deadline=time.monotonic() + self._total_seconds, gate=gate)
        engine = self._opened()
        connection = engine.take_connection(call.address.origin, self._timeouts, fresh=fresh)
        try:
            response = self._perform(call, exchange, connection.ask)
        except BaseException:
            connection.close()
            raise
        engine.keep_connection(connection, fresh=fresh)
        return response

    def _perform(self, call: Call, exchange: Exchange, ask: Callable[[Call], Answer]) -> Response:
        """One request and its whole answer; a failure by whether anything of the request may have arrived."""
        import httpcore

        from smm_core.http.guard import BadAnswer, whole_answer

        started = time.monotonic()
        try:
            with self._opened().network.during(exchange):
                response = whole_answer(ask(call), call, max_bytes=self._max_bytes)
        except httpcore.LocalProtocolError:
            # Its own words would quote the header, and with it perhaps a token.
            if not exchange.bytes_left:
                raise PluginError(f"{call.name}: the request has a header that HTTP does not allow") from None
            raise OutcomeUnknown(f"{call.name}: the request broke off half-way") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError, BadAnswer) as error:
            if not exchange.bytes_left:
                raise TryLater(f"{call.name}: no connection ({_reason(error)}); nothing was sent") from None
            raise OutcomeUnknown(f"{call.name}: no whole answer came back ({_reason(error)})") from None
        _log.debug("%s: %d in %.3f s", call.name, response.status, time.monotonic() - started)
        return response

    def _opened(self) -> _Engine:
        with self._lock:
            if self._closed:
                raise PluginError(
                    "this HTTP client is closed", hint="a client is not to be kept beyond the call it was given for"
                )
            if self._engine is None:
                self._engine = _start_engine(self._allow_private, self._resolve, self._ssl_context)
            return self._engine


class OneShot:
    """The `HttpClient` of one `send`, made by `Client.once`.

    It lets exactly one request leave, over a connection of its own, follows no redirect and repeats nothing. The time
    for sending is looked at twice: when asked, and again right before the first byte leaves.
    """

    def __init__(
        self,
        client: Client,
        *,
        send_by: datetime,
        now: Callable[[], datetime],
        fresh: bool,
        require: Callable[[], None],
    ) -> None:
        self._client = client
        self._fresh = fresh
        self._require = require
        self._send_by = send_by
        self._now = now
        self._lock = threading.Lock()
        self._used = False
        self._revoked = False
        self._bytes_left = False

    @property
    def bytes_left(self) -> bool:
        """Whether bytes of the request may have left this machine. While this is False, nothing was sent."""
        return self._bytes_left

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """The one request, see `HttpClient.request`.

        A second one is a `PluginError`; one that comes too late is a `TryLater`: nothing was sent. An answer larger than
        the cap is an `OutcomeUnknown` here, for the request itself did arrive.
        """
        self._take()
        self._require_time()
        call = encode(method, url, headers=headers, params=params, json=json, data=data, files=files, content=content)
        try:
            return self._client._perform_alone(call, gate=self._open_gate, fresh=self._fresh)
        except FetchError as error:
            if self._bytes_left:
                raise OutcomeUnknown(error.message) from None
            raise

    def _take(self) -> None:
        with self._lock:
            if self._used:
                raise PluginError(
                    "a second request during one send",
                    hint="everything but the one visible request belongs into prepare",
                )
            self._used = True

    def _require_time(self) -> None:
        if self._now() >= self._send_by:
            raise TryLater("the time for sending was over before the request could leave; nothing was sent")

    def _open_gate(self) -> None:
        with self._lock:
            if self._revoked:
                raise TryLater("the caller stopped waiting before the request could leave; nothing was sent")
            self._require()
            self._require_time()
            self._bytes_left = True

    def revoke(self) -> bool:
        """Let nothing leave any more. Whether something may have left already; the answer is final.

        For a caller that stops waiting while the call still goes on in a thread of its own.
        """
        with self._lock:
            self._revoked = True
            return self._bytes_left


def host_of(url: str) -> str:
    """The host of an address as `Client` compares it: lower case, in ASCII, without port. No address: `FetchError`."""
    return address_of(url).origin.host.decode("ascii")


def retry_after(response: Response, now: datetime, *, longest: timedelta = timedelta(days=1)) -> timedelta | None:
    """How long the server asks to wait, read from `Retry-After` as seconds or as a date; at least 0, at most `longest`.

    None when it does not say, or says something else (RFC 9110, section 10.2.3).
    """
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return timedelta(seconds=min(int(said[:12]), longest.total_seconds()))
    try:
        until = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), longest)


# ---------------------------------------------------------------- the parts


class _Engine:
    """What a client makes when its first request is due: the guarded network, certificates, kept connections."""

    def __init__(self, network: GuardedNetwork, certificates: ssl.SSLContext) -> None:
        import httpcore

        self.network = network
        self._certificates = certificates
        self._lock = threading.Lock()
        self._sent_over: tuple[float, SendConnection] | None = None
        self.pool = httpcore.ConnectionPool(
            ssl_context=certificates, network_backend=network, max_connections=20, keepalive_expiry=_KEEP_ALIVE_SECONDS
        )

    def take_connection(self, origin: Origin, timeouts: Mapping[str, float], *, fresh: bool) -> SendConnection:
        """A connection that nobody else uses: that of the last `send` where it may be used again, else a new one."""
        from smm_core.http.send import SendConnection

        with self._lock:
            last, self._sent_over = self._sent_over, None
        if last is not None:
            at, connection = last
            young = time.monotonic() - at < _SEND_AGAIN_SECONDS
            if young and not fresh and connection.origin == origin and connection.is_open():
                return connection
            connection.close()
        return SendConnection(origin, self.network, self._certificates, timeouts)

    def keep_connection(self, connection: SendConnection, *, fresh: bool) -> None:
        """Put a connection aside for the next `send`, where that is wanted and the other side has not ended it."""
        if fresh or not connection.is_idle:
            connection.close()
            return
        with self._lock:
            last, self._sent_over = self._sent_over, (time.monotonic(), connection)
        if last is not None:
            last[1].close()

    def close(self) -> None:
        """Close all connections."""
        self.pool.close()
        with self._lock:
            last, self._sent_over = self._sent_over, None
        if last is not None:
            last[1].close()


def _start_engine(
    allow_private: bool | frozenset[str], resolve: Resolve | None, ssl_context: ssl.SSLContext | None
) -> _Engine:
    from smm_core.http.guard import GuardedNetwork, resolve_by_system

    _quiet("httpx", "httpcore")
    network = GuardedNetwork(allow_private=allow_private, resolve=resolve or resolve_by_system)
    return _Engine(network, ssl_context or _usual_certificates())


@functools.cache
def _usual_certificates() -> ssl.SSLContext:
    """The certificates that all clients trust, read once: it takes some 20 ms, and every profile has a client of its own."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _quiet(*loggers: str) -> None:
    """Below WARNING these libraries log whole addresses and headers, and with them tokens."""
    for name in loggers:
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)


def _reason(error: Exception) -> str:
    """A failure in words that cannot quote what was sent."""
    import httpcore

    if isinstance(error, httpcore.TimeoutException):
        return "it took too long"
    if isinstance(error, httpcore.RemoteProtocolError):
        return "the answer broke off or was not HTTP"
    return str(error) or "the connection broke"
