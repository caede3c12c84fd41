"""What holds for every answer: it is for our host, it may only be put together from our own files, and nobody keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from smm_web.site import Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
# A preview is what a plugin drew: it may have styles and our pictures, and can neither run, nor send, nor lead away.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        # Other sites learn nothing. Within ours it has to stay: without it browsers send forms with the origin "null".
        "referrer-policy": "same-origin",
        "x-frame-options": "SAMEORIGIN",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "cache-control": "no-store",
        "x-robots-tag": "noindex, nofollow",
    }
)
_STRICT_TRANSPORT = "max-age=31536000"


class Guard:
    """Wraps the app: turns away other hosts, takes the public address's path off, and puts the headers on."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        extra = {"strict-transport-security": _STRICT_TRANSPORT} if site.is_secure else {}
        self._headers = {name.encode(): value.encode() for name, value in {**HEADERS, **extra}.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # no websockets here: what is not answered is closed

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._with_ours(message.get("headers", []))}
            await send(message)

        if _header(scope, b"host").decode("latin-1").lower() not in self._site.hosts:
            await _turn_away(dressed)
            return
        await self._app(_within(scope, self._site.path), receive, dressed)

    def _with_ours(self, headers: Any) -> list[tuple[bytes, bytes]]:
        """The headers, with those of ours that are not there yet."""
        given = {name.lower() for name, _ in headers}
        return [*headers, *((name, value) for name, value in self._headers.items() if name not in given)]


def _within(scope: Scope, path: str) -> Scope:
    """The scope as if the app stood at the root, whether or not a proxy took the path off already."""
    inner = scope["path"]
    if path and (inner == path or inner.startswith(f"{path}/")):
        return {**scope, "path": inner.removeprefix(path) or "/"}
    return scope


def _header(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


async def _turn_away(send: Send) -> None:
    body = b"This page is not known by that name."
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body})
