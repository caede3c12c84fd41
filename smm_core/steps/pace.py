"""Not before: the distance between the posts of a profile, and the rates of its platform."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

from smm_core.clock import wall_of
from smm_core.errors import PluginError
from smm_core.limits import Rate
from smm_core.model import Action, ActionKind, ActionState, Profile
from smm_core.workspace import Workspace

NO_DISTANCE = timedelta(minutes=1)


class Pace:
    """How soon one thing after the other may go out on a profile. It lives as long as one look at what is due.

    What went out further ahead than its distance or rate reaches, before the clock was set back, counts for nothing:
    nobody waits for such a clock.
    """

    def __init__(self, ws: Workspace, profile: Profile) -> None:
        self._past = ws.store.past
        self._ws = ws
        self._profile = profile

    def earliest(self, action: Action) -> tuple[datetime, str]:
        """When an action may go out, and what it waits for."""
        waits = [(action.due_at, action.reason)]
        if not action.trial:
            if action.parent_id is None and self._profile.distance:
                waits.append(self._spaced(action))
            waits += map(self._within, self._rates)
        return max(waits, key=lambda wait: wait[0])

    def handled(self, action: Action, state: ActionState, now: datetime) -> None:
        """What became of an action, so that the next one need not be looked up."""
        if state is ActionState.PUBLISHED and action.kind is ActionKind.PUBLISH and not (action.seq or action.trial):
            self.__dict__["_last"] = (now, action.due_at)

    def _spaced(self, action: Action) -> tuple[datetime, str]:
        """After a burst was held up, posts keep their distance; those that were planned closer keep the one they were planned with."""
        if self._last is None:
            return action.due_at, ""
        out_at, due_at = self._last
        gap = min(self._profile.distance, abs(action.due_at - due_at))
        if gap < NO_DISTANCE:
            return action.due_at, ""
        return (
            out_at + gap,
            f"the one before it went out at {wall_of(out_at, self._profile.zone):%H:%M}, and they keep their distance",
        )

    def _within(self, rate: Rate) -> tuple[datetime, str]:
        nth = self._past.nth_last_out(self._profile.name, rate.maximum, self._ws.clock.now() + rate.per)
        if nth is None:
            return datetime.min.replace(tzinfo=self._ws.clock.now().tzinfo), ""
        return nth + rate.per, f"the platform takes {rate.maximum} in {_said(rate.per)}"

    @cached_property
    def _last(self) -> tuple[datetime, datetime] | None:
        return self._past.last_out(self._profile.name, self._ws.clock.now() + self._profile.distance)

    @cached_property
    def _rates(self) -> tuple[Rate, ...]:
        try:
            return self._ws.limits_of(self._profile).rates
        except PluginError:
            return ()  # a plugin that cannot say what it accepts has no rates that could be kept


def _said(period: timedelta) -> str:
    hours, seconds = divmod(round(period.total_seconds()), 3600)
    return f"{hours} h" if hours and not seconds else f"{round(period.total_seconds() / 60)} min"
