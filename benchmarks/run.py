"""Every benchmark, one table per topic, a few minutes in all: what `make bench` runs.

    python benchmarks/run.py [TOPIC ...]

Each topic runs in a process of its own, so that none pays for what another has loaded. A target that is missed is shown and
changes the exit code; it is no test, because the numbers are those of this machine at this moment.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
TOPICS = ("start", "schedule", "publish", "daemon", "collect", "cards", "review_page")
# Without these a topic has nothing to measure; the plugins are installed by `make bench`.
NEEDS = {
    "publish": ("apprise", "huey"),
    "collect": ("smm_feeds", "feedparser"),
    "cards": ("smm_cards",),
    "daemon": ("smm_sandbox",),
    "review_page": ("smm_web",),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the topics that were asked for, all by default; 1 when a target was missed or a topic failed."""
    parser = argparse.ArgumentParser(description="Run the benchmarks.")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"one or more of {', '.join(TOPICS)}")
    wanted = parser.parse_args(arguments).topics
    for topic in wanted:
        if topic not in TOPICS:
            parser.error(f"there is no topic {topic!r}; there are {', '.join(TOPICS)}")
    print(_where_and_when())
    began = time.perf_counter()
    missed = [topic for topic in wanted or TOPICS if not _run(topic)]
    print(f"\n{time.perf_counter() - began:.0f} s in all; {_verdict(missed)}")
    return 1 if missed else 0


def _where_and_when() -> str:
    """What the numbers belong to."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {python}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _run(topic: str) -> bool:
    """One topic in a process of its own; whether it met what it aims at."""
    script = HERE / f"{topic}.py"
    missing = [name for name in NEEDS.get(topic, ()) if importlib.util.find_spec(name) is None]
    if missing or not script.exists():
        print(f"\n{topic}: left out, {', '.join(missing) or script.name} is not here")
        return True
    if topic in ("collect", "cards"):
        print(f"\n{topic}\n", flush=True)
    sys.stdout.flush()
    return subprocess.run([sys.executable, str(script)], check=False).returncode == 0


def _verdict(missed: Sequence[str]) -> str:
    return f"short of a target or failed: {', '.join(missed)}" if missed else "every target met"


if __name__ == "__main__":
    sys.exit(main())
