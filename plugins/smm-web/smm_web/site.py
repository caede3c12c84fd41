"""Where the page is reached, and what follows from that: which hosts and origins are ours, and how safe a cookie can be."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from msgspec import Struct

from smm_core import SmmError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_USUAL_PORT: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - addresses that are no names


class Site(Struct, frozen=True, kw_only=True):
    """`hosts` are the values of a Host header that are answered, `origins` those of an Origin header that may decide.

    `address` is where people reach the page, without a slash at its end; `path` is what of that is a path (`/reviews`, often
    empty). `is_secure`: people come by https, so cookies may be kept to it.
    """

    address: str
    path: str
    hosts: frozenset[str]
    origins: frozenset[str]
    is_secure: bool


def site_of(host: str, port: int, public_url: str = "") -> Site:
    """The site for an address to listen on. `public_url` is where people reach it, when that is another place.

    Listening for other machines without one is an `SmmError`: nobody would know by which name to come.
    """
    if host not in LOOPBACK and not public_url:
        raise SmmError(
            f"{host} can be reached from other machines, and nothing says under which address",
            hint="name it with --public-url or as public_url in [reviews], best behind a reverse proxy with https",
        )
    named = (name for name in dict.fromkeys((*LOOPBACK, host)) if name not in _EVERYWHERE)
    own = [f"http://{_bracketed(name)}:{port}" for name in named]
    address = (public_url or f"http://{_bracketed(host)}:{port}").rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in _USUAL_PORT or not parts.hostname or parts.query or parts.fragment:
        raise SmmError(f"{public_url!r} is no web address", hint="it looks like https://approve.example.com")
    origins = {_origin(one) for one in (*own, address)}
    return Site(
        address=address,
        path=parts.path.rstrip("/"),
        hosts=frozenset(host for one in (*own, address) for host in _hosts(one)),
        origins=frozenset(origins),
        is_secure=parts.scheme == "https",
    )


def _hosts(address: str) -> tuple[str, ...]:
    """How a Host header may name an address: a usual port is left out, but need not be."""
    parts = urlsplit(address)
    name, usual = _bracketed(parts.hostname or ""), _USUAL_PORT[parts.scheme]
    port = parts.port or usual
    return (name, f"{name}:{port}") if port == usual else (f"{name}:{port}",)


def _origin(address: str) -> str:
    """An address as browsers write it into an Origin header."""
    return f"{urlsplit(address).scheme}://{_hosts(address)[0]}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
