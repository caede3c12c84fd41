"""`smm doctor`: what works, what does not, and what to do."""

from __future__ import annotations

import click

from smm_core.cli.output import json_option, show_json
from smm_core.cli.session import Session, pass_session


@click.command()
@click.option("--online", is_flag=True, help="Also ask each platform who we are.")
@json_option
@pass_session
def doctor(session: Session, online: bool, as_json: bool) -> int:
    """Look at every part of the workspace. Exit code 1 when something does not work."""
    from smm_core.doctor import Finding, doctor

    session.shield()
    findings: list[Finding] = []
    for finding in doctor(session.ws, online=online):
        findings.append(finding)
        if not as_json:
            sign = click.style("✓", fg="green") if finding.ok else click.style("✗", fg="red")
            click.echo(f"{sign} {finding.part}: {finding.found}")
            if not finding.ok and finding.next_step:
                click.echo(f"    → {finding.next_step}")
    if as_json:
        show_json(findings)
    return 0 if all(finding.ok for finding in findings) else 1


commands = {"doctor": doctor}
