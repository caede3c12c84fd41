"""The numbers: favourites, boosts, replies and quotes of posts, and followers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from smm_core import Context, MetricsRequest, Reading, Subject, SubjectKind
from smm_mastodon.answers import id_in, instant_of
from smm_mastodon.api import Api, api_of
from smm_mastodon.check import NAME
from smm_mastodon.settings import Settings

OF_POSTS: Mapping[str, str] = MappingProxyType(
    {"likes": "favourites_count", "shares": "reblogs_count", "comments": "replies_count", "quotes": "quotes_count"}
)
OF_PROFILES: Mapping[str, str] = MappingProxyType({"followers": "followers_count"})

_SETTLED = timedelta(days=7)
_MARGIN = timedelta(days=1)
_MOST_PAGES = 50


class MastodonMetrics:
    """Reads lifetime numbers; those of a post are provisional for its first week. One request is for forty posts."""

    name = NAME
    settings: type = Settings

    def read(self, request: MetricsRequest, ctx: Context) -> Sequence[Reading]:
        """The numbers there are; a post that is gone has none."""
        if not request.subjects:
            return ()
        api = api_of(request.profile, ctx)
        me, now = api.me(), ctx.now()
        statuses = _statuses(api, id_in(me), request.subjects)
        readings: list[Reading] = []
        for subject in request.subjects:
            if subject.kind is SubjectKind.PROFILE:
                readings += _readings(subject, me, OF_PROFILES, now, provisional=False)
            elif subject.receipt is not None and subject.receipt.remote_id in statuses:
                new = subject.published_at is None or now - subject.published_at < _SETTLED
                readings += _readings(subject, statuses[subject.receipt.remote_id], OF_POSTS, now, provisional=new)
        return readings


def _statuses(api: Api, account: str, subjects: Sequence[Subject]) -> dict[str, Mapping[str, Any]]:
    """The wanted statuses by id, from the account's own, the newest first, as far back as the oldest of them."""
    wanted = {one.receipt.remote_id for one in subjects if one.kind is SubjectKind.POST and one.receipt}
    dates = [one.published_at for one in subjects if one.kind is SubjectKind.POST]
    known = [date for date in dates if date is not None]
    oldest = min(known) - _MARGIN if known and len(known) == len(dates) else None
    found: dict[str, Mapping[str, Any]] = {}
    if not wanted:
        return found
    path = f"/api/v1/accounts/{account}/statuses"
    for page in api.pages(path, (("exclude_reblogs", "true"),), most=_MOST_PAGES):
        found |= {id_in(status): status for status in page if id_in(status) in wanted}
        if len(found) == len(wanted) or (page and oldest is not None and _all_older(page, oldest)):
            break
    return found


def _all_older(page: Sequence[Mapping[str, Any]], than: datetime) -> bool:
    instants = [instant_of(status.get("created_at")) for status in page]
    return all(instant is not None and instant < than for instant in instants)


def _readings(
    subject: Subject, numbers: Mapping[str, Any], names: Mapping[str, str], at: datetime, *, provisional: bool
) -> Iterator[Reading]:
    for metric, native in names.items():
        value = numbers.get(native)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            yield Reading(subject=subject, metric=metric, native=native, value=value, at=at, provisional=provisional)
