"""measure: receipts → readings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from smm_core.contracts import MetricsRequest
from smm_core.errors import NeedsLogin, PluginError, SmmError
from smm_core.model import ActionKind, Profile, Reading, Subject, SubjectKind
from smm_core.steps import Report
from smm_core.steps.hand import Hand
from smm_core.steps.native import confirm
from smm_core.workspace import Workspace

LOOK_BACK = timedelta(days=30)


def measure(ws: Workspace, *, progress: Callable[[str], None] = lambda line: None) -> Report:
    """Read the numbers of every profile whose platform gives some, and of its posts of the last 30 days."""
    report = Report(step="measure")
    for name in ws.config.profiles:
        progress(name)
        try:
            profile = ws.profile(name)
            _measure_profile(ws, profile, report)
        except SmmError as error:
            report.failed(f"profile {name}: {error}")
    return report


def _confirm(ws: Workspace, profile: Profile, report: Report) -> None:
    """Hear from the platform whether what it was to send by itself is out."""
    for action in ws.store.ledger.handed_and_due(profile.name, ws.clock.now()):
        confirm(Hand(ws, action, ws.store.ledger.epoch(), report), profile, ws.plugins.publisher(profile.platform))


def _measure_profile(ws: Workspace, profile: Profile, report: Report) -> None:
    _confirm(ws, profile, report)
    reader = ws.plugins.metrics(profile.platform)
    if reader is None:
        return
    since = ws.clock.now() - LOOK_BACK
    subjects = [Subject(kind=SubjectKind.PROFILE, id=profile.name)] + [
        Subject(
            kind=SubjectKind.POST,
            id=str(action.id),
            receipt=action.receipt,
            published_at=action.receipt.at,
        )
        for action in ws.store.past.published_since(since, profile.name)
        if action.kind is ActionKind.PUBLISH and action.receipt is not None and action.removed_at is None
    ]
    request = MetricsRequest(profile=profile, subjects=tuple(subjects))
    try:
        readings = ws.calls.call(
            "metrics",
            profile.platform,
            "read",
            lambda ctx: reader.read(request, ctx),
            expect=Sequence,
            subject=profile.name,
            http=ws.profile_client(profile),
        )
    except NeedsLogin as error:
        ws.store.profiles.log_out(profile.name, str(error))
        ws.note(
            "profile.logged-out", f"profile {profile.name} needs a login: {error}", client=profile.client, urgent=True
        )
        raise
    if not all(isinstance(reading, Reading) for reading in readings):
        raise PluginError(f"metrics {profile.platform}: read returned something that is no Reading")
    ws.store.readings.keep(profile.name, readings)
    report.did(f"{profile.name}: {len(readings)} readings of {len(subjects)} subjects")
