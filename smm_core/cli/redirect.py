"""Where the browser comes back to after a login: one small page on this machine, for as long as the login takes."""

from __future__ import annotations

import hmac
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

_PAGE = """<!doctype html><meta charset="utf-8"><title>smm</title>
<p style="font: 1.2rem system-ui; margin: 4rem auto; max-width: 30rem">{words}</p>"""


class Came(Struct, frozen=True, kw_only=True):
    """What the browser brought back: a code, or the platform's word for no."""

    code: str | None = None
    error: str = ""
    state: str = ""

    def __repr__(self) -> str:
        return f"Came(error={self.error!r})"


class Redirect:
    """Listens on 127.0.0.1, on a port that is free, while it is entered."""

    def __init__(self) -> None:
        self._came: list[Came] = []
        self._news = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """The address to be sent back to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def wait(self, state: str, *, until: float) -> Came | None:
        """What the browser brings back together with that `state`; None when that takes until then (by the steady clock)."""
        with self._news:
            while time.monotonic() < until:
                for came in self._came:
                    if hmac.compare_digest(came.state, state):
                        return came
                self._came.clear()
                self._news.wait(max(0.0, until - time.monotonic()))
        return None

    def came(self, came: Came) -> None:
        """A browser was here."""
        with self._news:
            self._came.append(came)
            self._news.notify_all()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, redirect: Redirect) -> None:
        self.redirect = redirect
        super().__init__(("127.0.0.1", 0), _Page)

    def server_bind(self) -> None:
        # The library's own would ask the resolver for this machine's name.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]


class _Page(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        """The browser is back."""
        query = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if not query.keys() & {"code", "error"}:
            self._say(404, "There is nothing here.")
            return
        self._say(200, "Thank you. You can close this window and go back to smm.")
        error = query.get("error_description") or query.get("error", "")
        self.server.redirect.came(Came(code=query.get("code"), error=error[:200], state=query.get("state", "")))

    def _say(self, status: int, words: str) -> None:
        body = _PAGE.format(words=words).encode()
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the address holds the code."""
