"""The steps by hand: `smm collect` … `smm measure`, `smm listen`."""

from __future__ import annotations

import logging

import click

from smm_core.cli.output import is_terminal, json_option, show_json
from smm_core.cli.session import Session, pass_session
from smm_core.steps import Report


def show_reports(reports: list[Report], *, as_json: bool) -> int:
    """Print what steps did, and log what went wrong on the way; 1 when something did."""
    for one in reports:
        for line in one.troubles:
            logging.getLogger("smm.steps").warning("%s", line, extra={"step": one.step})
    if as_json:
        show_json(
            [{"step": one.step, "done": one.done, "lines": one.lines, "troubles": one.troubles} for one in reports]
        )
    else:
        for one in reports:
            for line in one.lines:
                click.echo(f"{one.step}: {line}")
            for line in one.troubles:
                click.echo(click.style(f"{one.step}: {line}", fg="yellow"), err=True)
            if not one.lines and not one.troubles:
                click.echo(f"{one.step}: nothing to do")
    return 1 if any(one.troubles for one in reports) else 0


def tell(session: Session) -> None:
    """Tell observers what happened, unless a daemon is there to do it."""
    from smm_core.hold import holder

    if holder(session.root) is None:
        session.ws.tell()


def progress(what: str) -> None:
    """Show what is being worked on, on a terminal only."""
    if is_terminal():
        click.echo(f"\r\033[K… {what}", nl=False, err=True)


def progress_done() -> None:
    """Clear the progress line."""
    if is_terminal():
        click.echo("\r\033[K", nl=False, err=True)


@click.command()
@click.argument("sources", nargs=-1)
@json_option
@pass_session
def collect(session: Session, sources: tuple[str, ...], as_json: bool) -> int:
    """Read the sources (all, or those named) and keep what is new."""
    from smm_core.steps.collect import collect

    session.log()
    report = collect(session.ws, only=sources, progress=progress)
    progress_done()
    tell(session)
    return show_reports([report], as_json=as_json)


@click.command()
@json_option
@pass_session
def compose(session: Session, as_json: bool) -> int:
    """Make post files of new ideas, by the rules in smm.toml, and read them in."""
    from smm_core.steps.collect import collect
    from smm_core.steps.compose import compose

    session.log()
    reports = [compose(session.ws)]
    if reports[0].done:
        reports.append(collect(session.ws))
    return show_reports(reports, as_json=as_json)


@click.command()
@json_option
@pass_session
def render(session: Session, as_json: bool) -> int:
    """Render written posts for each of their profiles, and check them. Blocked ones are tried again."""
    from smm_core.steps.render import render

    session.log()
    report = render(session.ws, blocked_too=True, progress=progress)
    progress_done()
    tell(session)
    return show_reports([report], as_json=as_json)


@click.command()
@json_option
@pass_session
def review(session: Session, as_json: bool) -> int:
    """Ask for approval of rendered posts, hear the answers, and let overdue questions expire."""
    from smm_core.steps.review import review

    session.log()
    report = review(session.ws)
    tell(session)
    code = show_reports([report], as_json=as_json)
    if not as_json:
        from smm_core.cli.reviews import say_not_asked

        say_not_asked(session)
    return code


@click.command()
@json_option
@pass_session
def schedule(session: Session, as_json: bool) -> int:
    """Put approved posts into the ledger, each delivery with its due time."""
    from smm_core.steps.schedule import schedule

    session.log()
    return show_reports([schedule(session.ws)], as_json=as_json)


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what is due, send nothing.")
@json_option
@pass_session
def publish(session: Session, dry_run: bool, as_json: bool) -> int:
    """Send everything that is due now. Refused while a daemon holds the workspace."""
    from smm_core.hold import hold
    from smm_core.steps.publish import publish

    ws = session.ws
    if dry_run:
        report = Report(step="publish")
        for action in ws.store.ledger.due(ws.clock.now()):
            report.did(f"would send {ws.store.posts.get(action.post_id).slug} → {action.profile} ({action.kind})")
        return show_reports([report], as_json=as_json)
    session.log()
    with hold(ws.root, "smm publish"):
        report = publish(ws, ws.store.begin_epoch(ws.clock.now()))
        ws.tell()
    return show_reports([report], as_json=as_json)


@click.command()
@json_option
@pass_session
def measure(session: Session, as_json: bool) -> int:
    """Read the numbers of every profile that gives some."""
    from smm_core.steps.measure import measure

    session.log()
    report = measure(session.ws, progress=progress)
    progress_done()
    tell(session)
    return show_reports([report], as_json=as_json)


@click.command()
@click.argument("profiles", nargs=-1)
@json_option
@pass_session
def listen(session: Session, profiles: tuple[str, ...], as_json: bool) -> int:
    """Ask the profiles (all, or those named) what others said, and keep what is new in the inbox."""
    from smm_core.steps.listen import listen

    session.log()
    report = listen(session.ws, only=profiles, progress=progress)
    progress_done()
    tell(session)
    return show_reports([report], as_json=as_json)


commands = {
    "collect": collect,
    "compose": compose,
    "render": render,
    "review": review,
    "schedule": schedule,
    "publish": publish,
    "measure": measure,
    "listen": listen,
}
