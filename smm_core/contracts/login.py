"""Logging in by a browser: the platform asks the person itself, and hands us a code that becomes a token."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from msgspec import Struct

from smm_core.contracts.given import Context
from smm_core.model import Profile
from smm_core.secrets import Secret


class LoginRequest(Struct, frozen=True, kw_only=True):
    """Begin a login. `redirect` is the address on this machine to which the browser is to be sent back with the code;
    empty: the platform shows the code, and the person copies it."""

    profile: Profile
    redirect: str = ""


class LoginBegun(Struct, frozen=True, kw_only=True):
    """The address that the person opens, and the `state` that the browser must bring back along with the code."""

    url: str
    state: str = ""


class CompleteLoginRequest(Struct, frozen=True, kw_only=True):
    """End a login that was begun: the code that the platform gave out, and the same `redirect` as in the beginning."""

    profile: Profile
    code: Secret
    redirect: str = ""


class LoggedIn(Struct, frozen=True, kw_only=True):
    """The login worked. `scopes` are the permissions that were granted, where the platform says."""

    scopes: tuple[str, ...] = ()


@runtime_checkable
class LogsIn(Protocol):
    """Ability: gets its tokens by a browser. `smm profiles login` goes through it with the person.

    What one call has to remember for the other, and the tokens themselves, go into `ctx.credentials` and nowhere else.
    A new login must not break the old one until it is complete.
    """

    def begin_login(self, request: LoginRequest, ctx: Context) -> LoginBegun:
        """Make us known to the platform, and say which address the person opens. May be asked again at any time."""
        ...

    def complete_login(self, request: CompleteLoginRequest, ctx: Context) -> LoggedIn:
        """Make tokens of the code and keep them. `NeedsLogin` when the code is wrong or too old: begin anew."""
        ...
