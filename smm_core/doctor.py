"""What works, what does not, and what to do: every part of a workspace looked at once."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

from msgspec import Struct

from smm_core.attention import overdue_deliveries
from smm_core.contracts import Inspected, InspectRequest
from smm_core.errors import SmmError
from smm_core.hold import holder
from smm_core.model import Profile, Scheduler
from smm_core.promises import scheduling_of
from smm_core.workspace import Workspace

LEAST_FREE_BYTES = 200_000_000


class Finding(Struct, frozen=True, kw_only=True):
    """One part: whether it works, what was found, and the next step where it does not."""

    part: str
    ok: bool
    found: str
    next_step: str = ""


def doctor(ws: Workspace, *, online: bool = False) -> Iterator[Finding]:
    """Look at every part; `online` also asks each platform who we are. One that cannot be looked at is a finding too."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding(
        part="python", ok=sys.version_info >= (3, 11), found=version, next_step="install Python 3.11 or newer"
    )
    looks: list[tuple[str, Callable[[Workspace], Iterator[Finding]]]] = [
        ("smm.toml", _configuration),
        ("database", _database),
        ("disk", _disk),
        ("plugins", _plugins),
        ("profiles", _online_profiles if online else _profiles),
        ("sources", _sources),
        ("approvers", _approvers),
        ("daemon", _daemon),
    ]
    unreadable = False
    for part, look in looks:
        if unreadable and part in ("profiles", "sources", "daemon"):
            continue  # all they could say is once more what is wrong with the database
        try:
            yield from look(ws)
        except SmmError as error:
            yield Finding(part=part, ok=False, found=error.message, next_step=error.hint)
            if part == "smm.toml":
                return
            unreadable |= part == "database"


def _configuration(ws: Workspace) -> Iterator[Finding]:
    config = ws.config
    counts = (("client", config.clients), ("profile", config.profiles), ("source", config.sources))
    found = ", ".join(f"{len(things)} {word}{'s' if len(things) != 1 else ''}" for word, things in counts)
    yield Finding(part="smm.toml", ok=True, found=found)


def _database(ws: Workspace) -> Iterator[Finding]:
    doubt = ws.store.doubt()
    found = doubt or f"{ws.store.path.stat().st_size / 1e6:.1f} MB, epoch {ws.store.ledger.epoch()}"
    yield Finding(part="database", ok=not doubt, found=found, next_step="smm adopt")
    for client, _, by in ws.store.profiles.pauses():
        yield Finding(
            part="pause", ok=False, found=f"{client or 'everybody'} is paused by {by}", next_step="smm resume"
        )


def _disk(ws: Workspace) -> Iterator[Finding]:
    free = shutil.disk_usage(ws.root).free
    yield Finding(
        part="disk", ok=free > LEAST_FREE_BYTES, found=f"{free / 1e9:.1f} GB free", next_step="free some space"
    )
    writable = os.access(ws.root, os.W_OK)
    if not writable:
        yield Finding(part="folder", ok=False, found=f"{ws.root} cannot be written", next_step="check its permissions")


def _plugins(ws: Workspace) -> Iterator[Finding]:
    from smm_core.isolation import Misdeed

    for one in ws.plugins.loaded:
        name, part = one.found.name, f"plugin {one.found.name}"
        thing = one.found.target if one.found.package == "workspace" else one.found.package
        if one.error:
            step = f"mend or remove {thing}; `smm plugins show {name}`"
            yield Finding(part=part, ok=False, found=one.error, next_step=step)
        elif one.enabled:
            did = [trouble for trouble in ws.troubles.lately() if trouble.plugin == name]
            for trouble in did:
                harmless = trouble.misdeed in (Misdeed.PRINTED, Misdeed.DEPRECATED)
                step = f"the log has more; mend or upgrade {thing}, then `smm plugins forget {name}`"
                yield Finding(part=part, ok=harmless, found=str(trouble), next_step=step)
            if not did:
                yield Finding(part=part, ok=True, found=", ".join(one.objects) or "hooks only")


def _profiles(ws: Workspace) -> Iterator[Finding]:
    for name in ws.config.profiles:
        try:
            profile = ws.profile(name)
            ws.limits_of(profile)
        except SmmError as error:
            yield Finding(
                part=f"profile {name}", ok=False, found=error.message, next_step=error.hint or "mend smm.toml"
            )
            continue
        state = ws.store.profiles.state(name)
        if state.logged_out:
            yield Finding(
                part=f"profile {name}",
                ok=False,
                found=f"needs a login: {state.reason}",
                next_step=f"smm profiles login {name}",
            )
        elif state.token_ends and state.token_ends < ws.clock.now() + timedelta(days=7):
            found = f"its token ends {state.token_ends:%Y-%m-%d}"
            yield Finding(part=f"profile {name}", ok=False, found=found, next_step=f"smm profiles login {name}")
        elif profile.schedule is Scheduler.PLATFORM and not _has_scheduler(ws, profile):
            yield Finding(
                part=f"profile {name}",
                ok=False,
                found=f"{profile.platform} has no scheduler of its own, so smm has to run when its posts are due",
                next_step=f'take schedule = "platform" out of [profiles.{name}]',
            )
        else:
            yield Finding(part=f"profile {name}", ok=True, found=profile.imitates or profile.platform)


def _has_scheduler(ws: Workspace, profile: Profile) -> bool:
    return scheduling_of(ws, profile, ws.plugins.publisher(profile.platform)) is not None


def _online_profiles(ws: Workspace) -> Iterator[Finding]:
    for name in ws.config.profiles:
        try:
            profile = ws.profile(name)
            publisher = ws.plugins.publisher(profile.platform)
            request = InspectRequest(profile=profile)
            inspected = ws.calls.call(
                "publisher",
                profile.platform,
                "inspect",
                lambda ctx, publisher=publisher, request=request: publisher.inspect(request, ctx),  # type: ignore[misc]
                expect=Inspected,
                subject=name,
                http=ws.profile_client(profile),
            )
        except SmmError as error:
            yield Finding(
                part=f"profile {name}",
                ok=False,
                found=error.message,
                next_step=error.hint or f"smm profiles login {name}",
            )
            continue
        ws.store.profiles.keep_inspected(name, inspected, ws.clock.now())
        yield Finding(
            part=f"profile {name}", ok=True, found=f"{profile.imitates or profile.platform}: {inspected.account}"
        )


def _sources(ws: Workspace) -> Iterator[Finding]:
    troubled: dict[str, list[str]] = {}
    for name, trouble, _ in ws.store.sources.troubles():
        troubled.setdefault(name, []).append(f"{trouble.where}: {trouble.message}")
    for name in ws.config.sources:
        try:
            ws.source_settings(name)
        except SmmError as error:
            yield Finding(part=f"source {name}", ok=False, found=error.message, next_step=error.hint or "mend smm.toml")
            continue
        lines = troubled.get(name, [])
        last = ws.store.sources.last(name)
        good = f"read {last:%Y-%m-%d %H:%M} UTC" if last else "not read yet"
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        yield Finding(
            part=f"source {name}",
            ok=not lines,
            found=f"{lines[0]}{more}" if lines else good,
            next_step="mend it, then `smm collect`",
        )


def _approvers(ws: Workspace) -> Iterator[Finding]:
    """Those that have settings: the others have nothing to get wrong."""
    for name in ws.config.approvers:
        try:
            ws.approver_settings(name)
        except SmmError as error:
            step = error.hint or "mend smm.toml"
            yield Finding(part=f"approver {name}", ok=False, found=error.message, next_step=step)
        else:
            yield Finding(part=f"approver {name}", ok=True, found="its settings are in order")


def _daemon(ws: Workspace) -> Iterator[Finding]:
    held = holder(ws.root)
    overdue = overdue_deliveries(ws)
    if held:
        yield Finding(part="daemon", ok=True, found=f"process {held[0]} ({held[1]})")
    elif overdue:
        yield Finding(
            part="daemon",
            ok=False,
            found=f"not running, and {len(overdue)} deliveries are overdue",
            next_step="smm run",
        )
    else:
        yield Finding(part="daemon", ok=True, found="not running; nothing is overdue")
