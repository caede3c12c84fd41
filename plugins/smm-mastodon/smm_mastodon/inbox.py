"""What others said to us: the notifications that are mentions, replies and quotes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from smm_core import Context, Interaction, InteractionKind, ListenPage, ListenRequest, Profile, replace
from smm_mastodon.answers import id_in, instant_of, web_address
from smm_mastodon.api import PAGE, Api, api_of
from smm_mastodon.text import plain

_TYPES = ("mention", "quote")
_PATH = "/api/v1/notifications"


_HOW_FAR_BACK = timedelta(days=30)


class Cursor(Struct, frozen=True, kw_only=True):
    """Where listening stopped: the newest notification's id, and our account's id there.

    `before`: while the past is still being read, the notification before which it goes on.
    """

    newest: str = ""
    before: str = ""
    account: str = ""

    @classmethod
    def read(cls, text: str) -> Cursor:
        """The cursor in a text of ours; one that cannot be read begins anew."""
        try:
            kept = json.loads(text)
            return cls(**{name: str(kept[name]) for name in ("newest", "before", "account")})
        except (ValueError, TypeError, KeyError):
            return cls()

    def __str__(self) -> str:
        return json.dumps({"newest": self.newest, "before": self.before, "account": self.account})

    @property
    def reads_the_past(self) -> bool:
        """Whether it is the first time, or that is not over yet."""
        return not self.newest or bool(self.before)


def listen(request: ListenRequest, ctx: Context) -> ListenPage:
    """What came after the cursor; the first time what came in the last thirty days, the newest first."""
    api = api_of(request.profile, ctx)
    cursor = Cursor.read(request.cursor)
    if not cursor.account:
        cursor = replace(cursor, account=id_in(api.me()))
    page = api.ask_list(_PATH, (*(("types[]", one) for one in _TYPES), ("limit", str(PAGE)), *_from(cursor)))
    onward = _past(cursor, page, ctx.now()) if cursor.reads_the_past else _news(cursor, page)
    found = (_interaction(one, request.profile, api, cursor.account) for one in page)
    return ListenPage(
        interactions=tuple(one for one in found if one is not None),
        cursor=str(onward),
        more=bool(onward.before) or (not cursor.reads_the_past and len(page) >= PAGE and onward != cursor),
    )


def _from(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    if cursor.reads_the_past:
        return (("max_id", cursor.before),) if cursor.before else ()
    return (("min_id", cursor.newest),)


def _news(cursor: Cursor, page: Sequence[Mapping[str, Any]]) -> Cursor:
    """On from the newest of a page, which stands first whichever way it was asked for."""
    return replace(cursor, newest=id_in(page[0])) if page else cursor


def _past(cursor: Cursor, page: Sequence[Mapping[str, Any]], now: datetime) -> Cursor:
    """Back to the page before; when that would be too old, or there is none, on to what is new."""
    newest = cursor.newest or (id_in(page[0]) if page else "")
    oldest = instant_of(page[-1].get("created_at")) if page else None
    over = oldest is None or now - oldest > _HOW_FAR_BACK or id_in(page[-1]) == cursor.before
    return replace(cursor, newest=newest, before="" if over else id_in(page[-1]))


def _interaction(notification: Mapping[str, Any], profile: Profile, api: Api, account: str) -> Interaction | None:
    """What a notification says; None for one that is nothing said, or is our own."""
    status, author = notification.get("status"), notification.get("account")
    if notification.get("type") not in _TYPES or not isinstance(status, dict) or not isinstance(author, dict):
        return None
    at = instant_of(status.get("created_at")) or instant_of(notification.get("created_at"))
    if at is None or not id_in(status) or id_in(author) == account:
        return None
    return Interaction(
        profile=profile.name,
        kind=_kind(notification, status, account),
        remote_id=id_in(status),
        author=_whole_name(str(author.get("acct", "")), api),
        author_name=str(author.get("display_name") or author.get("username") or ""),
        author_url=web_address(author.get("url")),
        text=plain(str(status.get("content", ""))),
        at=at,
        url=web_address(status.get("url")) or web_address(status.get("uri")),
        on=_subject(notification, status, account),
        language=str(status.get("language") or ""),
        extra={
            "acct": str(author.get("acct", "")),
            "visibility": str(status.get("visibility", "public")),
            "content_warning": str(status.get("spoiler_text") or ""),
        },
    )


def _kind(notification: Mapping[str, Any], status: Mapping[str, Any], account: str) -> InteractionKind:
    if notification["type"] == "quote":
        return InteractionKind.QUOTE
    if status.get("visibility") == "direct":
        return InteractionKind.MESSAGE
    return InteractionKind.COMMENT if _is_below_ours(status, account) else InteractionKind.MENTION


def _subject(notification: Mapping[str, Any], status: Mapping[str, Any], account: str) -> str | None:
    """The id of ours that it belongs to."""
    if notification["type"] == "quote":
        quote = status.get("quote")
        quoted = quote.get("quoted_status") if isinstance(quote, dict) else None
        return (id_in(quoted) or None) if isinstance(quoted, dict) else None
    return str(status["in_reply_to_id"]) if _is_below_ours(status, account) else None


def _is_below_ours(status: Mapping[str, Any], account: str) -> bool:
    return bool(status.get("in_reply_to_id")) and str(status.get("in_reply_to_account_id")) == account


def _whole_name(acct: str, api: Api) -> str:
    """The name as followers everywhere write it: with its server, also where that is ours."""
    return acct if "@" in acct else f"{acct}@{urlsplit(api.address).hostname}"
