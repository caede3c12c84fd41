"""`smm reviews link`, `links`, `revoke`: links by which persons without an account reach their reviews."""

from __future__ import annotations

import click

from smm_core.cli.output import json_option, local, show_json, show_rows
from smm_core.cli.session import Session, pass_session


@click.command()
@click.argument("person")
@click.option("--review", type=int, help="To this review only (default: all that wait for the person).")
@click.option("--for", "life", metavar="DURATION", help="How long it holds: 3d, 12h (default: [reviews] link_life).")
@json_option
@pass_session
def link(session: Session, person: str, review: int | None, life: str | None, as_json: bool) -> None:
    """Make a link for PERSON (a key of [persons]). Who has it can answer in their name: send it to nobody else."""
    from smm_core.clock import parse_duration

    try:
        until = session.ws.clock.now() + parse_duration(life) if life else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    made = session.ws.desk("command line").link(person, review=review, until=until)
    shown = (made.url or made.token).reveal()
    if as_json:
        show_json({"id": made.id, "person": person, "review": review, "until": made.until, "link": shown})
        return
    click.echo(shown)
    zone = session.ws.config.zone
    click.echo(f"holds until {local(made.until, zone)} {zone}; smm reviews revoke {made.id} takes it back", err=True)
    if made.url is None:
        click.echo("this is the bare token: set public_url in [reviews] to get an address", err=True)


@click.command()
@click.option("--person", help="Only of this person.")
@json_option
@pass_session
def links(session: Session, person: str | None, as_json: bool) -> None:
    """List the links that were given out. The links themselves are kept nowhere."""
    zone, now = session.ws.config.zone, session.ws.clock.now()
    rows = [
        {
            "id": one.id,
            "person": one.person,
            "review": one.review,
            "made": one.made_at if as_json else local(one.made_at, zone),
            "until": one.until if as_json else local(one.until, zone),
            "state": "revoked" if one.revoked_at else ("holds" if one.holds(now) else "over"),
        }
        for one in session.store.links.listed(person=person)
    ]
    show_rows(rows, as_json=as_json, empty="no link was given out")


@click.command()
@click.argument("ids", nargs=-1, metavar="LINK...")
@click.option("--person", help="All links of this person.")
@pass_session
def revoke(session: Session, ids: tuple[str, ...], person: str | None) -> int:
    """Take links back, by their ids or all of a person: from now on they open nothing."""
    if not ids and not person:
        raise click.UsageError("Name the links by their ids, or a --person.")
    now = session.ws.clock.now()
    count = sum(session.store.links.revoke(now, link=one) for one in ids)
    count += session.store.links.revoke(now, person=person) if person else 0
    click.echo(f"{count} link{'s' if count != 1 else ''} taken back")
    return 0 if count else 1
