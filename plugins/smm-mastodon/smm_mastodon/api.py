"""The way to one server: its address, the token, and how questions and acts are put to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from smm_core import Context, NeedsLogin, Profile, Response, Secret
from smm_mastodon.answers import json_in, trouble_of, unreadable
from smm_mastodon.settings import address_of, settings_of

TOKEN = "token"  # noqa: S105 - what it is called in the credentials
PAGE = 40
"""The most that servers put on one page."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Api:
    """One server for the length of one call; without a token, what everybody may ask."""

    ctx: Context
    address: str
    token: Secret | None = None

    @property
    def hidden(self) -> tuple[str, ...]:
        """What must not show in a message, even if the server says it back."""
        return (self.token.reveal(),) if self.token else ()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        key: str = "",
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Response:
        """One request, whatever its answer is."""
        headers = {"accept": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token.reveal()}"
        if key:
            headers["idempotency-key"] = key
        # Written out, because the API wants some names several times.
        url = f"{self.address}{path}{f'?{urlencode(query)}' if query else ''}"
        return self.ctx.http.request(method, url, headers=headers, json=json, data=data, files=files)

    def ask(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        """The JSON behind a question; what is none is a `TryLater`, and a refusal the error that it means."""
        response = self.request("GET", path, query=query)
        if not 200 <= response.status < 300:
            raise trouble_of(response, at=self.ctx.now(), hidden=self.hidden)
        answer = json_in(response)
        if answer is None:
            raise unreadable(path)
        return answer

    def ask_object(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Mapping[str, Any]:
        """The JSON object behind a question."""
        answer = self.ask(path, query)
        if not isinstance(answer, dict):
            raise unreadable(path)
        return answer

    def ask_list(self, path: str, query: Sequence[tuple[str, str]] = ()) -> list[dict[str, Any]]:
        """The JSON objects behind a question for many."""
        answer = self.ask(path, query)
        if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
            raise unreadable(path)
        return answer

    def pages(self, path: str, query: Sequence[tuple[str, str]] = (), *, most: int) -> Iterator[list[dict[str, Any]]]:
        """Pages of things with ids, the newest first, at most so many."""
        before: tuple[tuple[str, str], ...] = ()
        for _ in range(most):
            page = self.ask_list(path, (*query, ("limit", str(PAGE)), *before))
            yield page
            last = str(page[-1].get("id", "")) if page else ""
            if not last or before == (("max_id", last),):
                return
            before = (("max_id", last),)

    def me(self) -> Mapping[str, Any]:
        """The account that the token is of."""
        account = self.ask_object("/api/v1/accounts/verify_credentials")
        if not account.get("id") or not isinstance(account.get("username"), str):
            raise unreadable("who we are")
        return account


def api_of(profile: Profile, ctx: Context) -> Api:
    """The profile's server, as the profile; `NeedsLogin` where there is no token yet."""
    token = settings_of(profile).token or ctx.credentials.get(TOKEN)
    if token is None:
        raise NeedsLogin(
            f"profile {profile.name} was never logged in on {address_of(profile)}",
            hint=f"smm profiles login {profile.name}",
        )
    return Api(ctx=ctx, address=address_of(profile), token=Secret(token.reveal()))


def open_api_of(profile: Profile, ctx: Context) -> Api:
    """The profile's server, as anybody."""
    return Api(ctx=ctx, address=address_of(profile))
