"""The fountain itself: a refresh token holds once, and pictures are named by public addresses."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from smm_core.testing import Answer, FakeClock, Loopback, Received, Route, answer_json
from smm_core.testing.kit import Shown

_PAGE = 50


class FountainNetwork:
    """What the fountain knows. `loopback` answers for it."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.refresh = f"fountain-refresh-{secrets.token_hex(6)}"
        self._refresh, self._access = self.refresh, ""
        self._posts: dict[str, Shown] = {}
        self._at: dict[str, datetime] = {}
        self._alts: dict[str, str] = {}
        self.loopback = Loopback(
            Route("POST", "/token", self._token),
            Route("GET", "/me", self._me),
            Route("POST", "/containers", self._fetch),
            Route("POST", "/posts", self._publish),
            Route("GET", "/posts", self._list),
        )

    # ---- what the kit asks of it

    def posts(self) -> list[Shown]:
        """What can be seen."""
        return list(self._posts.values())

    def flood(self, number: int) -> None:
        """Newer posts, written elsewhere."""
        for turn in range(number):
            self._keep(f"elsewhere {turn}", Shown(id=f"e{turn}", text="Somebody wrote this on a phone"))

    def rotate(self) -> None:
        """The token in use is over."""
        self._access = ""

    # ---- what it answers

    def _token(self, request: Received) -> Answer:
        if request.json()["refresh"] != self._refresh:
            return answer_json({"error": "This refresh token was used before"}, status=401)
        self._refresh = f"fountain-refresh-{secrets.token_hex(6)}"
        self._access = f"fountain-access-{secrets.token_hex(6)}"
        return answer_json({"access": self._access, "refresh": self._refresh}, status=201)

    def _is_known(self, request: Received) -> bool:
        return bool(self._access) and request.headers["authorization"] == f"Bearer {self._access}"

    def _me(self, request: Received) -> Answer:
        return self._answer(request, {"name": "@acme"}, status=200)

    def _fetch(self, request: Received) -> Answer:
        if not self._is_known(request):
            return self._answer(request, {})
        name = f"m{len(self._alts) + 1}"
        self._alts[name] = request.json()["alt"]
        return self._answer(request, {"id": name})

    def _publish(self, request: Received) -> Answer:
        if not self._is_known(request):
            return self._answer(request, {})
        body = request.json()
        alts = tuple(self._alts[name] for name in body["media"])
        identity = f"f{len(self._posts) + 1}"
        post = self._keep(body["key"], Shown(id=identity, text=body["text"], alts=alts, parent=body["parent"]))
        return self._answer(request, {"id": post.id})

    def _keep(self, key: str, post: Shown) -> Shown:
        """The post of a key, which is new only once."""
        known = self._posts.setdefault(key, post)
        self._at.setdefault(known.id, self._clock.now())
        return known

    def _list(self, request: Received) -> Answer:
        page = int(request.query["page"])
        newest_first = list(reversed(self._posts.values()))
        posts = [self._told(post) for post in newest_first[(page - 1) * _PAGE : page * _PAGE]]
        return self._answer(
            request, {"posts": posts, "next": page + 1 if page * _PAGE < len(newest_first) else None}, status=200
        )

    def _told(self, post: Shown) -> dict[str, Any]:
        """What the fountain tells of a post: not its key."""
        pictures = len(post.alts)
        return {
            "id": post.id, "text": post.text, "pictures": pictures, "parent": post.parent, "at": self._at[post.id].isoformat(),
        }  # fmt: skip

    def _answer(self, request: Received, thing: dict[str, Any], *, status: int = 201) -> Answer:
        if not self._is_known(request):
            return answer_json({"error": "This token is over"}, status=401)
        return answer_json(thing, status=status)
