"""Sessions: an app password opens one, its access token lasts some two hours, its refresh token renews it once.

A renewed session is stored before it is used: whoever renews twice with one refresh token may end up with none. Only
one thread or process at a time renews the session of a profile; the others find the new one.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from smm_bluesky.answers import SessionOver, checked, error_of, text_in
from smm_bluesky.identity import home_of, server_in
from smm_bluesky.settings import ENTRANCE, Settings, account_name, settings_of
from smm_core import Context, NeedsLogin, Profile, Rejected, Secret, SmmError

_STORED = "session"
_USUAL_LIFE = timedelta(minutes=30)
_EARLY = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """Who is logged in, where the account lives, and the two tokens.

    `asked` is what was logged in with: the account, the server, and a hash of the app password. Another password, or none, is
    another session.
    """

    did: str
    handle: str
    server: str
    ends: datetime
    renew_at: datetime
    asked: tuple[str, ...]
    access: str = field(repr=False)
    refresh: str = field(repr=False)

    @property
    def bearer(self) -> dict[str, str]:
        """The header of a request."""
        return {"authorization": f"Bearer {self.access}"}


def current_session(profile: Profile, ctx: Context) -> Session:
    """A session that lasts for a while yet: the stored one, renewed or opened anew where it must be."""
    session = stored_session(profile, ctx)
    if session is not None and ctx.now() < session.renew_at:
        return session
    return renewed_session(profile, ctx, instead_of=session)


def session_at_hand(profile: Profile, ctx: Context) -> Session:
    """The stored session as it is, without a request. `SessionOver` when it cannot be used: `prepare` renews it."""
    session = stored_session(profile, ctx)
    if session is None or ctx.now() >= session.ends:
        raise SessionOver("the session ran out before anything was sent; it is renewed and then tried again")
    return session


def renewed_session(profile: Profile, ctx: Context, *, instead_of: Session | None) -> Session:
    """A new session, unless somebody else has renewed it meanwhile."""
    with _alone(profile, ctx):
        session = stored_session(profile, ctx)
        if session is not None and (instead_of is None or session.access != instead_of.access):
            if ctx.now() < session.renew_at:
                return session
            instead_of = session
        fresh = _refreshed(profile, ctx, instead_of) if instead_of is not None else None
        return fresh or _opened(profile, ctx)


def forget_access(profile: Profile, ctx: Context, session: Session) -> None:
    """Mark a session as over that a server no longer takes, so that the next `prepare` renews it."""
    with _alone(profile, ctx):
        stored = stored_session(profile, ctx)
        if stored is not None and stored.access == session.access:
            past = ctx.now() - timedelta(seconds=1)
            _store(ctx, Session(**{**_fields(stored), "ends": past, "renew_at": past}))


def stored_session(profile: Profile, ctx: Context) -> Session | None:
    """The stored session, if it is one of the account and server that the settings name."""
    kept = ctx.credentials.get(_STORED)
    if kept is None:
        return None
    try:
        session = _read(json.loads(kept.reveal()))
    except (ValueError, TypeError, KeyError):
        return None
    return session if session.asked == _asked(settings_of(profile)) else None


# ---------------------------------------------------------------- with a server


def _opened(profile: Profile, ctx: Context) -> Session:
    settings = settings_of(profile)
    password = settings.app_password.reveal()
    response = ctx.http.request(
        "POST",
        f"{settings.service.rstrip('/')}/xrpc/com.atproto.server.createSession",
        json={"identifier": account_name(settings), "password": password},
    )
    if response.status in (400, 401, 403) and error_of(response) not in ("ExpiredToken", "InvalidToken"):
        raise NeedsLogin(
            f"profile {profile.name}: {settings.service} does not let {account_name(settings)} in ({response.status}"
            f"{' ' + error_of(response) if error_of(response) else ''})",
            hint=_what_to_do(settings, error_of(response), ctx),
        )
    answer = checked(response, now=ctx.now(), hidden=(password,))
    return _kept(answer, settings, ctx, server=settings.service)


def _refreshed(profile: Profile, ctx: Context, session: Session) -> Session | None:
    """The renewed session; None when the refresh token no longer holds either."""
    response = ctx.http.request(
        "POST",
        f"{session.server}/xrpc/com.atproto.server.refreshSession",
        headers={"authorization": f"Bearer {session.refresh}"},
    )
    try:
        answer = checked(response, now=ctx.now(), hidden=(session.access, session.refresh))
    except (SessionOver, NeedsLogin, Rejected):
        return None
    return _kept(answer, settings_of(profile), ctx, server=session.server)


def _kept(answer: Mapping[str, Any], settings: Settings, ctx: Context, *, server: str) -> Session:
    """The session of an answer, stored."""
    answer = dict(answer)
    if answer.get("active") is False:
        raise NeedsLogin(
            f"the account {account_name(settings)} is {answer.get('status') or 'not active'}",
            hint="log in at bsky.app to see why",
        )
    access, refresh = Secret(text_in(answer, "accessJwt")), Secret(text_in(answer, "refreshJwt"))
    life = _life_of(access.reveal())
    session = Session(
        did=text_in(answer, "did"),
        handle=str(answer.get("handle") or answer["did"]),
        server=(server_in(answer.get("didDoc")) or server).rstrip("/"),
        ends=ctx.now() + life,
        renew_at=ctx.now() + life - min(_EARLY, life / 4),
        asked=_asked(settings),
        access=access.reveal(),
        refresh=refresh.reveal(),
    )
    _store(ctx, session)
    return session


def _what_to_do(settings: Settings, word: str, ctx: Context) -> str:
    if word == "AuthFactorTokenRequired":
        return "the account asks for a code as well: use an app password, not your own password"
    if settings.service.rstrip("/") == ENTRANCE:
        with contextlib.suppress(SmmError):
            home = home_of(account_name(settings), ctx)
            if home and not home.endswith((".bsky.network", "//bsky.social")):
                return f'this account lives on another server: set service = "{home}" in the profile\'s settings'
    return "look at the handle and make a new app password, then `smm profiles login`"


def _life_of(token: str) -> timedelta:
    """How long a token lasts from the moment it was made; a token that does not tell is taken to be short-lived."""
    with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
        claims = token.split(".")[1]
        told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return min(max(timedelta(seconds=told["exp"] - told["iat"]), timedelta(0)), timedelta(days=1))
    return _USUAL_LIFE


# ---------------------------------------------------------------- on disk


def _asked(settings: Settings) -> tuple[str, ...]:
    password = hashlib.sha256(settings.app_password.reveal().encode()).hexdigest()[:16]
    return account_name(settings), settings.service.rstrip("/"), password


def _fields(session: Session) -> dict[str, Any]:
    return {name: getattr(session, name) for name in Session.__slots__}


def _store(ctx: Context, session: Session) -> None:
    fields = {**asdict(session), "ends": session.ends.isoformat(), "renew_at": session.renew_at.isoformat()}
    ctx.credentials.put(_STORED, Secret(json.dumps(fields)))


def _read(fields: Mapping[str, Any]) -> Session:
    # Each token becomes a secret of its own, so that logs are kept free of it.
    access, refresh = Secret(fields["access"]), Secret(fields["refresh"])
    return Session(
        did=str(fields["did"]),
        handle=str(fields["handle"]),
        server=str(fields["server"]),
        ends=datetime.fromisoformat(fields["ends"]).astimezone(UTC),
        renew_at=datetime.fromisoformat(fields["renew_at"]).astimezone(UTC),
        asked=tuple(str(one) for one in fields["asked"]),
        access=access.reveal(),
        refresh=refresh.reveal(),
    )


@contextlib.contextmanager
def _alone(profile: Profile, ctx: Context) -> Iterator[None]:
    """Nobody else renews the profile's session meanwhile, in no thread and no process of this machine."""
    import fcntl

    with (ctx.data_dir() / f"{profile.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
