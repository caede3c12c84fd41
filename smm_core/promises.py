"""What a publisher promises on one profile: where that depends on the server, its plugin is asked for that server's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from smm_core.contracts import Guarantees, Publisher, SchedulesNatively, Scheduling, VariesByServer
from smm_core.engine import Call
from smm_core.model import Profile
from smm_core.workspace import Workspace

T = TypeVar("T")


def guarantees_of(ws: Workspace, profile: Profile, publisher: Publisher) -> Guarantees:
    """What is promised about one send on a profile."""
    if VariesByServer in publisher.abilities and isinstance(publisher, VariesByServer):
        varies: VariesByServer = publisher
        return _ask(ws, profile, "guarantees_for", lambda known: varies.guarantees_for(profile, known), Guarantees)
    return publisher.guarantees


def scheduling_of(ws: Workspace, profile: Profile, publisher: Publisher) -> Scheduling | None:
    """What the platform's own scheduler takes of a profile; None where it has none, or none that can be relied on."""
    if SchedulesNatively not in publisher.abilities or not isinstance(publisher, SchedulesNatively):
        return None
    natively: SchedulesNatively = publisher
    if VariesByServer in publisher.abilities and isinstance(publisher, VariesByServer):
        varies: VariesByServer = publisher
        expect = (Scheduling, type(None))
        return _ask(ws, profile, "scheduling_for", lambda known: varies.scheduling_for(profile, known), expect)
    return natively.scheduling


def _ask(ws: Workspace, profile: Profile, method: str, function: Callable[[Any], T], expect: Any) -> T:
    known = ws.store.profiles.state(profile.name).known
    call = Call(plugin=ws.plugins.owner("publisher", profile.platform), method=method, subject=profile.name)
    return ws.engine.run(call, lambda: function(known), expect=expect)
