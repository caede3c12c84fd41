"""What can go wrong between a client and a platform, as data for the loopback platform's script.

The faults differ in one thing that matters: whether the platform had accepted the request before it went wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """Answer this instead; the handler does not run: the platform refused before it did anything."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class DropBeforeReading:
    """Cut the connection when the first byte arrives, unread. Cannot be combined with `when`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DropAfterAccepting:
    """Run the handler, then cut the connection without an answer: published, and nobody was told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slow:
    """Wait so many seconds (or until the server is closed) before the handler runs."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Drip:
    """Run the handler, then send its body one byte at a time, so many seconds apart."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CutBody:
    """Run the handler, promise its whole body, send half of it and cut the connection."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Nonsense:
    """Run the handler, then answer 200 with a body that has nothing to do with it."""

    body: bytes = b"<html><body>Welcome to the caf\xe9!</body></html>"


@dataclass(frozen=True, kw_only=True, slots=True)
class NotHttp:
    """Run the handler, then answer with bytes that are not HTTP."""

    body: bytes = b"220 mail ready\r\n\r\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """Run the handler, then answer with this status all the same: published, and reported as an error."""

    status: int = 500


Fault = Status | DropBeforeReading | DropAfterAccepting | Slow | Drip | CutBody | Nonsense | NotHttp | Accepted
