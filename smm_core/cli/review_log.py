"""`smm reviews audit` and `log`: the log of verdicts, which is only ever added to."""

from __future__ import annotations

import click

from smm_core.cli.output import json_option, local, show_json, show_rows
from smm_core.cli.session import Session, pass_session


@click.command()
@click.option("--head", "only_head", is_flag=True, help="Print only the head, to keep it elsewhere.")
@click.option("--against", default="", metavar="SEQ:HASH", help="A head that was kept: the log must still have it.")
@json_option
@pass_session
def audit(session: Session, only_head: bool, against: str, as_json: bool) -> int:
    """Check that no verdict, comment or expiry was changed, removed, put in or swapped.

    Whoever can write the database could cut the log off at its end, or write all of it anew. Keep the head elsewhere now and
    then, and check --against it.
    """
    if against and not _is_head(against):
        raise click.BadParameter("a head reads like 12:3f0c…, as --head prints it", param_hint="--against")
    found = session.store.reviews.check_log(against)
    if as_json:
        show_json(
            {"sound": found.is_sound, "entries": found.entries, "head": found.head, "finding": found.finding or None}
        )
        return 0 if found.is_sound else 1
    if not found.is_sound:
        click.echo(click.style(f"the log of reviews does not hold: {found.finding}", fg="red"), err=True)
        click.echo("keep a copy of the database, and compare it with a backup", err=True)
        return 1
    click.echo(found.head if only_head else f"{found.entries} entries, and all of them fit; the head is {found.head}")
    return 0


def _is_head(text: str) -> bool:
    number, _, mark = text.partition(":")
    return number.isdigit() and len(mark) == 64


@click.command()
@click.argument("review", type=int, required=False)
@json_option
@pass_session
def log(session: Session, review: int | None, as_json: bool) -> None:
    """Show what happened, of all reviews or of REVIEW (its number)."""
    entries = session.store.reviews.log(review=review)
    zone = session.ws.config.zone
    rows = [
        {
            "seq": one.seq,
            "at": one.at if as_json else local(one.at, zone),
            "review": one.review_id,
            "what": str(one.data.get("decision") or one.kind) if not as_json else one.kind,
            "by": one.by,
            "about": one.data if as_json else _about(dict(one.data)),
            **({"post": one.post_id, "client": one.client, "prev": one.prev, "hash": one.hash} if as_json else {}),
        }
        for one in entries
    ]
    show_rows(rows, as_json=as_json, empty="nothing has happened yet")


def _about(data: dict[str, object]) -> str:
    words = [str(data[key]) for key in ("stage", "remark", "text", "reason") if data.get(key)]
    return ": ".join(words)
