"""What can come back when something is sent, as a table: each answer, and the errors that are right for it.

The table says what holds where a platform documents nothing else: a refusal is final, a 5xx proves nothing, and a
request that left without a whole answer may have done its work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

from smm_core.errors import NeedsLogin, OutcomeUnknown, Rejected, TryLater
from smm_core.testing.faults import CutBody, DropAfterAccepting, Fault, Nonsense, NotHttp, Slow, Status


class Network(StrEnum):
    """What is wrong with the way to the platform, when it is not the answer."""

    REFUSED = "nobody listens"
    SLOW = "no connection in time"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One answer: how it comes about, which errors are right, and, for a `TryLater`, how long it must say to wait.

    `published`: whether the platform may have taken the post all the same.
    """

    name: str
    how: Fault | Network | Callable[[datetime], Fault]
    means: tuple[type[BaseException], ...]
    after: timedelta | None = None
    published: bool = False

    def fault(self, now: datetime) -> Fault | Network:
        """How it comes about, at this instant."""
        return self.how(now) if callable(self.how) else self.how


def _in_five_minutes(now: datetime) -> Fault:
    return Status(code=429, headers={"retry-after": format_datetime(now + timedelta(minutes=5), usegmt=True)})


TABLE = (
    Row(name="400", how=Status(code=400), means=(Rejected,)),
    Row(name="401", how=Status(code=401), means=(NeedsLogin,)),
    Row(name="403", how=Status(code=403), means=(NeedsLogin, Rejected)),
    Row(name="404", how=Status(code=404), means=(Rejected,)),
    Row(name="409", how=Status(code=409), means=(Rejected, OutcomeUnknown)),
    Row(name="413", how=Status(code=413), means=(Rejected,)),
    Row(name="422", how=Status(code=422), means=(Rejected,)),
    Row(name="429", how=Status(code=429), means=(TryLater,)),
    Row(
        name="429 with seconds",
        how=Status(code=429, headers={"retry-after": "120"}),
        means=(TryLater,),
        after=timedelta(seconds=120),
    ),
    Row(name="429 with a date", how=_in_five_minutes, means=(TryLater,), after=timedelta(minutes=5)),
    Row(name="500", how=Status(code=500), means=(OutcomeUnknown,)),
    Row(name="502", how=Status(code=502), means=(OutcomeUnknown,)),
    Row(name="503", how=Status(code=503, headers={"retry-after": "120"}), means=(OutcomeUnknown,)),
    Row(name="refused connection", how=Network.REFUSED, means=(TryLater,)),
    Row(name="time-out before sending", how=Network.SLOW, means=(TryLater,)),
    Row(name="time-out after sending", how=Slow(seconds=30), means=(OutcomeUnknown,), published=True),
    Row(name="lost answer", how=DropAfterAccepting(), means=(OutcomeUnknown,), published=True),
    Row(name="cut answer", how=CutBody(), means=(OutcomeUnknown,), published=True),
    Row(name="not HTTP", how=NotHttp(), means=(OutcomeUnknown,), published=True),
    Row(name="a web page with 200", how=Nonsense(), means=(OutcomeUnknown,), published=True),
    Row(name="nothing with 200", how=Nonsense(body=b""), means=(OutcomeUnknown,), published=True),
    Row(name="a list with 200", how=Nonsense(body=b"[]"), means=(OutcomeUnknown,), published=True),
    Row(name="JSON without an id with 200", how=Nonsense(body=b'{"ok":true}'), means=(OutcomeUnknown,), published=True),
)
"""Every answer, by name."""

ROWS = {row.name: row for row in TABLE}
