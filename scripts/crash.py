"""The long form of the adversary: `make crash`. Everything that may happen to the daemon and to the platform, part after part.

Prints for each part what the platform accepted, duplicates, what was lost, held (and why) or out of order. Ends with 1 when
the promise was broken: anything twice, lost, out of order or sent without its attempt, or held though it could be settled.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.crash import controls, power  # noqa: E402
from tests.crash.driver import Adversary  # noqa: E402
from tests.crash.full_disk import fill_a_disk  # noqa: E402
from tests.crash.process import Ground  # noqa: E402
from tests.crash.report import storm_lines, verdict_lines  # noqa: E402
from tests.crash.scene import Plan  # noqa: E402
from tests.crash.storms import STORMS, storm  # noqa: E402
from tests.crash.two import TwoDaemons  # noqa: E402

Part = Callable[[argparse.Namespace, Path], bool]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts one after the other; 0 when the promise held in all of them."""
    parser = argparse.ArgumentParser(description="Prove that a post goes out once, by everything that may go wrong.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="these parts, not all")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--freezes", type=int, default=30)
    parser.add_argument("--fills", type=int, default=40, help="how often the disk runs full")
    parser.add_argument("--cuts", type=int, default=300, help="power cuts, over 400 posts")
    parser.add_argument("--deliveries", type=int, default=4000, help="actions per ability and trial")
    parser.add_argument("--profiles", type=int, default=40, help="profiles per ability")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=1200, help="seconds per trial")
    asked = parser.parse_args(arguments)
    broken = [name for name in PARTS if name in asked.only and not _run(name, asked)]
    print(f"\nTHE PROMISE WAS BROKEN: {', '.join(broken)}" if broken else "\nthe promise held")
    return 1 if broken else 0


def _run(name: str, asked: argparse.Namespace) -> bool:
    print(f"\n{name}, seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="smm-crash-") as folder:
        try:
            return PARTS[name](asked, Path(folder))
        except AssertionError as error:
            print(f"  BROKEN: {error}", flush=True)
            return False


# ---------------------------------------------------------------- the parts


def kills(asked: argparse.Namespace, folder: Path, *, parts: int = 1) -> bool:
    """Kills, freezes and a clock that moves, over single posts."""
    # Threads are one, two and three parts long, so two acts each.
    deliveries = asked.deliveries if parts == 1 else asked.deliveries // 2
    plan = Plan(profiles=asked.profiles, deliveries=deliveries, parts=parts)
    verdict = Adversary(
        Ground.at(folder),
        plan,
        kills=asked.kills,
        freezes=asked.freezes,
        seed=asked.seed,
        patience=asked.patience,
        say=_progress,
    ).run()
    _print(verdict_lines(verdict))
    return verdict.kept


def threads(asked: argparse.Namespace, folder: Path) -> bool:
    """The same over threads of up to three parts."""
    return kills(asked, folder, parts=3)


def disk(asked: argparse.Namespace, folder: Path) -> bool:
    """A small disk that runs full again and again."""
    plan = Plan(profiles=4, deliveries=min(asked.deliveries, 600), parts=2)
    verdict, on = fill_a_disk(folder, plan, fills=asked.fills, seed=asked.seed, patience=asked.patience)
    _print([f"on {on}", *verdict_lines(verdict)])
    return verdict.kept


def two(asked: argparse.Namespace, folder: Path) -> bool:
    """Two daemons, the first of them frozen."""
    plan = Plan(profiles=4, deliveries=min(asked.deliveries, 300), parts=2, deadline=20)
    trial = TwoDaemons(
        Ground.at(folder), plan, freezes=asked.freezes, seed=asked.seed, patience=asked.patience, say=_progress
    )
    verdict = trial.run()
    _print(verdict_lines(verdict))
    return verdict.kept and verdict.events["second daemon refused"] == asked.freezes


def storms(asked: argparse.Namespace, folder: Path) -> bool:
    """Five minutes of only 429, and of only 503."""
    plan, kept = Plan(profiles=4, deliveries=40, parts=2, deadline=20), True
    for kind in STORMS:
        weathered = storm(folder / kind, kind, plan)
        _print(storm_lines(kind, weathered))
        kept &= weathered.kept
    return kept


def power_cuts(asked: argparse.Namespace, folder: Path) -> bool:
    """Power cuts, with unsynced writes half lost; and that they would be noticed with less care."""
    try:
        report = power.run(cuts=asked.cuts, seed=asked.seed)
        careless = power.run(cuts=asked.cuts, seed=asked.seed, synchronous="NORMAL", restarts=False)
    except power.NoCompiler as reason:
        print(f"  left out: {reason}")
        return True
    for one in (report, careless):
        print(
            f"  synchronous={one.synchronous}: {one.cuts} cuts in {one.records} writes and {one.syncs} syncs of"
            f" {one.requests} requests: lost {one.lost}, damaged {one.damaged}, stopped {one.stopped},"
            f" twice {one.twice}, stuck {one.stuck}, in {one.seconds:.0f} s"
        )
    _print(report.details[:20])
    return report.is_kept and careless.lost > 0


def show_controls(asked: argparse.Namespace, folder: Path) -> bool:
    """Designs that lack one thing each: every one must be caught."""
    kept = True
    for control in controls.ALL:
        caught = controls.drive(control.run, kills=control.kills, temper=control.temper, seed=asked.seed)
        right = getattr(caught, control.caught_by) > 0 if control.caught_by else not (caught.duplicates or caught.lost)
        kept &= right
        print(
            f"  {control.run.__name__}: duplicates {caught.duplicates}, lost {caught.lost}{'' if right else ': WRONG'}"
        )
    return kept


PARTS: dict[str, Part] = {
    "controls": show_controls,
    "storms": storms,
    "two": two,
    "disk": disk,
    "power": power_cuts,
    "kills": kills,
    "threads": threads,
}


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"  {line}", flush=True)


def _progress(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
