"""`smm profiles`: accounts, what is known of them, and their logins."""

from __future__ import annotations

from typing import Any

import click

from smm_core.cli.login import log_in, logs_in
from smm_core.cli.output import client_option, json_option, local, say, show_json, show_rows
from smm_core.cli.profiles_add import add
from smm_core.cli.session import Session, pass_session
from smm_core.contracts import Inspected, InspectRequest
from smm_core.errors import NeedsLogin
from smm_core.limits import Limits
from smm_core.model import Profile, Slot

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@click.group()
def profiles() -> None:
    """Profiles: one account on one platform each."""


@profiles.command("list")
@client_option
@json_option
@pass_session
def list_(session: Session, client: str | None, as_json: bool) -> None:
    """List the profiles of smm.toml and whether they work."""
    ws = session.ws
    rows = []
    for profile in ws.config.profiles.values():
        if client and profile.client != client:
            continue
        state = ws.store.profiles.state(profile.name)
        rows.append(
            {
                "name": profile.name,
                "client": profile.client,
                "platform": profile.platform,
                "imitates": profile.imitates,
                "handle": profile.handle,
                "zone": profile.zone,
                "slots": [_slot(slot) for slot in profile.slots],
                "state": f"needs a login: {state.reason}" if state.logged_out else "ok",
            }
        )
    show_rows(rows, as_json=as_json, empty="smm.toml has no [profiles]")


def _slot(slot: Slot) -> str:
    return f"{_DAYS[slot.weekday]} {slot.hour:02}:{slot.minute:02}"


@profiles.command()
@click.argument("name")
@json_option
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """Show one profile: what it accepts, where that is known from, and what the platform said of it."""
    ws = session.ws
    profile = ws.profile(name)
    limits = ws.limits_of(profile)
    state = ws.store.profiles.state(name)
    if as_json:
        shown = {"name": name, "platform": profile.platform, "imitates": profile.imitates, "client": profile.client}
        show_json({"profile": shown, "limits": limits, "state": state})
        return
    click.echo(click.style(f"{name} ({profile.imitates or profile.platform})", bold=True))
    click.echo(
        f"  client     {profile.client}\n  zone       {profile.zone}\n  slots      {', '.join(map(_slot, profile.slots)) or 'none'}"
    )
    if state.account:
        click.echo(f"  account    {state.account} (asked {local(state.inspected_at, profile.zone)})")
    for line in _limit_lines(limits):
        click.echo(f"  {line}")


def _limit_lines(limits: Limits) -> list[str]:
    rows: list[tuple[str, str, Any]] = [("text", f"{one.maximum} {one.unit}", None) for one in limits.text]
    images = limits.images
    rows += [
        ("pictures", f"{images.minimum} to {images.maximum}, {', '.join(images.formats)}", None),
        ("alt text", f"{limits.alt_text.maximum} {limits.alt_text.unit}" if limits.alt_text else "", None),
        ("thread", f"up to {limits.parts} parts" if limits.parts > 1 else "no threads", None),
        ("hashtags", say(limits.hashtags), None),
        ("mentions", say(limits.mentions), None),
        ("link", str(limits.link_style), None),
    ]
    lines = [f"{name:10} {value}" for name, value, _ in rows if value]
    for name, source in limits.provenance.items():
        guess = "" if source.verified else " (a guess)"
        lines.append(f"{'source' if name == '*' else name:10} {source.source}, {source.as_of}{guess}")
    return lines


@profiles.command()
@click.argument("name")
@json_option
@pass_session
def inspect(session: Session, name: str, as_json: bool) -> None:
    """Ask the platform who we are on this profile, and keep its limits."""
    inspected = inspect_profile(session, session.ws.profile(name))
    if as_json:
        show_json(inspected)
    else:
        click.echo(f"{name}: {inspected.account}{f' ({inspected.url})' if inspected.url else ''}")


def inspect_profile(session: Session, profile: Profile) -> Inspected:
    """Ask the platform who we are, and keep what it says."""
    ws = session.ws
    session.log()
    publisher = ws.plugins.publisher(profile.platform)
    request = InspectRequest(profile=profile)
    inspected = ws.calls.call(
        "publisher",
        profile.platform,
        "inspect",
        lambda ctx: publisher.inspect(request, ctx),
        expect=Inspected,
        subject=profile.name,
        http=ws.profile_client(profile),
    )
    ws.store.profiles.keep_inspected(profile.name, inspected, ws.clock.now())
    return inspected


@profiles.command()
@click.argument("name")
@click.option("--terminal", is_flag=True, help="There is no browser on this machine: copy a code into the terminal.")
@click.option("--again", is_flag=True, help="Log in anew although the credentials work, for other permissions.")
@pass_session
def login(session: Session, name: str, terminal: bool, again: bool) -> int:
    """Try the profile's credentials; when they work, what waited for a login goes on by its late policy.

    Where they do not, and the platform has a login of its own, you are sent there with your browser.
    """
    session.log()
    ws = session.ws
    profile = ws.profile(name)
    by_browser = logs_in(ws.plugins.publisher(profile.platform))
    try:
        inspected = None if again and by_browser else _inspected(session, profile, ask=not by_browser)
        if inspected is None:
            log_in(session, profile, terminal=terminal)
            inspected = inspect_profile(session, profile)
    except NeedsLogin as error:
        ws.store.profiles.log_out(name, str(error))
        click.echo(f"{name} still needs a login: {error}", err=True)
        return 1
    ws.store.profiles.log_in(name)
    released = ws.store.ledger.release_held(name, ws.clock.now())
    ws.note("profile.logged-in", f"profile {name} works again", client=profile.client, subject=f"profile:{name}")
    click.echo(f"{name} works: {inspected.account}; {released} deliveries go on")
    return 0


def _inspected(session: Session, profile: Profile, *, ask: bool) -> Inspected | None:
    """Who we are there; without `ask`, None where the credentials do not hold."""
    try:
        return inspect_profile(session, profile)
    except NeedsLogin:
        if ask:
            raise
        return None


profiles.add_command(add)

commands = {"profiles": profiles}
