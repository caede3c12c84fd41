"""The publisher `mastodon`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smm_core import (
    ActionKind,
    CompleteLoginRequest,
    Context,
    DeleteRequest,
    Deletes,
    EditRequest,
    Edits,
    FindRequest,
    Finds,
    Guarantees,
    HandOverRequest,
    Inspected,
    InspectRequest,
    Limits,
    ListenPage,
    ListenRequest,
    Listens,
    LoggedIn,
    LoginBegun,
    LoginRequest,
    LogsIn,
    OutcomeUnknown,
    Pending,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Receipt,
    Rendering,
    Replies,
    ReplyRequest,
    Response,
    SchedulesNatively,
    Scheduling,
    SendRequest,
    TakeBackRequest,
    VariesByServer,
    WentOutRequest,
    render_plain,
    replace,
)
from smm_mastodon import inbox, instance, login, scheduling, servers
from smm_mastodon.answers import is_status, json_in, receipt_of, refusal_of
from smm_mastodon.api import Api, api_of
from smm_mastodon.check import NAME, below_warning
from smm_mastodon.finding import Wanted, find_status
from smm_mastodon.limits import limits_of
from smm_mastodon.media import media_ids, prepare_pictures
from smm_mastodon.options import options_of
from smm_mastodon.settings import Settings
from smm_mastodon.statuses import addressed, edit_of, payload_of, reply_of

_STATUSES = "/api/v1/statuses"


class Mastodon:
    """Publishes on one server with Mastodon's API. What is promised depends on the program that it runs: see `servers`."""

    name = NAME
    title = "Mastodon, GoToSocial, Pixelfed and others"
    settings: type = Settings
    guarantees = servers.KEYS_KEPT
    scheduling = servers.SCHEDULING
    abilities: frozenset[type] = frozenset(
        {Finds, Deletes, Edits, Replies, SchedulesNatively, VariesByServer, LogsIn, Listens}
    )

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Who we are, which program the server runs, and its limits."""
        return instance.inspect(request.profile, ctx)

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """The server's own limits where they are known, else Mastodon's defaults."""
        return limits_of(known)

    def guarantees_for(self, profile: Profile, known: Mapping[str, Any]) -> Guarantees:
        """What the server's program promises."""
        return servers.guarantees_of(known)

    def scheduling_for(self, profile: Profile, known: Mapping[str, Any]) -> Scheduling | None:
        """What the server's scheduler takes, where its program is known to have one."""
        return servers.scheduling_of(known)

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """The plain text, with room for the content warning and in the post's language."""
        given = {**post.options.get(profile.imitates or "", {}), **post.options.get(profile.platform, {})}
        rendering = render_plain(post, profile, below_warning(limits, options_of(given).content_warning))
        language = post.language or profile.language
        return replace(rendering, options={**({"language": language} if language else {}), **rendering.options})

    # ---- publishing

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared | Pending:
        """Upload the pictures. What is missing for the login shows here, ahead of the due time."""
        return prepare_pictures(api_of(request.profile, ctx), request.part.media, request.handles)

    def send(self, request: SendRequest, ctx: Context) -> Receipt:
        """One new status: the post, a part of a thread, or the first comment."""
        body = payload_of(
            request.profile,
            request.part,
            options=request.options,
            media=media_ids(request.handles),
            parent=request.parent,
            with_poll=request.parent is None,
        )
        receipt = _new_status(api_of(request.profile, ctx), body, request.key)
        return replace(receipt, extra=_place(request.parent))

    def find(self, request: FindRequest, ctx: Context) -> Receipt | None:
        """The status, or the schedule, that an attempt has made."""
        if request.action is ActionKind.HAND_OVER:
            return scheduling.find_schedule(request, ctx)
        text, parent = request.part.text, request.parent
        if request.action is ActionKind.REPLY and parent is not None:
            text = addressed(text, parent)
        wanted = Wanted(
            text=text,
            pictures=len(request.part.media),
            media=media_ids(request.handles),
            parent=parent.remote_id if parent else None,
            since=request.since,
        )
        status = find_status(api_of(request.profile, ctx), wanted)
        return receipt_of(status, now=ctx.now(), extra=_place(parent)) if status is not None else None

    # ---- what is out

    def delete(self, request: DeleteRequest, ctx: Context) -> Receipt:
        """Delete a status; one that is gone is a success."""
        api, number = api_of(request.profile, ctx), request.receipt.remote_id
        response = api.request("DELETE", f"{_STATUSES}/{number}")
        if not 200 <= response.status < 300 and response.status not in (404, 410):
            raise refusal_of(response, at=ctx.now(), hidden=api.hidden)
        return Receipt(remote_id=number, url=request.receipt.url, at=ctx.now())

    def edit(self, request: EditRequest, ctx: Context) -> Receipt:
        """Change a status; its address stays."""
        is_first = bool(request.receipt.extra.get("first"))
        body = edit_of(request.part, options=request.options, media=media_ids(request.handles), with_poll=is_first)
        api = api_of(request.profile, ctx)
        response = api.request("PUT", f"{_STATUSES}/{request.receipt.remote_id}", json=body, key=request.key)
        return replace(_receipt(api, response), at=ctx.now(), extra=request.receipt.extra)

    def reply(self, request: ReplyRequest, ctx: Context) -> Receipt:
        """One new status below another, addressed to whoever wrote that."""
        body = reply_of(request.profile, request.part, request.to, media_ids(request.handles))
        return _new_status(api_of(request.profile, ctx), body, request.key)

    # ---- the server's own scheduler

    def hand_over(self, request: HandOverRequest, ctx: Context) -> Receipt:
        """Give a status to the server's scheduler."""
        return scheduling.hand_over(request, ctx)

    def take_back(self, request: TakeBackRequest, ctx: Context) -> Receipt:
        """Have the server's scheduler forget a status, or delete what it published at once."""
        return scheduling.take_back(request, ctx)

    def went_out(self, request: WentOutRequest, ctx: Context) -> Receipt | Pending | None:
        """What became of a status for later."""
        return scheduling.went_out(request, ctx)

    # ---- people

    def begin_login(self, request: LoginRequest, ctx: Context) -> LoginBegun:
        """Make smm known to the server; the address at which a person says yes."""
        return login.begin(request, ctx)

    def complete_login(self, request: CompleteLoginRequest, ctx: Context) -> LoggedIn:
        """Get the token for a code."""
        return login.complete(request, ctx)

    def listen(self, request: ListenRequest, ctx: Context) -> ListenPage:
        """The notifications that are something said to us."""
        return inbox.listen(request, ctx)


def _place(parent: Receipt | None) -> dict[str, Any]:
    """What a receipt keeps for later edits: whether the status is the one that a poll belongs to."""
    return {} if parent else {"first": True}


def _new_status(api: Api, body: dict[str, Any], key: str) -> Receipt:
    return _receipt(api, api.request("POST", _STATUSES, json=body, key=key))


def _receipt(api: Api, response: Response) -> Receipt:
    """The receipt in an answer; one that names no status leaves open what became of it."""
    if not 200 <= response.status < 300:
        raise refusal_of(response, at=api.ctx.now(), hidden=api.hidden)
    answer = json_in(response)
    if not is_status(answer):
        raise OutcomeUnknown("the server's answer names no status", hint="smm looks for it among the account's posts")
    return receipt_of(answer, now=api.ctx.now())
