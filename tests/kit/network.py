"""The plaza itself: an imitation of a platform that is documented by an OpenAPI description."""

from __future__ import annotations

import html
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from smm_core.testing import Answer, FakeClock, Loopback, OpenApi, Received, Route, answer_json
from smm_core.testing.kit import Shown
from smm_core.text import graphemes
from smm_core.values import replace

MAX_TEXT = 280
KEEPS_UPLOADS = timedelta(hours=24)

_TEXT = {"type": "string", "minLength": 1}
_BODY = {
    "type": "object",
    "required": ["text", "media"],
    "additionalProperties": False,
    "properties": {
        "text": _TEXT,
        "media": {"type": "array", "items": {"type": "string"}, "maxItems": 4},
        "parent": {"type": ["string", "null"]},
        "at": {"type": "string", "format": "date-time"},
    },
}
_KEY = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "minLength": 1}}
_TOKEN = {
    "name": "Authorization",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^Bearer ."},
}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _takes(schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema}}}


DESCRIPTION = {
    "openapi": "3.1.0",
    "paths": {
        "/me": {"get": {"parameters": [_TOKEN]}},
        "/media": {
            "post": {
                "parameters": [_TOKEN],
                "requestBody": _takes(
                    {"type": "object", "required": ["file"], "properties": {"alt": {"type": "string"}}},
                    "multipart/form-data",
                ),
            }
        },
        "/posts": {
            "parameters": [_TOKEN],
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "before", "in": "query", "schema": {"type": "string"}},
                ]
            },
            "post": {"parameters": [_KEY], "requestBody": _takes({"$ref": "#/components/schemas/Post"})},
        },
        "/posts/{id}": {
            "parameters": [_TOKEN, _ID],
            "put": {"requestBody": _takes({"$ref": "#/components/schemas/Post"})},
            "delete": {},
        },
        "/notices": {
            "parameters": [_TOKEN],
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50}},
                    {"name": "after", "in": "query", "schema": {"type": "string"}},
                ]
            },
            "post": {},
        },
        "/tokens": {"post": {"requestBody": {"content": {"application/x-www-form-urlencoded": {}}}}},
        "/jobs/{id}": {"parameters": [_TOKEN, _ID], "get": {}},
        "/schedules": {
            "parameters": [_TOKEN],
            "post": {"parameters": [_KEY], "requestBody": _takes({"$ref": "#/components/schemas/Post"})},
        },
        "/schedules/{id}": {"parameters": [_TOKEN, _ID], "get": {}, "delete": {}},
    },
    "components": {"schemas": {"Post": _BODY}},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A post as the plaza keeps it."""

    id: str
    text: str
    key: str = ""
    media: tuple[str, ...] = ()
    parent: str | None = None
    is_deleted: bool = False
    is_ready: bool = True
    schedule: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "url": f"https://plaza.example/{self.id}", "text": self.text, "key": self.key}


class PlazaNetwork:
    """What the plaza knows. `loopback` answers for it."""

    def __init__(self, clock: FakeClock) -> None:
        # Its own each time: core blots out a secret that was revealed before, whoever says it.
        self.token = f"plaza-token-{secrets.token_hex(6)}"
        self._posts: dict[str, Stored] = {}
        self._alts: dict[str, str] = {}
        self._uploaded: dict[str, datetime] = {}
        self._clock = clock
        self._numbers = count(1)
        self._slow = 0
        self._said: list[dict[str, Any]] = []
        self._codes: dict[str, str] = {}
        self.loopback = Loopback(
            Route("GET", "/me", self._me),
            Route("POST", "/media", self._media),
            Route("POST", "/posts", self._publish),
            Route("GET", "/posts", self._list),
            Route("PUT", "/posts/{id}", self._edit),
            Route("DELETE", "/posts/{id}", self._delete),
            Route("GET", "/notices", self._notices),
            Route("POST", "/notices", self._mark),
            Route("POST", "/tokens", self._give_token),
            Route("GET", "/jobs/{id}", self._job),
            Route("POST", "/schedules", self._schedule),
            Route("GET", "/schedules/{id}", self._schedule_of),
            Route("DELETE", "/schedules/{id}", self._forget),
            describes=OpenApi.read(DESCRIPTION),
        )

    # ---- what the kit asks of it

    def posts(self) -> list[Shown]:
        """What can be seen."""
        return [
            Shown(id=one.id, text=one.text, parent=one.parent, alts=tuple(self._alts[name] for name in one.media))
            for one in self._posts.values()
            if one.is_ready and not one.is_deleted
        ]

    def flood(self, number: int) -> None:
        """Newer posts, written elsewhere."""
        for _ in range(number):
            self._add(Stored(id="", text="Somebody wrote this on a phone"))

    def says(self, text: str, on: str | None) -> str:
        """Somebody says something, below a post or elsewhere; the id that has."""
        said = f"c{next(self._numbers)}"
        self._said.append(
            {
                "notice": f"n{len(self._said) + 1}",
                "id": said,
                "on": on,
                "by": "@ann",
                "html": html.escape(text).replace("\n", "<br>"),
                "at": f"2026-11-23T09:{len(self._said) % 60:02}:00+01:00",
            }
        )
        return said

    def agrees(self, url: str) -> str:
        """A person opens the address of a login and says yes; the code."""
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        code = f"code-{secrets.token_hex(6)}"
        self._codes[code] = query["redirect"]
        return code

    def _give_token(self, request: Received) -> Answer:
        form = request.form()
        if self._codes.pop(form["code"], None) != form.get("redirect", ""):
            return answer_json({"error": "no such code"}, status=400)
        return answer_json({"id": f"token-{secrets.token_hex(6)}"})

    def pending(self) -> None:
        """The next post takes its time."""
        self._slow += 1

    def ready(self) -> None:
        """What takes its time is done, what is scheduled goes out."""
        for one in self._posts.values():
            self._posts[one.id] = replace(one, is_ready=True)

    @staticmethod
    def fits(text: str) -> bool:
        """Whether the plaza takes a text."""
        return len(graphemes(text)) <= MAX_TEXT

    # ---- what it answers

    def _add(self, post: Stored) -> Stored:
        post = replace(post, id=f"p{next(self._numbers)}")
        self._posts[post.id] = post
        return post

    def _me(self, request: Received) -> Answer:
        if request.headers["authorization"] != f"Bearer {self.token}":
            return answer_json({"error": "Who are you?"}, status=401)
        return answer_json({"name": "acme", "max_text": MAX_TEXT})

    def _media(self, request: Received) -> Answer:
        name = f"m{next(self._numbers)}"
        self._alts[name] = request.form().get("alt", "")
        self._uploaded[name] = self._clock.now()
        return answer_json({"id": name}, status=201)

    def _publish(self, request: Received) -> Answer:
        return self._take(request, schedule="")

    def _take(self, request: Received, *, schedule: str) -> Answer:
        body, key = request.json(), request.headers["idempotency-key"]
        known = next((one for one in self._posts.values() if one.key == key), None)
        if known is not None and (known.text, list(known.media)) != (body["text"], body["media"]):
            return answer_json({"error": "This key was used for something else"}, status=409)
        if known is not None:
            return answer_json(known.as_json() if known.is_ready else {"job": known.id})
        if not self.fits(body["text"]):
            return answer_json({"error": "Too long"}, status=422)
        if not all(self._keeps(name) for name in body["media"]):
            return answer_json({"error": "No such picture"}, status=422)
        slow, self._slow = self._slow > 0, max(0, self._slow - 1)
        post = self._add(
            Stored(
                id="",
                text=body["text"],
                key=key,
                media=tuple(body["media"]),
                parent=body.get("parent"),
                is_ready=not slow and not schedule,
                schedule=schedule,
            )
        )
        if schedule:
            return answer_json({"id": schedule}, status=201)
        return answer_json({"job": post.id}, status=202) if slow else answer_json(post.as_json(), status=201)

    def _keeps(self, upload: str) -> bool:
        uploaded = self._uploaded.get(upload)
        return uploaded is not None and self._clock.now() < uploaded + KEEPS_UPLOADS

    def _list(self, request: Received) -> Answer:
        newest_first = [one for one in reversed(self._posts.values()) if one.is_ready and not one.is_deleted]
        if "before" in request.query:
            ids = [one.id for one in newest_first]
            newest_first = newest_first[ids.index(request.query["before"]) + 1 :]
        return answer_json([one.as_json() for one in newest_first[: int(request.query.get("limit", "20"))]])

    def _notices(self, request: Received) -> Answer:
        names = [one["notice"] for one in self._said]
        known = names.index(request.query["after"]) + 1 if "after" in request.query else 0
        return answer_json(self._said[known : known + int(request.query.get("limit", "20"))])

    def _mark(self, request: Received) -> Answer:
        return Answer(status=204)

    def _edit(self, request: Received) -> Answer:
        post = self._posts[request.params["id"]]
        body = request.json()
        self._posts[post.id] = replace(post, text=body["text"], media=tuple(body["media"]))
        return answer_json(self._posts[post.id].as_json())

    def _delete(self, request: Received) -> Answer:
        post = self._posts.get(request.params["id"])
        if post is None or post.is_deleted:
            return answer_json({"error": "Gone"}, status=404)
        self._posts[post.id] = replace(post, is_deleted=True)
        return Answer(status=204)

    def _job(self, request: Received) -> Answer:
        post = self._posts[request.params["id"]]
        return answer_json(post.as_json() if post.is_ready else {"job": post.id})

    def _schedule(self, request: Received) -> Answer:
        return self._take(request, schedule=f"s{next(self._numbers)}")

    def _scheduled(self, request: Received) -> Stored | None:
        name = request.params["id"]
        return next((one for one in self._posts.values() if one.schedule == name and not one.is_deleted), None)

    def _schedule_of(self, request: Received) -> Answer:
        post = self._scheduled(request)
        if post is None:
            return answer_json({"error": "No such schedule"}, status=404)
        return answer_json({"id": post.schedule, "post": post.as_json() if post.is_ready else None})

    def _forget(self, request: Received) -> Answer:
        post = self._scheduled(request)
        if post is None:
            return answer_json({"error": "No such schedule"}, status=404)
        if post.is_ready:
            return answer_json({"error": "Too late, it is out"}, status=409)
        del self._posts[post.id]
        return Answer(status=204)
