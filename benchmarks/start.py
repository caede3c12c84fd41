"""How quickly a command starts, with fifty plugins installed, next to a bare click program with as many commands.

    python benchmarks/start.py [--runs 25]

Both are console scripts of one interpreter, run in turns; their byte code lies in a temporary folder and is warm.
The listings read a database with some sixty rows; the peer's command prints one line and reads nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from table import Line, at_most, milliseconds, note, show

from smm_core.model import ActionKind, Decision, IdeaFound, Part, PostContent, PostFound, PostState, Variant, sealed
from smm_core.store import Planned, Store

PLUGINS = 50
WITH_A_COMMAND = 10
ROWS = 20
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

CONFIG = """
[workspace]
name = "Benchmark"
zone = "Europe/Amsterdam"

[clients.bakery]
title = "Bakery"

[profiles.social]
platform = "sandbox"
imitates = "microblog"
slots = ["mon-fri 09:00", "mon-fri 17:00"]

[sources.content]
type = "folder"
"""
SCRIPT = """import sys
from smm_core.cli import main
if __name__ == "__main__":
    sys.exit(main())
"""
PEER = """import click

@click.group()
@click.version_option("0.1.0", prog_name="bare")
@click.option("-w", "--workspace", type=click.Path(), help="The workspace's folder.")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
def cli(workspace, verbose):
    "Social media automation on your own machine."

{commands}
if __name__ == "__main__":
    cli()
"""
PEER_COMMAND = """@cli.command({name!r})
def command_{number}():
    {help!r}
    click.echo("nothing here")

"""
PLUGIN = """import click
from smm_core import hookimpl

@hookimpl
def smm_commands():
    return [click.Command({name!r}, help="What {name} does.")] if {offers} else []
"""


class Stage:
    """A temporary folder with the plugins, the workspace and both programs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.smm = folder / "bin" / "smm"
        self.bare = folder / "bin" / "bare"
        self.workspace = folder / "workspace"
        self.environment = environment(folder, folder / "site")
        _install_plugins(folder / "site")
        _fill(self.workspace)
        self.smm.parent.mkdir()
        self.smm.write_text(SCRIPT, "utf-8")
        self.bare.write_text(_peer_program(), "utf-8")
        _look_settled(folder / "bin")

    def ours(self, *arguments: str) -> list[str]:
        """The command line of smm."""
        return [sys.executable, str(self.smm), *arguments]

    def peer(self, *arguments: str) -> list[str]:
        """The command line of the bare click program."""
        return [sys.executable, str(self.bare), *arguments]

    def once(self, command: Sequence[str]) -> float:
        """Seconds from the start of the process to its end; one that fails ends the benchmark with its words."""
        began = time.perf_counter()
        done = subprocess.run(command, env=self.environment, cwd=self.workspace, capture_output=True, check=False)
        took = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.decode()}")
        return took

    def medians(self, commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, float]:
        """The median seconds of each command, all taken in turns after two turns that do not count."""
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(runs + 2):
            for name, command in commands.items():
                took = self.once(command)
                if turn >= 2:
                    taken[name].append(took)
        return {name: statistics.median(times) for name, times in taken.items()}


def environment(folder: Path, *site: Path) -> dict[str, str]:
    """A program's environment: byte code and caches in `folder`, further packages in `site`, none of the user's settings."""
    import smm_core

    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SMM_"))},
        "PYTHONPATH": os.pathsep.join((*map(str, site), str(Path(smm_core.__file__).parents[1]))),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def _install_plugins(site: Path) -> None:
    for number in range(PLUGINS):
        name = f"bench{number:02}"
        metadata = site / f"smm_{name}-1.{number}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: smm-{name}\nVersion: 1.{number}\n", "utf-8")
        (metadata / "entry_points.txt").write_text(f"[smm]\n{name} = smm_{name}\n", "utf-8")
        offers = number < WITH_A_COMMAND
        (site / f"smm_{name}.py").write_text(PLUGIN.format(name=name, offers=offers), "utf-8")
    _look_settled(site)


def _look_settled(folder: Path) -> None:
    """As if it had been installed a while ago: what is found on a path that is still being changed is not remembered."""
    old = time.time() - 3600
    os.utime(folder, (old, old))


def _peer_program() -> str:
    from smm_core.cli import COMMANDS

    helps = {name: text for name, (_, text) in COMMANDS.items()}
    helps |= {f"bench{number:02}": f"What bench{number:02} does." for number in range(WITH_A_COMMAND)}
    commands = (
        PEER_COMMAND.format(name=name, number=number, help=text) for number, (name, text) in enumerate(helps.items())
    )
    return PEER.format(commands="".join(commands))


def _fill(workspace: Path) -> None:
    """Twenty ideas, posts and deliveries."""
    workspace.mkdir()
    (workspace / "smm.toml").write_text(CONFIG, "utf-8")
    with Store(workspace / ".smm" / "smm.db") as store:
        found = [IdeaFound(key=str(n), title=f"Idea {n}", text="Rye is back.", published_at=NOW) for n in range(ROWS)]
        store.ideas.keep("news", "bakery", found, "1", NOW)
        for number in range(ROWS):
            _plan_post(store, number)


def _plan_post(store: Store, number: int) -> None:
    content = PostContent(title=f"Post {number}", parts=("Rye is back. Come and try it.",), profiles=("social",))
    post = store.posts.put("content", "bakery", PostFound(key=f"content/posts/p{number}.md", content=content), NOW).post
    variant = sealed(Variant(profile="social", parts=(Part(text=content.parts[0]),)))
    store.posts.keep_variants(post, [(variant, ())], PostState.RENDERED, "", NOW)
    digests = {"social": variant.digest}
    review = store.reviews.open(store.posts.get(post.id), "hand", digests, None, NOW)
    store.reviews.decide(review.id, Decision.APPROVE, "bench", NOW)
    planned = Planned(kind=ActionKind.PUBLISH, seq=0, due_at=NOW + timedelta(hours=number))
    store.ledger.plan(store.posts.get(post.id), {"social": (variant.digest, [planned])}, NOW)


def measure(runs: int) -> list[Line]:
    """Both programs in turns; the lines of the table."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        listings = {
            "posts list --json": stage.ours("posts", "list", "--json"),
            "ideas list --json": stage.ours("ideas", "list", "--json"),
            "deliveries list --json": stage.ours("deliveries", "list", "--json"),
            "posts list": stage.ours("posts", "list"),
        }
        loading = "profiles list --json"
        took = stage.medians(
            {
                "floor": [sys.executable, "-c", "pass"],
                "peer --version": stage.peer("--version"),
                "--version": stage.ours("--version"),
                "peer --help": stage.peer("--help"),
                "--help": stage.ours("--help"),
                "peer command": stage.peer("posts"),
                **listings,
                loading: stage.ours(*loading.split()),
            },
            runs,
        )
    lines = [
        at_most(f"smm {word}", took[word], took[f"peer {word}"], 1.2, say=milliseconds)
        for word in ("--version", "--help")
    ]
    lines += [at_most(f"smm {name}", took[name], took["peer command"], 1.6, say=milliseconds) for name in listings]
    floor = note(
        "bare click --version next to python -c pass",
        milliseconds(took["peer --version"]),
        milliseconds(took["floor"]),
        f"{took['peer --version'] / took['floor']:.2f}",
    )
    plugins = note(
        f"smm {loading}, which loads the plugins",
        milliseconds(took[loading]),
        milliseconds(took["peer command"]),
        f"{took[loading] / took['peer command']:.2f}",
    )
    return [*lines, plugins, floor]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit 1 when a target was missed."""
    parser = argparse.ArgumentParser(description="How quickly a command starts.")
    parser.add_argument("--runs", type=int, default=25, help="how often each command is run (default: 25)")
    runs = parser.parse_args(arguments).runs
    met = show(f"Start, with {PLUGINS} plugins installed (medians of {runs} runs, in turns)", measure(runs))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
