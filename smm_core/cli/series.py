"""`smm series`: posts that repeat. Every change is a change of the series' file, read in at once; the file stays the truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from smm_core.cli.output import client_option, json_option, show_json, show_rows, state_colour
from smm_core.cli.session import Session, pass_session
from smm_core.errors import ContentError, NotFound, TooLate
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.model import Post, Repeat, RepeatChange, Series
    from smm_core.workspace import Workspace

LATER = 6
_LATEST_OUT = 5


def _as_day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """A date as YYYY-MM-DD."""
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date; write for instance 2026-12-25", ctx, param) from None


@click.group()
def series() -> None:
    """Series: posts that repeat, and their dates."""


# ---------------------------------------------------------------- looking


@series.command("list")
@client_option
@json_option
@pass_session
def list_(session: Session, client: str | None, as_json: bool) -> None:
    """List the series with their rule and their next date."""
    ws = session.ws
    if client:
        ws.client(client)
    rows = [_row(ws, one) for one in ws.store.series.listed(client=client)]
    for row in rows if not as_json else ():
        row["next"] = (row["next"] or "").replace("T", " ")
        row["state"] = state_colour(row["state"])
    columns = ["series", "state", "rule", "next", "out", "profiles"]
    if len({row["client"] for row in rows}) > 1:
        columns.insert(1, "client")
    show_rows(rows, as_json=as_json, empty="no series yet: a post file with a [repeat] is one", columns=columns)


def _row(ws: Workspace, one: Series) -> dict[str, Any]:
    from smm_core.model import PostState, SeriesState
    from smm_core.series import say_repeat
    from smm_core.steps.repeating import next_of

    coming = next_of(ws, one, ws.clock.now())
    ended = one.state is SeriesState.ACTIVE and coming is None
    posts = ws.store.posts.of_series(one.id)
    return {
        "series": one.slug,
        "client": one.client,
        "state": "ended" if ended else str(one.state),
        "rule": say_repeat(one.content.repeat) if one.content.repeat else "",
        "next": coming.wall.isoformat(timespec="minutes") if coming else None,
        "zone": one.content.when.zone,
        "out": sum(post.state is PostState.DONE for post in posts),
        "profiles": list(one.content.profiles),
        "source": one.source,
        "reason": one.reason,
    }


@series.command()
@click.argument("name")
@click.option("--all", "everything", is_flag=True, help="Also all dates that are over.")
@json_option
@pass_session
def show(session: Session, name: str, everything: bool, as_json: bool) -> None:
    """Show the series NAME: its rule, and its dates with the posts that they are."""
    ws = session.ws
    one = ws.store.series.find(name)
    head, days = _row(ws, one), list(_dates(ws, one, everything=everything))
    if as_json:
        show_json({**head, "repeat": one.content.repeat, "dates": days})
        return
    click.echo(click.style(one.slug, bold=True) + f": {state_colour(head['state'])}")
    for word in ("rule", "reason", "zone", "client"):
        if head[word]:
            click.echo(f"  {word:10}  {head[word]}")
    click.echo(f"  {'profiles':10}  {', '.join(head['profiles'])}\n")
    for day in days:
        at = datetime.fromisoformat(day["at"])
        day |= {"when": f"{at:%a %Y-%m-%d %H:%M}", "state": state_colour(day["state"])}
    show_rows(days, as_json=False, empty="no dates", columns=("date", "when", "state", "post", "reason"))


def _dates(ws: Workspace, one: Series, *, everything: bool) -> Iterator[dict[str, Any]]:
    """The posts of a series by date (of those that are over the latest), then dates that are no posts yet."""
    from smm_core.model import PostState, SeriesState
    from smm_core.series import occurrences
    from smm_core.steps.repeating import day_of, today_of

    posts = ws.store.posts.of_series(one.id)
    over = [post for post in posts if post.state in (PostState.DONE, PostState.WITHDRAWN)]
    hidden = set() if everything else {post.id for post in over[:-_LATEST_OUT]}
    for post in posts:
        if post.id not in hidden:
            at = post.content.when.wall
            yield {
                "date": str(day_of(post)),
                "at": at.isoformat(timespec="minutes") if at else "",
                "state": str(post.state),
                "post": post.slug,
                "id": post.id,
                "reason": post.reason,
            }
    if one.state is not SeriesState.ACTIVE or one.content.repeat is None:
        return
    there = {day_of(post) for post in posts}
    later = (each for each in occurrences(one.content.repeat, today_of(ws, one)) if each.date not in there)
    for each in islice((each for each in later if each.wall.date() > today_of(ws, one)), LATER):
        wall = each.wall.isoformat(timespec="minutes")
        yield {"date": str(each.date), "at": wall, "state": "later", "post": None, "id": None, "reason": ""}


# ---------------------------------------------------------------- changing


@series.command()
@click.argument("name")
@click.argument("day", metavar="DATE", callback=_as_day)
@pass_session
def skip(session: Session, name: str, day: date) -> int:
    """Leave out the date DATE of the series NAME."""
    from smm_core.model import RepeatChange

    ws = _logged(session)
    return _change(ws, _fresh(ws, name), RepeatChange(date=day, skip=True))


def skip_date_of(ws: Workspace, post: Post) -> int:
    """Skip, in the file of its series, the date that a post is. A post whose series is gone is `NotFound`."""
    from smm_core.model import RepeatChange
    from smm_core.steps.repeating import day_of

    return _change(ws, _fresh(ws, post.series), RepeatChange(date=day_of(post), skip=True))


@series.command()
@click.argument("name")
@click.argument("day", metavar="DATE", callback=_as_day)
@click.option("--at", help="Another time for this date: 10:30, or 2026-12-24T10:00.")
@click.option("--text", help="Another text for this date; - reads it from standard input.")
@pass_session
def change(session: Session, name: str, day: date, at: str | None, text: str | None) -> int:
    """Change one date of the series NAME, and no other; a date that was skipped comes back."""
    import sys

    from smm_core.content.parts import split_parts
    from smm_core.model import RepeatChange

    if at is None and text is None:
        raise click.UsageError("Say --at, --text or both.")
    ws = _logged(session)
    one = _fresh(ws, name)
    changes = one.content.repeat.changes if one.content.repeat else ()
    now = next((each for each in changes if each.date == day), RepeatChange(date=day))
    made = replace(now, skip=False)
    if at is not None:
        made = replace(made, at=_wall(at, day))
    if text is not None:
        made = replace(made, parts=split_parts(sys.stdin.read() if text == "-" else text))
    return _change(ws, one, made)


def _wall(text: str, day: date) -> datetime:
    from smm_core.content.repeat import parse_clock

    if clock := parse_clock(text.strip()):
        return datetime.combine(day, clock)
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError:
        wall = None
    if wall is None or len(text.strip()) <= len("2026-12-24") or wall.tzinfo or wall.second or wall.microsecond:
        raise click.BadParameter(f"{text!r} is no time; write 10:30 or 2026-12-24T10:00", param_hint="--at")
    return wall


@series.command()
@click.argument("name")
@click.option("--on", "last", callback=_as_day, help="The last day on which it may come (default: it comes no more).")
@pass_session
def end(session: Session, name: str, last: date | None) -> int:
    """End the series NAME: what is out stays out, what would come later is taken back."""
    from datetime import timedelta

    from smm_core import authoring
    from smm_core.series import RepeatMistake, check_repeat
    from smm_core.steps.repeating import today_of

    ws = _logged(session)
    one = _fresh(ws, name)
    repeat = _rule(one)
    until = last or today_of(ws, one) - timedelta(days=1)
    if repeat.until and repeat.until <= until:
        click.echo(f"series {one.slug} ends on {repeat.until} already")
        return 0
    path = authoring.file_of_series(ws, one)
    try:
        check_repeat(replace(repeat, until=until))
    except RepeatMistake as mistake:
        if last is not None:
            raise ContentError(mistake.message, where=f"repeat.{mistake.path[0]}", hint=mistake.hint) from None
        authoring.change_front_matter(path, {"withdrawn": True})  # it never came, so there is no last day
    else:
        authoring.change_series(path, until=until)
    return _read_in(ws, one)


def _logged(session: Session) -> Workspace:
    session.log()
    return session.ws


def _fresh(ws: Workspace, name: str) -> Series:
    """The series as its file says it now."""
    from smm_core.steps.collect import collect

    one = ws.store.series.find(name)
    collect(ws, only=[one.source])
    return ws.store.series.find(one.slug)


def _rule(one: Series) -> Repeat:
    if one.content.repeat is None:
        raise NotFound(f"series {one.slug} has no rule any more", hint="look at its file")
    return one.content.repeat


def _change(ws: Workspace, one: Series, made: RepeatChange) -> int:
    """Write one changed date into the file, if that makes sense, and read it in."""
    from smm_core import authoring
    from smm_core.model import PostState
    from smm_core.series import RepeatMistake, check_repeat, dates
    from smm_core.steps.repeating import name_on

    repeat = _rule(one)
    path = authoring.file_of_series(ws, one)
    if next(dates(repeat, made.date), None) != made.date:
        coming = ", ".join(str(day) for day in islice(dates(repeat, made.date), 2))
        raise NotFound(f"series {one.slug} does not come on {made.date}", hint=f"then it comes on {coming or 'no day'}")
    post = ws.store.posts.by_key(one.source, name_on(one.key, made.date))
    if post is not None and post.state is PostState.DONE:
        raise TooLate(f"post {post.slug} is out already", hint=f"`smm deliveries list --post {post.slug}` shows where")
    others = tuple(each for each in repeat.changes if each.date != made.date)
    try:
        check_repeat(replace(repeat, changes=(*others, made)))
    except RepeatMistake as mistake:
        raise ContentError(mistake.message, where=f"{one.slug} {made.date}", hint=mistake.hint) from None
    _refuse_past(ws, one, made)
    if made in repeat.changes:
        click.echo(f"series {one.slug}: {made.date} is that way already")
        return 0
    authoring.change_series(path, change=made)
    return _read_in(ws, one)


def _refuse_past(ws: Workspace, one: Series, made: RepeatChange) -> None:
    """A date whose time is over can still be skipped, but not sent."""
    from smm_core.series import Occurrence
    from smm_core.steps.repeating import instants_of

    wall = made.at or datetime.combine(made.date, _rule(one).at)
    if not made.skip and instants_of(ws, one, Occurrence(date=made.date, wall=wall))[0] <= ws.clock.now():
        raise ContentError(
            f"{wall:%Y-%m-%d %H:%M} is past", where=f"{one.slug} {made.date}", hint="give it another time with --at"
        )


def _read_in(ws: Workspace, one: Series) -> int:
    from smm_core.steps.collect import collect

    report = collect(ws, only=[one.source])
    for line in report.lines:
        click.echo(line)
    for line in report.troubles:
        click.echo(click.style(line, fg="yellow"), err=True)
    return 1 if report.troubles else 0


commands = {"series": series}
