"""`smm run`: the daemon."""

from __future__ import annotations

import signal
import sys

import click

from smm_core.cli.output import json_option
from smm_core.cli.session import Session, explain_failure, pass_session


@click.command()
@click.option("--once", is_flag=True, help="One round of every step, then stop.")
@click.option(
    "--until-idle", is_flag=True, help="Stop when nothing is due within the next minute and nothing is under way."
)
@click.option("--quiet", is_flag=True, help="Print nothing; the log has it all.")
@json_option
@pass_session
def run(session: Session, once: bool, until_idle: bool, quiet: bool, as_json: bool) -> int:
    """Collect, compose, render, review, schedule, publish and measure until stopped (SIGTERM or Ctrl-C).

    The daemon picks up changed content and configuration by itself. A second one on the same workspace is refused.
    """
    if once:
        from smm_core.cli.steps import show_reports
        from smm_core.rounds import run_once

        session.log()
        return show_reports(run_once(session.ws), as_json=as_json)

    from smm_core.hold import Held, holder

    session.shielded = False  # the supervisor sees to that, and starts it again
    held = holder(session.root)
    if held is not None:
        raise Held(session.root, *held)
    from smm_core.supervise import Ended, supervised

    def say(line: str) -> None:
        if not quiet:
            click.echo(line)
            sys.stdout.flush()

    def work(last: Ended | None) -> int:
        from smm_core.daemon import Daemon

        try:
            session.log()
            daemon = Daemon(session.ws, say, last=last, until_idle=until_idle)
            signal.signal(signal.SIGTERM, daemon.stop)
            daemon.run()
        except Exception as error:
            return explain_failure(error)
        finally:
            session.close()
        return 0

    return supervised(work)


commands = {"run": run}
