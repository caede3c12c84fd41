"""`smm preview`: a post as the followers of each profile will see it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smm_core.cli.session import Session, pass_session
from smm_core.model import Level

if TYPE_CHECKING:
    from smm_core.cli.target import Target
    from smm_core.workspace import Workspace


@click.command()
@click.argument("post")
@click.option("--profile", "only", multiple=True, help="Only for this profile.")
@click.option("--client", help="Whose post it is, for a file outside the content folders.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder (default: .smm/previews/POST)."
)
@click.option("--open", "in_browser", is_flag=True, help="Open the page in your browser.")
@pass_session
def preview(
    session: Session, post: str, only: tuple[str, ...], client: str | None, out: Path | None, in_browser: bool
) -> int:
    """Draw POST (number, name or any post file) as followers will see it: one page, and a PNG per profile.

    Prints the paths. Exit code 1 when something about it blocks.
    """
    from smm_core.cli.target import chosen, find_target
    from smm_core.pages.preview import Shown, write_preview
    from smm_core.steps.render import in_company, render_variant

    ws = session.ws
    session.log()
    target = find_target(ws, post, client=client)
    shown = []
    for name in chosen(target.content.profiles, only):
        checked = render_variant(ws, target.content, target.client, name, slug=target.slug)
        variant, problems = in_company(ws, target.content, target.number, checked)
        shown.append(Shown(profile=ws.profile(name), variant=variant, problems=problems))
    files = write_preview(
        ws,
        title=title_of(target),
        client=target.client,
        when=target.content.when,
        shown=shown,
        out=out or preview_folder(ws, target.name),
    )
    click.echo(files.page)
    for path in files.pngs.values():
        click.echo(path)
    if in_browser:
        click.launch(files.page.as_uri())
    return int(any(problem.level is Level.BLOCK for one in shown for problem in one.problems))


def title_of(target: Target) -> str:
    """What the page calls the post."""
    return target.content.title or target.name


def preview_folder(ws: Workspace, slug: str) -> Path:
    """Where previews of a post go when nobody says otherwise."""
    return ws.root / ".smm" / "previews" / Path(*(part for part in slug.split("/") if part.strip(".")))


commands = {"preview": preview}
