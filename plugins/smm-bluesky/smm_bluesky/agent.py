"""Asking the account's server: queries and procedures by name, with a session that is renewed when it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from smm_bluesky.answers import checked, error_of
from smm_bluesky.session import Session, current_session, forget_access, renewed_session
from smm_core import Context, Profile, Response

POSTS = "app.bsky.feed.post"

Params = Mapping[str, str | Sequence[str]]


class Agent:
    """One call's way to the server, for everything that may be asked twice."""

    def __init__(self, profile: Profile, ctx: Context) -> None:
        self._profile = profile
        self._ctx = ctx
        self.session = current_session(profile, ctx)

    def query(self, name: str, params: Params | None = None) -> dict[str, Any]:
        """The answer of a query. Repeated parameters are lists."""
        return self._ask("GET", name, params or {})

    def query_or_none(self, name: str, params: Params, *, absent: str) -> dict[str, Any] | None:
        """The answer of a query; None when the server says, by the word `absent`, that there is no such thing."""
        response = self._request("GET", name, params, {})
        if response.status in (400, 404) and error_of(response) == absent:
            return None
        return self._checked(response)

    def procedure(self, name: str, **body: Any) -> dict[str, Any]:
        """The answer of a procedure that may be repeated. `json=…` or `content=…` with `headers=…` is its input."""
        return self._ask("POST", name, {}, **body)

    def renew(self) -> None:
        """A new session, after the server took this one no longer."""
        self.session = renewed_session(self._profile, self._ctx, instead_of=self.session)

    def _ask(self, method: str, name: str, params: Params, **body: Any) -> dict[str, Any]:
        return self._checked(self._request(method, name, params, body))

    def _request(self, method: str, name: str, params: Params, body: Mapping[str, Any]) -> Response:
        response = self._once(method, name, params, body)
        if _is_over(response):
            self.renew()
            response = self._once(method, name, params, body)
        return response

    def _once(self, method: str, name: str, params: Params, body: Mapping[str, Any]) -> Response:
        given = dict(body)
        headers = {**self.session.bearer, **given.pop("headers", {})}
        return self._ctx.http.request(method, _address(self.session, name, params), headers=headers, **given)

    def _checked(self, response: Response) -> dict[str, Any]:
        return checked(response, now=self._ctx.now(), hidden=(self.session.access, self.session.refresh))


def write(profile: Profile, ctx: Context, session: Session, name: str, body: Mapping[str, Any]) -> Response:
    """The one request of an act that cannot be taken back, and its answer as it is.

    A server that no longer takes the session has done nothing; the session is marked, so that it is renewed before the
    next try.
    """
    response = ctx.http.request("POST", _address(session, name, {}), headers=session.bearer, json=dict(body))
    if _is_over(response):
        forget_access(profile, ctx, session)
    return response


def _is_over(response: Response) -> bool:
    if response.status not in (400, 401):
        return False
    return error_of(response) in ("ExpiredToken", "InvalidToken")


def _address(session: Session, name: str, params: Params) -> str:
    asked = f"?{urlencode(params, doseq=True)}" if params else ""
    return f"{session.server}/xrpc/{name}{asked}"
