"""The listings of ideas, posts and deliveries. They need only the store and start at once; the nouns' other commands
are loaded when one of them is asked for."""

from __future__ import annotations

from typing import Any

import click

from smm_core.cli.output import client_option, json_option, show_rows, state_colour
from smm_core.cli.session import Session, pass_session
from smm_core.store import lists

_POST_STATES = (
    "draft",
    "written",
    "blocked",
    "rendered",
    "reviewing",
    "rework",
    "expired",
    "approved",
    "scheduled",
    "done",
    "withdrawn",
)
_LONGEST_TEXT = 120


class _Noun(click.Group):
    """A group whose `list` is here and whose other commands are in the module of its name."""

    def _others(self) -> click.Group:
        import importlib

        found: click.Group = importlib.import_module(f"smm_core.cli.{self.name}").commands[self.name]
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["list", *self._others().list_commands(ctx)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, name) or self._others().get_command(ctx, name)


@click.group(cls=_Noun)
def ideas() -> None:
    """Ideas: inspiration from the sources, each kept once."""


@ideas.command("list")
@click.option("--source", help="Only from this source.")
@click.option("--state", type=click.Choice(["new", "used", "dismissed"]), help="Only in this state (default: all).")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="At most so many.")
@client_option
@json_option
@pass_session
def list_ideas(
    session: Session, source: str | None, state: str | None, limit: int, client: str | None, as_json: bool
) -> None:
    """List ideas, the newest first."""
    _known_client(session, client)
    rows = lists.ideas(session.database, client=client, source=source, state=state, limit=limit)
    for row in rows if not as_json else ():
        row["published"] = (row["published"] or "")[:10]
    empty = "no ideas: `smm collect` reads the sources"
    show_rows(rows, as_json=as_json, empty=empty, columns=("id", "title", "state", "source", "published", "url"))


@click.group(cls=_Noun)
def posts() -> None:
    """Posts: what was written, where it stands, and changes to it."""


@posts.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(_POST_STATES), help="Only in this state.")
@click.option("--label", help="Only with this label.")
@client_option
@json_option
@pass_session
def list_posts(session: Session, states: tuple[str, ...], label: str | None, client: str | None, as_json: bool) -> None:
    """List posts in the order they were made."""
    _known_client(session, client)
    rows = lists.posts(session.database, client=client, states=states, label=label)
    columns = ["id", "post", "state", "when", "profiles", "labels", "reason"]
    if len({row["client"] for row in rows}) > 1:
        columns.insert(1, "client")
    for row in rows if not as_json else ():
        waits = f"waiting for {' and '.join(row['waiting_for'])}" if row["waiting_for"] else row["state"]
        row["state"] = state_colour(waits)
        row["when"] = session.local(row["due"]) or row["when"].removesuffix(f" {session.zone}")
    show_rows(rows, as_json=as_json, empty="no posts yet: `smm posts new`, or `smm collect`", columns=columns)


@click.group(cls=_Noun)
def deliveries() -> None:
    """Deliveries: what went where and when, one line per post and profile."""


@deliveries.command("list")
@click.option("--post", "post_name", help="Only this post.")
@click.option("--profile", help="Only this profile.")
@click.option("--trials/--no-trials", default=True, help="Also those of `smm try`.")
@client_option
@json_option
@pass_session
def list_deliveries(
    session: Session, post_name: str | None, profile: str | None, trials: bool, client: str | None, as_json: bool
) -> None:
    """List deliveries by due time."""
    _known_client(session, client)
    number = _number(session, post_name) if post_name else None
    found = lists.deliveries(session.database, post=number, profile=profile, client=client, acts=True)
    rows = [_delivery_row(session, one, as_json=as_json) for one in found if trials or not one["trial"]]
    columns = ("id", "post", "profile", "state", "due", "sent", "url", "reason")
    show_rows(rows, as_json=as_json, empty="no deliveries yet", columns=columns)


def _delivery_row(session: Session, one: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    row = {**one, "sent": f"{one['sent']}/{one['total']}"}
    if not as_json:
        post = one["post"] if one["kind"] == "delivery" else f"{one['kind']} of {one['post']}"
        if one["to"] is not None:
            post = f"reply to {one['to']}"
        row |= {"id": one["id"][0], "post": post, "state": state_colour(one["state"]), "due": session.local(one["due"])}
    return row


class _Inbox(_Noun):
    """The one noun that is a question by itself: `smm inbox` lists it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks_for_help = any(one in ctx.help_option_names for one in args)
        if not args or (args[0].startswith("-") and not asks_for_help):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Inbox)
def inbox() -> None:
    """Comments and mentions across profiles, and our replies. Without a command: list what is open."""


@inbox.command("list")
@click.option("--profile", help="Only this profile.")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(["new", "read", "done"]), help="Only in this state."
)
@click.option("--all", "everything", is_flag=True, help="Also what is done.")
@click.option("--since", metavar="DATE", help="Only what was written since: 2026-11-23, or 3d for the last three days.")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="At most so many.")
@client_option
@json_option
@pass_session
def list_inbox(
    session: Session,
    profile: str | None,
    states: tuple[str, ...],
    everything: bool,
    since: str | None,
    limit: int,
    client: str | None,
    as_json: bool,
) -> None:
    """List what others said, the newest first: what is new or read, unless another state is asked for."""
    _known_client(session, client)
    if profile:
        session.ws.profile(profile)
    wanted = states or (() if everything else ("new", "read"))
    found = lists.inbox(
        session.database,
        client=client,
        profile=profile,
        states=wanted,
        since=_since(session, since) if since else None,
        limit=limit,
    )
    rows = found if as_json else [_inbox_row(session, one) for one in found]
    columns = ("id", "when", "profile", "from", "what", "text", "state", "reply")
    show_rows(rows, as_json=as_json, empty="nothing to answer: `smm listen` asks for what is new", columns=columns)


def _inbox_row(session: Session, one: dict[str, Any]) -> dict[str, Any]:
    text = " ".join(one["text"].split())
    return {
        "id": one["id"],
        "when": session.local(one["at"]),
        "profile": one["profile"],
        "from": one["author"],
        "what": f"{one['kind']} on {one['post']}" if one["post"] else one["kind"],
        "text": text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…",
        "state": f"{one['state']}, edited" if one["edited_at"] else one["state"],
        "reply": state_colour(one["reply"]["says"]) if one["reply"] else "",
    }


def _since(session: Session, since: str) -> str:
    from datetime import datetime, timedelta

    from smm_core.clock import instant_of, parse_duration, to_text
    from smm_core.errors import SmmError

    try:
        if since[:1].isdigit() and since[-1:].isalpha():
            ago: timedelta = parse_duration(since)
            return to_text(session.ws.clock.now() - ago)
        return to_text(instant_of(datetime.fromisoformat(since).replace(tzinfo=None), session.zone))
    except (ValueError, SmmError):
        raise click.BadParameter(f"{since!r} is neither a date nor a length of time", param_hint="--since") from None


def _number(session: Session, name: str) -> int:
    """The post's number; one that is not found so simply is looked for with all care, or refused with what is near."""
    number = lists.post_number(session.database, name)
    return session.store.posts.find(name).id if number is None else number


def _known_client(session: Session, client: str | None) -> None:
    if client:
        session.ws.client(client)


commands = {"ideas": ideas, "posts": posts, "deliveries": deliveries, "inbox": inbox}
