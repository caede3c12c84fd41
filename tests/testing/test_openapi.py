"""Requests are held against an OpenAPI description."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from smm_core.testing import Answer, Loopback, OpenApi, Received, Route, answer_json

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://api.example/v1"}],
    "paths": {
        "/posts/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": {"parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50}}]},
            "patch": {
                "parameters": [{"name": "X-Key", "in": "header", "required": True, "schema": {"type": "string"}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Post"}}},
                },
            },
        },
        "/posts/latest": {"get": {}},
    },
    "components": {
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}},
        "schemas": {
            "Post": {
                "type": "object",
                "required": ["text"],
                "additionalProperties": False,
                "properties": {
                    "text": {"type": "string", "minLength": 1, "maxLength": 5},
                    "kind": {"enum": ["post", "story"]},
                    "note": {"type": "string", "nullable": True},
                    "at": {"type": "string", "format": "date-time"},
                    "tags": {"type": "array", "maxItems": 2, "items": {"type": "string", "pattern": "^#"}},
                    "media": {"oneOf": [{"type": "string"}, {"type": "object", "required": ["id"]}]},
                },
            }
        },
    },
}


def request(method: str, path: str, body: Any = None, **more: Any) -> Received:
    fields: dict[str, Any] = {"query": {}, "headers": {}, "connection": 1, **more}
    if body is not None:
        fields["headers"] = {"content-type": "application/json; charset=utf-8", "x-key": "k", **fields["headers"]}
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Received(method=method, path=path, body=raw, **fields)


def said(received: Received) -> str:
    return "; ".join(OpenApi.read(DESCRIPTION).problems(received))


@pytest.mark.parametrize(
    "received",
    [
        request("GET", "/posts/7"),
        request("GET", "/v1/posts/7", query={"limit": "50"}),
        request("GET", "/posts/latest"),
        request(
            "PATCH", "/posts/7", {"text": "Bread", "kind": "post", "note": None, "tags": ["#a"], "media": {"id": 1}}
        ),
        request("PATCH", "/posts/7", {"text": "Bread", "at": "2026-11-23T09:00:00Z", "media": "m1"}),
    ],
    ids=lambda one: f"{one.method} {one.path} {len(one.body)}",
)
def test_what_fits_passes(received: Received) -> None:
    assert said(received) == ""


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (request("GET", "/nowhere"), "no such path"),
        (request("DELETE", "/posts/7"), "knows only GET, PATCH"),
        (request("GET", "/posts/seven"), "path parameter id is 'seven', not integer"),
        (request("GET", "/posts/7", query={"limit": "51"}), "limit is 51, at most 50"),
        (request("GET", "/posts/7", query={"page": "2"}), "query parameter page is not described"),
        (request("GET", "/posts/7", {"text": "x"}), "none is described"),
        (request("PATCH", "/posts/7", headers={"x-key": "k"}), "it has no body"),
        (request("PATCH", "/posts/7", b"{"), "not JSON"),
        (request("PATCH", "/posts/7", b"x", headers={"content-type": "text/plain"}), "text/plain is not application/json"),
        (Received(method="PATCH", path="/posts/7", query={}, headers={"content-type": "application/json"},
                  body=b'{"text":"x"}', connection=1), "header parameter X-Key is missing"),
        (request("PATCH", "/posts/7", []), "the body is [], not object"),
        (request("PATCH", "/posts/7", {}), "lacks text"),
        (request("PATCH", "/posts/7", {"text": 5}), "body.text is 5, not string"),
        (request("PATCH", "/posts/7", {"text": True}), "body.text is True, not string"),
        (request("PATCH", "/posts/7", {"text": ""}), "at least 1 wanted"),
        (request("PATCH", "/posts/7", {"text": "Breads"}), "at most 5 allowed"),
        (request("PATCH", "/posts/7", {"text": "x", "kind": "reel"}), "'reel', not one of"),
        (request("PATCH", "/posts/7", {"text": None}), "None, not string"),
        (request("PATCH", "/posts/7", {"text": "x", "at": "2026-11-23T09:00:00"}), "no instant with an offset"),
        (request("PATCH", "/posts/7", {"text": "x", "tags": ["#a", "b"]}), "tags[1] is 'b', which does not fit"),
        (request("PATCH", "/posts/7", {"text": "x", "tags": ["#a"] * 3}), "3 items, at most 2"),
        (request("PATCH", "/posts/7", {"text": "x", "media": 5}), "fits 0 of what oneOf names"),
        (request("PATCH", "/posts/7", {"text": "x", "status": "x"}), "body.status is not described"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_what_does_not_fit_is_named(received: Received, words: str) -> None:
    assert words in said(received)


@pytest.mark.parametrize("name", ["api.json", "api.yaml"])
def test_a_description_is_read_from_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(json.dumps(DESCRIPTION), "utf-8")  # which is YAML, too
    assert OpenApi.read(path).problems(request("GET", "/posts/7")) == []


def test_what_is_no_description_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no `paths`"):
        OpenApi.read({"openapi": "3.1.0"})


def test_a_wrong_request_is_refused_and_fails_the_test() -> None:
    def handle(request: Received) -> Answer:
        return answer_json({})

    platform = Loopback(Route("GET", "/posts/{id}", handle), describes=OpenApi.read(DESCRIPTION))
    with pytest.raises(AssertionError, match="limit is 51"), platform:
        answer = ask(platform, "/posts/7?limit=51")
    assert (answer[0], b"at most 50" in answer[1]) == (400, True)
    assert platform.accepted == 0


def ask(platform: Loopback, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
