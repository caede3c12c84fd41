"""Run by test_schedule_zones in a process of its own, because it changes what `zoneinfo` reads.

    python zone_data.py WORKSPACE ZONES

Plans posts while the clocks of Europe/Nowhere are an hour ahead of UTC, then makes them two hours ahead, and plans again.
"""

from __future__ import annotations

import json
import struct
import sys
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

from smm_core.clock import FakeClock, to_text
from smm_core.model import ActionState, Decision
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store import Outcome
from smm_core.workspace import Workspace

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def write_zone(folder: Path, version: str, hours: int) -> None:
    """A compiled zone file (RFC 8536) without any change of clocks, and the name of the version beside it."""
    header = b"TZif2" + bytes(15)
    block = struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lBB", hours * 3600, 0, 0) + b"NOW\0"
    path = folder / "Europe" / "Nowhere"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + block + header + block + f"\n<NOW>-{hours}\n".encode())
    (folder / "tzdata.zi").write_text(f"# version {version}\n")


def plan(ws: Workspace) -> list[str]:
    """One round of the steps up to the plan, with everything approved; what the schedule step says."""
    for step in (collect, render, review):
        step(ws)
    for one in ws.store.reviews.listed():
        if one.state == "open":
            ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", ws.clock.now())
    report = schedule(ws)
    return [*report.lines, *report.troubles]


def due(ws: Workspace) -> dict[str, str]:
    """When everything is due: slug and part → instant."""
    return {
        f"{one.slug} {number}": to_text(ws.store.ledger.get(action).due_at)
        for one in ws.store.ledger.deliveries()
        for number, action in enumerate(one.action_ids)
    }


def main(root: Path, zones: Path) -> None:
    """Print as JSON what was planned and said before and after the change."""
    write_zone(zones, "2026a", 1)
    zoneinfo.reset_tzpath([str(zones), *zoneinfo.TZPATH])
    with Workspace(root, FakeClock(NOW)) as ws:
        plan(ws)
        begun = next(one for one in ws.store.ledger.deliveries() if one.slug == "begun")
        attempt = ws.store.ledger.claim(ws.store.ledger.get(begun.action_ids[0]), ws.store.begin_epoch(NOW), NOW)
        ws.store.ledger.finish(attempt, Outcome(state=ActionState.SCHEDULED, reason="busy", wake_at=NOW), NOW)
        before, silent = due(ws), plan(ws)
        write_zone(zones, "2026b", 2)
        if len(sys.argv) > 3:  # another process was quicker
            ws.store.ledger.replan(["Europe/Nowhere"], lambda held: None, NOW, ahead=ws.config.publish.prepare_ahead)
        said, after, again = plan(ws), due(ws), plan(ws)
        (root / "content" / "posts" / "new.md").write_text('+++\nat = "2026-12-02T09:00"\n+++\nNew.\n')
        plan(ws)
        told = [event.kind for event in ws.store.events.latest() if event.kind in ("delivery.moved", "zones.changed")]
        wakes = [
            to_text(one.next_try_at) for one in ws.store.ledger.due(datetime(2027, 1, 1, tzinfo=UTC)) if one.next_try_at
        ]
        print(
            json.dumps(
                {
                    **{"before": before, "silent": silent, "said": said, "after": after, "again": again},
                    **{"told": told, "new": due(ws)["new 0"], "wakes": wakes},
                }
            )
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
