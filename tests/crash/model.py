"""A platform in this process, on a fake clock: for tests that try out interleavings by the hundred."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from smm_core.clock import FakeClock, never_behind
from smm_core.contracts import Pending
from smm_core.errors import NeedsLogin, OutcomeUnknown, Rejected, TryLater
from smm_core.model import Receipt

MINUTE = timedelta(minutes=1)
KEY_LIFE = timedelta(hours=1)
ABILITIES = ("key", "find", "neither")

CONFIGURATION = """
[workspace]
name = "States"
[clients.acme]
[workflow]
approver = "hand"
[publish]
window = "8h"
retry_after = "1s"
""" + "".join(f'[profiles.{one}]\nplatform = "model-{one}"\nslots = ["daily 12:00"]\n' for one in ABILITIES)

BRAND = "require_call_to_action = false\nrequire_alt_text = false\n"

PUBLISHERS = """
from datetime import timedelta
from smm_core import *

class Model:
    settings = NoSettings
    def __init__(self, name, guarantees, *abilities):
        self.name = self.title = name
        self.guarantees = guarantees
        self.abilities = frozenset({Resumes, *abilities})
    def inspect(self, request, ctx): return Inspected(account="model")
    def limits(self, profile, known): return Limits(parts=5, text=(TextLimit(maximum=500, unit=TextUnit.GRAPHEMES),))
    def render(self, post, profile, limits): return render_plain(post, profile, limits)
    def prepare(self, request, ctx): return Prepared()
    def send(self, request, ctx): return self.platform.send(request, self.name)
    def find(self, request, ctx): return self.platform.find(request.key)
    def resume(self, request, ctx): return self.platform.resume(request.handles["job"])

@hookimpl
def smm_publishers():
    settles = timedelta(minutes=3)
    return [
        Model("model-key", Guarantees(key_life=timedelta(hours=1), key_settles=settles, http_only=False)),
        Model("model-find", Guarantees(find="exact", absent_after=settles, http_only=False), Finds),
        Model("model-neither", Guarantees(http_only=False)),
    ]
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What the platform does with one post, and what happens meanwhile: before it takes it, and before it answers."""

    answer: str = "ok"
    before: str = ""
    after: str = ""


ANSWERS = (*["late"] * 4, "lost", "nothing", "ok", "try later", "rejected", "login", "pending", "gives up", "bug")
CLOCKS = ("clock forward", "clock back", "clock back, and noticed", "crash of the machine")
NEWS = (
    *("crash", "crash and go on", "edit", "edit and approve", "withdraw", "rework", "pause", "a minute", "two hours"),
    *CLOCKS,
)
MEANWHILE = (*[""] * 20, *NEWS)


def turns_of(seed: int) -> list[Turn]:
    """Up to six turns. Drawn evenly, where hypothesis by itself would try the same few again and again."""
    source = random.Random(seed)
    return [
        Turn(answer=source.choice(ANSWERS), before=source.choice(MEANWHILE), after=source.choice(MEANWHILE))
        for _ in range(source.randrange(7))
    ]


TURNS = st.integers(0, 2**32).map(turns_of)


class ModelPlatform:
    """Accepts within two minutes, knows its keys and lists its posts within one more; forgets keys after an hour.

    It lives by the time that passes, whatever anybody sets the clock to.
    """

    def __init__(self, clock: FakeClock, meanwhile: Callable[[str], None]) -> None:
        self.turns: list[Turn] = []
        self.visible: dict[str, list[timedelta]] = defaultdict(list)
        self.order: list[str] = []
        self._clock = clock
        self._meanwhile = meanwhile
        self._late: list[tuple[timedelta, str, bool]] = []
        self._jobs: dict[str, str] = {}

    def send(self, request: Any, publisher: str) -> Receipt | Pending:
        """One post. What makes it visible is `_accept`; the rest is answers."""
        turn = self.turns.pop(0) if self.turns else Turn()
        keyed = publisher == "model-key"
        now = never_behind(self._clock)
        self._meanwhile(turn.before)
        if turn.before.startswith("crash"):
            raise OutcomeUnknown("nobody is left to send anything, or to hear of this")
        if now() >= request.send_by:
            raise TryLater("the time for sending was over; nothing was sent")
        if turn.answer in ("ok", "lost", "bug", "pending"):
            self._accept(request.key, keyed)
        elif turn.answer == "late":
            self._late.append((self._now() + 2 * MINUTE, request.key, keyed))
        self._meanwhile(turn.after)
        return self._answer(turn.answer, request.key)

    def _answer(self, answer: str, key: str) -> Receipt | Pending:
        match answer:
            case "ok":
                return Receipt(remote_id=key)
            case "pending" | "gives up":
                job = f"job {len(self._jobs)}"
                self._jobs[job] = key if answer == "pending" else ""
                return Pending(check_after=MINUTE, handles={"job": job})
            case "try later":
                raise TryLater("busy", after=MINUTE)
            case "rejected":
                raise Rejected("no")
            case "login":
                raise NeedsLogin("expired")
            case "bug":
                raise ZeroDivisionError("oops")
        raise OutcomeUnknown("cut off")

    def _now(self) -> timedelta:
        return timedelta(seconds=self._clock.steady())

    def resume(self, job: str) -> Receipt:
        """What became of a pending post."""
        if not self._jobs[job]:
            raise Rejected("we gave up on it")
        return Receipt(remote_id=self._jobs[job])

    def find(self, key: str) -> Receipt | None:
        """What is listed by now."""
        self.tick()
        listed = any(at + MINUTE <= self._now() for at in self.visible[key])
        return Receipt(remote_id=key) if listed else None

    def may_be_out(self, key: str) -> bool:
        """Whether it is visible, or still may become so."""
        self.tick()
        return bool(self.visible[key]) or any(late == key for _, late, _ in self._late)

    def tick(self) -> None:
        """Accept what lay around until now."""
        due = [one for one in self._late if one[0] <= self._now()]
        self._late = [one for one in self._late if one not in due]
        for at, key, keyed in due:
            self._accept(key, keyed, at)

    def _accept(self, key: str, keyed: bool, at: timedelta | None = None) -> None:
        self.tick()
        at = at or self._now()
        if keyed and any(MINUTE <= at - before < KEY_LIFE for before in self.visible[key]):
            return
        self.visible[key].append(at)
        self.order.append(key)
