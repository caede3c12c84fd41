"""Videos: a service of its own makes them fit for playing, which takes its time, and then hands them to the account's server.

The service is asked with a pass that the account's server writes for it (app.bsky.video, docs.bsky.app/docs/tutorials/video).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from msgspec import Struct, field

from smm_bluesky.agent import Agent
from smm_bluesky.answers import checked, text_in
from smm_bluesky.limits import MOST_VIDEO_BYTES
from smm_bluesky.media import Blob, blob_in
from smm_bluesky.options import Options
from smm_core import Context, PluginError, Rejected, Response

CHECK_AFTER = timedelta(seconds=5)
_PASS_FOR = timedelta(minutes=30)


class Video(Struct, frozen=True, kw_only=True):
    """How far a video is: its `embed` when it is ready, else what the service says. `handles` lead on from here."""

    embed: dict[str, Any] | None
    handles: dict[str, Any] = field(default_factory=dict)
    note: str = ""


def video_of(options: Options, *, agent: Agent, service: str, ctx: Context, earlier: Mapping[str, Any]) -> Video:
    """One step on: uploaded, asked after, or ready. `earlier` are the handles of the step before."""
    path = _file(options.video, ctx)
    blob, job = earlier.get("blob"), earlier.get("job")
    if blob is None and job is None:
        status = _uploaded(path, agent, service, ctx)
    elif blob is None:
        status = _asked(str(job), service, ctx)
    else:
        return Video(embed=_embed(blob, options), handles=dict(earlier))
    if isinstance(status.get("blob"), dict):
        blob = blob_in(status)
        return Video(embed=_embed(blob, options), handles={"blob": blob})
    if status.get("state") == "JOB_STATE_FAILED":
        said = status.get("message") or status.get("error") or "without a reason"
        raise Rejected(
            f"the video service refused {options.video}: {said}", hint="look at the file, and try another one"
        )
    note = f"the video is being made fit for playing ({status.get('progress', 0)} %)"
    return Video(embed=None, handles={"job": text_in(status, "jobId")}, note=note)


def _file(name: str, ctx: Context) -> Path:
    path = (ctx.workspace / name).resolve()
    if not path.is_relative_to(ctx.workspace.resolve()) or not path.is_file():
        raise _unusable(name, "is no file of this workspace", "write its path from the folder of smm.toml")
    if path.suffix.lower() != ".mp4":
        raise _unusable(name, "is no MP4 file", "export it as MP4")
    if path.stat().st_size > MOST_VIDEO_BYTES:
        raise _unusable(name, f"has more than {MOST_VIDEO_BYTES:,} bytes", "make it shorter or smaller")
    return path


def _unusable(name: str, what: str, hint: str) -> PluginError:
    return PluginError(f"[options.bluesky] video {name} {what}", plugin="bluesky", method="prepare", hint=hint)


def _uploaded(path: Path, agent: Agent, service: str, ctx: Context) -> dict[str, Any]:
    body = path.read_bytes()
    server = urlsplit(agent.session.server)
    host = quote(server.netloc, safe=".-")
    asked = {
        "aud": f"did:web:{host}",
        "lxm": "com.atproto.repo.uploadBlob",
        "exp": str(int((ctx.now() + _PASS_FOR).timestamp())),
    }
    service_pass = text_in(agent.query("com.atproto.server.getServiceAuth", asked), "token")
    response = ctx.http.request(
        "POST",
        f"{service.rstrip('/')}/xrpc/app.bsky.video.uploadVideo",
        params={"did": agent.session.did, "name": f"{hashlib.sha256(body).hexdigest()[:24]}.mp4"},
        headers={"authorization": f"Bearer {service_pass}", "content-type": "video/mp4"},
        content=body,
    )
    return _status(response, ctx, hidden=service_pass)


def _asked(job: str, service: str, ctx: Context) -> dict[str, Any]:
    address = f"{service.rstrip('/')}/xrpc/app.bsky.video.getJobStatus"
    return _status(ctx.http.request("GET", address, params={"jobId": job}), ctx)


def _status(response: Response, ctx: Context, *, hidden: str = "") -> dict[str, Any]:
    """How a job stands. A file that the service has already is answered with 409, and how it stands."""
    if response.status == 409:
        response = Response(status=200, headers=response.headers, body=response.body, url=response.url)
    answer = checked(response, now=ctx.now(), hidden=(hidden,))
    status = answer.get("jobStatus", answer)
    return status if isinstance(status, dict) else {}


def _embed(blob: Blob, options: Options) -> dict[str, Any]:
    embed = {"$type": "app.bsky.embed.video", "video": blob}
    return {**embed, "alt": options.video_alt} if options.video_alt else embed
