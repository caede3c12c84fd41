"""The daemon publishes to a real server and is killed over and over: every post is there, once, and in its thread.

`SMM_KILLS=200` is the long form.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from bluesky_server import Account, Network

from smm_core.clock import SystemClock
from smm_core.model import Decision, ReviewState
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store.audit import audit
from smm_core.workspace import Workspace

KILLS = int(os.environ.get("SMM_KILLS") or 10)
POSTS, THREADS = 4 * KILLS, KILLS

SMM_TOML = """
[workspace]
name = "Bakery"
[clients.acme]
title = "Acme"
[publish]
window = "1d"
retry_after = "1s"
[events]
terminal = false
[sources.content]
type = "folder"
client = "acme"
[workflow]
approver = "hand"
[profiles.social]
client = "acme"
platform = "bluesky"
allow_private = true
[profiles.social.settings]
handle = "{account.handle}"
service = "{account.server}"
app_password = "file:password"
"""


@pytest.mark.slow
@pytest.mark.timeout(120 + 6 * KILLS)
def test_however_often_it_is_killed_each_post_is_there_once(network: Network, tmp_path: Path) -> None:
    account = network.join("baker")
    root = tmp_path / "bakery"
    texts = _write_posts(root, account)
    _approve(root)
    killed_while_sending = _kill_over_and_over(root, random.Random(KILLS))
    _finish(root)
    shown = {one["uri"]: one["value"] for one in account.records()}
    counted = Counter(value["text"] for value in shown.values())
    assert counted == Counter(texts), {text: number for text, number in counted.items() if number != 1}
    for uri, value in shown.items():
        if "reply" in value:
            above = shown[value["reply"]["parent"]["uri"]]
            assert above["text"].split(".")[0] == value["text"].split(".")[0], f"{uri} hangs below another post"
    assert sum("reply" in value for value in shown.values()) == THREADS
    assert audit(root / ".smm" / "smm.db") == []
    assert killed_while_sending, "no kill came while something was under way: this proves nothing"


def _write_posts(root: Path, account: Account) -> list[str]:
    """The texts that must be there in the end, those of threads part by part."""
    (root / "content" / "posts").mkdir(parents=True)
    (root / "smm.toml").write_text(SMM_TOML.format(account=account))
    (root / "password").write_text(account.app_password())
    (root / "password").chmod(0o600)
    texts: list[str] = []
    for number in range(POSTS):
        parts = [f"Post {number}. {'a' * 200}."] + ([f"Post {number}. {'b' * 200}."] if number < THREADS else [])
        front = '+++\nprofiles = ["social"]\nat = "now"\ncall_to_action = "Post"\n+++\n\n'
        (root / "content" / "posts" / f"post-{number}.md").write_text(front + " ".join(parts) + "\n")
        texts += parts
    return texts


def _approve(root: Path) -> None:
    """From files to the ledger, as the commands do it."""
    with Workspace(root, SystemClock()) as ws:
        for step in (collect, render, review):
            report = step(ws)
            assert report.troubles == [], report.troubles
        for one in ws.store.reviews.listed(state=ReviewState.OPEN):
            ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", ws.clock.now())
        assert schedule(ws).troubles == []


def _daemon(root: Path) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    cache = Path(tempfile.gettempdir()) / f"smm-crash-pycache-{os.getuid()}"
    with (root / "said.txt").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-c", "from smm_core.cli import main; main()", "-w", str(root), "run", "--quiet"],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            env={**kept, "PYTHONPYCACHEPREFIX": str(cache)},
        )


def _kill_over_and_over(root: Path, chance: random.Random) -> int:
    """How many of the kills came while something was under way."""
    hits = 0
    with sqlite3.connect(root / ".smm" / "smm.db") as ledger:
        for _ in range(KILLS):
            daemon = _daemon(root)
            try:
                goal = _count(ledger, "SELECT count(*) FROM attempts") + chance.randrange(1, 6)
                _wait(lambda goal=goal: _count(ledger, "SELECT count(*) FROM attempts") >= goal)  # type: ignore[misc]
                time.sleep(chance.choice((0.0, 0.002, 0.005, 0.01, 0.02, 0.05)))
            finally:
                os.killpg(daemon.pid, signal.SIGKILL)
                daemon.wait()
            hits += _count(ledger, "SELECT count(*) FROM actions WHERE state = 'sending'") > 0
    ledger.close()
    return hits


def _finish(root: Path) -> None:
    daemon = _daemon(root)
    ledger = sqlite3.connect(root / ".smm" / "smm.db")
    try:
        left = "SELECT count(*) FROM actions WHERE state != 'published'"
        assert _wait(lambda: _count(ledger, left) == 0, seconds=90), (root / "said.txt").read_text()[-2000:]
        daemon.terminate()
        assert daemon.wait(15) == 0
    finally:
        ledger.close()
        if daemon.poll() is None:
            os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()


def _count(ledger: sqlite3.Connection, query: str) -> int:
    (number,) = ledger.execute(query).fetchone()
    return int(number)


def _wait(what: object, seconds: float = 10.0) -> bool:
    """Wait until something is so, or it takes too long; whether it came to that."""
    assert callable(what)
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True
