"""`smm doctor`: what works, what does not, and what to do; `--ledger` proves what the ledger promises."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smm_core.cli.output import is_terminal, json_option, show_json
from smm_core.cli.session import Session, pass_session

if TYPE_CHECKING:
    from smm_core.store.audit import Audited, Checked
    from smm_core.store.audit_rules import Rule

SHOWN = 5


@click.command()
@click.option("--online", is_flag=True, help="Also ask each platform who we are.")
@click.option("--ledger", is_flag=True, help="Read the ledger from end to end and prove what it promises.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="With --ledger: another database, such as a backup. Nothing is changed.",
)
@json_option
@pass_session
def doctor(session: Session, online: bool, ledger: bool, file: Path | None, as_json: bool) -> int:
    """Look at every part of the workspace. Exit code 1 when something does not work.

    With --ledger, read every action and attempt instead, also while a daemon runs: at most one copy of everything, one
    state each, no request without its attempt and a valid approval. docs/states.md lists the rules.
    """
    if file is not None and not ledger:
        raise click.UsageError("--file goes with --ledger.")
    if ledger and online:
        raise click.UsageError("Say either --ledger or --online.")
    return _read_ledger(session, file, as_json) if ledger else _look_around(session, online, as_json)


def _look_around(session: Session, online: bool, as_json: bool) -> int:
    from smm_core.doctor import Finding, doctor

    session.shield()
    findings: list[Finding] = []
    for finding in doctor(session.ws, online=online):
        findings.append(finding)
        if not as_json:
            click.echo(f"{_sign(finding.ok)} {finding.part}: {finding.found}")
            if not finding.ok and finding.next_step:
                click.echo(f"    → {finding.next_step}")
    if as_json:
        show_json(findings)
    return 0 if all(finding.ok for finding in findings) else 1


def _sign(ok: bool) -> str:
    return click.style("✓", fg="green") if ok else click.style("✗", fg="red")


# ---------------------------------------------------------------- the ledger


def _read_ledger(session: Session, file: Path | None, as_json: bool) -> int:
    from smm_core.root import database_path
    from smm_core.store.audit import read_ledger

    path = file or database_path(session.root)
    found = read_ledger(path, at_rest=file is not None, progress=_progress)
    if is_terminal():
        click.echo("\r\033[K", nl=False, err=True)
    if as_json:
        show_json(_plain(found))
    else:
        _show(found)
    return 0 if found.is_sound else 1


def _progress(done: int, of: int, rule: Rule) -> None:
    if is_terminal():
        click.echo(f"\r\033[K{done + 1}/{of} {rule.name}", nl=False, err=True)


def _show(found: Audited) -> None:
    click.echo(
        f"read {found.actions:,} actions, {found.attempts:,} attempts and {found.receipts:,} receipts of {found.path}"
        f" (epoch {found.epoch})"
    )
    for one in found.checked:
        broken = f": {one.broken:,} broken" if one.broken else ""
        click.echo(f"{_sign(not one.broken)} {one.rule.name}{broken}")
        if one.broken:
            _show_broken(one)
    count = sum(1 for one in found.checked if one.broken)
    click.echo(f"{count} of {len(found.checked)} rules are broken" if count else "every rule holds")


def _show_broken(one: Checked) -> None:
    click.echo(f"    {one.rule.says}")
    for finding in one.findings[:SHOWN]:
        click.echo(f"    · {finding}")
    if one.broken > SHOWN:
        click.echo(f"    · and {one.broken - SHOWN:,} more (--json shows the first {len(one.findings)})")
    action = next((finding.action for finding in one.findings if finding.action is not None), None)
    look = f"`smm deliveries show {action}`; " if action is not None else ""
    click.echo(f"    → {look}{one.rule.next_step}")


def _plain(found: Audited) -> dict[str, object]:
    return {
        "file": str(found.path),
        "epoch": found.epoch,
        "actions": found.actions,
        "attempts": found.attempts,
        "receipts": found.receipts,
        "sound": found.is_sound,
        "rules": [
            {
                "name": one.rule.name,
                "says": one.rule.says,
                "broken": one.broken,
                "findings": [{"delivery": finding.action, "message": finding.message} for finding in one.findings],
                "next_step": one.rule.next_step if one.broken else "",
            }
            for one in found.checked
        ],
    }


commands = {"doctor": doctor}
