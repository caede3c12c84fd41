"""The daemon: timers around the steps. `due_at` in the store is the truth; APScheduler keeps only timers.

Rounds run on their own threads: *writing* (collect, compose, render, review, schedule), *measuring* and *listening* every so
often, and *publishing*, which has one timer set to the next instant at which the ledger needs a hand.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from smm_core.clock import Clock
from smm_core.engine import breadcrumbs_of, left_behind
from smm_core.errors import SmmError, StoreError
from smm_core.hold import hold
from smm_core.rounds import said, writing_steps
from smm_core.steps import Report
from smm_core.steps.publish import Lanes
from smm_core.workspace import Workspace

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

    from smm_core.supervise import Ended

log = logging.getLogger("smm.daemon")

LONGEST_NAP = timedelta(minutes=5)
LOOK, LOOK_SOON = 1.0, 0.1  # seconds between looks at what may have changed; sooner where somebody waits for the end
GRACE = 3.0
REPEAT = timedelta(hours=1)
JUMP = timedelta(seconds=1)
LOOK_WHO_IS_DUE = timedelta(seconds=30)


class Daemon:
    """One running daemon. `run` returns when it was asked to stop."""

    def __init__(
        self,
        ws: Workspace,
        say: Callable[[str], None] = lambda line: None,
        *,
        last: Ended | None = None,
        until_idle: bool = False,
    ) -> None:
        self._ws = ws
        self._say = say
        self._last = last
        self._until_idle = until_idle
        self._written = threading.Event()
        self._stop = threading.Event()
        self._configuration: object = None
        self._told: dict[str, datetime] = {}
        self._began = _beginning(ws.clock)
        self._timer = threading.Lock()
        self._version = 0
        self._moving: object = ()
        self._lanes: Lanes | None = None
        self._scheduler: BackgroundScheduler | None = None

    def stop(self, *_: object) -> None:
        """Ask it to stop: nothing more is claimed, what is under way gets a few seconds."""
        self._stop.set()

    def run(self) -> None:
        """Hold the workspace and work until stopped."""
        with hold(self._ws.root, "smm run"):
            self._begin()
            try:
                self._start_timers()
                while not self._stop.wait(LOOK_SOON if self._until_idle else LOOK):
                    self._take_over()
                    self._say_sent()
                    self._watch_clock()
                    self._watch_configuration()
                    self._watch_store()
                    if self._until_idle and self._is_idle():
                        self._tell()
                        return
            finally:
                self._end()

    # ------------------------------------------------------------ beginning and ending

    def _begin(self) -> None:
        self._ws.store  # noqa: B018 - one that cannot be used at all ends the daemon here
        if self._last is not None:
            self._explain(self._last)
        self._configuration = self._stamp()
        self._ws.plugins  # noqa: B018 - loads them before the first round
        self._guarded(self._follow_zones)  # before anything is due by clocks that have changed
        gc.collect()
        gc.freeze()  # what was loaded stays, so that nobody need look through it again and again
        self._take_over()
        log.info("started", extra={"pid": os.getpid()})

    def _follow_zones(self) -> Report:
        from smm_core.steps.zones import follow_zones

        report = Report(step="schedule")
        follow_zones(self._ws, report)
        return report

    def _explain(self, last: Ended) -> None:
        """After a crash: leave out the plugin whose call was under way, and tell a person."""
        calls = left_behind(breadcrumbs_of(self._ws.root, last.pid))
        blamed = self._ws.quarantine.blame(calls, last.words) if last.by_itself else []
        for line in blamed:
            self._ws.note("plugin.crashed", line, urgent=True)
        if not blamed:
            self._trouble(f"the daemon's process was ended ({last.words}) and was started again")

    def _take_over(self) -> None:
        """Begin an epoch, unless that is done. Until a database that is in doubt is adopted, or a full disk has room, all but
        publishing works."""
        if self._lanes is not None:
            return
        try:
            epoch = self._ws.store.begin_epoch(self._ws.clock.now())
        except StoreError as error:
            self._trouble(f"not publishing: {error}")
            return
        self._lanes = Lanes(self._ws, epoch, on_idle=self._set_publish_timer, on_trouble=self._trouble)
        self._set_publish_timer()

    def _end(self) -> None:
        self._stop.set()
        if self._lanes is not None:
            self._lanes.stop()
        if self._scheduler is not None:
            self._scheduler.remove_all_jobs()  # a job that begins during the shutdown would end its thread with an error
            self._scheduler.shutdown(wait=False)
        if self._lanes is not None and not self._lanes.wait(GRACE):
            log.warning("a call did not come back in time; its outcome is settled at the next start")
        self._say_sent()
        log.info("stopped")

    def _is_idle(self) -> bool:
        """A round was written, no lane is busy, and nothing wants a hand within the next minute."""
        if not self._written.is_set() or self._lanes is None:
            return self._written.is_set()
        if not self._lanes.wait(0):
            return False
        wake = self._ws.store.ledger.next_wake()
        return wake is None or wake > self._ws.clock.now() + timedelta(minutes=1)

    # ------------------------------------------------------------ timers

    def _start_timers(self) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        every = self._ws.config.daemon
        now = self._ws.clock.now()
        self._scheduler.add_job(
            self.write_round, "interval", seconds=every.collect_every.total_seconds(), next_run_time=now, id="write"
        )
        self._scheduler.add_job(
            self.measure_round, "interval", seconds=every.measure_every.total_seconds(), id="measure"
        )
        self._scheduler.add_job(
            self.listen_round, "interval", seconds=LOOK_WHO_IS_DUE.total_seconds(), next_run_time=now, id="listen"
        )
        self._scheduler.add_job(self.publish_round, "date", run_date=now, id="publish", replace_existing=True)
        self._scheduler.start()

    def _set_publish_timer(self) -> None:
        """One timer, at the next instant the ledger needs a hand."""
        if self._stop.is_set() or self._scheduler is None or self._lanes is None:
            return
        with self._timer:  # or an answer that was true a moment ago could replace a later one
            try:
                wake = self._lanes.next_wake()
            except SmmError as error:
                self._trouble(str(error))
                wake = None
            now = self._ws.clock.now()
            latest = now + LONGEST_NAP
            at = min(max(wake, now), latest) if wake else latest
            self._scheduler.add_job(self.publish_round, "date", run_date=at, id="publish", replace_existing=True)

    # ------------------------------------------------------------ rounds

    def write_round(self) -> None:
        """Everything up to the ledger, then see whether something is due."""
        for report in writing_steps(
            self._ws, due_only=self._written.is_set(), stop=self._stop, on_trouble=self._trouble
        ):
            self._report(report)
        self._tell()
        self._set_publish_timer()
        self._guarded(self._note_moving)
        self._written.set()

    def publish_round(self) -> None:
        """Start a lane for every profile with something due."""
        if self._lanes is not None and not self._stop.is_set():
            try:
                self._lanes.start()
            except SmmError as error:
                self._trouble(str(error))
        self._set_publish_timer()

    def measure_round(self) -> None:
        """Read the numbers."""
        from smm_core.steps.measure import measure

        self._guarded(lambda: measure(self._ws))
        self._tell()

    def listen_round(self) -> None:
        """Ask what others said, where it is time to."""
        from smm_core.steps.listen import listen

        self._guarded(lambda: listen(self._ws, due_only=True))
        self._tell()

    def _tell(self) -> None:
        self._guarded(self._tell_observers)

    def _tell_observers(self) -> None:
        self._ws.tell()

    def _guarded(self, step: Callable[[], Report | None]) -> None:
        try:
            report = step()
        except Exception as error:
            self._trouble(said(error))
            return
        if report is not None:
            self._report(report)

    def _trouble(self, line: str) -> None:
        """Say what went wrong, on the terminal and in the log. Of what is broken off by the stop there is nothing to say."""
        if not self._stop.is_set() and self._is_news(line):
            log.warning("%s", line)
            self._say(line)

    def _is_news(self, line: str) -> bool:
        """Whether a line was not told within the last hour: what stays wrong is not told again at every round."""
        now = self._ws.clock.now()
        self._told = {told: at for told, at in self._told.items() if now - at < REPEAT}
        if line in self._told:
            return False
        self._told[line] = now
        return True

    def _report(self, report: Report) -> None:
        for line in report.lines:
            log.info("%s", line, extra={"step": report.step})
            self._say(f"{report.step}: {line}")
        for line in report.troubles:
            if self._is_news(f"{report.step}: {line}"):
                log.warning("%s", line, extra={"step": report.step})

    def _say_sent(self) -> None:
        """Report what the lanes did since the last look. Only the main thread does, so that no line is told twice."""
        if self._lanes is not None:
            report = self._lanes.report
            lines, report.lines = report.lines, []
            troubles, report.troubles = report.troubles, []
            self._report(Report(step=report.step, lines=lines, troubles=troubles))

    # ------------------------------------------------------------ a clock that was set

    def _watch_clock(self) -> None:
        """Where somebody sets the machine's clock, what is waited for is moved along, and every timer is set anew."""
        before, self._began = self._began, _beginning(self._ws.clock)
        if abs(self._began - before) < JUMP or self._scheduler is None:
            return
        now = self._ws.clock.now()
        self._told = dict.fromkeys(self._told, now)
        self._say(f"the machine's clock was set: it is {now:%Y-%m-%d %H:%M:%S} UTC now")
        if self._lanes is not None:
            self._guarded(self._keep_up)
        for round_of in ("write", "measure", "listen"):
            self._scheduler.modify_job(round_of, next_run_time=now)
        self._set_publish_timer()

    def _keep_up(self) -> None:
        self._ws.store.ledger.keep_up()
        if self._lanes is not None:
            self._lanes.look_again()

    # ------------------------------------------------------------ changed configuration

    def _note_moving(self) -> None:
        self._moving = self._what_moves()

    def _what_moves(self) -> object:
        """Posts that a step has yet to take further, and stages whose turn it is and that nobody has asked yet."""
        return self._ws.store.posts.moving(), self._ws.store.asks.unput()

    def _watch_store(self) -> None:
        """See what others did, such as an approval on the command line: the timer is set anew, posts go on."""
        try:
            version = self._ws.store.version()
            if version == self._version or not self._written.is_set():
                return
            self._version = version
            moving = self._what_moves()
        except SmmError as error:
            self._trouble(str(error))
            return
        self._set_publish_timer()
        if moving != self._moving and self._scheduler is not None:
            self._moving = moving
            self._scheduler.modify_job("write", next_run_time=self._ws.clock.now())

    def _watch_configuration(self) -> None:
        stamp = self._stamp()
        if stamp == self._configuration:
            return
        self._configuration = stamp
        try:
            self._ws.reload()
        except SmmError as error:
            line = f"the changed configuration is not used, the one before stays in force: {error}"
            log.warning("%s", line)
            self._say(line)
            return
        self._say("configuration read again")
        log.info("configuration read again")
        if self._scheduler is not None:
            self._scheduler.modify_job("write", next_run_time=self._ws.clock.now())

    def _stamp(self) -> object:
        """Changes when a file of the configuration does, and when a plugin is no longer left out."""
        return _stamp(self._ws.root), sorted(self._ws.quarantine.plugins())


def _beginning(clock: Clock) -> datetime:
    """When its steady clock began, by the one on the wall: always the same, as long as nobody sets that."""
    return clock.now() - timedelta(seconds=clock.steady())


def _stamp(root: Path) -> tuple[tuple[str, int], ...]:
    """Changes when smm.toml, a brand book or a plugin file of the workspace changes."""
    files = [root / "smm.toml", *root.glob("*.toml"), *root.glob("brands/*.toml"), *root.glob("plugins/*.py")]
    stamps = []
    for path in sorted(set(files)):
        try:
            stamps.append((str(path), path.stat().st_mtime_ns))
        except OSError:
            continue
    return tuple(stamps)
