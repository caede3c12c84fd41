"""The API as the servers publish it, as far as the plugin uses it: an OpenAPI description that every request must fit."""

from __future__ import annotations

from typing import Any

from smm_core.testing import OpenApi

_TEXT = {"type": "string"}
_ID = {"type": "string", "minLength": 1}
_POLL = {
    "type": "object",
    "required": ["options", "expires_in"],
    "additionalProperties": False,
    "properties": {
        "options": {"type": "array", "items": _TEXT, "minItems": 2},
        "expires_in": {"type": "integer", "minimum": 300},
        "multiple": {"type": "boolean"},
        "hide_totals": {"type": "boolean"},
    },
}
_COMMON = {
    "status": _TEXT,
    "media_ids": {"type": "array", "items": _ID},
    "poll": _POLL,
    "sensitive": {"type": "boolean"},
    "spoiler_text": _TEXT,
    "language": {"type": "string", "pattern": "^[a-z]{2,3}$"},
}
_NEW_STATUS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **_COMMON,
        "in_reply_to_id": _ID,
        "visibility": {"enum": ["public", "unlisted", "private", "direct"]},
        "scheduled_at": {"type": "string", "format": "date-time"},
    },
}
_EDIT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **_COMMON,
        "media_attributes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "additionalProperties": False,
                "properties": {"id": _ID, "description": _TEXT, "focus": _TEXT},
            },
        },
    },
}
_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 40}}
_PAGING = [_LIMIT, *({"name": name, "in": "query", "schema": _ID} for name in ("max_id", "min_id", "since_id"))]
_BY_ID = {"name": "id", "in": "path", "required": True, "schema": _ID}
_KEY = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": _TEXT}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _form() -> dict[str, Any]:
    return {"required": True, "content": {"application/x-www-form-urlencoded": {}}}


def _query(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": _TEXT} for name in names]


_MEDIA = {"post": {"requestBody": {"required": True, "content": {"multipart/form-data": {}}}}}
_AUTHORIZE = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")

DESCRIPTION = OpenApi.read(
    {
        "openapi": "3.1.0",
        "info": {"title": "Mastodon's API, as used", "version": "4.3"},
        "paths": {
            "/.well-known/nodeinfo": {"get": {}},
            "/.well-known/oauth-authorization-server": {"get": {}},
            "/nodeinfo/2.0": {"get": {}},
            "/oauth/authorize": {"get": {"parameters": _query(*_AUTHORIZE)}},
            "/oauth/token": {"post": {"requestBody": _form()}},
            "/api/v1/apps": {"post": {"requestBody": _form()}},
            "/api/v1/instance": {"get": {}},
            "/api/v2/instance": {"get": {}},
            "/api/v1/accounts/verify_credentials": {"get": {}},
            "/api/v1/accounts/{id}/statuses": {
                "get": {"parameters": [_BY_ID, *_PAGING, *_query("exclude_reblogs")]},
            },
            "/api/v1/statuses": {"post": {"parameters": [_KEY], "requestBody": _json(_NEW_STATUS)}},
            "/api/v1/statuses/{id}": {
                "parameters": [_BY_ID],
                "get": {},
                "put": {"requestBody": _json(_EDIT)},
                "delete": {},
            },
            "/api/v1/scheduled_statuses": {"get": {"parameters": _PAGING}},
            "/api/v1/scheduled_statuses/{id}": {"parameters": [_BY_ID], "get": {}, "delete": {}},
            "/api/v1/media": _MEDIA,
            "/api/v2/media": _MEDIA,
            "/api/v1/media/{id}": {"get": {"parameters": [_BY_ID]}},
            "/api/v1/notifications": {"get": {"parameters": [*_PAGING, *_query("types[]")]}},
        },
    }
)
