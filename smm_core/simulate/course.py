"""The rounds: every step as the daemon runs it, at each instant at which one of them has something to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from smm_core.clock import FakeClock, instant_of
from smm_core.errors import SmmError
from smm_core.hold import holder
from smm_core.lifecycle import PARTS
from smm_core.model import Action, ActionState, Post, Profile, WhenKind
from smm_core.rounds import writing_steps
from smm_core.simulate.forecast import Outcome
from smm_core.simulate.rehearsal import Rehearsal
from smm_core.steps import Report
from smm_core.steps.publish import publish

BEAT = timedelta(hours=6)
"""The longest jump: what the steps do by the calendar alone (the next occurrence of a series) is seen in time."""

REST = timedelta(seconds=5)
STUCK = 5
EVERYTHING = 1_000_000


class Course:
    """One run through a period, and what was seen on the way.

    `outcomes` in the order in which they come about; `timed` are the actions of them whose time a person set. `unreadable`
    and `troubles` are what the steps said of content files at the start, and of anything at the end. `unusable` profiles
    (name → why) were set aside; `at_first` are the actions that waited for a person or for certainty already.
    """

    def __init__(self, ws: Rehearsal, clock: FakeClock, until: datetime, *, may_send: bool) -> None:
        self.ws = ws
        self.since = clock.now()
        self.until = until
        self.outcomes: list[Outcome] = []
        self.unreadable: list[str] = []
        self.troubles: list[str] = []
        self.unusable: dict[str, str] = {}
        self.at_first: dict[int, ActionState] = {}
        self.timed: set[int] = set()
        self._clock = clock
        self._may_send = may_send
        self._asked: dict[int, datetime] = {}
        self._reasons: dict[int, str] = {}
        self._known: set[int] = set()
        self._epoch = 0
        self._stuck = 0

    def run(self, progress: Callable[[datetime], None]) -> None:
        """From now to the end of the period."""
        ledger = self.ws.store.ledger
        self.at_first = {action.id: action.state for action in ledger.wanting()}
        self._known = {action.id for action in self.ws.store.past.published_since(self.since)}
        # What a daemon is sending at this moment is not in doubt; without one, nobody will hear the answer.
        running = holder(self.ws.root) is not None
        self._epoch = ledger.epoch() if running else ledger.raise_epoch(self.since)
        reports: list[Report] = []
        while self._clock.now() <= self.until:
            progress(self._clock.now())
            first = not reports
            reports = writing_steps(self.ws, due_only=not first, on_trouble=self._note_trouble)
            if first:
                self._note_collected(reports)
            self.troubles = [line for report in reports for line in report.troubles]
            if self._may_send:
                self._publish()
            self._clock.set(self._next())

    def asked_for(self, post: Post, profile: Profile | None) -> datetime | None:
        """When a person wants a post to be out on a profile; None where the plan decides."""
        when = post.content.when
        if when.kind is not WhenKind.AT or when.wall is None:
            return None
        return instant_of(when.wall, when.zone or (profile.zone if profile else self.ws.config.zone))

    # ------------------------------------------------------------ writing

    def _note_trouble(self, line: str) -> None:
        if line not in self.unreadable:
            self.unreadable.append(line)

    def _note_collected(self, reports: list[Report]) -> None:
        """What could not be read of the content folder."""
        for line in (line for report in reports if report.step == "collect" for line in report.troubles):
            self._note_trouble(line)

    # ------------------------------------------------------------ publishing

    def _publish(self) -> None:
        ledger, now = self.ws.store.ledger, self._clock.now()
        self._set_unusable_aside(ledger.due(now, limit=EVERYTHING))
        due = ledger.due(now, limit=EVERYTHING)
        for action in due:
            self._remember(action)
        publish(self.ws, self._epoch)
        changed = [(before, ledger.get(before.id)) for before in due]
        for before, after in changed:
            self._remember(after)
            if after.state is not before.state and after.state is not ActionState.PUBLISHED:
                self._note(after, now)
        for action in self.ws.store.past.published_since(now):
            if action.id not in self._known:
                self._known.add(action.id)
                self._remember(action)
                self._note(action, now)

    def _set_unusable_aside(self, due: list[Action]) -> None:
        """A profile that cannot be used would be tried again every few minutes to the end of the period."""
        for name in {action.profile for action in due}:
            try:
                self.ws.plugins.publisher(self.ws.profile(name).platform)
            except SmmError as error:
                self._set_aside(name, str(error))

    def _set_aside(self, profile: str, why: str) -> None:
        self.unusable[profile] = why
        self.ws.store.profiles.log_out(profile, why)

    def _remember(self, action: Action) -> None:
        """When it was first meant to go, and what was last said about why it does not."""
        self._asked.setdefault(action.id, action.due_at)
        if action.reason:
            self._reasons[action.id] = action.reason

    def _note(self, action: Action, now: datetime) -> None:
        if action.trial or action.kind not in PARTS or action.state not in _ENDS:
            return
        post = self.ws.store.posts.get(action.post_id)
        meant = self.asked_for(post, self.ws.config.profiles.get(action.profile))
        if meant is not None:
            self.timed.add(action.id)
        self.outcomes.append(
            Outcome(
                at=now,
                asked=meant or self._asked[action.id],
                post=post.slug,
                client=post.client,
                profile=action.profile,
                kind=action.kind,
                part=action.seq + 1,
                state=action.state,
                reason=self._reasons.get(action.id, ""),
                delivery=action.id,
            )
        )

    # ------------------------------------------------------------ the clock

    def _next(self) -> datetime:
        """The next instant at which a step has something to do."""
        now = self._clock.now()
        asked = self.ws.store.reviews.next_wake(now)
        instants = [asked] if asked is not None else []
        wake = self.ws.store.ledger.next_wake() if self._may_send else None
        if wake is not None and wake <= now:
            wake = self._after_stuck(now)
        else:
            self._stuck = 0
        if wake is not None:
            instants.append(wake)
        return min([*instants, now + BEAT])

    def _after_stuck(self, now: datetime) -> datetime:
        """Something is due and was not moved on: it gets a few more chances, then its profile is set aside."""
        self._stuck += 1
        if self._stuck > STUCK:
            self._stuck = 0
            for action in self.ws.store.ledger.due(now, limit=EVERYTHING):
                self._set_aside(action.profile, action.reason or "it could not be worked on; the log may say why")
        return now + REST


_ENDS = frozenset(
    {ActionState.PUBLISHED, ActionState.PENDING, ActionState.HELD, ActionState.REFUSED, ActionState.CANCELLED}
)
