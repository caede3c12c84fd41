"""Handles, DIDs and the servers that accounts live on (atproto.com/specs/handle, atproto.com/specs/did)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

from smm_core import Context, Response

DIRECTORY = "https://plc.directory"
_PUBLIC = "https://public.api.bsky.app"

_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]")


def is_handle(text: str) -> bool:
    """Whether a text has the form of a handle: a host name."""
    return len(text) <= 253 and _HANDLE.fullmatch(text) is not None


def is_did(text: str) -> bool:
    """Whether a text has the form of a DID."""
    return len(text) <= 2048 and _DID.fullmatch(text) is not None


def home_of(account: str, ctx: Context) -> str | None:
    """The server that an account lives on, as the public directories say; None when they do not know it."""
    did = account if is_did(account) else _did_of(account, ctx)
    return server_in(_document_of(did, ctx)) if did else None


def server_in(document: Any) -> str | None:
    """The server that a DID document names."""
    services = document.get("service") if isinstance(document, dict) else None
    for service in services if isinstance(services, list) else ():
        if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
            return _usable(str(service.get("serviceEndpoint", "")).rstrip("/"))
    return None


def _usable(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname and not parts.username else None


def _did_of(handle: str, ctx: Context) -> str | None:
    if not is_handle(handle):
        return None
    address = f"{_PUBLIC}/xrpc/com.atproto.identity.resolveHandle"
    found = _json_of(ctx.http.request("GET", address, params={"handle": handle})).get("did")
    return found if isinstance(found, str) and is_did(found) else None


def _document_of(did: str, ctx: Context) -> dict[str, Any]:
    if did.startswith("did:web:"):
        host = did.removeprefix("did:web:").replace("%3A", ":")
        address = f"https://{host}/.well-known/did.json"
    else:
        address = f"{DIRECTORY}/{quote(did, safe=':')}"
    return _json_of(ctx.http.request("GET", address))


def _json_of(response: Response) -> dict[str, Any]:
    try:
        answer = response.json() if response.status == 200 else {}
    except (ValueError, RecursionError):
        answer = {}
    return answer if isinstance(answer, dict) else {}
