"""What a trial comes to, in lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.crash.stage import Verdict
from tests.crash.storms import Weathered
from tests.crash.tally import Tally

HEAD = (
    "ability",
    "deliveries",
    "accepted",
    "duplicates",
    "lost",
    "out of order",
    "held",
    "of those out",
    "behind held",
)


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """A trial of the daemon."""
    yield from tally_lines(verdict.tallies.values(), verdict.findings)
    if verdict.kills:
        yield f"killed {verdict.kills.total()} times: {counts(verdict.kills)}"
    yield f"besides: {counts(verdict.events)}"
    yield f"the platform misbehaved: {counts(verdict.faults)}"
    yield f"in {verdict.seconds:.0f} s"


def storm_lines(kind: str, weathered: Weathered) -> Iterator[str]:
    """A storm."""
    yield from tally_lines(weathered.tallies.values(), weathered.findings)
    yield f"5 minutes of only {kind}: a profile sent at most {weathered.requests} requests, the closest two {weathered.closest:.1f} s apart"
    yield from (f"TOO SOON: {one}" for one in weathered.too_soon[:20])


def tally_lines(tallies: Iterable[Tally], findings: Iterable[str]) -> Iterator[str]:
    """The table, why what is held is held, and everything that is wrong."""
    tallies = list(tallies)
    for row in (HEAD, *map(_row, tallies)):
        yield "  ".join(f"{cell!s:>12}" for cell in row)
    for one in tallies:
        yield from (f"WRONG, {one.ability}: {line}" for line in one.details[:20])
        yield from (f"{one.ability}: {count} held because {reason}" for reason, count in one.held_why.items())
    yield from (f"WRONG in the ledger: {line}" for line in findings)


def counts(counter: Counter[str]) -> str:
    """`name 3, other 2`, the most frequent first."""
    return ", ".join(f"{name} {count}" for name, count in counter.most_common()) or "nothing"


def _row(one: Tally) -> tuple[object, ...]:
    return (
        one.ability,
        one.deliveries,
        one.accepted,
        one.duplicates,
        one.lost,
        one.out_of_order,
        len(one.held),
        sum(held.copies for held in one.held),
        one.waiting,
    )
