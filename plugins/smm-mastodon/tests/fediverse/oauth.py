"""Logging in on the imitation: applications, a person who agrees, codes and tokens."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fediverse.behaviours import Behaviour
from smm_core.testing import Answer, Received, answer_json

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


def refused(status: int, error: str, words: str = "") -> Answer:
    return answer_json({"error": error, **({"error_description": words} if words else {})}, status=status)


@dataclass(kw_only=True)
class Login:
    """What the server knows of applications and their codes; `tokens` maps each token to its scopes."""

    behaviour: Behaviour
    tokens: dict[str, tuple[str, ...]]
    apps: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def register(self, request: Received) -> Answer:
        form = request.form()
        scopes = form.get("scopes", "read").split()
        if not form.get("client_name") or not form.get("redirect_uris"):
            return refused(422, "Validation failed: Name can't be blank")
        if not set(scopes) <= set(self.behaviour.scopes):
            return refused(422, "Validation failed: Scopes doesn't match configured on the server.")
        number = f"app-{len(self.apps) + 1}"
        self.apps[number] = {
            "secret": f"app-canary-{number}",
            "redirect": form["redirect_uris"],
            "scopes": form["scopes"],
        }
        return answer_json(
            {"id": "1", "name": form["client_name"], "client_id": number, "client_secret": self.apps[number]["secret"]}
        )

    def agree(self, url: str) -> tuple[str, str]:
        """A person opens the address and says yes: the code, and where the browser goes (empty: nowhere)."""
        query = dict(parse_qsl(urlsplit(url).query))
        app = self.apps[query["client_id"]]
        assert query["response_type"] == "code"
        assert query["redirect_uri"] == app["redirect"], "the server compares the whole address"
        assert set(query["scope"].split()) <= set(app["scopes"].split())
        assert not self.behaviour.has_metadata or query["code_challenge_method"] == "S256", "PKCE where it is offered"
        code = f"code-canary-{len(self.codes) + 1}"
        self.codes[code] = query
        if query["redirect_uri"] == OUT_OF_BAND:
            return code, ""
        back = urlencode({"code": code, **({"state": query["state"]} if "state" in query else {})})
        return code, f"{query['redirect_uri']}?{back}"

    def authorize(self, request: Received) -> Answer:
        code, onward = self.agree(f"/?{urlencode(request.query)}")
        if onward:
            return Answer(status=302, headers={"location": onward})
        return Answer(headers={"content-type": "text/html"}, body=f"<code>{code}</code>".encode())

    def token(self, request: Received) -> Answer:
        form = request.form()
        app, asked = self.apps.get(form.get("client_id", "")), self.codes.pop(form.get("code", ""), None)
        if app is None or form.get("client_secret") != app["secret"]:
            return refused(401, "invalid_client", "Client authentication failed due to unknown client.")
        wrong = asked is None or form.get("redirect_uri") != asked["redirect_uri"] or not self._is_proven(form, asked)
        if asked is None or wrong or form.get("grant_type") != "authorization_code":
            return refused(400, "invalid_grant", "The provided authorization grant is invalid, expired or revoked.")
        token = f"token-canary-{len(self.tokens) + 1}"
        self.tokens[token] = tuple(asked["scope"].split())
        made: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "scope": asked["scope"], "created_at": 1}
        return answer_json(made)

    @staticmethod
    def _is_proven(form: Mapping[str, str], asked: Mapping[str, str]) -> bool:
        if "code_challenge" not in asked:
            return True
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        return base64.urlsafe_b64encode(proof).rstrip(b"=").decode() == asked["code_challenge"]
