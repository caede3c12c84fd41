"""A request before it goes anywhere: its address looked at, its body encoded. `smm_core.http` sends it."""

from __future__ import annotations

import functools
import json as json_
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from smm_core.errors import FetchError, PluginError

if TYPE_CHECKING:
    import httpcore
    import httpx

    from smm_core.contracts import Response

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAY_CROSS_ORIGINS = frozenset({"accept", "accept-encoding", "accept-language", "user-agent"})
_HAVE_A_BODY = frozenset({"POST", "PUT", "PATCH"})
_HOST = re.compile(rb"[A-Za-z0-9._:-]+")
_PORTS = {b"http": 80, b"https": 443}
_JSON = json_.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection leads."""

    scheme: bytes
    host: bytes
    port: int


class Address(Struct, frozen=True, kw_only=True):
    """An address that may be asked for, whole as `text`. `name` is what messages may call it: no path and no query."""

    url: httpx.URL
    text: str
    origin: Origin
    target: bytes
    host: str
    name: str


class Call(Struct, frozen=True, kw_only=True):
    """A request, encoded. Header names are in lower case; the body is whole."""

    method: str
    address: Address
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def name(self) -> str:
        """How the request is called in messages."""
        return f"{self.method} {self.address.name}"

    def on_the_wire(self, timeouts: Mapping[str, float]) -> httpcore.Request:
        """The request as a pool of connections wants it."""
        import httpcore

        origin = self.address.origin
        url = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=self.address.target)
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in self.headers.items()]
        return httpcore.Request(self.method, url, headers=headers, content=self.body, extensions={"timeout": timeouts})

    def onward(self, response: Response) -> Call | None:
        """The request that a redirect asks for, or None. Another origin does not get to see the caller's headers."""
        import httpx

        location = response.headers.get("location")
        if self.method not in ("GET", "HEAD") or response.status not in _REDIRECTS or not location:
            return None
        try:
            target = address_of(str(self.address.url.join(location)))
        except (httpx.InvalidURL, ValueError):
            raise FetchError(f"{self.name}: redirected to something that is not an address") from None
        kept = {name: value for name, value in self.headers.items() if name not in ("host", "content-length")}
        if target.origin != self.address.origin:
            kept = {name: value for name, value in kept.items() if name in _MAY_CROSS_ORIGINS}
        return Call(method=self.method, address=target, headers={"host": target.host, **kept})


@functools.lru_cache(maxsize=512)
def address_of(url: str) -> Address:
    """An address that may be asked for: http or https, with a host, without a name or password in it; else a `FetchError`."""
    import httpx

    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise FetchError("this is not an address that can be fetched", hint="write it like https://host/path") from None
    if parsed.scheme not in ("http", "https"):
        raise FetchError(f"addresses of the kind {parsed.scheme or '?'}: are not fetched, only http and https")
    if not _HOST.fullmatch(parsed.raw_host) or parsed.raw_host.startswith(b"."):
        raise FetchError("this address names no host", hint="write it like https://host/path")
    if parsed.userinfo:
        raise FetchError(
            f"{parsed.host}: a name or password inside an address is not used",
            hint="put it into a header of the request",
        )
    host = parsed.netloc.decode("ascii")
    return Address(
        url=parsed,
        text=str(parsed),
        origin=Origin(parsed.raw_scheme, parsed.raw_host, parsed.port or _PORTS[parsed.raw_scheme]),
        target=parsed.raw_path,
        host=host,
        name=f"{parsed.scheme}://{host}",
    )


def encode(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None,
    params: Mapping[str, str] | None,
    json: Any,
    data: Mapping[str, str] | None,
    files: Mapping[str, tuple[str, bytes, str]] | None,
    content: bytes | None,
) -> Call:
    """The request, encoded; `params` are added to those in the address. What cannot be encoded is a `PluginError`."""
    address = address_of(url)
    if params:
        address = address_of(str(address.url.copy_merge_params(params)))
    try:
        about, body = _body(method, json=json, data=data, files=files, content=content)
        given = {name.lower(): value for name, value in (headers or {}).items()}
        everything = {"host": address.host, **_usual(), **about, **given}
        if not all(str.isascii(name) and str.isascii(value) for name, value in everything.items()):
            raise ValueError
    except (TypeError, ValueError, AttributeError):
        # The library's words would quote the value.
        raise PluginError(f"{method} {address.name}: a header or the body cannot be encoded") from None
    return Call(method=method.upper(), address=address, headers=everything, body=body)


@functools.cache
def _usual() -> Mapping[str, str]:
    import smm_core

    return {"user-agent": f"smm/{smm_core.__version__}", "accept": "*/*", "accept-encoding": "gzip"}


def _body(
    method: str,
    *,
    json: Any,
    data: Mapping[str, str] | None,
    files: Mapping[str, tuple[str, bytes, str]] | None,
    content: bytes | None,
) -> tuple[dict[str, str], bytes]:
    """The body, and the headers that tell of it."""
    if files:
        return _multipart(method, data, files)
    kind = {}
    if content is not None:
        body = content
    elif data:
        kind, body = {"content-type": "application/x-www-form-urlencoded"}, _form(data)
    elif json is not None:
        kind, body = {"content-type": "application/json"}, _JSON.encode(json).encode("utf-8")
    else:
        body = b""
    if body or method.upper() in _HAVE_A_BODY:
        kind = {"content-length": str(len(body)), **kind}
    return kind, body


def _form(data: Mapping[str, str]) -> bytes:
    return urllib.parse.urlencode(data, doseq=True).encode("ascii")


def _multipart(
    method: str, data: Mapping[str, str] | None, files: Mapping[str, tuple[str, bytes, str]]
) -> tuple[dict[str, str], bytes]:
    import httpx

    made = httpx.Request(method, "http://unused", data=data, files=files)
    about = {name: value for name, value in made.headers.items() if name.startswith("content-")}
    return about, made.read()
