"""A post as the record that it becomes, made ahead of time: only its instant is missing (app.bsky.feed.post)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from smm_bluesky.agent import POSTS, Agent
from smm_bluesky.answers import text_in
from smm_bluesky.cards import card_embed
from smm_bluesky.facets import facets_of
from smm_bluesky.limits import MOST_LANGUAGES
from smm_bluesky.media import Uploads, images_embed
from smm_bluesky.options import Options, options_of
from smm_bluesky.records import Ref, address_in, ref_in, ref_to, root_of
from smm_bluesky.settings import settings_of
from smm_bluesky.video import video_of
from smm_core import ActionKind, Context, PrepareRequest, Receipt, Rejected


class Draft(Struct, frozen=True, kw_only=True):
    """A record as far as it is made. `waiting` says what it still waits for; the handles of then lead on."""

    record: dict[str, Any] = field(default_factory=dict)
    video: dict[str, Any] = field(default_factory=dict)
    waiting: str = ""


def draft_of(request: PrepareRequest, agent: Agent, uploads: Uploads, ctx: Context) -> Draft:
    """The record of a part: uploads its pictures, looks up whom it mentions and what it quotes or answers."""
    options = options_of(request.options) if request.action is ActionKind.PUBLISH else Options()
    opens = request.parent is None
    video = None
    if options.video and opens:
        service = settings_of(request.profile).video_service
        earlier = request.handles.get("video", {})
        video = video_of(options, agent=agent, service=service, ctx=ctx, earlier=earlier)
        if video.embed is None:
            return Draft(video=video.handles, waiting=video.note)
    media = video.embed if video is not None else _media(request, options, uploads, ctx)
    quoted = _quoted(options.quote, agent) if options.quote and opens else None
    record = {
        "$type": POSTS,
        "text": request.part.text,
        "facets": facets_of(request.part.text, lambda handle: did_of(handle, agent)),
        "langs": list(options.langs or (request.profile.language,))[:MOST_LANGUAGES],
        "embed": _embed(media, quoted),
        "reply": reply_refs(request.parent, request.root, agent) if request.parent is not None else None,
    }
    made = {name: value for name, value in record.items() if value or name == "text"}
    return Draft(record=made, video=video.handles if video is not None else {})


def did_of(handle: str, agent: Agent) -> str | None:
    """Whose a handle is; None when it is nobody's, or its server does not say."""
    try:
        return text_in(agent.query("com.atproto.identity.resolveHandle", {"handle": handle}), "did")
    except Rejected:
        return None


def reply_refs(parent: Receipt, root: Receipt | None, agent: Agent) -> dict[str, Ref]:
    """What a reply points to: what it answers, and the first post of the thread. Hashes that are missing are looked up."""
    above, first = ref_to(parent), root_of(parent) or (ref_to(root) if root is not None else None)
    if above is None or (first is None and root is not None):
        found = _record_at(parent.remote_id, agent)
        above = {"uri": text_in(found, "uri"), "cid": text_in(found, "cid")}
        value = found.get("value")
        thread = value.get("reply") if isinstance(value, Mapping) else None
        first = ref_in(thread.get("root")) if isinstance(thread, Mapping) else None
    return {"root": first or above, "parent": above}


def _media(request: PrepareRequest, options: Options, uploads: Uploads, ctx: Context) -> dict[str, Any] | None:
    if request.part.media:
        return images_embed(request.part.media, uploads)
    if request.part.link:
        return card_embed(request.part.link, title=request.title, options=options, uploads=uploads, ctx=ctx)
    return None


def _embed(media: dict[str, Any] | None, quoted: Ref | None) -> dict[str, Any] | None:
    if quoted is None:
        return media
    record = {"$type": "app.bsky.embed.record", "record": quoted}
    if media is None:
        return record
    return {"$type": "app.bsky.embed.recordWithMedia", "record": record, "media": media}


def _quoted(link: str, agent: Agent) -> Ref:
    found = _record_at(link, agent)
    return {"uri": text_in(found, "uri"), "cid": text_in(found, "cid")}


def _record_at(text: str, agent: Agent) -> dict[str, Any]:
    """The record behind an address or a link, wherever it lives: our server passes the question on."""
    address = address_in(text)
    if address is None:
        raise Rejected(f"{text} is not the address of a post", hint="use the link of the post, or its at:// address")
    asked = {"repo": address.repo, "collection": address.collection, "rkey": address.rkey}
    try:
        return agent.query("com.atproto.repo.getRecord", asked)
    except Rejected as error:
        raise Rejected(f"the post {text} is not there: {error.message}", hint="was it deleted?") from None
