"""The publisher `bluesky`: a record is made ahead of time, and one request writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from smm_bluesky.agent import POSTS, Agent, write
from smm_bluesky.answers import NOT_SENT, checked, error_of, text_in
from smm_bluesky.draft import draft_of
from smm_bluesky.inbox import page_since
from smm_bluesky.limits import limits_of
from smm_bluesky.media import Uploads
from smm_bluesky.options import languages_of, options_of, written_options
from smm_bluesky.records import (
    Address,
    Ref,
    address_in,
    as_written,
    cid_in,
    instant_of,
    receipt_for,
    ref_in,
    ref_to,
    rkey_of,
    root_of,
)
from smm_bluesky.session import session_at_hand
from smm_bluesky.settings import Settings
from smm_bluesky.video import CHECK_AFTER
from smm_core import (
    ActionKind,
    Context,
    DeleteRequest,
    Deletes,
    FindRequest,
    Finds,
    Guarantees,
    Inspected,
    InspectRequest,
    Limits,
    LinkStyle,
    ListenPage,
    ListenRequest,
    Listens,
    Pending,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Receipt,
    Rejected,
    Rendering,
    Replies,
    ReplyRequest,
    SendRequest,
    render_plain,
    replace,
)

_ACTS = frozenset({ActionKind.PUBLISH, ActionKind.COMMENT, ActionKind.REPLY})
_SEND_WITHIN = timedelta(minutes=2)


class Bluesky:
    """Publishes on Bluesky, or on any server of the AT Protocol.

    The name of a record is made of the act's key, and it is written only where nothing has that name: however often it is
    sent, there is one post, and one that was edited meanwhile stays as it is. So `find` is exact as well.
    """

    name = "bluesky"
    title = "Bluesky"
    settings: type = Settings
    guarantees = Guarantees(
        natural_id=True, find="exact", absent_after=timedelta(minutes=2), not_sent=NOT_SENT, http_only=True
    )
    abilities: frozenset[type] = frozenset({Finds, Deletes, Replies, Listens})

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Who we are, where the account lives, and the largest file that its server takes."""
        agent = Agent(request.profile, ctx)
        me = agent.query("com.atproto.server.getSession")
        server = agent.query("com.atproto.server.describeServer")
        handle, did = text_in(me, "handle"), text_in(me, "did")
        known: dict[str, Any] = {"did": did, "server": agent.session.server}
        if isinstance(server.get("blobUploadLimit"), int):
            known["max_blob_bytes"] = server["blobUploadLimit"]
        return Inspected(account=f"@{handle}", url=f"https://bsky.app/profile/{did}", known=known)

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """The same everywhere, but for the largest file."""
        return limits_of(known)

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """The text as it was written, as a thread where it is too long; the link as a card.

        A post has a card or pictures or a video, never two of them: beside pictures and videos the link stands in the text.
        """
        written = {**post.options.get(profile.imitates or "", {}), **post.options.get(self.name, {})}
        options = options_of(written)
        if post.pictures or options.video:
            limits = replace(limits, link_style=LinkStyle.INLINE)
        rendering = render_plain(post, profile, limits)
        options = replace(options, langs=languages_of(post, profile, options))
        return replace(rendering, options=written_options(options))

    # ---- ahead of time

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared | Pending:
        """Log in or renew the session, upload files, look up names: all but the one request. Nothing of it is visible."""
        agent = Agent(request.profile, ctx)
        if request.action not in _ACTS:
            return Prepared()
        uploads = Uploads(agent, ctx, request.handles.get("uploads", {}))
        draft = draft_of(request, agent, uploads, ctx)
        handles = {"record": draft.record, "uploads": uploads.handles, "video": draft.video}
        if draft.waiting:
            return Pending(check_after=CHECK_AFTER, handles=handles, note=draft.waiting)
        session_lasts = agent.session.ends - _SEND_WITHIN
        return Prepared(handles=handles, expires_at=min(session_lasts, uploads.expire_at or session_lasts))

    # ---- one request each

    def send(self, request: SendRequest, ctx: Context) -> Receipt:
        """Write the post's record."""
        record = dict(request.handles.get("record", {}))
        if request.parent is not None and (above := ref_to(request.parent)) is not None:
            first = root_of(request.parent) or (ref_to(request.root) if request.root is not None else None)
            record["reply"] = {"root": first or above, "parent": above}
        return _written(request.profile, ctx, request.key, record)

    def reply(self, request: ReplyRequest, ctx: Context) -> Receipt:
        """Write a post that answers another."""
        record = dict(request.handles.get("record", {}))
        above = ref_to(request.to)
        if above is not None:
            record["reply"] = {"root": root_of(request.to) or above, "parent": above}
        if "reply" not in record:
            raise Rejected(
                f"{request.to.remote_id} is not known well enough to answer it", hint="answer it from `smm inbox list`"
            )
        return _written(request.profile, ctx, request.key, record)

    def delete(self, request: DeleteRequest, ctx: Context) -> Receipt:
        """Delete the post's record; one that is gone is a success."""
        session = session_at_hand(request.profile, ctx)
        address = address_in(request.receipt.remote_id)
        if address is None or address.collection != POSTS:
            raise Rejected(f"{request.receipt.remote_id} is not the address of a post")
        asked = {"repo": session.did, "collection": POSTS, "rkey": address.rkey}
        response = write(request.profile, ctx, session, "com.atproto.repo.deleteRecord", asked)
        checked(response, now=ctx.now(), hidden=(session.access,), written=True)
        return Receipt(remote_id=request.receipt.remote_id, at=ctx.now())

    # ---- what became of it

    def find(self, request: FindRequest, ctx: Context) -> Receipt | None:
        """The record of an earlier attempt, by its name."""
        agent = Agent(request.profile, ctx)
        asked = {"repo": agent.session.did, "collection": POSTS, "rkey": rkey_of(request.key)}
        found = agent.query_or_none("com.atproto.repo.getRecord", asked, absent="RecordNotFound")
        if found is None:
            return None
        value = found.get("value")
        value = value if isinstance(value, Mapping) else {}
        thread = value.get("reply")
        root = ref_in(thread.get("root")) if isinstance(thread, Mapping) else None
        at = instant_of(value.get("createdAt")) or ctx.now()
        return receipt_for(text_in(found, "uri"), text_in(found, "cid"), root, at)

    def listen(self, request: ListenRequest, ctx: Context) -> ListenPage:
        """Replies, mentions and quotes that came since."""
        return page_since(request, Agent(request.profile, ctx), ctx)


def _written(profile: Profile, ctx: Context, key: str, record: dict[str, Any]) -> Receipt:
    """Write a record under the name that the key gives it, unless something has that name."""
    session = session_at_hand(profile, ctx)
    address = Address(repo=session.did, collection=POSTS, rkey=rkey_of(key))
    record["createdAt"] = as_written(ctx.now())
    asked = {"repo": session.did, "collection": POSTS, "rkey": address.rkey, "record": record, "swapRecord": None}
    response = write(profile, ctx, session, "com.atproto.repo.putRecord", asked)
    root: Ref | None = record.get("reply", {}).get("root")
    if response.status == 400 and error_of(response) == "InvalidSwap":
        return receipt_for(address.uri, cid_in(response.text), root, ctx.now())
    answer = checked(response, now=ctx.now(), hidden=(session.access, session.refresh), written=True)
    uri, cid = text_in(answer, "uri", written=True), text_in(answer, "cid", written=True)
    return receipt_for(uri, cid, root, ctx.now())
