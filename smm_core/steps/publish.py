"""publish: due actions → receipts. The only step that does what cannot be taken back.

Each profile is a lane of its own: its actions go one after the other, and a platform that hangs holds up nobody else.
For one action: prepare (repeatable), claim (the attempt is on disk), send (one request), and what came of it, fenced.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from smm_core.contracts import (
    ByHand,
    Context,
    FindRequest,
    Finds,
    Pending,
    Prepared,
    PrepareRequest,
    Publisher,
    ResumeRequest,
    Resumes,
    SendRequest,
)
from smm_core.errors import NeedsLogin, PluginError, Rejected, SmmError, TooLate, TryLater
from smm_core.model import Action, ActionKind, ActionState, Attempt, Late, Part, Post, Profile, Receipt
from smm_core.steps import Report
from smm_core.steps.schedule import due_instant
from smm_core.store import Fenced, Outcome
from smm_core.workspace import Workspace

T = TypeVar("T")
log = logging.getLogger("smm.publish")

SEND_WITHIN = timedelta(seconds=45)
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=30)
TRIES_TO_PREPARE = 8
PLUGIN_AWAY = timedelta(minutes=5)
LOOK_AGAIN = timedelta(seconds=30)
GIVE_UP_LOOKING = timedelta(hours=6)


class Lanes:
    """The lanes of all profiles. `start` gives every idle profile with something due a thread; none is ever joined for good."""

    def __init__(self, ws: Workspace, epoch: int, *, on_idle: Callable[[], None] = lambda: None) -> None:
        self._ws = ws
        self._epoch = epoch
        self._on_idle = on_idle
        self._busy: set[str] = set()
        self._lock = threading.Condition()
        self._stop = threading.Event()
        self.report = Report(step="publish")

    def start(self) -> int:
        """Start a lane for each profile with something due that has none; how many were started."""
        if self._stop.is_set():
            return 0
        with self._lock:
            busy = set(self._busy)
        due = self._ws.store.ledger.due(self._ws.clock.now(), without=busy)
        profiles = list(dict.fromkeys(action.profile for action in due))
        for profile in profiles:
            with self._lock:
                self._busy.add(profile)
            threading.Thread(target=self._run, args=(profile,), name=f"smm lane {profile}", daemon=True).start()
        return len(profiles)

    def wait(self, seconds: float) -> bool:
        """Wait until no lane is busy; whether that came true."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._busy, timeout=seconds)

    def stop(self) -> None:
        """Claim nothing more. What is being sent is finished by its lane, or settled by the next start."""
        self._stop.set()

    def _run(self, profile: str) -> None:
        try:
            self._drain(profile)
        except Fenced as error:
            log.error("%s", error)
            self._stop.set()
        except SmmError as error:
            log.error("profile %s: %s", profile, error)
            self.report.failed(f"{profile}: {error}")
        except Exception:
            log.exception("profile %s: a mistake in smm itself", profile)
            self.report.failed(f"{profile}: a mistake in smm itself; the log has the details")
        finally:
            with self._lock:
                self._busy.discard(profile)
                self._lock.notify_all()
            self._on_idle()

    def _drain(self, profile: str) -> None:
        handled: set[tuple[int, ActionState, int]] = set()
        while not self._stop.is_set():
            due = self._ws.store.ledger.due(self._ws.clock.now(), profile=profile, limit=20)
            fresh = [action for action in due if (action.id, action.state, action.attempts) not in handled]
            if not fresh:
                return
            action = fresh[0]
            handled.add((action.id, action.state, action.attempts))
            Hand(self._ws, action, self._epoch, self.report).work()


def publish(ws: Workspace, epoch: int, *, patience: timedelta = timedelta(minutes=10)) -> Report:
    """Work through everything that is due now, then return. The caller holds the workspace's lock and its epoch."""
    lanes = Lanes(ws, epoch)
    end = ws.clock.now() + patience
    while lanes.start() and ws.clock.now() < end:
        if not lanes.wait(patience.total_seconds()):
            lanes.stop()
            break
    return lanes.report


def publish_only(ws: Workspace, epoch: int, numbers: Sequence[int], *, patience: timedelta) -> Report:
    """Work through these actions and no others, waiting at most `patience` for those that need another look.

    The caller holds the workspace's lock and its epoch.
    """
    report = Report(step="publish")
    end, stop = ws.clock.now() + patience, threading.Event()
    while True:
        _work_through(ws, epoch, numbers, report)
        now = ws.clock.now()
        wakes = [one.next_try_at for one in map(ws.store.ledger.get, numbers) if one.next_try_at]
        later = [wake for wake in wakes if now < wake <= end]
        if not later:
            return report
        ws.clock.wait((min(later) - now).total_seconds(), stop)


def _work_through(ws: Workspace, epoch: int, numbers: Sequence[int], report: Report) -> None:
    """Take each of these actions in hand as often as it is due in a state it was not in before."""
    handled: set[tuple[int, ActionState, int]] = set()
    profiles = dict.fromkeys(ws.store.ledger.get(number).profile for number in numbers)
    for profile in profiles:
        while True:
            due = ws.store.ledger.due(ws.clock.now(), profile=profile)
            fresh = [one for one in due if one.id in numbers and (one.id, one.state, one.attempts) not in handled]
            if not fresh:
                break
            action = fresh[0]
            handled.add((action.id, action.state, action.attempts))
            Hand(ws, action, epoch, report).work()


class Hand:
    """One action in hand: whatever its state asks for is done once."""

    def __init__(self, ws: Workspace, action: Action, epoch: int, report: Report) -> None:
        self.ws = ws
        self.action = action
        self.epoch = epoch
        self.report = report
        self.ledger = ws.store.ledger

    # ------------------------------------------------------------ the ways of the states

    def work(self) -> None:
        """Do what the action's state asks for."""
        try:
            profile = self.ws.profile(self.action.profile)
            publisher = self.ws.plugins.publisher(profile.platform)
        except SmmError as error:
            self._cannot_start(error)
            return
        waits = self.ws.store.profiles.state(profile.name).not_before
        if waits is not None and waits > self.ws.clock.now():
            self.ledger.postpone(self.action, waits, "the platform asked for patience", failed=False)
            return
        way = {
            ActionState.SCHEDULED: self._publish,
            ActionState.PENDING: self._resume,
            ActionState.UNKNOWN: self._settle_unknown,
        }[self.action.state]
        try:
            way(profile, publisher)
        except TooLate as error:
            log.info("%s", error)

    def _cannot_start(self, error: SmmError) -> None:
        """Its profile or plugin is missing or mistaken: it waits, shows up in `smm attention`, and goes by its late policy."""
        self.ledger.postpone(self.action, self.ws.clock.now() + PLUGIN_AWAY, str(error), failed=True)
        self.report.failed(f"{self._name()}: {error}")

    # ------------------------------------------------------------ scheduled → sending → …

    def _publish(self, profile: Profile, publisher: Publisher) -> None:
        post = self.ws.store.posts.get(self.action.post_id)
        if self._is_late(post):
            self._late(post, profile)
            return
        part = self._part(post)
        parent, root = self.ledger.receipts(self.action)
        if not self._prepare(profile, publisher, post, part, parent, root):
            return
        self._send(profile, publisher, post, part, parent, root)

    def _is_late(self, post: Post) -> bool:
        """Only the first part of a delivery can be too late; a thread that has begun is finished."""
        if self.action.parent_id is not None or self.action.trial or self.action.attempts:
            return False
        window = post.content.window or self.ws.config.publish.window
        return self.ws.clock.now() > self.action.due_at + window

    def _late(self, post: Post, profile: Profile) -> None:
        policy = post.content.late
        if policy is Late.DROP:
            self._settle(Outcome(state=ActionState.CANCELLED, reason="too late, and its policy is to drop it"))
            self._tell("delivery.dropped", f"{self._name()} was dropped: it was too late", urgent=True)
        elif policy is Late.NEXT_SLOT and profile.slots:
            from dataclasses import replace

            from smm_core.model import When, WhenKind

            slotted = replace(post, content=replace(post.content, when=When(kind=WhenKind.SLOT)))
            due = due_instant(self.ws, slotted, profile)
            self.ledger.move_due(self.action, due, f"it was too late at {self.action.due_at:%Y-%m-%d %H:%M} UTC")
            self._tell("delivery.moved", f"{self._name()} was too late and moved to {due:%Y-%m-%d %H:%M} UTC")
        else:
            self._settle(Outcome(state=ActionState.HELD, reason="it was too late; say whether it should still go out"))
            self._tell("delivery.held", f"{self._name()} is held: it was too late", urgent=True)

    def _part(self, post: Post) -> Part:
        variant = self.ws.store.posts.variant(post.id, self.action.profile, self.action.variant_digest)
        if self.action.kind is ActionKind.COMMENT:
            return Part(text=variant.first_comment)
        return variant.parts[self.action.seq]

    def _prepare(
        self,
        profile: Profile,
        publisher: Publisher,
        post: Post,
        part: Part,
        parent: Receipt | None,
        root: Receipt | None,
    ) -> bool:
        """Upload and make ready, unless that was done. False when it could not be, which is then on record."""
        if self.ledger.handles_hold(self.action, self.ws.clock.now()):
            return True
        request = PrepareRequest(
            profile=profile,
            action=self.action.kind,
            part=part,
            key=self.action.key,
            digest=self.action.variant_digest,
            due_at=self.action.due_at,
            handles=self.action.handles,
            parent=parent,
            root=root,
            options=self._options(post),
            title=post.content.title,
            campaign=post.content.campaign,
            link=part.link,
        )
        try:
            made = self._call(profile, "prepare", lambda ctx: publisher.prepare(request, ctx), (Prepared, Pending))
        except NeedsLogin as error:
            self._log_out(profile, error)
        except Rejected as error:
            self._settle(Outcome(state=ActionState.REFUSED, reason=str(error)))
            self._refused(error)
        except PluginError as error:
            self._try_again(error)
        else:
            if isinstance(made, Pending):
                self.ledger.keep_handles(self.action, made.handles, None)
                self.ledger.postpone(self.action, self.ws.clock.now() + made.check_after, made.note, failed=False)
                return False
            if made.handles:
                self.ledger.keep_handles(self.action, made.handles, made.expires_at)
            self.action = self.ledger.get(self.action.id)
            return self.action.state is ActionState.SCHEDULED
        return False

    def _options(self, post: Post) -> dict[str, object]:
        variant = self.ws.store.posts.variant(post.id, self.action.profile, self.action.variant_digest)
        return dict(variant.options)

    def _try_again(self, error: PluginError) -> None:
        """Preparing is repeatable: again after a while, and held for a person when it keeps failing."""
        failures = self.ledger.failures(self.action) + 1
        if failures >= TRIES_TO_PREPARE and not isinstance(error, TryLater):
            self._settle(Outcome(state=ActionState.HELD, reason=str(error)))
            self._tell("delivery.held", f"{self._name()} is held: {error}", urgent=True)
            return
        after = error.after if isinstance(error, TryLater) else None
        self.ledger.postpone(self.action, self.ws.clock.now() + (after or back_off(failures)), str(error), failed=True)
        self.report.failed(f"{self._name()}: {error}; tried again later")

    def _send(
        self,
        profile: Profile,
        publisher: Publisher,
        post: Post,
        part: Part,
        parent: Receipt | None,
        root: Receipt | None,
    ) -> None:
        attempt = self.ledger.claim(self.action, self.epoch, self.ws.clock.now())
        send_by = self.ws.clock.now() + SEND_WITHIN
        request = SendRequest(
            profile=profile,
            action=self.action.kind,
            part=part,
            key=self.action.key,
            digest=self.action.variant_digest,
            due_at=self.action.due_at,
            send_by=send_by,
            number=self.action.id,
            handles=self.action.handles,
            parent=parent,
            root=root,
            options=self._options(post),
            title=post.content.title,
            campaign=post.content.campaign,
            link=part.link,
        )
        once = self.ws.profile_client(profile).once(send_by=send_by, now=self.ws.clock.now)
        try:
            answer = self.ws.call(
                "publisher",
                profile.platform,
                "send",
                lambda ctx: publisher.send(request, ctx),
                expect=(Receipt, Pending),
                subject=profile.name,
                http=once,
            )
        except NeedsLogin as error:
            self._finish(attempt, Outcome(state=ActionState.HELD, reason=f"login: {error}"))
            self._log_out_profile(profile, error)
        except Rejected as error:
            self._finish(attempt, Outcome(state=ActionState.REFUSED, reason=str(error)))
            self._refused(error)
        except TryLater as error:
            self._not_accepted(attempt, profile, error)
        except SmmError as error:
            may_have_left = once.revoke()
            if publisher.guarantees.http_only and not may_have_left:
                self._not_accepted(attempt, profile, TryLater(f"nothing was sent: {error}"))
            else:
                self._no_clear_answer(attempt, publisher, error)
        else:
            self._answered(attempt, publisher, request, answer)

    def _answered(
        self, attempt: Attempt, publisher: Publisher, request: SendRequest, answer: Receipt | Pending
    ) -> None:
        if isinstance(answer, Receipt):
            self._finish(attempt, Outcome(state=ActionState.PUBLISHED, receipt=self._dated(answer)))
            self._published(answer)
            return
        by_hand = publisher if isinstance(publisher, ByHand) and ByHand in publisher.abilities else None
        wake = None if by_hand else self.ws.clock.now() + answer.check_after
        handles = {**self.action.handles, **answer.handles}
        self._finish(attempt, Outcome(state=ActionState.PENDING, reason=answer.note, wake_at=wake, handles=handles))
        if by_hand:
            steps = by_hand.instructions(request)
            self._tell("delivery.by-hand", f"{self._name()} is yours to publish now: {steps}", urgent=True)

    def _not_accepted(self, attempt: Attempt, profile: Profile, error: TryLater) -> None:
        after = error.after or back_off(self.ledger.failures(self.action) + 1)
        wake = self.ws.clock.now() + after
        self._finish(attempt, Outcome(state=ActionState.SCHEDULED, reason=str(error), wake_at=wake, failed=True))
        if error.after is not None:
            self.ws.store.profiles.wait_until(profile.name, wake)
        self.report.failed(f"{self._name()}: {error}; tried again later")

    def _no_clear_answer(self, attempt: Attempt, publisher: Publisher, error: SmmError) -> None:
        settling = max(publisher.guarantees.key_settles, timedelta(seconds=1))
        wake = self.ws.clock.now() + settling
        self._finish(attempt, Outcome(state=ActionState.UNKNOWN, reason=str(error), wake_at=wake))
        self.report.failed(f"{self._name()}: no clear answer ({error})")

    # ------------------------------------------------------------ pending and unknown

    def _resume(self, profile: Profile, publisher: Publisher) -> None:
        if not isinstance(publisher, Resumes) or Resumes not in publisher.abilities:
            self._settle(
                Outcome(
                    state=ActionState.UNKNOWN, reason="this platform cannot say what became of it", wake_at=self._soon()
                )
            )
            return
        resumes: Resumes = publisher
        post = self.ws.store.posts.get(self.action.post_id)
        request = ResumeRequest(
            profile=profile,
            action=self.action.kind,
            part=self._part(post),
            key=self.action.key,
            handles=self.action.handles,
        )
        try:
            answer = self._call(profile, "resume", lambda ctx: resumes.resume(request, ctx), (Receipt, Pending))
        except Rejected as error:
            self._settle(Outcome(state=ActionState.REFUSED, reason=str(error)))
            self._refused(error)
        except NeedsLogin as error:
            self._log_out_profile(profile, error)
        except (TryLater, PluginError) as error:
            wait = getattr(error, "after", None) or LOOK_AGAIN
            self.ledger.postpone(self.action, self.ws.clock.now() + wait, str(error), failed=True)
        else:
            if isinstance(answer, Receipt):
                self._settle(Outcome(state=ActionState.PUBLISHED, receipt=self._dated(answer)))
                self._published(answer)
            else:
                self.ledger.postpone(self.action, self.ws.clock.now() + answer.check_after, answer.note, failed=False)

    def _settle_unknown(self, profile: Profile, publisher: Publisher) -> None:
        """Found: published. Same key inside its life, or absence proven: scheduled again. Otherwise a person decides."""
        promises = publisher.guarantees
        attempts = self.ledger.attempts(self.action.id)
        last = attempts[-1].started_at if attempts else self.action.due_at
        age = self.ws.clock.now() - last
        if age < promises.key_settles:
            self.ledger.postpone(self.action, last + promises.key_settles, self.action.reason, failed=False)
            return
        searched = False
        if isinstance(publisher, Finds) and Finds in publisher.abilities:
            found = self._find(profile, publisher, last)
            if found is False:
                return
            if isinstance(found, Receipt):
                self._settle(
                    Outcome(
                        state=ActionState.PUBLISHED, receipt=self._dated(found), reason="found after no clear answer"
                    )
                )
                self._published(found)
                return
            searched = True
        if promises.natural_id or (promises.key_life is not None and age < promises.key_life):
            self._settle(
                Outcome(state=ActionState.SCHEDULED, wake_at=self.ws.clock.now(), reason="sent again with the same key")
            )
            return
        if searched and promises.find == "exact" and promises.absent_after is not None:
            if age >= promises.absent_after:
                self._settle(
                    Outcome(state=ActionState.SCHEDULED, wake_at=self.ws.clock.now(), reason="it is surely not there")
                )
            else:
                self.ledger.postpone(self.action, last + promises.absent_after, self.action.reason, failed=False)
            return
        if searched and age < GIVE_UP_LOOKING:
            self.ledger.postpone(
                self.action, self.ws.clock.now() + max(LOOK_AGAIN, age / 2), self.action.reason, failed=False
            )
            return
        self._hold_for_person("nobody can say whether it went out: look, then `smm deliveries resolve`")

    def _find(self, profile: Profile, publisher: Publisher, since: datetime) -> Receipt | bool | None:
        """The receipt, None when it is not there now, False when the question could not be put."""
        finds: Finds = publisher  # type: ignore[assignment]
        post = self.ws.store.posts.get(self.action.post_id)
        parent, _ = self.ledger.receipts(self.action)
        request = FindRequest(
            profile=profile,
            action=self.action.kind,
            part=self._part(post),
            key=self.action.key,
            digest=self.action.variant_digest,
            since=since,
            handles=self.action.handles,
            parent=parent,
        )
        try:
            return self._call(profile, "find", lambda ctx: finds.find(request, ctx), (Receipt, type(None)))
        except NeedsLogin as error:
            self._log_out_profile(profile, error)
        except PluginError as error:
            wait = getattr(error, "after", None) or back_off(self.ledger.failures(self.action) + 1)
            self.ledger.postpone(self.action, self.ws.clock.now() + wait, str(error), failed=True)
        return False

    def _hold_for_person(self, reason: str) -> None:
        self._settle(Outcome(state=ActionState.HELD, reason=f"unknown: {reason}"))
        self._tell("delivery.held", f"{self._name()} is held: {reason}", urgent=True)

    # ------------------------------------------------------------ what all ways share

    def _call(
        self, profile: Profile, method: str, function: Callable[[Context], T], expect: type | tuple[type, ...]
    ) -> T:
        return self.ws.call(
            "publisher",
            profile.platform,
            method,
            function,
            expect=expect,
            subject=profile.name,
            http=self.ws.profile_client(profile),
        )

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        self.ledger.finish(attempt, outcome, self.ws.clock.now())

    def _settle(self, outcome: Outcome) -> None:
        self.ledger.settle(self.action, outcome, self.epoch, self.ws.clock.now())

    def _soon(self) -> datetime:
        return self.ws.clock.now() + timedelta(seconds=1)

    def _dated(self, receipt: Receipt) -> Receipt:
        from dataclasses import replace

        return receipt if receipt.at else replace(receipt, at=self.ws.clock.now())

    def _log_out(self, profile: Profile, error: NeedsLogin) -> None:
        self._settle(Outcome(state=ActionState.HELD, reason=f"login: {error}"))
        self._log_out_profile(profile, error)

    def _log_out_profile(self, profile: Profile, error: NeedsLogin) -> None:
        self.ws.store.profiles.log_out(profile.name, str(error))
        self.report.failed(f"{profile.name} needs a login: {error}")
        self.ws.note(
            "profile.logged-out",
            f"profile {profile.name} needs a login ({error}); its deliveries wait: smm profiles login {profile.name}",
            client=profile.client,
            subject=f"profile:{profile.name}",
            urgent=True,
        )

    def _published(self, receipt: Receipt) -> None:
        where = f": {receipt.url}" if receipt.url else ""
        self.report.did(f"{self._name()}{where}")
        self._tell("delivery.published", f"{self._name()} is out{where}")

    def _refused(self, error: Rejected) -> None:
        self.report.failed(f"{self._name()} was refused: {error}")
        self._tell("delivery.refused", f"{self._name()} was refused by the platform: {error}", urgent=True)

    def _tell(self, kind: str, message: str, *, urgent: bool = False) -> None:
        post = self.ws.store.posts.get(self.action.post_id)
        self.ws.note(
            kind, message, client=post.client, subject=f"post:{post.id}", urgent=urgent, delivery=self.action.id
        )

    def _name(self) -> str:
        post = self.ws.store.posts.get(self.action.post_id)
        part = f" part {self.action.seq + 1}" if self.action.seq and self.action.kind is ActionKind.PUBLISH else ""
        comment = " first comment" if self.action.kind is ActionKind.COMMENT else ""
        return f"post {post.slug}{part}{comment} → {self.action.profile}"


def back_off(failures: int) -> timedelta:
    """Capped, jittered: 10 s, 20 s, 40 s … half an hour, each somewhere between half of it and all of it."""
    longest: timedelta = min(FIRST_RETRY * 2 ** min(failures - 1, 12), LONGEST_RETRY)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - jitter is no secret
