"""`smm posts`: what was written, where it stands, and the ways to change it.

A change is a change of the post's file, read in at once; the file stays the truth.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smm_core.cli.output import json_option, state_colour
from smm_core.cli.session import Session, pass_session
from smm_core.cli.when import AT_HELP, NOW_HELP, front_matter_of, not_past, read_at
from smm_core.errors import ContentError, NotFound, SmmError, TooLate
from smm_core.model import Picture, Post, PostContent, PostState, When, WhenKind
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.workspace import Workspace


@click.group()
def posts() -> None:
    """Posts: what was written, where it stands, and changes to it."""


# ---------------------------------------------------------------- looking


@posts.command()
@click.argument("post")
@json_option
@pass_session
def show(session: Session, post: str, as_json: bool) -> None:
    """Show everything about POST (number, name or file): text, variants, problems, reviews, deliveries."""
    from smm_core.cli.post_show import show_post
    from smm_core.cli.target import find_stored

    show_post(session.ws, find_stored(session.ws, post), as_json=as_json)


# ---------------------------------------------------------------- writing


@posts.command()
@click.option("--title", default="", help="Its title; the file is called after it.")
@click.option("--text", default="", help="Its text; - reads it from standard input. A line --- begins the next part.")
@click.option("--profile", "profiles", multiple=True, help="A profile it goes to (default: all of the client's).")
@click.option("--at", help=AT_HELP)
@click.option("--now", "at_once", is_flag=True, help=NOW_HELP)
@click.option("--link", help="A web address.")
@click.option("--call-to-action", default="", help="What readers are asked to do.")
@click.option("--label", "labels", multiple=True, help="A label.")
@click.option("--campaign", help="The campaign it belongs to.")
@click.option(
    "--picture",
    "pictures",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A picture file; it is copied into the content folder.",
)
@click.option("--alt", "alts", multiple=True, help="What a picture shows, in the order of the pictures.")
@click.option("--template", help="Compose it with this template (see `smm plugins list`).")
@click.option("--layout", help="The template's layout.")
@click.option("--draft", is_flag=True, help="Leave it a draft.")
@click.option("--edit", "in_editor", is_flag=True, help="Open the file in your editor.")
@click.option("--client", help="Whose post it is (default: the only client, or the one of the profiles).")
@pass_session
def new(
    session: Session,
    title: str,
    text: str,
    profiles: tuple[str, ...],
    at: str | None,
    at_once: bool,
    link: str | None,
    call_to_action: str,
    labels: tuple[str, ...],
    campaign: str | None,
    pictures: tuple[Path, ...],
    alts: tuple[str, ...],
    template: str | None,
    layout: str | None,
    draft: bool,
    in_editor: bool,
    client: str | None,
) -> None:
    """Write a new post file and read it in."""
    from smm_core import authoring
    from smm_core.cli.target import chosen, client_for, profiles_of
    from smm_core.content.parts import split_parts

    if not (title or text or pictures or in_editor):
        raise click.UsageError("Say at least --title, --text or --picture, or --edit to write in your editor.")
    if (template is None) != (layout is None):
        raise click.UsageError("--template and --layout belong together.")
    if len(alts) > len(pictures):
        raise click.UsageError(f"There are {len(alts)} --alt for {len(pictures)} --picture.")
    ws = session.ws
    session.log()
    owner = client_for(ws, client, profiles)
    content = PostContent(
        title=title,
        parts=split_parts(_typed(text)),
        link=link,
        call_to_action=call_to_action,
        labels=labels,
        campaign=campaign,
    )
    if template is not None and layout is not None:
        content = _composed(ws, owner, content, template, layout)
    if profiles:
        content = replace(content, profiles=chosen(profiles_of(ws, owner), profiles))
    if at or at_once:
        going = replace(content, profiles=content.profiles or tuple(profiles_of(ws, owner)))
        content = replace(content, when=_asked_for(ws, owner, going, at, at_once=at_once))
    own = tuple(
        Picture(media=authoring.add_picture(ws, owner, path), alt=alts[number] if number < len(alts) else "")
        for number, path in enumerate(pictures)
    )
    path = authoring.new_post(ws, owner, replace(content, pictures=(*content.pictures, *own)), draft=draft)
    if in_editor:
        click.edit(filename=str(path))
    _read_in_any(ws, path)


def _asked_for(ws: Workspace, client: str, content: PostContent, at: str | None, *, at_once: bool) -> When:
    """What `--at` and `--now` say together; a time that is past on one of the post's profiles needs both."""
    now = ws.clock.now()
    when = read_at(at or "now", zone=ws.client(client).zone, now=now)
    if at and at_once and when.kind not in (WhenKind.AT, WhenKind.NOW):
        raise click.UsageError(f"--at {at} and --now contradict each other.")
    profiles = [ws.config.profiles[name] for name in content.profiles if name in ws.config.profiles]
    return not_past(when, profiles, now=now, at_once=at_once, zone=content.when.zone)


def _typed(text: str) -> str:
    return sys.stdin.read() if text == "-" else text


def _composed(ws: Workspace, client: str, content: PostContent, template: str, layout: str) -> PostContent:
    """What a template makes of what was typed, as if it were an idea."""
    from smm_core.model import Idea, IdeaFound, IdeaState
    from smm_core.steps.compose import composed

    found = IdeaFound(
        key="typed", title=content.title, text="\n\n".join(content.parts), url=content.link, labels=content.labels
    )
    now = ws.clock.now()
    idea = Idea(id=0, client=client, source="typed", found=found, state=IdeaState.NEW, collected_at=now)
    made = composed(ws, idea, template, layout)
    return replace(
        made,
        title=made.title or content.title,
        link=made.link or content.link,
        labels=tuple(dict.fromkeys((*made.labels, *content.labels))),
        campaign=content.campaign or made.campaign,
        call_to_action=content.call_to_action or made.call_to_action,
        idea=None,
    )


@posts.command()
@click.argument("post")
@click.option("--at", help=AT_HELP)
@click.option("--now", "at_once", is_flag=True, help=NOW_HELP)
@click.option("--text", help="Another text; - reads it from standard input.")
@click.option("--title", help="Another title.")
@click.option("--label", "labels", multiple=True, help="Its labels from now on; '' for none.")
@click.option("--profile", "profiles", multiple=True, help="The profiles it goes to from now on; '' for all.")
@click.option("--draft/--ready", "draft", default=None, help="Make it a draft; or let it go on, also when withdrawn.")
@pass_session
def edit(
    session: Session,
    post: str,
    at: str | None,
    at_once: bool,
    text: str | None,
    title: str | None,
    labels: tuple[str, ...],
    profiles: tuple[str, ...],
    draft: bool | None,
) -> None:
    """Change POST; without options, in your editor. What was approved before is asked again."""
    from smm_core import authoring
    from smm_core.cli.target import chosen, find_stored, profiles_of
    from smm_core.content.parts import split_parts

    ws = session.ws
    session.log()
    stored = find_stored(ws, post)
    refuse_if_out(ws, stored)
    path = authoring.file_of(ws, stored)
    changes: dict[str, object] = {}
    if at or at_once:
        changes |= front_matter_of(_asked_for(ws, stored.client, stored.content, at, at_once=at_once))
    if title is not None:
        changes["title"] = title or None
    if labels:
        changes["labels"] = [label for label in labels if label] or None
    if profiles:
        named = tuple(name for name in profiles if name)
        changes["profiles"] = list(chosen(profiles_of(ws, stored.client), named)) if named else None
    if draft is not None:
        changes |= {"draft": True} if draft else {"draft": None, "withdrawn": None}
    if not changes and text is None:
        click.edit(filename=str(path))
    if changes:
        authoring.change_front_matter(path, changes)
    if text is not None:
        authoring.change_text(path, split_parts(_typed(text)))
    _read_in_any(ws, path)


def refuse_if_out(ws: Workspace, post: Post) -> None:
    """An edit of a post that is out or on its way everywhere would change nothing, so it is not begun."""
    from smm_core.cli.target import on_their_way

    out = on_their_way(ws, post)
    if post.state is PostState.DONE or (out and set(post.content.profiles) <= set(out)):
        raise TooLate(
            f"too late: post {post.slug} is out or on its way on {', '.join(out) or 'every profile'}",
            hint=f"`smm posts duplicate {post.slug}` makes a new one of it; to change what is out, edit its file, then"
            f" `smm deliveries update` with a number of `smm deliveries list --post {post.slug}`",
        )


@posts.command()
@click.argument("post")
@click.option("--as", "slug", default="", help="What the copy is called.")
@pass_session
def duplicate(session: Session, post: str, slug: str) -> None:
    """Copy POST's file as a draft without a time."""
    from smm_core import authoring
    from smm_core.cli.target import find_stored

    session.log()
    ws = session.ws
    read_in(ws, authoring.duplicate(ws, find_stored(ws, post), slug))


@posts.command()
@click.argument("post")
@click.option("--reason", default="", help="Why; people read it in `smm explain`.")
@pass_session
def withdraw(session: Session, post: str, reason: str) -> int:
    """Take POST back: nothing of it goes out any more. Its file says so too, so that it stays withdrawn."""
    from smm_core.cli.target import find_stored

    ws = session.ws
    session.log()
    stored = find_stored(ws, post)
    # What the file of a series says about a date decides about it from then on.
    why = ("series: " if stored.series else "") + (reason or f"withdrawn by {ws.by}")
    change = ws.store.posts.withdraw(stored.id, ws.clock.now(), why, ws.by)
    if not change.changed:
        click.echo(f"post {stored.slug} was withdrawn before: {change.post.reason}")
        return 0
    note = f"post {stored.slug} was withdrawn by {ws.by}{f': {reason}' if reason else ''}"
    ws.note("post.withdrawn", note, client=stored.client, subject=f"post:{stored.id}")
    if change.too_late:
        _say_partly_withdrawn(stored, change.too_late)
        return 1
    return _withdraw_file(ws, change.post)


def _say_partly_withdrawn(post: Post, too_late: tuple[str, ...]) -> None:
    back = [name for name in post.content.profiles if name not in too_late]
    click.echo(f"post {post.slug} is taken back on {', '.join(back) or 'no profile'}")
    click.echo(
        f"too late for {', '.join(too_late)}: it is out or on its way there (`smm explain {post.slug}`)."
        f" `smm deliveries delete` takes it off, with a number of `smm deliveries list --post {post.slug}`."
        " Its file stays as it is; an edit of it would send the rest again",
        err=True,
    )


def _withdraw_file(ws: Workspace, post: Post) -> int:
    """The store has it already; a file that cannot be changed is said, because it would bring the post back one day."""
    from smm_core import authoring

    click.echo(f"post {post.id} {post.slug}: {state_colour(post.state)}")
    if post.source not in ws.config.sources or ws.config.sources[post.source].type != authoring.CONTENT_SOURCE:
        return 0
    try:
        if post.series:
            from smm_core.cli.series import skip_date_of

            return skip_date_of(ws, post)
        path = authoring.file_of(ws, post)
        authoring.change_front_matter(path, {"withdrawn": True})
    except NotFound:
        return 0
    except (ContentError, OSError) as error:
        raise SmmError(
            f"the post is withdrawn, but its file does not say so: {error}",
            hint=f"add {'a skip of its date' if post.series else 'withdrawn'} to its front matter by hand, or a changed file"
            " brings it back",
        ) from None
    _collect_quietly(ws, path)
    return 0


def _collect_quietly(ws: Workspace, path: Path) -> Post:
    from smm_core.cli.target import place_of
    from smm_core.cli.written import collected

    place = place_of(ws, path)
    if place is None:
        raise ContentError("is in no content folder", where=str(path), hint="see [sources] in smm.toml")
    return collected(ws, place, path)


def _read_in_any(ws: Workspace, path: Path) -> None:
    """Like `read_in`; a file in which a person wrote a series is told as such."""
    from smm_core.cli.written import IsSeries

    try:
        read_in(ws, path)
    except IsSeries as found:
        click.echo(path.relative_to(ws.root) if path.is_relative_to(ws.root) else path)
        click.echo(f"series {found.series.slug}: {state_colour(found.series.state)}")
        click.echo(f"`smm series show {found.series.slug}` shows its dates", err=True)


def read_in(ws: Workspace, path: Path) -> Post:
    """Collect a file that was just written, and say where its post stands."""
    from smm_core.cli.target import on_their_way
    from smm_core.cli.written import say_written

    post = _collect_quietly(ws, path)
    say_written(ws, post, path)
    late = on_their_way(ws, post)
    if late:
        click.echo(f"too late for {', '.join(late)}: that is out or on its way as it was", err=True)
    if post.content.when.kind is WhenKind.UNPLANNED and post.state is PostState.WRITTEN:
        click.echo(f"it has no time yet: `smm posts edit {post.slug} --at …`", err=True)
    return post


commands = {"posts": posts}
