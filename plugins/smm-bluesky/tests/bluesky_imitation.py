"""A server of the AT Protocol on loopback, as far as one plugin needs it: what it answers was looked up at the real one.

It checks what the real one checks of these requests, so that a request it takes is one that the real one takes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from smm_core.clock import FakeClock
from smm_core.testing import Answer, Loopback, Received, Route, answer_json
from smm_core.testing.kit import Shown

DID = "did:plc:kitkitkitkitkitkitkitkit"
HANDLE = "acme.test"
PASSWORD = "kitt-canary-app1-word"
POSTS = "app.bsky.feed.post"


def refusal(words: str, *, word: str = "InvalidRequest", status: int = 400) -> Answer:
    """An error as servers write it."""
    return answer_json({"error": word, "message": words}, status=status)


def cid_of(thing: object) -> str:
    """Something in the form of a hash of a record, another one for every content."""
    digest = hashlib.sha256(repr(thing).encode()).hexdigest()
    return "bafyrei" + digest.translate(str.maketrans("0189", "ghij"))[:52]


@dataclass
class Imitation:
    """Records and files in dictionaries. `people` are those whose handles resolve; `sessions` counts the log-ins."""

    people: dict[str, str] = field(default_factory=lambda: {"ann.example": "did:plc:ann"})
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    blobs: dict[str, bytes] = field(default_factory=dict)
    refreshed: int = 0
    logins: int = 0
    access: str = ""
    refresh: str = ""
    over: bool = False

    def __post_init__(self) -> None:
        routes = {
            "GET": {
                "com.atproto.server.getSession": self._get_session,
                "com.atproto.server.describeServer": self._describe,
                "com.atproto.identity.resolveHandle": self._resolve,
                "com.atproto.repo.getRecord": self._get_record,
                "com.atproto.server.getServiceAuth": self._pass,
                "app.bsky.notification.listNotifications": self._notifications,
                "app.bsky.feed.getPosts": self._posts,
                "app.bsky.actor.getProfile": self._profile,
            },
            "POST": {
                "com.atproto.server.createSession": self._create_session,
                "com.atproto.server.refreshSession": self._refresh_session,
                "com.atproto.repo.uploadBlob": self._upload,
                "com.atproto.repo.putRecord": self._put,
                "com.atproto.repo.deleteRecord": self._delete,
            },
        }
        self.loopback = Loopback(
            *(Route(method, f"/xrpc/{name}", one) for method, named in routes.items() for name, one in named.items())
        )

    # ---- for the tests

    def shown(self) -> list[Shown]:
        """What the world sees, oldest first."""
        return [
            Shown(
                id=uri,
                text=one["text"],
                alts=tuple(image["alt"] for image in one.get("embed", {}).get("images", ())),
                parent=one.get("reply", {}).get("parent", {}).get("uri"),
            )
            for uri, one in self.records.items()
        ]

    def flood(self, number: int) -> None:
        """So many newer posts in the same account."""
        for _ in range(number):
            self.records[f"at://{DID}/{POSTS}/3k{len(self.records):011d}"] = {"$type": POSTS, "text": "another"}

    def says(self, text: str, on: str | None) -> str:
        """Somebody else says something, below a post of ours or mentioning us."""
        uri = f"at://did:plc:ann/{POSTS}/3m{len(self.said):011d}"
        record: dict[str, Any] = {"$type": POSTS, "text": text, "langs": ["en"], "createdAt": self.now()}
        if on is not None:
            ours = {"uri": on, "cid": cid_of(self.records[on])}
            record["reply"] = {"root": ours, "parent": ours}
        self.said[uri] = {
            "uri": uri,
            "cid": cid_of(record),
            "author": {"did": "did:plc:ann", "handle": "ann.example", "displayName": "Ann"},
            "reason": "mention" if on is None else "reply",
            **({"reasonSubject": on} if on else {}),
            "record": record,
            "isRead": False,
            "indexedAt": self.now(),
        }
        return uri

    def end_session(self) -> None:
        """The access token ends before its time; the refresh token gives a new one."""
        self.over = True

    def now(self) -> str:
        """The present instant, as servers write it."""
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")

    # ---- what a server answers

    def _notifications(self, request: Received) -> Answer:
        if stop := self._stop(request):
            return stop
        newest_first = list(reversed(self.said.values()))
        start, limit = int(request.query.get("cursor", "0")), int(request.query["limit"])
        page = newest_first[start : start + limit]
        onward = {"cursor": str(start + limit)} if page else {}
        return answer_json({"notifications": page, **onward})

    def _create_session(self, request: Received) -> Answer:
        asked = request.json()
        if asked["identifier"] not in (HANDLE, DID) or asked["password"] != PASSWORD:
            return refusal("Invalid identifier or password", word="AuthenticationRequired", status=401)
        self.logins += 1
        return self._session()

    def _refresh_session(self, request: Received) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.refresh}":
            return refusal("Token has been revoked", word="ExpiredToken")
        self.refreshed += 1
        return self._session()

    def _session(self) -> Answer:
        number = self.logins + self.refreshed
        self.access, self.refresh, self.over = f"access-canary-{number:04d}", f"refresh-canary-{number:04d}", False
        return answer_json(
            {"accessJwt": self.access, "refreshJwt": self.refresh, "did": DID, "handle": HANDLE, "active": True}
        )

    def _stop(self, request: Received) -> Answer | None:
        """The answer to a request that is not logged in."""
        said = request.headers.get("authorization", "")
        if said == f"Bearer {self.access}" and not self.over:
            return None
        if said.startswith("Bearer access-canary-"):
            return refusal("Token has expired", word="ExpiredToken")
        return refusal("Authentication Required", word="AuthMissing", status=401)

    def _get_session(self, request: Received) -> Answer:
        return self._stop(request) or answer_json({"did": DID, "handle": HANDLE, "active": True})

    def _describe(self, request: Received) -> Answer:
        return answer_json(
            {"did": "did:web:localhost", "availableUserDomains": [".test"], "blobUploadLimit": 5_242_880}
        )

    def _resolve(self, request: Received) -> Answer:
        did = self.people.get(request.query["handle"])
        return answer_json({"did": did}) if did else refusal("Unable to resolve handle")

    def _get_record(self, request: Received) -> Answer:
        uri = f"at://{request.query['repo']}/{request.query['collection']}/{request.query['rkey']}"
        record = self.records.get(uri)
        if record is None:
            return refusal(f"Could not locate record: {uri}", word="RecordNotFound")
        return answer_json({"uri": uri, "cid": cid_of(record), "value": record})

    def _pass(self, request: Received) -> Answer:
        return self._stop(request) or answer_json({"token": f"pass-for-{request.query['lxm']}"})

    def _posts(self, request: Received) -> Answer:
        if stop := self._stop(request):
            return stop
        return answer_json({"posts": list(self.counts.values())})

    def _profile(self, request: Received) -> Answer:
        return self._stop(request) or answer_json({"did": DID, "handle": HANDLE, **self.profile})

    def _upload(self, request: Received) -> Answer:
        if stop := self._stop(request):
            return stop
        link = cid_of(request.body).replace("bafyrei", "bafkrei")
        self.blobs[link] = request.body
        media_type = request.headers["content-type"]
        blob = {"$type": "blob", "ref": {"$link": link}, "mimeType": media_type, "size": len(request.body)}
        return answer_json({"blob": blob})

    def _put(self, request: Received) -> Answer:
        if stop := self._stop(request):
            return stop
        asked = request.json()
        uri, record = f"at://{DID}/{asked['collection']}/{asked['rkey']}", asked["record"]
        assert asked["repo"] == DID
        if "swapRecord" in asked and asked["swapRecord"] is None and uri in self.records:
            return refusal(f"Record was at {cid_of(self.records[uri])}", word="InvalidSwap")
        for image in record.get("embed", {}).get("images", ()):
            if image["image"]["ref"]["$link"] not in self.blobs:
                return refusal("Could not find blob", word="BlobNotFound")
        self.records[uri] = record
        return answer_json({"uri": uri, "cid": cid_of(record), "validationStatus": "valid"})

    def _delete(self, request: Received) -> Answer:
        if stop := self._stop(request):
            return stop
        asked = request.json()
        self.records.pop(f"at://{DID}/{asked['collection']}/{asked['rkey']}", None)
        return answer_json({})
