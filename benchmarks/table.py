"""How every benchmark says what it measured: one line per comparison, one table per topic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

HEADS = ("what", "ours", "peer or floor", "ratio", "target", "met")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One comparison, in words ready to print. `met` is None where nobody set a target."""

    what: str
    ours: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def at_most(
    what: str, ours: float, peer: float, limit: float, *, say: Callable[[float], str], against: str = ""
) -> Line:
    """Ours over the peer's, at most `limit`; `say` writes both numbers, `against` names the peer where it changes."""
    ratio = ours / peer if peer else float("inf")
    return Line(
        what=what,
        ours=say(ours),
        peer=f"{say(peer)} {against}".strip(),
        ratio=f"{ratio:.2f}",
        target=f"≤ {limit:g}",
        met=ratio <= limit,
    )


def at_least(what: str, ours: float, peer: float, limit: float, *, say: Callable[[float], str], against: str) -> Line:
    """Ours over the peer's, at least `limit`: for rates, where more is better."""
    ratio = ours / peer
    return Line(
        what=what,
        ours=say(ours),
        peer=f"{say(peer)} {against}",
        ratio=f"{ratio:.2f}",
        target=f"≥ {limit:g}",
        met=ratio >= limit,
    )


def below(what: str, ours: float, limit: float, *, say: Callable[[float], str]) -> Line:
    """A number with a fixed bound in its own unit, at most `limit`."""
    return Line(what=what, ours=say(ours), target=f"≤ {say(limit)}", met=ours <= limit)


def note(what: str, ours: str, peer: str = "", ratio: str = "") -> Line:
    """A number that is only shown."""
    return Line(what=what, ours=ours, peer=peer, ratio=ratio)


def milliseconds(seconds: float) -> str:
    """A duration in milliseconds."""
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def mebibytes(size: float) -> str:
    """A size in MiB."""
    return f"{size / 2**20:.1f} MiB"


def percent(share: float) -> str:
    """A share of one core in per cent."""
    return f"{share * 100:.3f} %"


def show(title: str, lines: Sequence[Line]) -> bool:
    """Print one table; whether everything that has a target met it."""
    rows = [HEADS, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    print(f"\n{title}\n")
    for number, row in enumerate(rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    return all(line.met is not False for line in lines)


def _cells(line: Line) -> tuple[str, ...]:
    met = "" if line.met is None else "yes" if line.met else "NO"
    return (line.what, line.ours, line.peer, line.ratio, line.target, met)
