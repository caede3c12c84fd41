"""Designs that break the promise, each in a few lines: the platform and the kills of the adversary must catch every one.

Each control is a way to work through a list of texts with a memory that survives a kill (`Disk`). A kill is an
exception that no control catches; after it the control starts again with what its disk holds.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.crash.platform import Fault, Platform, Temper
from tests.crash.scene import Plan, make_workspace
from tests.crash.tally import Tally, take_stock

PROFILE = "control-0"
# What every control waits for an answer; the platform's own times are in proportion.
TIMEOUT = 0.05
TEMPER = Temper(
    rate=0.4,
    faults=(Fault.DROPPED, Fault.BROKEN, Fault.LATE),
    late=0.08,
    accepts_within=0.15,
    known_within=0.05,
    dumb=0.2,
)
SETTLES = TEMPER.accepts_within + TEMPER.known_within + 0.02


class Killed(BaseException):
    """SIGKILL, for something that lives in this process."""


class NoAnswer(Exception):
    """The request left and nothing came back."""


@dataclass(kw_only=True, slots=True)
class Disk:
    """What survives a kill: the texts that are done, and those of which an attempt was written (with its instant)."""

    todo: list[str]
    done: set[str] = field(default_factory=set)
    attempts: dict[str, float] = field(default_factory=dict)

    def open(self) -> list[str]:
        """What is not done."""
        return [text for text in self.todo if text not in self.done]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wire:
    """How a control talks to the platform, and where it may be killed on the way."""

    url: str
    may_die: Callable[[], None]

    def send(self, text: str, *, key: bool = False) -> int:
        """Post a text; the status. `NoAnswer` when none came in time."""
        headers = {"x-ref": text, "x-sent": repr(time.time()), **({"idempotency-key": text} if key else {})}
        self.may_die()
        status, _ = self._request("POST", f"/{PROFILE}/posts", json.dumps({"text": text, "parent": None}), headers)
        self.may_die()
        return status

    def finds(self, text: str) -> bool:
        """Whether the platform lists it now. It asks until it is answered."""
        while True:
            try:
                status, body = self._request("GET", f"/{PROFILE}/posts?{urlencode({'ref': text})}", None, {})
            except NoAnswer:
                continue
            if status == 200:
                return bool(json.loads(body))

    def _request(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer from error
        finally:
            connection.close()


Control = Callable[[Disk, Wire], None]


def naive_loop(disk: Disk, wire: Wire) -> None:
    """Send until it works; write down what worked."""
    for text in disk.open():
        _until_taken(lambda text=text: wire.send(text))
        disk.done.add(text)


def marking_before_sending(disk: Disk, wire: Wire) -> None:
    """Write down that it is done, then send it once."""
    for text in disk.open():
        disk.done.add(text)
        try:
            wire.send(text)
        except NoAnswer:
            continue


def attempt_written_after_sending(disk: Disk, wire: Wire) -> None:
    """Everything right, but for the attempt, which is written when the answer is there (or known not to come)."""
    for text in disk.open():
        while text not in disk.done:
            if text in disk.attempts and _settled(disk, wire, text, SETTLES):
                continue
            try:
                taken = wire.send(text) == 201
            except NoAnswer:
                taken = False
            disk.attempts[text] = time.time()
            if taken:
                disk.done.add(text)


def no_settling_time(disk: Disk, wire: Wire) -> None:
    """Everything right, but for the patience: what is not listed at once is sent again."""
    _with_attempts(disk, wire, settles=0.0)


def believing_a_5xx(disk: Disk, wire: Wire) -> None:
    """Everything right, but a 5xx is taken for "not sent"."""
    _with_attempts(disk, wire, settles=SETTLES, not_sent=range(500, 600))


def as_it_should_be(disk: Disk, wire: Wire) -> None:
    """The attempt first, then the request, then patience and a look: the control of the controls."""
    _with_attempts(disk, wire, settles=SETTLES)


def _with_attempts(disk: Disk, wire: Wire, *, settles: float, not_sent: range = range(0)) -> None:
    for text in disk.open():
        while text not in disk.done:
            if text in disk.attempts and _settled(disk, wire, text, settles):
                continue
            disk.attempts[text] = time.time()
            try:
                status = wire.send(text)
            except NoAnswer:
                status = 0
            disk.attempts[text] = time.time()
            if status == 201:
                disk.done.add(text)
            elif status in not_sent:
                del disk.attempts[text]


def _settled(disk: Disk, wire: Wire, text: str, settles: float) -> bool:
    """Wait until absence means something, then look; whether it is there."""
    time.sleep(max(0.0, disk.attempts[text] + settles - time.time()))
    if not wire.finds(text):
        del disk.attempts[text]
        return False
    disk.done.add(text)
    return True


def _until_taken(send: Callable[[], int]) -> None:
    while True:
        try:
            if send() == 201:
                return
        except NoAnswer:
            continue


# ---------------------------------------------------------------- two at once


def two_without_lock_and_epoch(disk: Disk, wire: Wire) -> None:
    """Two workers that both do everything right, on one disk, with nothing that keeps them apart."""
    both_have_looked = threading.Barrier(2)

    def work() -> None:
        todo = disk.open()
        both_have_looked.wait()
        for text in todo:
            if text not in disk.done:
                disk.attempts[text] = time.time()
                with contextlib.suppress(NoAnswer):  # on a busy machine even an answer that comes may come too late
                    wire.send(text)
                disk.done.add(text)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


# ---------------------------------------------------------------- driving them


@dataclass(frozen=True, kw_only=True, slots=True)
class Caught:
    """What the platform's book says of a control."""

    duplicates: int
    lost: int
    kills: int


def drive(control: Control, *, texts: int = 30, kills: int = 6, seed: int = 1, temper: Temper = TEMPER) -> Caught:
    """Run a control to its end, with kills on its way."""
    plan = Plan(abilities=("control",), profiles=1, deliveries=texts)
    disk = Disk(todo=[f"{slug} part 0" for slug, _, _ in plan.posts()])
    left = _places(random.Random(seed), texts, kills)
    killed = 0

    def may_die() -> None:
        if next(left, False):
            raise Killed

    with Platform(temper, seed) as platform:
        wire = Wire(url=platform.url, may_die=may_die)
        while True:
            try:
                control(disk, wire)
                break
            except Killed:
                killed += 1
        time.sleep(temper.late if temper.rate else 0)  # what is accepted late
        tally = _tally(plan, platform)
    return Caught(duplicates=tally.duplicates, lost=tally.lost, kills=killed)


def _tally(plan: Plan, platform: Platform) -> Tally:
    """The same tally as the daemon's, over a ledger that says what every control says in the end: all is out."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        make_workspace(root, plan, platform.url)
        database = root / ".smm" / "smm.db"
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE actions SET state = 'published', wake_at = NULL")
        return take_stock(database, platform.visible)["control"]


def _places(source: random.Random, texts: int, kills: int) -> Iterator[bool]:
    """At which of the moments that come it dies."""
    moments = 2 * texts
    places = set(source.sample(range(moments), kills))
    return iter([number in places for number in range(moments)])


# ---------------------------------------------------------------- all of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Lacking:
    """A control, and which count must catch it; none for the one that lacks nothing."""

    run: Control
    caught_by: str
    kills: int = 6
    temper: Temper = TEMPER


ALL = (
    Lacking(run=naive_loop, caught_by="duplicates"),
    Lacking(run=marking_before_sending, caught_by="lost"),
    Lacking(run=attempt_written_after_sending, caught_by="duplicates"),
    Lacking(run=no_settling_time, caught_by="duplicates"),
    Lacking(run=believing_a_5xx, caught_by="duplicates"),
    Lacking(run=two_without_lock_and_epoch, caught_by="duplicates", kills=0, temper=Temper(rate=0)),
    Lacking(run=as_it_should_be, caught_by=""),
)
