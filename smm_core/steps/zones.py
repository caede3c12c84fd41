"""Following the time zones: when their data changes, what was planned by the wall clock is planned anew."""

from __future__ import annotations

from smm_core.clock import forget_zones, instant_of, zone_print, zone_version
from smm_core.errors import SmmError
from smm_core.steps import Report
from smm_core.steps.placing import Place, move_of
from smm_core.store import Held, Move
from smm_core.workspace import Workspace


def follow_zones(ws: Workspace, report: Report) -> None:
    """Move what has not begun and whose wall time now means another instant; a line for each, and one that says why."""
    known = ws.store.ledger.zones()
    changed = sorted(zone for zone, seen in known.items() if zone and zone_print(zone) != seen)
    if not changed:
        return
    forget_zones()
    now = ws.clock.now()

    def move(held: Held) -> Move | None:
        if held.wall is None or held.zone is None:
            return None
        try:
            due = instant_of(held.wall, held.zone)
        except SmmError:  # the zone is gone: what was planned stays as it is
            return None
        if due == held.due_at:
            return None
        place = Place(due_at=due, wall=held.wall, zone=held.zone)
        return move_of(held, place, f"the clocks of {held.zone} change otherwise now", zone=held.zone, now=now)

    moves = ws.store.ledger.replan(
        changed, move, now, ahead=ws.config.publish.prepare_ahead, at_once=ws.config.handing_over
    )
    versions = " → ".join(dict.fromkeys(filter(None, (known.get("", ""), zone_version()))))
    count = f"{len(moves)} deliveries move" if len(moves) != 1 else "1 delivery moves"
    line = f"the time zone data changed{f' ({versions})' if versions else ''} for {', '.join(changed)}: {count}"
    report.did(line)
    for one in moves:
        report.did(one.event.message)
    ws.note("zones.changed", line)
