"""A loopback site that serves feeds, a small HTTP client, and a context: what the feed source needs from the world."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from smm_feeds.settings import FeedSettings
from smm_feeds.source import FeedSource

from smm_core import CollectPage, CollectRequest, Response, TryLater

DATA = Path(__file__).with_name("data")


@dataclass(kw_only=True, slots=True)
class Page:
    """What the site answers on one path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class Asked:
    """A request that the site saw."""

    path: str
    headers: Mapping[str, str]
    answered: int


class Site:
    """A real server on 127.0.0.1. A page with an ETag or Last-Modified is answered with 304 where that fits."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                page = site.pages.get(self.path, Page(status=404))
                headers = {name.lower(): value for name, value in self.headers.items()}
                same_tag = "ETag" in page.headers and headers.get("if-none-match") == page.headers["ETag"]
                same_date = "Last-Modified" in page.headers and (
                    headers.get("if-modified-since") == page.headers["Last-Modified"]
                )
                status = 304 if page.status == 200 and (same_tag or same_date) else page.status
                site.asked.append(Asked(path=self.path, headers=headers, answered=status))
                self.send_response(status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                body = b"" if status == 304 else page.body
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class SmallClient:
    """An `HttpClient` over http.client: GET, three redirects, no guard, for the loopback site only."""

    def request(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **unused: Any) -> Response:
        for _ in range(4):
            response = self._once(method, url, headers or {})
            if response.status not in (301, 302, 307, 308):
                break
            url = urljoin(url, response.headers["location"])
        return response

    def _once(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), headers=dict(headers))
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Response(status=answer.status, headers=found, body=answer.read(), url=url)
        except OSError as error:
            raise TryLater(f"no connection: {error.strerror}") from None
        finally:
            connection.close()


@dataclass(kw_only=True, slots=True)
class SmallContext:
    """The part of a `Context` that a source uses."""

    workspace: Path
    moment: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    tick: timedelta = timedelta(0)
    plugin: str = "feeds"
    http: SmallClient = field(default_factory=SmallClient)
    log: Any = field(default_factory=lambda: logging.LoggerAdapter(logging.getLogger("test"), {}))
    media: Any = None
    credentials: Any = None

    @property
    def deadline(self) -> datetime:
        return self.moment + timedelta(seconds=60)

    def now(self) -> datetime:
        self.moment += self.tick
        return self.moment


@pytest.fixture
def site() -> Iterator[Site]:
    it = Site()
    yield it
    it.close()


@pytest.fixture
def page() -> type[Page]:
    return Page


@pytest.fixture
def ctx(tmp_path: Path) -> SmallContext:
    return SmallContext(workspace=tmp_path)


@pytest.fixture
def data() -> Callable[[str], bytes]:
    """The bytes of a file in tests/data."""
    return lambda name: (DATA / name).read_bytes()


@pytest.fixture
def collect(ctx: SmallContext) -> Callable[..., CollectPage]:
    """One whole round: every page joined into one."""

    def round_(cursor: str = "", **settings: Any) -> CollectPage:
        ideas, troubles, more = [], [], True
        while more:
            request = CollectRequest(instance="news", client="acme", settings=FeedSettings(**settings), cursor=cursor)
            found = FeedSource().collect(request, ctx)  # type: ignore[arg-type]
            ideas += found.ideas
            troubles += found.troubles
            cursor, more = found.cursor, found.more
        return CollectPage(ideas=tuple(ideas), troubles=tuple(troubles), cursor=cursor)

    return round_
