"""Logging in with a browser: it comes back to this machine with a code, or the person copies the code into the terminal."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from smm_core.errors import NeedsLogin

if TYPE_CHECKING:
    from collections.abc import Callable

    from smm_core.cli.session import Session
    from smm_core.context import PluginContext
    from smm_core.contracts import LogsIn, Publisher
    from smm_core.model import Profile

PATIENCE = 300.0
"""How many seconds a person has to say yes in the browser."""


def logs_in(publisher: Publisher) -> bool:
    """Whether a login on the platform is something that smm can go through with the person."""
    from smm_core.contracts import LogsIn

    return isinstance(publisher, LogsIn) and LogsIn in publisher.abilities


def log_in(session: Session, profile: Profile, *, terminal: bool) -> None:
    """Go through a login with the person at the terminal. `NeedsLogin` when it did not work."""
    if terminal:
        _by_code(session, profile)
    else:
        _by_browser(session, profile)


def _by_code(session: Session, profile: Profile) -> None:
    from smm_core.contracts import LoginRequest
    from smm_core.secrets import Secret

    begun = _call(session, profile, "begin_login", LoginRequest(profile=profile))
    click.echo(f"open this address, say yes, and copy the code that is shown:\n\n  {begun.url}\n", err=True)
    code = click.prompt("code", err=True).strip()
    _complete(session, profile, Secret(code), redirect="")


def _by_browser(session: Session, profile: Profile) -> None:
    from smm_core.cli.redirect import Redirect
    from smm_core.contracts import LoginRequest
    from smm_core.secrets import Secret

    with Redirect() as redirect:
        begun = _call(session, profile, "begin_login", LoginRequest(profile=profile, redirect=redirect.url))
        click.echo(
            f"say yes in the browser; if none opens, open this address on this machine:\n\n  {begun.url}\n", err=True
        )
        _open(begun.url)
        answer = redirect.wait(begun.state, until=time.monotonic() + PATIENCE)
    if answer is None:
        hint = f"smm profiles login {profile.name} --terminal works without a browser on this machine"
        raise NeedsLogin("nobody said yes in the browser within five minutes", hint=hint)
    if answer.code is None:
        raise NeedsLogin(f"the platform says: {answer.error or 'no'}", hint=f"smm profiles login {profile.name}")
    _complete(session, profile, Secret(answer.code), redirect=redirect.url)


def _complete(session: Session, profile: Profile, code: Any, *, redirect: str) -> None:
    from smm_core.contracts import CompleteLoginRequest

    request = CompleteLoginRequest(profile=profile, code=code, redirect=redirect)
    _call(session, profile, "complete_login", request)


def _call(session: Session, profile: Profile, method: str, request: Any) -> Any:
    from smm_core.contracts import LoggedIn, LoginBegun

    ws = session.ws
    publisher: LogsIn = ws.plugins.publisher(profile.platform)  # type: ignore[assignment]
    function: Callable[[Any, PluginContext], Any] = getattr(publisher, method)
    return ws.calls.call(
        "publisher",
        profile.platform,
        method,
        lambda ctx: function(request, ctx),
        expect=LoginBegun if method == "begin_login" else LoggedIn,
        subject=profile.name,
        http=ws.profile_client(profile),
    )


def _open(url: str) -> None:
    """Open an address where there is a screen: on a console, a browser would take the terminal away from the person."""
    has_screen = sys.platform == "darwin" or any(
        os.environ.get(one) for one in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    )
    if has_screen:
        import webbrowser

        webbrowser.open(url)
