"""One action in hand: what every way of dealing with it shares."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from smm_core.clock import passed
from smm_core.contracts import Context, Guarantees, HttpClient
from smm_core.engine import PluginTimeout
from smm_core.errors import OutcomeUnknown, Rejected, SmmError, StoreError, TryLater
from smm_core.lifecycle import PARTS
from smm_core.model import Action, ActionKind, ActionState, Attempt, Event, Part, Post, Profile, Receipt, Variant
from smm_core.steps import Report
from smm_core.steps.pace import Pace
from smm_core.store import Fenced, Outcome
from smm_core.values import replace
from smm_core.workspace import Workspace

T = TypeVar("T")
log = logging.getLogger("smm.publish")

SEND_WITHIN = timedelta(seconds=45)
LONGEST_RETRY = timedelta(minutes=30)
WRITE_AGAIN = timedelta(seconds=1)


class Hand:
    """One action of the ledger, with what is needed to move it on."""

    def __init__(
        self,
        ws: Workspace,
        action: Action,
        epoch: int,
        report: Report,
        *,
        post: Post | None = None,
        variant: Variant | None = None,
        pace: Pace | None = None,
        go_on: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self.ws = ws
        self.action = action
        self.epoch = epoch
        self.report = report
        self.ledger = ws.store.ledger
        self.rests_until: datetime | None = None
        self._pace = pace
        self._go_on = go_on
        known = {"post": post, "variant": variant}
        self.__dict__.update({name: thing for name, thing in known.items() if thing is not None})

    @cached_property
    def post(self) -> Post:
        """The post it belongs to, as it was when it was taken in hand."""
        return self.ws.store.posts.get(self.action.post_id)

    @cached_property
    def variant(self) -> Variant:
        """The variant it is of."""
        return self.ws.store.posts.variant(self.action.post_id, self.action.profile, self.action.variant_digest)

    @property
    def part(self) -> Part:
        """What it sends: a part of the variant, or its first comment."""
        if self.action.seq < len(self.variant.parts):
            return self.variant.parts[self.action.seq]
        return Part(text=self.variant.first_comment)

    def pace(self, profile: Profile) -> Pace:
        """How soon it may go out."""
        return self._pace or Pace(self.ws, profile)

    @property
    def is_one_of_several(self) -> bool:
        """Whether its delivery has more parts, or a first comment."""
        return len(self.variant.parts) > 1 or bool(self.variant.first_comment)

    def call(
        self,
        profile: Profile,
        method: str,
        function: Callable[[Context], T],
        expect: type | tuple[type, ...],
        *,
        http: HttpClient | None = None,
        late: Callable[[PluginTimeout], None] | None = None,
    ) -> T:
        """Call the profile's publisher, with the profile's own client unless another is given.

        With `late` the call may be made in the lane's own thread: when it does not come back in time, another thread calls
        `late` and goes on with the lane, and this one ends.
        """
        go_on = self._go_on
        instead = None
        if go_on is not None and late is not None:

            def instead(error: PluginTimeout) -> None:
                go_on(lambda: late(error))

        return self.ws.calls.call(
            "publisher",
            profile.platform,
            method,
            function,
            expect=expect,
            subject=profile.name,
            http=http or self.ws.profile_client(profile),
            instead=instead,
        )

    def finish(self, attempt: Attempt, outcome: Outcome, event: Event | None = None) -> None:
        """What became of an attempt, and the event that tells of it.

        It is known here only, so while it cannot be written (a full disk) it is tried again.
        """
        at = self.ws.clock.now()
        told = False
        while True:
            try:
                self.ledger.finish(attempt, outcome, at, event)
                break
            except Fenced:
                raise
            except StoreError as error:
                if not told:
                    log.error(
                        "delivery %d is %s, but that cannot be written down yet: %s",
                        self.action.id,
                        outcome.state,
                        error,
                    )
                told = True
                self.ws.clock.wait(WRITE_AGAIN.total_seconds(), threading.Event())
        self._became(outcome, event)

    def settle(self, outcome: Outcome, event: Event | None = None) -> None:
        """Move it on without an attempt."""
        self.ledger.settle(self.action, outcome, self.epoch, self.ws.clock.now(), event)
        self._became(outcome, event)

    def _became(self, outcome: Outcome, event: Event | None) -> None:
        self.rests_until = outcome.rest_until
        if self._pace is not None:
            self._pace.handled(self.action, outcome.state, self.ws.clock.now())
        if event is not None:
            self.ws.log_event(event)

    # ------------------------------------------------------------ waiting

    def postpone(self, wake_at: datetime, reason: str, *, failed: bool = False) -> None:
        """Look at it again later, in the state it is in."""
        self.ledger.postpone(self.action, wake_at, reason, failed=failed)

    def back_off(self) -> timedelta:
        """How long to wait after one more failure in a row of this action."""
        return back_off(self.ledger.failures(self.action) + 1, self.ws.config.publish.retry_after)

    def rest_for(self, error: Exception, at_least: timedelta = timedelta(0)) -> timedelta:
        """How long the profile is left alone after an error: as the platform asks, else longer after every one in a row."""
        if isinstance(error, TryLater) and error.after is not None:
            return max(error.after, at_least)
        failures = self.ws.store.profiles.state(self.action.profile).failures
        return max(back_off(failures + 1, self.ws.config.publish.retry_after), at_least)

    def rest(self, error: Exception, usual: timedelta) -> datetime:
        """After a question that was not answered: when to ask again. A platform that is unwell has the profile rest until then."""
        now = self.ws.clock.now()
        if not isinstance(error, (TryLater, OutcomeUnknown)):
            return now + usual
        until = self.rests_until = now + self.rest_for(error)
        self.ws.store.profiles.rest(self.action.profile, until)
        return max(until, now + usual) if getattr(error, "after", None) is None else until

    def key_holds(self, promises: Guarantees, doubts: Sequence[Attempt]) -> bool:
        """Whether sending it now with the same key cannot make a second post of what those attempts may have published."""
        if promises.natural_id or not doubts:
            return True
        age = self._age_at_most(doubts)
        return promises.key_life is not None and age is not None and age + SEND_WITHIN < promises.key_life

    def _age_at_most(self, doubts: Sequence[Attempt]) -> timedelta | None:
        """How long ago the first of these attempts started, by whichever clock says longer; None when neither can be right."""
        clock = self.ws.clock
        by_the_wall = clock.now() - doubts[0].started_at
        by_the_other = passed(clock, doubts[0].started_mark)
        if by_the_other is not None:
            return max(by_the_wall, by_the_other)
        was_set_back = any(clock.now() < (one.ended_at or one.started_at) for one in doubts)
        return None if was_set_back else by_the_wall

    def soon(self) -> datetime:
        """In a moment."""
        return self.ws.clock.now() + timedelta(seconds=1)

    def dated(self, receipt: Receipt) -> Receipt:
        """A receipt always has its instant."""
        return receipt if receipt.at else replace(receipt, at=self.ws.clock.now())

    # ------------------------------------------------------------ what people hear

    def hold_for_login(self, profile: Profile, error: SmmError) -> None:
        """Hold it until the profile is logged in again."""
        self.settle(Outcome(state=ActionState.HELD, reason=f"login: {error}"))
        self.log_out(profile, error)

    def hold(self, reason: str, why: str = "") -> None:
        """Hold it until a person decides; `reason` stays with it, and people are told `why`."""
        told = self.event("delivery.held", f"{self.name} is held: {why or reason}", urgent=True)
        self.settle(Outcome(state=ActionState.HELD, reason=reason), told)

    def hold_in_doubt(self, reason: str) -> None:
        """Hold it until a person has looked whether it is out."""
        self.hold(f"unknown: {reason}", reason)

    def log_out(self, profile: Profile, error: SmmError) -> None:
        """Pause the profile and tell a person."""
        self.ws.store.profiles.log_out(profile.name, str(error))
        self.report.failed(f"{profile.name} needs a login: {error}")
        self.ws.note(
            "profile.logged-out",
            f"profile {profile.name} needs a login ({error}); its deliveries wait: smm profiles login {profile.name}",
            client=profile.client,
            subject=f"profile:{profile.name}",
            urgent=True,
        )

    def published(self, receipt: Receipt) -> Event:
        """Report that it is out."""
        where = f": {receipt.url}" if receipt.url else ""
        self.report.did(f"{self.name}{where}")
        if self.action.kind not in PARTS:
            return self.event(f"delivery.{_DONE[self.action.kind]}", f"{self.name} is done{where}")
        return self.event("delivery.published", f"{self.name} is out{where}")

    def refused(self, error: Rejected) -> Event:
        """Report that the platform refused it."""
        self.report.failed(f"{self.name} was refused: {error}")
        return self.event("delivery.refused", f"{self.name} was refused by the platform: {error}", urgent=True)

    def event(self, kind: str, message: str, *, urgent: bool = False) -> Event:
        """An event about its post."""
        return self.ws.event(
            kind,
            message,
            client=self.post.client,
            subject=f"post:{self.post.id}",
            urgent=urgent,
            delivery=self.action.id,
        )

    def tell(self, kind: str, message: str, *, urgent: bool = False) -> None:
        """Write down an event about its post."""
        self.ws.keep(self.event(kind, message, urgent=urgent))

    @property
    def name(self) -> str:
        """How people call it: `post bread part 2 → acme-social`."""
        if self.action.interaction_id is not None:
            said = self.ws.store.inbox.get(self.action.interaction_id).interaction
            return f"reply to {said.author} → {self.action.profile}"
        if self.action.kind is ActionKind.REPLY and self.action.on_id is not None:
            below = self.ledger.get(self.action.on_id)
            return f"reply to post {self.ws.store.posts.get(below.post_id).slug} → {self.action.profile}"
        act = f"{self.action.kind} of " if self.action.kind not in PARTS else ""
        return f"{act}post {self.post.slug}{self._which} → {self.action.profile}"

    @property
    def _which(self) -> str:
        if not self.action.seq:
            return ""
        return f" part {self.action.seq + 1}" if self.action.seq < len(self.variant.parts) else " first comment"


_DONE = {
    ActionKind.DELETE: "deleted",
    ActionKind.EDIT: "edited",
    ActionKind.REPLY: "replied",
    ActionKind.HAND_OVER: "handed-over",
    ActionKind.TAKE_BACK: "taken-back",
    ActionKind.BOOST: "boosted",
}


def back_off(failures: int, first: timedelta) -> timedelta:
    """Capped, jittered: with a `first` of 10 s, 10 s, 20 s, 40 s … half an hour, each between half of it and all of it."""
    longest: timedelta = min(first * 2 ** min(failures - 1, 12), LONGEST_RETRY)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - jitter is no secret
