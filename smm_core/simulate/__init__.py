"""What would happen from now on: the real steps on a copy of the database, with a clock that jumps.

Publishers and the approvers that reach people are replaced by stand-ins, so nothing is sent and nobody is asked; files
that the steps write go to a folder that is thrown away. The workspace itself is only read, also while a daemon runs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from smm_core.clock import FakeClock
from smm_core.simulate.course import Course
from smm_core.simulate.findings import findings
from smm_core.simulate.forecast import Cause, Finding, Forecast, Gap, Outcome
from smm_core.simulate.rehearsal import Rehearsal
from smm_core.workspace import Workspace

__all__ = ["Cause", "Finding", "Forecast", "Gap", "Outcome", "simulate"]


def simulate(
    ws: Workspace, until: datetime, *, progress: Callable[[datetime], None] = lambda instant: None
) -> Forecast:
    """What a daemon that runs from now to `until` (UTC) would do with what is in the workspace now, and what it would not.

    What nobody can know is taken for good: every platform accepts at once what is in its limits, and nobody answers a
    review. New ideas are not collected or composed; files of the content folder are read again.
    `progress` hears of every instant that is looked at.
    """
    doubt = ws.store.doubt()
    with tempfile.TemporaryDirectory(prefix="smm-simulate-", ignore_cleanup_errors=True) as scratch:
        clock = FakeClock(like=ws.clock)
        with Rehearsal(ws, Path(scratch), clock) as rehearsal:
            course = Course(rehearsal, clock, until, may_send=not doubt)
            course.run(progress)
            return findings(course, doubt)
