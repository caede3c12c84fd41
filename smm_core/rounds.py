"""The steps in their order: one round of those that write, or of all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from smm_core.errors import SmmError, StoreError
from smm_core.hold import hold
from smm_core.steps import Report
from smm_core.workspace import Workspace

log = logging.getLogger("smm.daemon")


def writing_steps(
    ws: Workspace,
    *,
    due_only: bool,
    stop: threading.Event | None = None,
    on_trouble: Callable[[str], None] = log.warning,
) -> list[Report]:
    """collect, compose, render, review, schedule, each guarded: one that fails does not stop the next."""
    from smm_core.steps.collect import collect
    from smm_core.steps.compose import compose
    from smm_core.steps.render import render
    from smm_core.steps.review import review
    from smm_core.steps.schedule import schedule

    def collect_again() -> Report:
        return collect(ws) if reports[-1].done else Report(step="collect")

    steps: list[tuple[str, Callable[[], Report]]] = [
        ("collect", lambda: collect(ws, due_only=due_only)),
        ("compose", lambda: compose(ws)),
        ("collect", collect_again),
        ("render", lambda: render(ws)),
        ("review", lambda: review(ws)),
        ("schedule", lambda: schedule(ws)),
    ]
    reports: list[Report] = []
    for name, step in steps:
        if stop is not None and stop.is_set():
            break
        try:
            reports.append(step())
        except Exception as error:
            line = said(error)
            on_trouble(f"{name}: {line}")
            reports.append(Report(step=name, troubles=[line]))
    return reports


def run_once(ws: Workspace) -> list[Report]:
    """One round of every step, then return: for cron, for a look, for a test."""
    from smm_core.steps.listen import listen
    from smm_core.steps.measure import measure
    from smm_core.steps.publish import publish

    with hold(ws.root, "smm run --once"):
        reports = writing_steps(ws, due_only=False)
        try:
            reports.append(publish(ws, ws.store.begin_epoch(ws.clock.now())))
        except StoreError as error:
            reports.append(Report(step="publish", troubles=[str(error)]))
        reports += [measure(ws), listen(ws)]
        ws.tell()
    return reports


def said(error: Exception) -> str:
    """An error in one line. A mistake of smm's own goes to the log with all that is known of it."""
    if isinstance(error, SmmError):
        return str(error)
    log.warning("a mistake in smm itself", exc_info=error)
    return f"a mistake in smm itself: {type(error).__name__}: {error} (please report it; the log has the details)"
