"""`smm report`: a page of what went where and what came of it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smm_core.cli.output import client_option, json_option, show_json
from smm_core.cli.session import Session, pass_session

if TYPE_CHECKING:
    from smm_core.workspace import Workspace


@click.command()
@click.option("--since", default="30d", show_default=True, help="From this day (2026-11-01), or so long ago (30d).")
@click.option("--until", help="Up to and including this day, or up to so long ago (default: now).")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder of the page (default: .smm/report)."
)
@client_option
@json_option
@pass_session
def report(
    session: Session, since: str, until: str | None, out: Path | None, client: str | None, as_json: bool
) -> None:
    """Make a page of what went out, what came of it, what waits and what is coming, and print its path.

    The page is a folder of its own that can be sent on: no scripts, nothing from elsewhere. --json prints the same
    data instead.
    """
    from smm_core.pages.report import write_report
    from smm_core.pages.report_data import gather

    ws = session.ws
    session.log()
    clients = [ws.client(client).name] if client else list(ws.config.clients)
    zone = ws.client(client).zone if client else ws.config.zone
    start = read_edge(ws, since, zone, "--since")
    end = read_edge(ws, until, zone, "--until") if until else ws.clock.now()
    if start >= end:
        raise click.UsageError("--since is not before --until.")
    data = gather(ws, clients, start, end)
    if as_json:
        show_json(data)
        return
    click.echo(write_report(ws, data, out.absolute() if out else ws.root / ".smm" / "report"))


def read_edge(ws: Workspace, text: str, zone: str, option: str) -> datetime:
    """The instant that an edge of a report means: a duration ago, the start of a day, or (`--until`) its end."""
    from smm_core.clock import instant_of, parse_duration

    try:
        return ws.clock.now() - parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        day = datetime.combine(datetime.strptime(text.strip(), "%Y-%m-%d").date(), time())
        return instant_of(day + timedelta(days=1) if option == "--until" else day, zone)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is neither a day such as 2026-11-01 nor a duration such as 30d", param_hint=option
        ) from None


commands = {"report": report}
