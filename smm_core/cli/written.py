"""After a post file was written: read it in at once, so that its state and its mistakes are known now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smm_core.cli.output import state_colour
from smm_core.cli.target import Place
from smm_core.errors import ContentError, NotFound
from smm_core.model import Post, PostState, Series, SeriesState

if TYPE_CHECKING:
    from smm_core.workspace import Workspace

_NEXT = {
    PostState.DRAFT: "it waits as a draft: `smm posts edit {slug} --ready` lets it go on",
    PostState.WRITTEN: "next: `smm check {slug}`, then `smm run` (or `smm render`, `smm review`)",
}


class IsSeries(NotFound):
    """The file is a series, so that there is a post for each of its dates and none for the file."""

    def __init__(self, series: Series) -> None:
        hint = f"`smm series show {series.slug}` shows its dates, each a post; its file can be edited as any other"
        super().__init__(f"{series.slug} is a series", hint=hint)
        self.series = series


def collected(ws: Workspace, place: Place, path: Path) -> Post:
    """The post in a file, collected now; what is wrong with the file is a `ContentError`, a file with a series `IsSeries`."""
    from smm_core.content import file_name, key_of
    from smm_core.steps.collect import collect

    report = collect(ws, only=[place.source])
    key, shown = key_of(path, place.folder), file_name(path, place.folder)
    for source, trouble, _ in ws.store.sources.troubles():
        if source == place.source and (trouble.where in (shown, key) or trouble.where.startswith(f"{shown}:")):
            raise ContentError(trouble.message, where=trouble.where)
    post = ws.store.posts.by_key(place.source, key)
    series = ws.store.series.by_key(place.source, key)
    if series is not None and (post is None or series.state is not SeriesState.WITHDRAWN):
        raise IsSeries(series)
    if post is None:
        why = report.troubles[0] if report.troubles else "the source did not find it"
        raise ContentError(f"was not collected: {why}", where=shown)
    return post


def say_written(ws: Workspace, post: Post, path: Path) -> None:
    """Print the file and where the post stands, and on stderr what comes next."""
    click.echo(path.relative_to(ws.root) if path.is_relative_to(ws.root) else path)
    click.echo(f"post {post.id} {post.slug}: {state_colour(post.state)}")
    if post.state in _NEXT:
        click.echo(_NEXT[post.state].format(slug=post.slug), err=True)
