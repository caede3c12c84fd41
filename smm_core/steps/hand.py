"""One action in hand: what every way of dealing with it shares."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from smm_core.contracts import Context, Guarantees
from smm_core.errors import NeedsLogin, Rejected, StoreError
from smm_core.model import Action, ActionKind, ActionState, Attempt, Part, Post, Profile, Receipt
from smm_core.steps import Report
from smm_core.store import Fenced, Outcome
from smm_core.workspace import Workspace

T = TypeVar("T")
log = logging.getLogger("smm.publish")

SEND_WITHIN = timedelta(seconds=45)
LONGEST_RETRY = timedelta(minutes=30)
WRITE_AGAIN = timedelta(seconds=1)


class Hand:
    """One action of the ledger, with what is needed to move it on."""

    def __init__(self, ws: Workspace, action: Action, epoch: int, report: Report) -> None:
        self.ws = ws
        self.action = action
        self.epoch = epoch
        self.report = report
        self.ledger = ws.store.ledger

    def part(self, post: Post) -> Part:
        """What it sends: a part of the variant, or its first comment."""
        variant = self.ws.store.posts.variant(post.id, self.action.profile, self.action.variant_digest)
        if self.action.kind is ActionKind.COMMENT:
            return Part(text=variant.first_comment)
        return variant.parts[self.action.seq]

    def call(
        self, profile: Profile, method: str, function: Callable[[Context], T], expect: type | tuple[type, ...]
    ) -> T:
        """Call the profile's publisher with the profile's own client."""
        return self.ws.call(
            "publisher",
            profile.platform,
            method,
            function,
            expect=expect,
            subject=profile.name,
            http=self.ws.profile_client(profile),
        )

    def finish(self, attempt: Attempt, outcome: Outcome) -> None:
        """What became of an attempt. It is known here only, so while it cannot be written (a full disk) it is tried again."""
        at = self.ws.clock.now()
        told = False
        while True:
            try:
                self.ledger.finish(attempt, outcome, at)
                return
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

    def settle(self, outcome: Outcome) -> None:
        """Move it on without an attempt."""
        self.ledger.settle(self.action, outcome, self.epoch, self.ws.clock.now())

    def back_off(self) -> timedelta:
        """How long to wait after one more failure in a row."""
        return back_off(self.ledger.failures(self.action) + 1, self.ws.config.publish.retry_after)

    def key_holds(self, promises: Guarantees, doubts: Sequence[Attempt]) -> bool:
        """Whether sending it now with the same key cannot make a second post of what those attempts may have published."""
        if promises.natural_id or not doubts:
            return True
        latest = self.ws.clock.now() + SEND_WITHIN
        return promises.key_life is not None and latest - doubts[0].started_at < promises.key_life

    def soon(self) -> datetime:
        """In a moment."""
        return self.ws.clock.now() + timedelta(seconds=1)

    def dated(self, receipt: Receipt) -> Receipt:
        """A receipt always has its instant."""
        return receipt if receipt.at else replace(receipt, at=self.ws.clock.now())

    def hold_for_login(self, profile: Profile, error: NeedsLogin) -> None:
        """Hold it until the profile is logged in again."""
        self.settle(Outcome(state=ActionState.HELD, reason=f"login: {error}"))
        self.log_out(profile, error)

    def hold_in_doubt(self, reason: str) -> None:
        """Hold it until a person has looked whether it is out."""
        self.settle(Outcome(state=ActionState.HELD, reason=f"unknown: {reason}"))
        self.tell("delivery.held", f"{self.name()} is held: {reason}", urgent=True)

    def log_out(self, profile: Profile, error: NeedsLogin) -> None:
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

    def published(self, receipt: Receipt) -> None:
        """Report that it is out."""
        where = f": {receipt.url}" if receipt.url else ""
        self.report.did(f"{self.name()}{where}")
        self.tell("delivery.published", f"{self.name()} is out{where}")

    def refused(self, error: Rejected) -> None:
        """Report that the platform refused it."""
        self.report.failed(f"{self.name()} was refused: {error}")
        self.tell("delivery.refused", f"{self.name()} was refused by the platform: {error}", urgent=True)

    def tell(self, kind: str, message: str, *, urgent: bool = False) -> None:
        """Note an event about its post."""
        post = self.ws.store.posts.get(self.action.post_id)
        self.ws.note(
            kind, message, client=post.client, subject=f"post:{post.id}", urgent=urgent, delivery=self.action.id
        )

    def name(self) -> str:
        """How people call it: `post bread part 2 → acme-social`."""
        post = self.ws.store.posts.get(self.action.post_id)
        part = f" part {self.action.seq + 1}" if self.action.seq and self.action.kind is ActionKind.PUBLISH else ""
        comment = " first comment" if self.action.kind is ActionKind.COMMENT else ""
        return f"post {post.slug}{part}{comment} → {self.action.profile}"


def back_off(failures: int, first: timedelta) -> timedelta:
    """Capped, jittered: with a `first` of 10 s, 10 s, 20 s, 40 s … half an hour, each between half of it and all of it."""
    longest: timedelta = min(first * 2 ** min(failures - 1, 12), LONGEST_RETRY)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - jitter is no secret
