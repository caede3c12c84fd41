"""publish: due actions → receipts. The only step that does what cannot be taken back.

Each profile is a lane of its own: its actions go one after the other, and a platform that hangs holds up nobody else.
For one action: prepare (repeatable), claim (the attempt is on disk), send (one request), and what came of it, fenced.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from smm_core import cores
from smm_core.engine import LeftBehind
from smm_core.errors import SmmError, TooLate
from smm_core.model import Action, ActionState
from smm_core.steps import Report
from smm_core.steps.hand import Hand
from smm_core.steps.native import hear
from smm_core.steps.pace import Pace
from smm_core.steps.sending import send_due
from smm_core.steps.settling import resume, settle_unknown
from smm_core.store import Fenced
from smm_core.workspace import Workspace

log = logging.getLogger("smm.publish")

PLUGIN_AWAY = timedelta(minutes=5)
REST = timedelta(seconds=5)
LOOK_AHEAD = timedelta(minutes=5)
AT_A_TIME = 20
Stand = tuple[int, ActionState, int]


class Lanes:
    """The lanes of all profiles. `start` gives every idle profile with something due a thread; none is ever joined for good.

    A profile whose platform is unwell or asked for patience rests as long as the store says; one whose lane could not do
    its work (the disk is full) for a moment, so that it is not tried without end.
    """

    def __init__(
        self,
        ws: Workspace,
        epoch: int,
        *,
        on_idle: Callable[[], None] = lambda: None,
        on_trouble: Callable[[str], None] = log.warning,
    ) -> None:
        self._ws = ws
        self._epoch = epoch
        self._on_idle = on_idle
        self._on_trouble = on_trouble
        self._busy: set[str] = set()
        self._rests: dict[str, datetime] = {}
        self._lock = threading.Condition()
        self._stop = threading.Event()
        self._cores = cores.all_of_them()
        self._core = cores.one_of(self._cores)
        self.report = Report(step="publish")

    def start(self) -> int:
        """Start a lane for each profile with something due that has none; how many were started."""
        if self._stop.is_set():
            return 0
        now = self._ws.clock.now()
        profiles = self._ws.store.ledger.profiles_due(now, without=self._away(now))
        if not self._busy:
            self._core = cores.one_of(self._cores)
        for profile in profiles:
            with self._lock:
                self._busy.add(profile)
            self._go_on(profile)
        return len(profiles)

    def next_wake(self) -> datetime | None:
        """When a lane is to be started next: the next action of a profile that has none, or the end of a rest.

        None when that is not within the next minutes: the whole future is not looked through for it.
        """
        now = self._ws.clock.now()
        away = self._away(now)
        wake = self._ws.store.ledger.next_wake(without=away, until=now + LOOK_AHEAD)
        with self._lock:
            return min((one for one in (wake, *self._rests.values()) if one is not None), default=None)

    def _away(self, now: datetime) -> set[str]:
        """Profiles that are at work or rest."""
        with self._lock:
            self._rests = {profile: until for profile, until in self._rests.items() if until > now}
            return self._busy | set(self._rests)

    def look_again(self) -> None:
        """Forget which profiles rest, and look at what the store says of them: the clock was set."""
        with self._lock:
            self._rests.clear()

    def wait(self, seconds: float) -> bool:
        """Wait until no lane is busy; whether that came true."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._busy, timeout=seconds)

    def stop(self) -> None:
        """Claim nothing more. What is being sent is finished by its lane, or settled by the next start."""
        self._stop.set()

    def _go_on(self, profile: str, first: Callable[[], None] | None = None) -> None:
        """Work a lane in a thread of its own; `first` is what the thread before it left undone."""
        threading.Thread(target=self._run, args=(profile, first), name=f"smm lane {profile}", daemon=True).start()

    def _run(self, profile: str, first: Callable[[], None] | None) -> None:
        cores.use(self._core)
        try:
            if first is not None:
                first()
            self._drain(profile)
        except LeftBehind:
            return  # another thread works this lane by now
        except Fenced as error:
            self._on_trouble(str(error))
            self._stop.set()
        except SmmError as error:
            self._failed(profile, f"profile {profile}: {error}")
        except Exception as error:
            log.warning("profile %s: a mistake in smm itself", profile, exc_info=error)
            self._failed(
                profile, f"profile {profile}: a mistake in smm itself (please report it; the log has the details)"
            )
        with self._lock:
            self._busy.discard(profile)
            self._lock.notify_all()
        self._on_idle()

    def _failed(self, profile: str, why: str) -> None:
        self._on_trouble(why)
        self.report.failed(why)
        self._rest(profile, self._ws.clock.now() + REST)

    def _rest(self, profile: str, until: datetime) -> None:
        with self._lock:
            self._rests[profile] = until

    def _drain(self, profile: str) -> None:
        """Take in hand what is due, in order. What is taken in hand is looked at anew when it is claimed or settled."""
        handled: set[Stand] = set()
        while True:
            now = self._ws.clock.now()
            due = self._ws.store.ledger.due(now, profile=profile, limit=AT_A_TIME)
            fresh = [action for action in due if _stand(action) not in handled]
            rests = self._ws.store.profiles.rests_until(profile, now) if fresh else None
            if rests is None and due and not fresh:
                rests = now + REST
            if rests is not None:
                self._rest(profile, rests)
            if rests is not None or not fresh:
                return
            for hand in self._hands(profile, fresh):
                if self._stop.is_set():
                    return
                handled.add(_stand(hand.action))
                work(hand)
                if hand.rests_until is not None or hand.is_one_of_several:
                    break  # the next part may be due now, and comes before what was due later

    def _hands(self, name: str, actions: Sequence[Action]) -> list[Hand]:
        """Actions of one profile with all that is needed for them, read at once."""
        posts = self._ws.store.posts
        by_number = posts.several({action.post_id for action in actions})
        variants = posts.variants_for(name, {(action.post_id, action.variant_digest) for action in actions})
        try:
            pace = Pace(self._ws, self._ws.profile(name))
        except SmmError:
            pace = None  # its plugin is away; `work` says so
        return [
            Hand(
                self._ws,
                action,
                self._epoch,
                self.report,
                post=by_number.get(action.post_id),
                variant=variants.get((action.post_id, action.variant_digest)),
                pace=pace,
                go_on=partial(self._go_on, name),
            )
            for action in actions
        ]


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
    handled: set[Stand] = set()
    profiles = dict.fromkeys(ws.store.ledger.get(number).profile for number in numbers)
    for profile in profiles:
        while True:
            due = ws.store.ledger.due(ws.clock.now(), profile=profile)
            fresh = [one for one in due if one.id in numbers and _stand(one) not in handled]
            if not fresh:
                break
            action = fresh[0]
            handled.add(_stand(action))
            hand = Hand(ws, action, epoch, report)
            rests = ws.store.profiles.rests_until(profile, ws.clock.now())
            if rests is not None:
                hand.postpone(rests, "the platform asked for patience")
            else:
                work(hand)


def _stand(action: Action) -> Stand:
    """Where an action stands: as long as that is the same, taking it in hand once more would change nothing."""
    return action.id, action.state, action.attempts


_WAYS = {
    ActionState.SCHEDULED: send_due,
    ActionState.PENDING: resume,
    ActionState.UNKNOWN: settle_unknown,
    ActionState.WAITING: hear,
}


def work(hand: Hand) -> None:
    """Do what the action's state asks for, once."""
    ws, action = hand.ws, hand.action
    try:
        profile = ws.profile(action.profile)
        publisher = ws.plugins.publisher(profile.platform)
    except SmmError as error:
        # Its profile or plugin is missing or mistaken: it waits, shows up in `smm attention`, and goes by its late policy.
        hand.postpone(ws.clock.now() + PLUGIN_AWAY, str(error), failed=True)
        hand.report.failed(f"{hand.name}: {error}")
        return
    try:
        _WAYS[action.state](hand, profile, publisher)
    except TooLate as error:
        log.info("%s", error)
