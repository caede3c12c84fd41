"""Logging in: smm registers itself on the server, a person says yes in the browser, and a code becomes a token.

Tokens of these servers do not end by themselves, so nothing has to be renewed. OAuth 2.0 as in RFC 6749, with PKCE (RFC 7636)
where the server has it; which it does is read from its metadata (RFC 8414, Mastodon from 4.3 on).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from smm_core import CompleteLoginRequest, Context, LoggedIn, LoginBegun, LoginRequest, NeedsLogin, Secret
from smm_mastodon.answers import object_in, trouble_of, unreadable, words_of
from smm_mastodon.api import TOKEN, Api, open_api_of
from smm_mastodon.instance import SCOPES, program_on
from smm_mastodon.servers import program_of

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
FINE_SCOPES = (
    "read:accounts",  # who we are, how many followers
    "read:notifications",  # what others say to us
    "read:statuses",  # finding and measuring what we sent
    "write:media",
    "write:statuses",
)
COARSE_SCOPES = ("read", "write")
_BEGUN = "login"
_NAME = "smm"


def begin(request: LoginRequest, ctx: Context) -> LoginBegun:
    """Register smm on the server and say where a person agrees. What `complete` needs is kept in the credentials."""
    api = open_api_of(request.profile, ctx)
    metadata = object_in(api.request("GET", "/.well-known/oauth-authorization-server"))
    scopes = " ".join(_scopes(api, metadata))
    redirect = request.redirect or OUT_OF_BAND
    app = _register(api, redirect, scopes)
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48) if _has_pkce(metadata) else ""
    kept = {
        "id": app["client_id"],
        "secret": app["client_secret"],
        "redirect": redirect,
        "scopes": scopes,
        "verifier": verifier,
        "tokens": _own(api, metadata.get("token_endpoint"), "/oauth/token"),
    }
    ctx.credentials.put(_BEGUN, Secret(json.dumps(kept)))
    query = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": redirect,
        "scope": scopes,
        "state": state,
        **({"code_challenge": _challenge(verifier), "code_challenge_method": "S256"} if verifier else {}),
    }
    path = _own(api, metadata.get("authorization_endpoint"), "/oauth/authorize")
    return LoginBegun(url=f"{api.address}{path}?{urlencode(query)}", state=state)


def complete(request: CompleteLoginRequest, ctx: Context) -> LoggedIn:
    """Make a token of the code and keep it."""
    begun = _begun(request, ctx)
    api = open_api_of(request.profile, ctx)
    form = {
        "grant_type": "authorization_code",
        "code": request.code.reveal(),
        "client_id": begun["id"],
        "client_secret": begun["secret"],
        "redirect_uri": begun["redirect"],
        **({"code_verifier": begun["verifier"]} if begun["verifier"] else {}),
    }
    response = api.request("POST", begun["tokens"], data=form)
    hidden = (form["code"], begun["secret"], begun["verifier"])
    if response.status in (400, 401, 403):
        words = words_of(response, hidden)
        raise NeedsLogin(f"the server does not take the code: {words}", hint=_anew(request.profile.name))
    if not 200 <= response.status < 300:
        raise trouble_of(response, at=ctx.now(), hidden=hidden)
    answer = object_in(response)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise unreadable("a token")
    granted = str(answer.get("scope") or begun["scopes"])
    ctx.credentials.put(SCOPES, Secret(granted))
    ctx.credentials.put(TOKEN, Secret(token))
    ctx.credentials.put(_BEGUN, Secret(""))
    return LoggedIn(scopes=tuple(granted.split()))


def _begun(request: CompleteLoginRequest, ctx: Context) -> dict[str, str]:
    """What `begin` has kept."""
    kept = ctx.credentials.get(_BEGUN)
    begun: dict[str, str] = json.loads(kept.reveal()) if kept else {}
    if begun.get("redirect") != (request.redirect or OUT_OF_BAND):
        raise NeedsLogin("no such login was begun", hint=_anew(request.profile.name))
    return begun


def _register(api: Api, redirect: str, scopes: str) -> Mapping[str, Any]:
    """An application of our own for this login: the address to be sent back to is another one every time."""
    form = {"client_name": _NAME, "redirect_uris": redirect, "scopes": scopes}
    response = api.request("POST", "/api/v1/apps", data=form)
    if not 200 <= response.status < 300:
        raise trouble_of(response, at=api.ctx.now())
    app = object_in(response)
    if not all(isinstance(app.get(name), str) and app[name] for name in ("client_id", "client_secret")):
        raise unreadable("our registration")
    return app


def _scopes(api: Api, metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The least that will do: single permissions where the server knows them."""
    supported = metadata.get("scopes_supported")
    if isinstance(supported, list):
        return FINE_SCOPES if set(FINE_SCOPES) <= set(map(str, supported)) else COARSE_SCOPES
    return FINE_SCOPES if program_of({"server": program_on(api)}).fine_scopes else COARSE_SCOPES


def _has_pkce(metadata: Mapping[str, Any]) -> bool:
    methods = metadata.get("code_challenge_methods_supported")
    return isinstance(methods, list) and "S256" in methods


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _own(api: Api, address: object, usual: str) -> str:
    """The path of an address on the server itself; the usual one where the metadata names none, or another server."""
    parts = urlsplit(address) if isinstance(address, str) else None
    return parts.path if parts and parts.path and parts.netloc == urlsplit(api.address).netloc else usual


def _anew(profile: str) -> str:
    return f"begin anew: smm profiles login {profile}"
