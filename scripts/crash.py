"""The long form of the adversary: `make crash`. Kills the daemon 200 times over 4,000 deliveries of every ability, then again
with threads, and prints what came of it. Ends with 1 when anything was published twice, lost, or out of order.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.crash.driver import Adversary, Trial, Verdict  # noqa: E402
from tests.crash.scene import ABILITIES, Plan  # noqa: E402
from tests.crash.tally import Tally  # noqa: E402

WITHOUT_HELD = ("key", "find")
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials one after the other; 0 when the promise held in all of them."""
    parser = argparse.ArgumentParser(description="Prove that a post goes out once, by killing the daemon.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--freezes", type=int, default=30)
    parser.add_argument("--deliveries", type=int, default=4000, help="actions per ability and trial")
    parser.add_argument("--profiles", type=int, default=40, help="profiles per ability")
    parser.add_argument("--abilities", nargs="+", choices=ABILITIES, default=ABILITIES)
    parser.add_argument("--threads", choices=("no", "only", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=1200, help="seconds per trial")
    asked = parser.parse_args(arguments)
    kept = True
    for parts in {"no": (1,), "only": (3,), "both": (1, 3)}[asked.threads]:
        # Threads are one, two and three parts long, so two acts each.
        deliveries = asked.deliveries if parts == 1 else asked.deliveries // 2
        plan = Plan(abilities=tuple(asked.abilities), profiles=asked.profiles, deliveries=deliveries, parts=parts)
        trial = Trial(plan=plan, kills=asked.kills, freezes=asked.freezes, seed=asked.seed, patience=asked.patience)
        print(f"\n{'threads of up to 3 parts' if parts > 1 else 'single posts'}, seed {asked.seed}", flush=True)
        with tempfile.TemporaryDirectory(prefix="smm-crash-") as folder:
            verdict = Adversary(Path(folder) / "workspace", trial, _say).run()
        show(verdict)
        kept &= is_kept(verdict.tallies.values())
    print("\nthe promise held" if kept else "\nTHE PROMISE WAS BROKEN")
    return 0 if kept else 1


def is_kept(tallies: Iterable[Tally]) -> bool:
    """Nothing twice, nothing lost, nothing out of order, and nothing held that could be settled."""
    return all(
        not (one.duplicates or one.lost or one.out_of_order or one.unwritten)
        and not (one.held and one.ability in WITHOUT_HELD)
        for one in tallies
    )


def show(verdict: Verdict) -> None:
    """The table of one trial, and why what is held is held."""
    rows = [
        (
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
        for one in verdict.tallies.values()
    ]
    for row in (HEAD, *rows):
        print("  ".join(f"{cell!s:>12}" for cell in row))
    for one in verdict.tallies.values():
        for line in one.details[:20]:
            print(f"  {one.ability}: {line}")
        for reason, count in one.held_why.items():
            print(f"  {one.ability}: {count} held because {reason}")
    print(f"  killed {verdict.kills.total()} times: {_counts(verdict.kills)}")
    print(f"  frozen {verdict.freezes} times; a second daemon was refused {verdict.second_daemons_refused} times")
    print(f"  answers that went wrong: {_counts(verdict.faults)}")
    print(f"  in {verdict.seconds:.0f} s", flush=True)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
