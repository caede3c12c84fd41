"""The main job on the test profile, from nothing: what `make demo` shows.

Copies the bakery workspace to build/demo and runs the commands a social media manager would run there, each shown
before it runs. Nothing leaves this machine. Safe to repeat; it starts from nothing each time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORKSPACE = ROOT / "build" / "demo"
SMM = Path(sys.executable).with_name("smm")
ENVIRONMENT = {**os.environ, "SMM_WORKSPACE": str(WORKSPACE), "SMM_PERSON": "mirjam"}

# Posts of the example that go out while you watch; the others keep their own times.
NOW_GOING_OUT = ("keep-it-crisp", "opening-hours", "how-sourdough-works", "rye-is-back")


def main() -> int:
    """Run the demo; the exit code of `make demo`."""
    began = time.monotonic()
    shutil.rmtree(WORKSPACE, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "bakery", WORKSPACE)

    say("A bakery in Delft, with files that people wrote and feeds that they read")
    smm("collect")
    smm("compose")
    say("These posts go out in a few seconds; the others keep their own times")
    for slug in NOW_GOING_OUT:
        smm("posts", "edit", slug, "--at", "+6s", quiet=True)
    smm("render", may_fail=True)
    say("What would be refused is found before anybody is asked")
    smm("check", "bargain", may_fail=True)
    say("The person who approves looks at exactly what will be sent, and says yes")
    smm("review", may_fail=True)
    smm("preview", "rye-is-back")
    smm("reviews", "approve", "--all")
    say("The daemon schedules and publishes until nothing more is due")
    smm("run", "--until-idle")
    say("What came of it")
    smm("measure")
    smm("deliveries", "list")
    say("Somebody asks something below a post, and is answered once")
    question = "Is there some left for Saturday?"
    smm("sandbox", "say", "town-square", question, "--by", "Bo", quiet=True)
    smm("listen", "town-square", quiet=True)
    heard = json.loads(smm("inbox", "--profile", "town-square", "--json", quiet=True))
    asked = next(one for one in heard if one["text"] == question)
    smm("inbox", "reply", str(asked["id"]), "Yes, until noon. We keep one for you!", quiet=True)
    smm("inbox", "show", str(asked["id"]))
    page = smm("report", quiet=True).strip()
    deliveries = json.loads(smm("deliveries", "list", "--json", quiet=True))
    out = [one for one in deliveries if one["state"] == "published"]
    print(f"\n{len(out)} of {len(deliveries)} deliveries are out, in {time.monotonic() - began:.0f} s.")
    print(f"Open this page: {page}")
    return 0 if len(out) >= len(NOW_GOING_OUT) else 1


def say(line: str) -> None:
    """A heading."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{line}{plain}", flush=True)


def smm(*words: str, quiet: bool = False, may_fail: bool = False) -> str:
    """Run one smm command, show it with what it prints (unless quiet), and return what it printed."""
    print(f"$ smm {' '.join(words)}", flush=True)
    done = subprocess.run([SMM, *words], env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, check=False)
    if not quiet:
        print("".join(f"  {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
    if done.returncode and not may_fail:
        sys.exit(f"smm {' '.join(words)} ended with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
