"""The server: its statuses, pictures, schedules and notifications, and its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

from fediverse.behaviours import FINE, MASTODON, Behaviour
from fediverse.counting import length_of
from fediverse.description import DESCRIPTION
from fediverse.html import html_of
from fediverse.oauth import Login, refused
from smm_core.testing import Answer, FakeClock, Loopback, Received, Route, answer_json
from smm_core.testing.kit import Shown

TOKEN = "canary-token-6f1d22"
ACCOUNT = "109"
_KEY_LIFE = timedelta(hours=1)
_FIRST = 113_000_000_000_000_000


@dataclass(kw_only=True)
class Server:
    """One server, with the account `acme`. Everything that it does goes by `clock`."""

    behaviour: Behaviour = MASTODON
    clock: FakeClock = field(default_factory=FakeClock)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    scheduled: dict[str, dict[str, Any]] = field(default_factory=dict)
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    kept_to_itself: set[str] = field(default_factory=set)
    slow_media: int = 0
    hides_statuses: bool = False
    _ids: int = 0

    def __post_init__(self) -> None:
        self.login = Login(behaviour=self.behaviour, tokens={TOKEN: self.behaviour.scopes})
        may = self._may
        self.platform = Loopback(
            Route("GET", "/.well-known/nodeinfo", self._nodeinfo_links),
            Route("GET", "/nodeinfo/2.0", self._nodeinfo),
            Route("GET", "/.well-known/oauth-authorization-server", self._metadata),
            Route("POST", "/api/v1/apps", self.login.register),
            Route("GET", "/oauth/authorize", self.login.authorize),
            Route("POST", "/oauth/token", self.login.token),
            Route("GET", "/api/v2/instance", self._instance_v2),
            Route("GET", "/api/v1/instance", self._instance_v1),
            Route("GET", "/api/v1/accounts/verify_credentials", may("read:accounts", self._me)),
            Route("GET", "/api/v1/accounts/{id}/statuses", may("read:statuses", self._own_statuses)),
            Route("POST", "/api/v1/statuses", may("write:statuses", self._create)),
            Route("GET", "/api/v1/statuses/{id}", may("read:statuses", self._show)),
            Route("PUT", "/api/v1/statuses/{id}", may("write:statuses", self._edit)),
            Route("DELETE", "/api/v1/statuses/{id}", may("write:statuses", self._delete)),
            Route("GET", "/api/v1/scheduled_statuses", may("read:statuses", self._schedules)),
            Route("GET", "/api/v1/scheduled_statuses/{id}", may("read:statuses", self._schedule)),
            Route("DELETE", "/api/v1/scheduled_statuses/{id}", may("write:statuses", self._unschedule)),
            Route("POST", "/api/v2/media", may("write:media", self._upload_v2)),
            Route("POST", "/api/v1/media", may("write:media", self._upload)),
            Route("GET", "/api/v1/media/{id}", may("write:media", self._medium)),
            Route("GET", "/api/v1/notifications", may("read:notifications", self._notifications)),
            describes=DESCRIPTION,
        )

    # ------------------------------------------------------------ what the tests see and do

    def shown(self) -> list[Shown]:
        """What followers see, the oldest first."""
        self.tick()
        return [
            Shown(
                id=one["id"],
                text=one["text"],
                alts=tuple(medium["description"] or "" for medium in one["media_attachments"]),
                parent=one["in_reply_to_id"],
            )
            for one in self.statuses
        ]

    def texts(self) -> list[str]:
        """The texts that followers see, the oldest first."""
        return [one.text for one in self.shown()]

    def flood(self, count: int) -> None:
        """So many newer statuses of the account."""
        for number in range(count):
            self._publish({"status": f"Another one, {number}"}, self.clock.now())

    def tick(self) -> None:
        """Publish what is due by now."""
        for number, one in list(self.scheduled.items()):
            if one["due"] <= self.clock.now():
                del self.scheduled[number]
                self._publish(one["body"], one["due"])

    def say(
        self,
        text: str,
        *,
        by: str = "ann@other.example",
        below: str | None = None,
        visibility: str = "public",
        kind: str = "mention",
    ) -> str:
        """Somebody says something to us; the id of their status."""
        author = {
            "id": f"acct-{by}", "username": by.split("@")[0], "acct": by, "display_name": by.title(),
            "url": f"https://other.example/@{by}", "emojis": [],
        }  # fmt: skip
        status = self._status({"status": text, "visibility": visibility, "in_reply_to_id": below}, self.clock.now())
        status |= {"account": author, "in_reply_to_account_id": ACCOUNT if below else None}
        self.others[status["id"]] = status
        note = {
            "id": self._id(),
            "type": kind,
            "created_at": _text(self.clock.now()),
            "account": author,
            "status": status,
        }
        self.notifications.append(note)
        return str(status["id"])

    @property
    def others(self) -> dict[str, dict[str, Any]]:
        """What others wrote."""
        return self.__dict__.setdefault("_others", {})

    # ------------------------------------------------------------ who it is

    def _may(self, scope: str, handler: Callable[[Received], Answer]) -> Callable[[Received], Answer]:
        """The handler, for those whose token has the scope."""

        def guarded(request: Received) -> Answer:
            scopes = self.login.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
            if scopes is None:
                return refused(401, "The access token is invalid")
            if scope not in scopes and scope.split(":")[0] not in scopes:
                return refused(403, "This action is outside the authorized scopes")
            self.tick()
            return handler(request)

        return guarded

    def _nodeinfo_links(self, request: Received) -> Answer:
        href = f"{self.platform.url}/nodeinfo/2.0"
        return answer_json({"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": href}]})

    def _nodeinfo(self, request: Received) -> Answer:
        return answer_json(
            {"version": "2.0", "software": {"name": self.behaviour.program, "version": self.behaviour.version}}
        )

    def _metadata(self, request: Received) -> Answer:
        if not self.behaviour.has_metadata:
            return refused(404, "Not found")
        return answer_json(
            {
                "issuer": f"{self.platform.url}/",
                "authorization_endpoint": f"{self.platform.url}/oauth/authorize",
                "token_endpoint": f"{self.platform.url}/oauth/token",
                "scopes_supported": list(FINE),
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _configuration(self) -> dict[str, Any]:
        return {
            "statuses": {
                "max_characters": self.behaviour.characters,
                "max_media_attachments": self.behaviour.pictures,
                "characters_reserved_per_url": 23,
            },
            "media_attachments": {
                "supported_mime_types": ["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4"],
                "description_limit": 1500,
                "image_size_limit": 16_777_216,
                "image_matrix_limit": 33_177_600,
            },
        }

    def _instance_v2(self, request: Received) -> Answer:
        if not self.behaviour.has_v2:
            return refused(404, "Not found")
        return answer_json(
            {"domain": "here.example", "version": self.behaviour.version, "configuration": self._configuration()}
        )

    def _instance_v1(self, request: Received) -> Answer:
        return answer_json(
            {"uri": "here.example", "version": self.behaviour.version, "configuration": self._configuration()}
        )

    def _account(self) -> dict[str, Any]:
        account = {
            "id": ACCOUNT, "username": "acme", "acct": "acme", "display_name": "Acme",
            "url": f"{self.platform.url}/@acme", "followers_count": 0, "statuses_count": len(self.statuses),
        }  # fmt: skip
        return {name: value for name, value in account.items() if name not in self.kept_to_itself}

    def _me(self, request: Received) -> Answer:
        return answer_json(self._account())

    # ------------------------------------------------------------ statuses

    def _create(self, request: Received) -> Answer:
        body, key = request.json(), request.headers["idempotency-key"]
        known = self.keys.get(key)
        if known is not None and self.clock.now() - known[1] < _KEY_LIFE and self.behaviour.keys != "ignores":
            return self._again(known[0])
        wrong = self._wrong_with(body)
        if wrong is not None:
            return wrong
        at = datetime.fromisoformat(body["scheduled_at"]) if "scheduled_at" in body else None
        if at is not None and self.behaviour.schedules == "refuses":
            return refused(501, "Not implemented")
        if at is not None and self.behaviour.schedules == "keeps" and at > self.clock.now():
            return self._keep(body, at, key)
        backdated = at if self.behaviour.schedules == "backdates" or self.behaviour.program == "gotosocial" else None
        status = self._publish(body, backdated or self.clock.now())
        self.keys[key] = (status["id"], self.clock.now())
        return answer_json(self._public(status))

    def _again(self, number: str) -> Answer:
        if self.behaviour.keys == "refuses":
            return refused(400, "Duplicate idempotency key.")
        if number in self.scheduled:
            return answer_json(self._public_schedule(number))
        status = self._own(number)
        return answer_json(self._public(status)) if status else refused(404, "Record not found")

    def _wrong_with(self, body: Mapping[str, Any], on: Mapping[str, Any] | None = None) -> Answer | None:
        media, text, warning = body.get("media_ids", []), body.get("status", ""), body.get("spoiler_text", "")
        attached = [one["id"] for one in on["media_attachments"]] if on else []
        if not text.strip() and not media and "poll" not in body:
            return refused(422, "Validation failed: Text can't be blank")
        if self.behaviour.needs_picture and not media and "in_reply_to_id" not in body:
            return refused(403, "Invalid request: a picture is needed")
        if self.length(text, warning) > self.behaviour.characters:
            return refused(422, f"Validation failed: Text character limit of {self.behaviour.characters} exceeded")
        if len(media) > self.behaviour.pictures or (media and "poll" in body):
            return refused(422, "Validation failed: Cannot attach more than 4 files")
        for one in media:
            if one not in self.media or (self.media[one]["taken"] and one not in attached):
                return refused(422, f"Validation failed: Media {one} not found or already attached")
            if self.media[one]["polls"]:
                return refused(422, "Validation failed: Cannot attach files that have not finished processing.")
        parent = body.get("in_reply_to_id")
        if parent and not self._own(parent) and parent not in self.others:
            return refused(404, "The status you are trying to reply to does not appear to exist.")
        poll = body.get("poll")
        if poll and (len(poll["options"]) > 4 or any(len(one) > 50 for one in poll["options"])):
            return refused(422, "Validation failed: Poll options can't be longer than 50 characters each")
        return None

    def length(self, text: str, warning: str = "") -> int:
        """How long the server finds a status."""
        return length_of(text, warning) if self.behaviour.reads_graphemes else len(text) + len(warning)

    def _publish(self, body: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        status = self._status(body, at)
        self.statuses.append(status)
        return status

    def _status(self, body: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        number, parent = self._id(), body.get("in_reply_to_id")
        for one in body.get("media_ids", []):
            self.media[one]["taken"] = True
        return {
            "id": number, "created_at": _text(at), "in_reply_to_id": parent,
            "in_reply_to_account_id": ACCOUNT if parent else None, "sensitive": bool(body.get("spoiler_text")),
            "spoiler_text": body.get("spoiler_text", ""), "visibility": body.get("visibility", "public"),
            "language": body.get("language"), "uri": f"https://here.example/users/acme/statuses/{number}",
            "url": f"https://here.example/@acme/{number}", "replies_count": 0, "reblogs_count": 0,
            "favourites_count": 0, "quotes_count": 0, "text": body.get("status", ""), "reblog": None, "poll": body.get("poll"),
            "media_attachments": [self.media[one] for one in body.get("media_ids", [])], "edited_at": None,
        }  # fmt: skip

    def _public(self, status: Mapping[str, Any]) -> dict[str, Any]:
        """A status as the API gives it: with its HTML, and without its text."""
        hidden = {"text", *self.kept_to_itself}
        whole = {**status, "content": html_of(status["text"]), "account": status.get("account") or self._account()}
        return {name: value for name, value in whole.items() if name not in hidden}

    def _own(self, number: str) -> dict[str, Any] | None:
        return next((one for one in self.statuses if one["id"] == number), None)

    def _own_statuses(self, request: Received) -> Answer:
        if request.params["id"] != ACCOUNT:
            return refused(404, "Record not found")
        shown = [] if self.hides_statuses else self.statuses
        page = self._page([self._public(one) for one in shown], request.query)
        return answer_json(page)

    def _show(self, request: Received) -> Answer:
        status = self._own(request.params["id"])
        return answer_json(self._public(status)) if status else refused(404, "Record not found")

    def _edit(self, request: Received) -> Answer:
        status, body = self._own(request.params["id"]), request.json()
        if status is None:
            return refused(404, "Record not found")
        wrong = self._wrong_with(body, status)
        if wrong is not None:
            return wrong
        new = self._status({**body, "in_reply_to_id": status["in_reply_to_id"]}, self.clock.now())
        alts = {one["id"]: one.get("description") for one in body.get("media_attributes", [])}
        for medium in new["media_attachments"]:
            medium["description"] = alts.get(medium["id"], medium["description"])
        for name in ("text", "spoiler_text", "media_attachments", "poll", "language", "sensitive"):
            status[name] = new[name]
        status["edited_at"] = _text(self.clock.now())
        return answer_json(self._public(status))

    def _delete(self, request: Received) -> Answer:
        status = self._own(request.params["id"])
        if status is None:
            return refused(404, "Record not found")
        self.statuses.remove(status)
        return answer_json(self._public(status))

    # ------------------------------------------------------------ the scheduler

    def _keep(self, body: dict[str, Any], at: datetime, key: str) -> Answer:
        if at < self.clock.now() + timedelta(minutes=5):
            return refused(422, "Validation failed: Scheduled at The scheduled date must be in the future")
        number = self._id()
        self.scheduled[number] = {"due": at, "body": {**body, "scheduled_at": None}}
        self.keys[key] = (number, self.clock.now())
        return answer_json(self._public_schedule(number))

    def _public_schedule(self, number: str) -> dict[str, Any]:
        kept = self.scheduled[number]
        body = kept["body"]
        return {
            "id": number,
            "scheduled_at": _text(kept["due"]),
            "params": {**body, "text": body.get("status", "")},
            "media_attachments": [self.media[one] for one in body.get("media_ids", [])],
        }

    def _schedules(self, request: Received) -> Answer:
        return answer_json(self._page([self._public_schedule(one) for one in self.scheduled], request.query))

    def _schedule(self, request: Received) -> Answer:
        number = request.params["id"]
        return (
            answer_json(self._public_schedule(number)) if number in self.scheduled else refused(404, "Record not found")
        )

    def _unschedule(self, request: Received) -> Answer:
        if self.scheduled.pop(request.params["id"], None) is None:
            return refused(404, "Record not found")
        return answer_json({})

    # ------------------------------------------------------------ pictures

    def _upload_v2(self, request: Received) -> Answer:
        return self._upload(request) if self.behaviour.has_v2 else refused(404, "Not found")

    def _upload(self, request: Received) -> Answer:
        head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
        parts = {
            part.get_param("name", header="content-disposition"): part
            for part in message_from_bytes(head + request.body).get_payload()  # type: ignore[union-attr]
        }
        if "file" not in parts or not parts["file"].get_payload(decode=True):
            return refused(422, "Validation failed: File can't be blank")
        if not parts.keys() <= {"file", "description", "focus", "thumbnail"}:
            return refused(422, "Validation failed")
        said = {name: part.get_payload(decode=True).decode() for name, part in parts.items() if name != "file"}
        if len(said.get("description", "")) > 1500:
            return refused(422, "Validation failed: Description is too long (maximum is 1500 characters)")
        number = self._id()
        focus = [float(one) for one in said["focus"].split(",")] if "focus" in said else None
        self.media[number] = {
            "id": number, "type": "image", "url": None if self.slow_media else f"https://here.example/m/{number}",
            "description": said.get("description"), "meta": {"focus": focus}, "polls": self.slow_media, "taken": False,
        }  # fmt: skip
        return answer_json(self.media[number], status=202 if self.slow_media else 200)

    def _medium(self, request: Received) -> Answer:
        medium = self.media.get(request.params["id"])
        if medium is None:
            return refused(404, "Record not found")
        medium["polls"] = max(0, medium["polls"] - 1)
        return answer_json(medium, status=206 if medium["polls"] else 200)

    # ------------------------------------------------------------ notifications, and small things

    def _notifications(self, request: Received) -> Answer:
        page = self._page(self.notifications, request.query)
        return answer_json([{**one, "status": self._public(one["status"])} for one in page])

    def _page(self, things: list[dict[str, Any]], query: Mapping[str, str]) -> list[dict[str, Any]]:
        """A page of things, the newest first; `min_id` asks for the ones right after it."""
        newest = sorted(things, key=lambda one: int(one["id"]), reverse=True)
        limit = int(query.get("limit", 20))
        if "min_id" in query:
            return [one for one in newest if int(one["id"]) > int(query["min_id"])][-limit:]
        return [one for one in newest if int(one["id"]) < int(query.get("max_id", 10**19))][:limit]

    def _id(self) -> str:
        self._ids += 1
        return str(_FIRST + self._ids)


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
