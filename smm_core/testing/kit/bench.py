"""Runs a plugin's calls the way core does: in a thread of their own, with a deadline, with a real client and a context.

Beside the result it watches what a call leaves behind: what it printed and logged, and threads that still run.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from smm_core.context import PluginContext
from smm_core.contracts import HttpClient, Response
from smm_core.engine import Call, Engine, PluginTimeout
from smm_core.errors import PluginError, SmmError, TryLater
from smm_core.http import Client
from smm_core.media import MediaStore
from smm_core.secrets import CredentialsFile
from smm_core.testing.faults import (
    CutBody,
    DropAfterAccepting,
    DropBeforeReading,
    Fault,
    Nonsense,
    NotHttp,
    Slow,
    Status,
)
from smm_core.testing.kit.suite import Suite

T = TypeVar("T")

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
"""The instant at which all calls of the suites happen."""

BAD_ANSWERS: tuple[tuple[str, Fault], ...] = (
    *((f"an answer {code}", Status(code=code, body=b'{"error": "no"}')) for code in (400, 401, 403, 404, 409, 410)),
    ("an answer 429 with Retry-After in seconds", Status(code=429, headers={"retry-after": "120"})),
    (
        "an answer 429 with Retry-After as a date",
        Status(code=429, headers={"retry-after": "Tue, 01 Dec 2026 09:02:00 GMT"}),
    ),
    ("an answer 429 without Retry-After", Status(code=429)),
    *((f"an answer {code}", Status(code=code)) for code in (500, 502, 503)),
    ("a connection cut before anything was read", DropBeforeReading()),
    ("a connection cut before the answer", DropAfterAccepting()),
    ("an answer cut in the middle", CutBody()),
    ("a web page where JSON should be", Nonsense()),
    ("JSON of another shape", Nonsense(body=b'[1, null, {"a": []}]')),
    ("bytes that are no HTTP", NotHttp()),
    ("an answer that does not come", Slow(seconds=30)),
)
"""What a platform may answer instead of what was asked for, and what to call it."""

HOSTILE_TEXTS = (
    "👩‍👩‍👧‍👦🏳️‍🌈" * 20,
    "a" + "\u0301" * 80,
    "שלום \u202e dlrow \u2066 مرحبا",
    "<script>alert(1)</script> <img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% include '/etc/passwd' %} ${HOME} %s %n {0.__class__}",
    "+++\ntitle = 'x'\n+++\n---\n# not a heading",
    "'; DROP TABLE ideas; --",
    "https://example.com/" + "a/" * 900,
    "tab\tand\r\nlines\n\n\nand \x00 \x1b[31m control",
    "word " * 3000,
    "\x00\x1b \t",
)
"""Texts that came from somebody who means no good, or from a language that the author did not think of."""


class NoNetwork:
    """An `HttpClient` for calls that must not use the network: any request fails the test."""

    def request(self, method: str, url: str, **_: Any) -> Response:
        """Never answers."""
        raise AssertionError(f"the network was used: {method} {url}")


class NoConnection:
    """An `HttpClient` on a machine that is offline."""

    def request(self, method: str, url: str, **_: Any) -> Response:
        """As core's client says it when nobody listens."""
        raise TryLater(f"{method}: no connection (refused); nothing was sent")


class _Records(logging.Handler):
    """Keeps what is logged, as text and unscrubbed: a plugin must not rely on core blotting out its secrets."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.args!r}")


@dataclass(kw_only=True)
class Bench:
    """Where one test tries a plugin. `root` is a workspace of its own; `said` is what was logged and printed.

    `threads` is what an approver said of the reviews that it asked about, as core keeps it.
    """

    root: Path
    plugin: str = "tried"
    deadline: timedelta = timedelta(seconds=20)
    log: logging.Logger = field(default_factory=lambda: logging.Logger("tried", logging.DEBUG))
    threads: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _records: _Records = field(default_factory=_Records)
    _clients: list[Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log.addHandler(self._records)
        self._engine = Engine(self.deadline)

    @property
    def said(self) -> str:
        """Everything that was logged and raised so far, unscrubbed."""
        return "\n".join(self._records.lines)

    def client(self, *, patience: float = 10.0) -> Client:
        """A client as core makes it, that may reach this machine; it waits so many seconds for an answer."""
        client = Client(
            allow_private=True,
            redirects=3,
            read_seconds=patience,
            total_seconds=patience + 5,
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # nothing here speaks TLS, and the usual one is dear
        )
        self._clients.append(client)
        return client

    def context(self, http: HttpClient) -> PluginContext:
        """The context of one call."""
        return PluginContext(
            plugin=self.plugin,
            workspace=self.root,
            deadline=NOW + self.deadline,
            log=logging.LoggerAdapter(self.log, {}),
            http=http,
            media=MediaStore(self.root / ".smm" / "media"),
            credentials=CredentialsFile(self.root / ".smm" / "credentials" / "tried.json"),
            clock=lambda: NOW,
        )

    def call(
        self,
        method: str,
        function: Callable[[PluginContext], T],
        *,
        expect: type | tuple[type, ...],
        http: HttpClient | None = None,
    ) -> T:
        """One call, off this thread. A mistake of the plugin fails the test; an `SmmError` of its own passes through."""
        before = set(threading.enumerate())
        ctx = self.context(http or self.client())
        try:
            return self._engine.run(
                Call(plugin=self.plugin, method=method),
                lambda: self._heard(function, ctx),
                expect=expect,
                deadline=self.deadline,
            )
        except PluginTimeout:
            raise AssertionError(
                f"{method} did not come back within {self.deadline.total_seconds():g} s: it waits for something for ever"
            ) from None
        except PluginError as error:
            if isinstance(error.__cause__, AssertionError):
                raise error.__cause__ from None
            raise
        finally:
            left = [one.name for one in set(threading.enumerate()) - before if not _is_ours(one.name)]
            assert not left, f"{method} left threads behind: {', '.join(left)}. Join them before you return."

    def _heard(self, function: Callable[[PluginContext], T], ctx: PluginContext) -> T:
        """The result; an error is noted as the plugin raised it, before core blots out what it knows to be secret."""
        try:
            return function(ctx)
        except Exception as error:
            self._records.lines.append(f"{error!r} {error}")
            raise

    def failure(
        self,
        method: str,
        function: Callable[[PluginContext], Any],
        *,
        expect: type | tuple[type, ...],
        http: HttpClient | None = None,
    ) -> tuple[Any, SmmError | None]:
        """The result, or the error that a person could read. An exception of Python's own fails the test."""
        try:
            return self.call(method, function, expect=expect, http=http), None
        except SmmError as error:
            _check_words(method, error)
            return None, error

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            client.close()


def _check_words(method: str, error: SmmError) -> None:
    """Fail unless a person could read the error, and it is one that the plugin meant."""
    cause, text = error.__cause__, str(error)
    assert cause is None or isinstance(cause, SmmError), (
        f"{method} raised {type(cause).__name__}: {cause}. Turn it into an error of smm that says what to do."
    )
    assert text.strip(), f"{method} raised {type(error).__name__} without a word"
    assert len(text) < 2_000, f"{method} raised an error of {len(text)} characters; nobody reads that"


def _is_ours(thread: str) -> bool:
    """Whether a thread is core's, or one of the loopback platform's."""
    return thread.startswith("smm ") or "process_request_thread" in thread


class FamilySuite(Suite):
    """What the suites of all families share. A subclass is run by pytest with the fixture `case` of the plugin's test file."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterable[Bench]:
        """A workspace and a client for one test. A case that has something in the workspace puts it there before."""
        root = tmp_path / "workspace"
        root.mkdir(exist_ok=True)
        bench = Bench(root=root)
        yield bench
        bench.close()

    def patience_of(self, fault: Fault) -> float:
        """How long to wait for an answer to a request with this fault, in seconds."""
        return 0.4 if isinstance(fault, Slow) else 10.0


def must_not_show(secrets: Iterable[str], where: str, text: str) -> None:
    """Fail when a secret stands in a text."""
    for secret in secrets:
        assert secret not in text, (
            f"a secret shows in {where}. Reveal it only in a header or a body, never in a message."
        )
