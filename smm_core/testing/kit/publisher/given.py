"""What a publisher is given, as the suites give it and watch it: tokens that rotate, public addresses, a platform's answers."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from smm_core.context import PluginContext
from smm_core.secrets import CredentialsFile, Secret
from smm_core.testing.faults import Fault
from smm_core.testing.loopback import Loopback, Received

_MANY = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Put:
    """A value that was stored, and how many requests the platform had received by then."""

    name: str
    value: str = field(repr=False)
    after: int


class WatchedCredentials:
    """The `Credentials` of a publisher, in the file that core would use."""

    def __init__(self, file: CredentialsFile, requests: Callable[[], int]) -> None:
        self._file = file
        self._requests = requests
        self.puts: list[Put] = []
        self.is_used = False

    def get(self, name: str) -> Secret | None:
        """The stored value, or None."""
        self.is_used = True
        return self._file.get(name)

    def put(self, name: str, value: Secret) -> None:
        """Store a value durably."""
        self.is_used = True
        self._file.put(name, value)
        self.puts.append(Put(name=name, value=value.reveal(), after=self._requests()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A public address that was asked for, and until when it must hold."""

    url: str
    until: datetime


class MediaHost:
    """Gives public addresses, as long as it is `open`."""

    def __init__(self) -> None:
        self.is_open = True
        self.given: list[Address] = []

    def address(self, sha256: str, until: datetime) -> str:
        """An address of a picture."""
        url = f"https://media.example.org/{sha256[:16]}.jpg"
        self.given.append(Address(url=url, until=until))
        return url


class KitContext(PluginContext, frozen=True, kw_only=True):
    """The context of one call; with a media host, as long as that is open."""

    host: MediaHost

    def public_url(self, sha256: str, until: datetime) -> str:
        """A public address of a picture, or the error of a workspace that has no media host."""
        if self.host.is_open:
            return self.host.address(sha256, until)
        return PluginContext.public_url(self, sha256, until)


def carries(request: Received, value: str) -> bool:
    """Whether a request has a value anywhere: in its address, a header or its body."""
    texts = (request.path, *request.query.values(), *request.headers.values())
    forms = {value, quote(value, safe=""), value.replace("/", "\\/")}
    return any(form in text for form in forms for text in texts) or any(form.encode() in request.body for form in forms)


@contextlib.contextmanager
def answering(platform: Loopback, fault: Fault, *, only: int | None = None) -> Iterator[None]:
    """Within this block every request gets this answer, or only the one with this number, counted from 0."""
    numbers = itertools.count()
    is_over = False

    def is_meant(_: Received) -> bool:
        return not is_over and (only is None or next(numbers) == only)

    platform.fault(*([fault] * (_MANY if only is None else 1)), when=is_meant)
    try:
        yield
    finally:
        is_over = True
