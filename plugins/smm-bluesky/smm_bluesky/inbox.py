"""Replies, mentions and quotes, from the account's notifications (app.bsky.notification.listNotifications).

Notifications come newest first, by the earlier of two instants: when something says that it was written, and when it was
seen. So something new may come below what was read before, and each reading goes back a little further than the last;
what was told already is not told again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from smm_bluesky.agent import Agent
from smm_bluesky.records import as_written, instant_of, link_of, ref_in
from smm_core import Context, Interaction, InteractionKind, ListenPage, ListenRequest, TryLater, clean

_AT_ONCE = 50
_FIRST_TIME = timedelta(days=30)
_OVERLAP = timedelta(hours=6)
_MOST_TOLD = 400
_KINDS = {
    "reply": InteractionKind.COMMENT,
    "mention": InteractionKind.MENTION,
    "quote": InteractionKind.QUOTE,
}


class _Place(Struct, frozen=True, kw_only=True):
    """Where a reading stands: it goes back to `since`, and goes on at the server's `page`.

    `told` are those since then that were told already: a short hash of each, with its instant.
    """

    since: str
    page: str = ""
    told: dict[str, str] = field(default_factory=dict)


def page_since(request: ListenRequest, agent: Agent, ctx: Context) -> ListenPage:
    """One page of what is new since the cursor; the first time, of the last thirty days."""
    place = _place(request.cursor, ctx.now())
    asked: dict[str, str | list[str]] = {"limit": str(_AT_ONCE), "reasons": list(_KINDS)}
    if place.page:
        asked["cursor"] = place.page
    answer = agent.query("app.bsky.notification.listNotifications", asked)
    notifications = answer.get("notifications")
    if not isinstance(notifications, list):
        raise TryLater("the server's answer has no notifications")
    dated = [(at, one) for one in notifications if isinstance(one, dict) and (at := instant_of(one.get("indexedAt")))]
    recent = [(at, one) for at, one in dated if as_written(at) >= place.since]
    new = [(at, one) for at, one in recent if _mark(one) not in place.told]
    told = {**place.told, **{_mark(one): as_written(at) for at, one in new}}
    onward = answer.get("cursor")
    more = isinstance(onward, str) and bool(onward) and 0 < len(recent) == len(notifications)
    following = _Place(since=place.since, page=str(onward), told=told) if more else _from_here(place, told)
    found = (_interaction(one, at, request.profile.name, agent.session.did) for at, one in new)
    return ListenPage(
        interactions=tuple(one for one in found if one is not None), cursor=json.dumps(asdict(following)), more=more
    )


def _place(cursor: str, now: datetime) -> _Place:
    try:
        return _Place(**json.loads(cursor))
    except (ValueError, TypeError):
        return _Place(since=as_written(now - _FIRST_TIME))


def _from_here(place: _Place, told: Mapping[str, str]) -> _Place:
    """The next reading goes back to a while before the newest of this one, or less far where that is very many."""
    newest_first = sorted(told.items(), key=lambda one: one[1], reverse=True)
    if not newest_first:
        return _Place(since=place.since)
    newest = instant_of(newest_first[0][1])
    since = max(place.since, as_written(newest - _OVERLAP)) if newest is not None else place.since
    if len(newest_first) > _MOST_TOLD:
        since = max(since, newest_first[_MOST_TOLD][1])
    return _Place(since=since, told={mark: at for mark, at in newest_first if at >= since})


def _mark(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(f"{said.get('uri')} {said.get('reason')}".encode()).hexdigest()[:12]


def _interaction(said: Mapping[str, Any], at: datetime, profile: str, us: str) -> Interaction | None:
    kind, record, author = _KINDS.get(str(said.get("reason"))), said.get("record"), said.get("author")
    if kind is None or not isinstance(record, Mapping) or not isinstance(author, Mapping):
        return None
    ref, did = ref_in(said), str(author.get("did") or "")
    if ref is None or not did or did == us:
        return None
    handle = str(author.get("handle") or "")
    name = handle if handle and handle != "handle.invalid" else did
    thread = record.get("reply")
    root = ref_in(thread.get("root")) if isinstance(thread, Mapping) else None
    languages = record.get("langs")
    about = said.get("reasonSubject")
    return Interaction(
        profile=profile,
        kind=kind,
        remote_id=ref["uri"],
        author=name,
        text=clean(str(record.get("text") or "")),
        at=at,
        author_name=clean(str(author.get("displayName") or "")),
        author_url=f"https://bsky.app/profile/{did}",
        url=link_of(ref["uri"]),
        on=about if isinstance(about, str) and about else None,
        language=str(languages[0]) if isinstance(languages, list) and languages else "",
        extra={"cid": ref["cid"], **({"root": root} if root else {})},
    )
