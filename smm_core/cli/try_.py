"""`smm try`: a post on its test profiles, at once and without approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from smm_core.cli.changing import say_held
from smm_core.cli.output import json_option, show_json, state_colour, table
from smm_core.cli.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from smm_core.model import Post
    from smm_core.steps.trial import Trial
    from smm_core.workspace import Workspace


@click.command("try")
@click.argument("post")
@click.option("--profile", "only", multiple=True, help="Only in place of this profile.")
@click.option("--open", "in_browser", is_flag=True, help="Open the preview page in your browser.")
@json_option
@pass_session
def try_(session: Session, post: str, only: tuple[str, ...], in_browser: bool, as_json: bool) -> int:
    """Send POST (number, name or file) to the test profiles of its profiles now, without approval.

    A profile without a `test_profile` is imitated on the first test platform there is. Nothing reaches a real
    follower. Exit code 1 when something blocks it, or it was not published.
    """
    from smm_core.cli.problems import COLUMNS, problem_rows
    from smm_core.cli.target import chosen, find_stored
    from smm_core.steps.at_once import send_at_once
    from smm_core.steps.trial import plan_trials, render_trials

    ws = session.ws
    session.log()
    stored = find_stored(ws, post)
    trials = render_trials(ws, stored, chosen(stored.content.profiles, only))
    problems = [row for one in trials for row in problem_rows(one.on.name, one.problems, as_json=as_json)]
    if problems and not as_json:
        click.echo(table([[str(row[column] or "") for column in COLUMNS] for row in problems], COLUMNS))
    pages = _draw(ws, stored, trials)
    if any(one.is_blocked for one in trials):
        if as_json:
            show_json({"post": stored.slug, "sent": False, "problems": problems, "deliveries": []})
        else:
            click.echo(f"post {stored.slug} was not sent: what blocks above would be refused", err=True)
        return 1
    numbers = plan_trials(ws, stored, trials)
    send_at_once(ws, numbers, what="smm try", on_held=say_held)
    rows = _outcomes(ws, stored, trials, numbers, pages)
    if as_json:
        show_json({"post": stored.slug, "sent": True, "problems": problems, "deliveries": rows})
    else:
        columns = ("profile", "on", "state", "url", "preview", "reason")
        shown = [[*(str(row[column] or "") for column in columns)] for row in rows]
        click.echo(table([[*cells[:2], state_colour(cells[2]), *cells[3:]] for cells in shown], columns))
    if in_browser and pages:
        click.launch(next(iter(pages.values())).parent.parent.joinpath("index.html").as_uri())
    return int(any(row["state"] != "published" for row in rows))


def _draw(ws: Workspace, post: Post, trials: Sequence[Trial]) -> dict[str, Path]:
    """The PNG of each trial by its test profile, where one can be drawn."""
    from smm_core.cli.preview import preview_folder
    from smm_core.model import When, WhenKind
    from smm_core.pages.preview import Shown, write_preview

    files = write_preview(
        ws,
        title=post.content.title or post.slug,
        client=post.client,
        when=When(kind=WhenKind.NOW),
        shown=[Shown(profile=one.on, variant=one.variant, problems=one.problems) for one in trials],
        out=preview_folder(ws, post.slug),
    )
    return dict(files.pngs)


def _outcomes(
    ws: Workspace, post: Post, trials: Sequence[Trial], numbers: Sequence[int], pages: dict[str, Path]
) -> list[dict[str, Any]]:
    """One row per trial: where it went and what came of it."""
    ours = set(numbers)
    found = {
        one.profile: one for one in ws.store.ledger.deliveries(post=post.id) if one.trial and ours & set(one.action_ids)
    }
    return [
        {
            "profile": trial.meant,
            "on": trial.on.name,
            "state": found[trial.on.name].state,
            "url": found[trial.on.name].url,
            "preview": str(pages[trial.on.name].relative_to(ws.root)) if trial.on.name in pages else None,
            "reason": found[trial.on.name].reason,
            "action_ids": list(found[trial.on.name].action_ids),
        }
        for trial in trials
        if trial.on.name in found
    ]


commands = {"try": try_}
