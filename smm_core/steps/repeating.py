"""Series inside collect: a definition is kept in the store, and its dates become posts some weeks ahead.

Everything here may be done again after a crash: a date is one post by its name, whoever makes it how often.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from smm_core.clock import instant_of, wall_of
from smm_core.config import SourceConfig
from smm_core.errors import SmmError, StoreError, TooLate
from smm_core.model import Post, PostFound, PostState, Series, SeriesState
from smm_core.series import Occurrence, content_on, occurrence_on, occurrences, say_repeat
from smm_core.steps import Report
from smm_core.store import Change
from smm_core.store.changes import BY_SERIES
from smm_core.workspace import Workspace

_SLACK = timedelta(days=2)


class Plan(Struct, frozen=True, kw_only=True):
    """The dates that are to be posts now, and when to look again; `wake_at` is None when there are no more after them."""

    wanted: tuple[Occurrence, ...] = ()
    wake_at: datetime | None = None


def name_on(name: str, day: date) -> str:
    """The key or slug of one date of a series."""
    return f"{name}@{day}"


def day_of(post: Post) -> date:
    """The date of its series that a post is named after."""
    return date.fromisoformat(post.slug.rpartition("@")[2])


# ---------------------------------------------------------------- definitions


def keep_series(ws: Workspace, source: SourceConfig, found: PostFound, report: Report) -> None:
    """Keep a post that repeats. A post of its own that the same file was before is taken back, unless it is out."""
    now = ws.clock.now()
    series, changed = ws.store.series.keep(source.name, source.client, found, now, ws.by)
    before = ws.store.posts.by_key(source.name, found.key)
    if before is not None and before.state is not PostState.WITHDRAWN:
        _withdraw(ws, before, "its file is a series now", report)
    if changed and series.content.repeat is not None:
        word = "new" if series.revision == 1 else "changed"
        said = f"series {series.slug} is {word}: {say_repeat(series.content.repeat)}"
        report.did(f"{source.name}: {said}")
        ws.note(f"series.{word}", said, client=series.client, subject=f"series:{series.id}")


def end_series(ws: Workspace, source: str, key: str, reason: str, report: Report) -> None:
    """The source has no such series any more (`reason` says why); what is not out of it is taken back by `make_dates`."""
    series = ws.store.series.by_key(source, key)
    if series is not None and ws.store.series.end(series, reason, ws.clock.now(), ws.by):
        said = f"series {series.slug} has ended: {reason}"
        report.did(f"{source}: {said}")
        ws.note("series.ended", said, client=series.client, subject=f"series:{series.id}")


# ---------------------------------------------------------------- dates


def make_dates(ws: Workspace, report: Report, *, only: Collection[str] = ()) -> None:
    """Make the posts of every series (or of `only` these sources) that is due to be looked at, and bring those that are not
    out in line with its definition."""
    ahead = ws.config.publish.series_ahead
    for series, reached in ws.store.series.due(ws.clock.now(), ahead):
        if series.source not in ws.config.sources or (only and series.source not in only):
            continue
        try:
            _make(ws, series, reached, ahead, report)
        except TooLate:
            continue  # somebody reads in another definition right now, and makes its dates
        except StoreError:
            raise  # nothing can be kept now
        except SmmError as error:
            report.failed(f"series {series.slug}: {error}")


def _make(ws: Workspace, series: Series, reached: datetime, ahead: timedelta, report: Report) -> None:
    now = ws.clock.now()
    plan = plan_of(ws, series, now, ahead)
    there = {day_of(post): post for post in ws.store.posts.of_series(series.id)}
    wanted = {one.date for one in plan.wanted}
    for day, post in there.items():
        if day not in wanted and post.state not in (PostState.DONE, PostState.WITHDRAWN):
            _bring_in_line(ws, series, post, report)
    refused = [one for one in plan.wanted if not _put(ws, series, one, report)]
    _tell_missed(ws, series, set(there) | wanted, reached, now, report)
    wake_at = now if refused else plan.wake_at  # what was refused is tried again at the next turn
    ws.store.series.made(series, now, wake_at, ahead)


def plan_of(ws: Workspace, series: Series, now: datetime, ahead: timedelta) -> Plan:
    """What lies ahead within `ahead`, and the next one in any case."""
    repeat = series.content.repeat
    if series.state is not SeriesState.ACTIVE or repeat is None:
        return Plan()
    wanted: list[Occurrence] = []
    latest = now
    for one in occurrences(repeat, (now - _SLACK).date()):
        first, _ = instants_of(ws, series, one)
        if first <= now:
            continue
        if wanted and first > now + ahead:
            return Plan(wanted=tuple(wanted), wake_at=min(first - ahead, latest))
        wanted.append(one)
        latest = first
    return Plan(wanted=tuple(wanted))


def instants_of(ws: Workspace, series: Series, one: Occurrence) -> tuple[datetime, datetime]:
    """The first and the last instant (UTC) at which an occurrence is due on the profiles of its series."""
    zones = {series.content.when.zone} if series.content.when.zone else set()
    if not zones:
        own = ws.config.profiles
        zones = {own[name].zone for name in series.content.profiles if name in own}
    try:
        instants = [instant_of(one.wall, zone) for zone in zones or {ws.client(series.client).zone} if zone]
    except OverflowError:
        instants = [one.wall.replace(tzinfo=UTC)]  # the ends of the calendar: nobody is there
    return min(instants), max(instants)


def _bring_in_line(ws: Workspace, series: Series, post: Post, report: Report) -> None:
    """A post that is not one of those ahead: the date is skipped or gone, or its time is over, or it lies further ahead."""
    repeat = series.content.repeat
    one = occurrence_on(repeat, day_of(post)) if repeat and series.state is SeriesState.ACTIVE else None
    if one is None:
        _withdraw(ws, post, BY_SERIES + _why_gone(series, day_of(post)), report, series)
    elif content_on(series.content, one) != post.content:
        if instants_of(ws, series, one)[1] > ws.clock.now():
            _put(ws, series, one, report)
        else:
            _withdraw(ws, post, f"{BY_SERIES}it was changed after the time of this date", report, series)


def _why_gone(series: Series, day: date) -> str:
    if series.state is not SeriesState.ACTIVE:
        return series.reason or ("it was withdrawn" if series.state is SeriesState.WITHDRAWN else "it is a draft again")
    changes = series.content.repeat.changes if series.content.repeat else ()
    if any(change.skip and change.date == day for change in changes):
        return "this date is skipped"
    return "this is not one of its dates any more"


def _put(ws: Workspace, series: Series, one: Occurrence, report: Report) -> bool:
    """Make or update the post of one date; false when its name is taken."""
    found = PostFound(key=name_on(series.key, one.date), content=content_on(series.content, one))
    try:
        change = ws.store.posts.put(
            series.source, series.client, found, ws.clock.now(), series.by or ws.by, series=series
        )
    except (TooLate, StoreError):
        raise
    except SmmError as error:
        report.failed(f"series {series.slug}: {error}")
        return False
    tell_change(ws, series.source, change, report)
    return True


def _withdraw(ws: Workspace, post: Post, reason: str, report: Report, series: Series | None = None) -> None:
    try:
        change = ws.store.posts.withdraw(post.id, ws.clock.now(), reason, ws.by, series=series)
    except TooLate:
        return  # what is out stays out, and whoever changed the series since decides about the rest
    if change.changed:
        said = f"post {post.slug} is withdrawn: {reason}"
        report.did(f"{post.source}: {said}")
        ws.note("post.withdrawn", said, client=post.client, subject=f"post:{post.id}")


def _tell_missed(
    ws: Workspace, series: Series, made: Collection[date], reached: datetime, now: datetime, report: Report
) -> None:
    """Say which dates went by while nobody was there to make their posts."""
    repeat = series.content.repeat
    if series.state is not SeriesState.ACTIVE or repeat is None:
        return
    missed = []
    for one in occurrences(repeat, (reached - _SLACK).date()):
        first, _ = instants_of(ws, series, one)
        if first > now:
            break
        if first > reached and one.date not in made:
            missed.append(one.date)
    if missed:
        more = f" and {len(missed) - 3} more" if len(missed) > 3 else ""
        said = f"series {series.slug}: {', '.join(map(str, missed[:3]))}{more} went by before the post was made"
        report.troubles.append(said)
        ws.note("series.missed", said, client=series.client, subject=f"series:{series.id}", urgent=True)


# ---------------------------------------------------------------- telling


def tell_change(ws: Workspace, source: str, change: Change, report: Report) -> None:
    """Report and note that a post is new or changed, and where an edit came too late."""
    if not change.changed:
        return
    post = change.post
    word = "new" if post.revision == 1 else "changed"
    report.did(f"{source}: post {post.slug} is {word}")
    ws.note(f"post.{word}", f"post {post.slug} is {word}", client=post.client, subject=f"post:{post.id}")
    if change.too_late:
        where = ", ".join(change.too_late)
        ws.note(
            "post.too-late",
            f"post {post.slug} was edited too late for {where}: that is out or on its way as it was"
            " (where the platform can do it, `smm deliveries update` carries the edit over)",
            client=post.client,
            subject=f"post:{post.id}",
            urgent=True,
        )


def next_of(ws: Workspace, series: Series, now: datetime) -> Occurrence | None:
    """The next occurrence of a series that yields posts."""
    return next(iter(plan_of(ws, series, now, timedelta(0)).wanted), None)


def today_of(ws: Workspace, series: Series) -> date:
    """The present day where the series is."""
    zone = series.content.when.zone or ws.client(series.client).zone
    return wall_of(ws.clock.now(), zone).date()
