"""The server's own scheduler: handing a status over, taking it back, and hearing that it went out.

There are servers that answer a status for later with one that is out. Its receipt then says so (`published`), so that
core sees it at once and has it taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from smm_core import (
    Context,
    FindRequest,
    HandOverRequest,
    OutcomeUnknown,
    Pending,
    Receipt,
    Rejected,
    Response,
    TakeBackRequest,
    WentOutRequest,
)
from smm_mastodon.answers import (
    id_in,
    instant_of,
    is_schedule,
    is_status,
    json_in,
    object_in,
    receipt_of,
    refusal_of,
    trouble_of,
    unreadable,
)
from smm_mastodon.api import Api, api_of
from smm_mastodon.finding import Wanted, find_status, ids_of_media
from smm_mastodon.media import media_ids
from smm_mastodon.statuses import payload_of

_PATH = "/api/v1/scheduled_statuses"
_AROUND = timedelta(minutes=5)
"""Schedulers work in steps of this length: that near to its time, a schedule that is gone may be on its way out."""

_A_WHILE = timedelta(minutes=15)
_LOOK_AGAIN = timedelta(minutes=1)
_MOST_PAGES = 10


def hand_over(request: HandOverRequest, ctx: Context) -> Receipt:
    """One request: the status, with the time at which it is to go out."""
    api = api_of(request.profile, ctx)
    body = payload_of(request.profile, request.part, options=request.options, media=media_ids(request.handles))
    response = api.request(
        "POST",
        "/api/v1/statuses",
        json={**body, "scheduled_at": f"{request.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"},
        key=request.key,
    )
    if response.status == 501:
        raise Rejected("the server has no scheduler", hint='take schedule = "platform" out of the profile')
    if not 200 <= response.status < 300:
        raise refusal_of(response, at=ctx.now(), hidden=api.hidden)
    answer = json_in(response)
    if is_schedule(answer):
        return _schedule(answer, request.at)
    if is_status(answer):
        return _published(answer, ctx.now())
    raise OutcomeUnknown("the server's answer to a status for later could not be read")


def take_back(request: TakeBackRequest, ctx: Context) -> Receipt:
    """One request: the schedule is removed, or the status where the server had published it at once."""
    api = api_of(request.profile, ctx)
    number, early = request.schedule.remote_id, request.schedule.extra.get("published")
    response = api.request("DELETE", f"/api/v1/statuses/{number}" if early else f"{_PATH}/{number}")
    if 200 <= response.status < 300:
        return Receipt(remote_id=number, at=ctx.now())
    if response.status not in (404, 410):
        raise refusal_of(response, at=ctx.now(), hidden=api.hidden)
    due = instant_of(request.schedule.extra.get("at"))
    if not early and due is not None and ctx.now() >= due - _AROUND:
        raise Rejected("the server does not have it any more: it is out, or about to be")
    return Receipt(remote_id=number, at=ctx.now())


def went_out(request: WentOutRequest, ctx: Context) -> Receipt | Pending | None:
    """The status once it is out, pending while the server has it, None when it knows of neither."""
    if request.schedule.extra.get("published"):
        return request.schedule
    api = api_of(request.profile, ctx)
    response = api.request("GET", f"{_PATH}/{request.schedule.remote_id}")
    now = ctx.now()
    if 200 <= response.status < 300 and is_schedule(json_in(response)):
        return Pending(check_after=max(request.at - now, _LOOK_AGAIN), note="the server's scheduler has it")
    if response.status not in (404, 410):
        raise _no_answer(response, api)
    media = request.schedule.extra.get("media", [])
    status = find_status(api, _wanted(request.part.text, len(request.part.media), media, request.at - _AROUND))
    if status is not None:
        return receipt_of(status, now=now)
    if -_AROUND < now - request.at < _A_WHILE:
        return Pending(check_after=_LOOK_AGAIN, note="the server is publishing it")
    return None


def find_schedule(request: FindRequest, ctx: Context) -> Receipt | None:
    """The schedule that a hand-over without an answer has made, or the status where it was published at once."""
    api = api_of(request.profile, ctx)
    media = media_ids(request.handles)
    for page in api.pages(_PATH, most=_MOST_PAGES):
        for schedule in page:
            if is_schedule(schedule) and _is_ours(schedule, request.part.text, media):
                at = instant_of(schedule["scheduled_at"])
                return _schedule(schedule, at or ctx.now())
    status = find_status(api, _wanted(request.part.text, len(request.part.media), media, request.since))
    return _published(status, ctx.now()) if status is not None else None


def _is_ours(schedule: Mapping[str, Any], text: str, media: Sequence[str]) -> bool:
    theirs = ids_of_media(schedule)
    if media and theirs:
        return bool(set(media) & set(theirs))
    params = schedule.get("params")
    return isinstance(params, Mapping) and params.get("text") == text and len(theirs) == len(media)


def _wanted(text: str, pictures: int, media: Sequence[str], since: datetime) -> Wanted:
    return Wanted(text=text, pictures=pictures, media=media, parent=None, since=since)


def _schedule(answer: Mapping[str, Any], at: datetime) -> Receipt:
    extra = {"at": at.astimezone(UTC).isoformat(), "media": ids_of_media(answer)}
    return Receipt(remote_id=id_in(answer), extra=extra)


def _published(status: Mapping[str, Any], now: datetime) -> Receipt:
    return receipt_of(status, now=now, extra={"published": True})


def _no_answer(response: Response, api: Api) -> Exception:
    if 200 <= response.status < 300:
        return unreadable("a schedule") if object_in(response) == {} else unreadable("a schedule of ours")
    return trouble_of(response, at=api.ctx.now(), hidden=api.hidden)
