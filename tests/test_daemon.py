"""The daemon's words: what was sent is told, once."""

from __future__ import annotations

import threading
from pathlib import Path

from smm_core.clock import FakeClock
from smm_core.daemon import Daemon
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.workspace import Workspace
from tests.conftest import write_post


def test_what_was_sent_is_told_also_where_the_daemon_stops_right_after(ws: Workspace, root: Path) -> None:
    front = {"profiles": '["social"]', "at": '"now"', "approval": '"rule"', "call_to_action": '"Come by"'}
    write_post(root, "bread", "Fresh bread. Come by", **front)
    for step in (collect, render, review, schedule):
        assert step(ws).troubles == []
    lines: list[str] = []
    daemon = Daemon(ws, lines.append, until_idle=True)
    daemon._take_over()
    daemon.publish_round()
    assert daemon._lanes is not None
    assert daemon._lanes.wait(10), "then it is idle"
    daemon._end()
    assert [line.split(": https")[0] for line in lines] == ["publish: post bread → social"]


OBSERVER = """
import time
from pathlib import Path
from smm_core import hookimpl

@hookimpl
def smm_event(event, ctx):
    time.sleep(0.05)
    with (Path(__file__).parent / "heard").open("a") as file:
        file.write(event.message + "\\n")
"""


def test_two_rounds_that_tell_at_the_same_time_tell_once(root: Path, clock: FakeClock) -> None:
    (root / "plugins").mkdir(exist_ok=True)
    (root / "plugins" / "observer.py").write_text(OBSERVER)
    with Workspace(root, clock) as ws:
        for number in range(3):
            ws.note("test.happened", f"number {number}")
        threads = [threading.Thread(target=ws.tell) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (root / "plugins" / "heard").read_text().splitlines() == ["number 0", "number 1", "number 2"]
