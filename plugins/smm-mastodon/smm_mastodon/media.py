"""Uploading pictures: ahead of the status, with their alternative texts, and waited for where the server works on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from smm_core import Attachment, Pending, Prepared, Rejected, Response, TryLater, digest_of
from smm_mastodon.answers import id_in, object_in, trouble_of, unreadable, upload_refusal_of
from smm_mastodon.api import Api

_KEPT_FOR = timedelta(hours=12)
"""Servers throw away after a day what belongs to no status."""

_LOOK_AGAIN = timedelta(seconds=5)


def prepare_pictures(api: Api, pictures: Sequence[Attachment], handles: Mapping[str, Any]) -> Prepared | Pending:
    """Upload what is not there yet and look whether the server is done with all of it."""
    if not pictures:
        return Prepared()
    now = api.ctx.now()
    known = {str(one["of"]): one for one in _uploads(handles) if now - _uploaded_at(one) < _KEPT_FOR}
    uploads = []
    for number, picture in enumerate(pictures):
        name = digest_of([number, picture])
        uploads.append(_looked_at(api, known[name]) if name in known else _upload(api, picture, name))
    made = {"media": uploads}
    if all(one["ready"] for one in uploads):
        return Prepared(handles=made, expires_at=min(map(_uploaded_at, uploads)) + _KEPT_FOR)
    return Pending(check_after=_LOOK_AGAIN, handles=made, note="the server is still working on a picture")


def media_ids(handles: Mapping[str, Any]) -> list[str]:
    """The server's ids of the pictures, in order."""
    return [str(one["id"]) for one in _uploads(handles)]


def _uploads(handles: Mapping[str, Any]) -> list[dict[str, Any]]:
    uploads = handles.get("media", [])
    return [one for one in uploads if isinstance(one, dict) and one.keys() >= {"of", "id", "at", "ready"}]


def _uploaded_at(upload: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(upload["at"])


def _upload(api: Api, picture: Attachment, name: str) -> dict[str, Any]:
    file = (f"{picture.sha256[:16]}.{picture.format}", api.ctx.media.read(picture.sha256), f"image/{picture.format}")
    fields = {"description": picture.alt} if picture.alt else {}
    if picture.focus != (0.5, 0.5):
        fields["focus"] = focus_of(picture)
    response = api.request("POST", "/api/v2/media", data=fields, files={"file": file})
    if response.status == 404:
        response = api.request("POST", "/api/v1/media", data=fields, files={"file": file})
    if response.status not in (200, 201, 202):
        raise upload_refusal_of(response, at=api.ctx.now(), hidden=api.hidden)
    number = id_in(object_in(response))
    if not number:
        raise unreadable("a picture")
    return {"of": name, "id": number, "at": api.ctx.now().isoformat(), "ready": response.status != 202}


def _looked_at(api: Api, upload: dict[str, Any]) -> dict[str, Any]:
    """The upload, with whether the server is done with it."""
    if upload["ready"]:
        return upload
    response: Response = api.request("GET", f"/api/v1/media/{upload['id']}")
    if response.status == 206:
        return upload
    if response.status == 404:
        raise TryLater("the server has forgotten a picture while it worked on it")
    if response.status == 422:
        raise Rejected("the server could not make anything of a picture", hint="try it as another file or format")
    if response.status != 200:
        raise trouble_of(response, at=api.ctx.now(), hidden=api.hidden)
    return {**upload, "ready": True}


def focus_of(picture: Attachment) -> str:
    """The focus as the API writes it: from -1,-1 at the bottom left to 1,1 at the top right."""
    x, y = picture.focus
    return f"{2 * x - 1:.3f},{1 - 2 * y:.3f}"
