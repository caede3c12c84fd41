"""What came of it: the platform's book beside the ledger."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.platform import Visible
from tests.crash.scene import ability_of

_ACTIONS = """
SELECT a.id, a.profile, a.state, a.seq, a.reason, p.slug, (SELECT count(*) FROM attempts t WHERE t.action_id = a.id) AS attempts
FROM actions a JOIN posts p ON p.id = a.post_id ORDER BY a.post_id, a.seq
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A delivery that waits for a person, and why; `copies` says how often it is really out."""

    slug: str
    part: int
    reason: str
    copies: int


@dataclass(kw_only=True, slots=True)
class Tally:
    """The counts of one ability.

    `duplicates`: copies too many. `lost`: said to be out and not there, or forgotten: neither out, nor held, nor waiting
    for a part that is held. `out_of_order`: a part that was visible before the one it follows, or that follows another
    post. `unwritten`: more copies than attempts in the ledger.
    """

    ability: str
    deliveries: int = 0
    accepted: int = 0
    duplicates: int = 0
    lost: int = 0
    out_of_order: int = 0
    unwritten: int = 0
    waiting: int = 0
    held: list[Held] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether the promise was: nothing twice, lost or out of order, and held only where nobody can tell."""
        broken = self.duplicates or self.lost or self.out_of_order or self.unwritten
        return not broken and not (self.held and self.ability != "neither")

    @property
    def held_why(self) -> Mapping[str, int]:
        """How many are held for which reason."""
        return Counter(one.reason for one in self.held)


def take_stock(database: Path, visible: Sequence[Visible]) -> dict[str, Tally]:
    """Compare the ledger with what followers see; one tally for each ability."""
    copies: dict[tuple[str, str], list[Visible]] = defaultdict(list)
    for one in visible:
        copies[one.profile, one.text].append(one)
    tallies: dict[str, Tally] = {}
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        before: dict[str, tuple[str, list[Visible]]] = {}
        for row in connection.execute(_ACTIONS):
            tally = tallies.setdefault(ability_of(row["profile"]), Tally(ability=ability_of(row["profile"])))
            out = copies.pop((row["profile"], f"{row['slug']} part {row['seq']}"), [])
            _count(tally, row, out)
            if row["seq"]:
                _count_order(tally, row, out, *before[row["slug"]])
            before[row["slug"]] = (row["state"], out)
    if copies:
        raise AssertionError(f"the platform shows what nobody planned: {list(copies)[:5]}")
    return tallies


def _count(tally: Tally, row: sqlite3.Row, out: list[Visible]) -> None:
    name = f"{row['slug']} part {row['seq']} ({row['state']}, {row['attempts']} attempts: {row['reason']})"
    tally.deliveries += 1
    tally.accepted += len(out)
    if len(out) > 1:
        tally.duplicates += len(out) - 1
        tally.details.append(f"{len(out)} times: {name}")
    if len(out) > row["attempts"]:
        tally.unwritten += 1
        tally.details.append(f"sent without its attempt: {name}")
    if row["state"] == "held":
        tally.held.append(Held(slug=row["slug"], part=row["seq"], reason=row["reason"], copies=len(out)))
    elif row["state"] == "waiting":
        tally.waiting += 1
    elif row["state"] != "published" or not out:
        tally.lost += 1
        tally.details.append(f"lost: {name}")


def _count_order(tally: Tally, row: sqlite3.Row, out: list[Visible], state_before: str, before: list[Visible]) -> None:
    if row["state"] == "waiting" and state_before not in ("held", "waiting"):
        tally.lost += 1
        tally.details.append(f"stuck behind a part that is {state_before}: {row['slug']} part {row['seq']}")
    ids = {one.id for one in before}
    first = min((one.number for one in before), default=None)
    for one in out:
        if first is None or one.number < first or one.parent not in ids:
            tally.out_of_order += 1
            tally.details.append(f"out of order: {row['slug']} part {row['seq']}")
