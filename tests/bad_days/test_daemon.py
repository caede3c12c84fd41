"""The daemon's own bad days: a second one, being stopped, and a configuration that changes or breaks while it runs."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.bad_days.conftest import Program


def test_a_second_one_is_refused_with_the_first_ones_number(program: Program) -> None:
    daemon = program.start()
    daemon.waits_for(lambda: program.logged("started"))
    for command in (("run",), ("run", "--once"), ("publish",)):
        line = program.smm(*command, code=2).line("already holds the workspace")
        assert f"process {daemon.child} (smm run)" in line
        assert line.endswith(f"(stop it first: kill {daemon.child})")
    program.post("fine")
    daemon.waits_for(lambda: program.sent() == ["This is fine."])
    os.kill(daemon.child, signal.SIGTERM)
    assert daemon.ended(within=5) == 0
    program.smm("run", "--once")
    assert program.sent() == ["This is fine."]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_asked_to(program: Program, number: int) -> None:
    daemon = program.start()
    daemon.waits_for(lambda: program.logged("started"))
    child = daemon.child
    started = time.monotonic()
    assert daemon.end(number) == 0
    assert time.monotonic() - started < 3
    assert not Path(f"/proc/{child}").exists()
    assert program.logged("stopped")
    assert daemon.said == ""


def test_ctrl_c_reaches_both_processes_and_is_no_noise(program: Program) -> None:
    daemon = program.start()
    daemon.waits_for(lambda: program.logged("started"))
    os.killpg(daemon.process.pid, signal.SIGINT)
    assert daemon.ended(within=5) == 0
    assert daemon.said == ""


def test_changed_content_is_picked_up(program: Program) -> None:
    daemon = program.start()
    program.post("one", "First thought.", at='"2099-01-01T09:00"')
    daemon.says("post one is new")
    program.post("one", "Second thought.")
    daemon.says("post one is changed")
    path = program.post("two", at='"2099-01-01T09:00"')
    daemon.says("schedule: post two")
    path.unlink()
    daemon.says("post two is withdrawn, its file was deleted")
    assert daemon.end() == 0
    assert program.sent() == ["Second thought."]


def test_a_broken_configuration_changes_nothing_until_it_is_mended(program: Program) -> None:
    daemon = program.start()
    daemon.waits_for(lambda: program.logged("started"))
    right = (program.root / "smm.toml").read_text()
    program.write("smm.toml", right.replace("Europe/Amsterdam", "Europe/Amsterdan"))
    line = daemon.says("the changed configuration is not used, the one before stays in force")
    assert "smm.toml:4 [workspace] zone" in line
    assert "did you mean Europe/Amsterdam?" in line
    program.post("fine")
    daemon.waits_for(lambda: program.sent() == ["This is fine."])
    assert program.logged("the changed configuration is not used", level="WARNING")

    program.configure(
        f'[profiles.second]\nplatform = "recorder"\n[profiles.second.settings]\nbook = "{program.book}"\n'
    )
    daemon.says("configuration read again")
    program.post("more", profiles='["second"]')
    daemon.waits_for(lambda: program.sent("second") == ["This is more."])
    assert daemon.end() == 0
    assert program.sent() == ["This is fine."]


def test_a_broken_configuration_at_the_start_is_one_line_a_mistake(program: Program) -> None:
    program.configure('[profiles.odd]\nplatfrom = "recorder"\n')
    done = program.smm("run", code=2)
    assert len(done.err.splitlines()) == 2
    done.line("smm.toml", "[profiles.odd] platfrom: unknown key (did you mean platform?)")
    done.line("smm.toml", "[profiles.odd] platform: is missing")


def test_a_plugin_that_is_mended_while_it_runs_is_taken_in(program: Program) -> None:
    program.write("plugins/recorder.py", "raise RuntimeError('half saved')")
    program.post("fine")
    daemon = program.start()
    daemon.waits_for(lambda: program.logged("plugin recorder is left out: ", "half saved"))
    program.write("plugins/recorder.py", (Path(__file__).parent / "plugins" / "recorder.py").read_text())
    daemon.says("configuration read again")
    program.smm("render")
    daemon.waits_for(lambda: program.sent() == ["This is fine."])
    assert daemon.end() == 0


def test_a_plugin_that_takes_its_time_costs_no_processor(program: Program) -> None:
    program.trouble(prepare="hang")
    program.configure('[profiles.odd]\nplatform = "trouble"\n')
    program.post("odd", profiles='["odd"]')
    daemon = program.start()
    daemon.waits_for(lambda: program.calls("prepare"))
    before = _seconds(daemon.child)
    time.sleep(1.5)
    assert _seconds(daemon.child) - before < 0.5


def _seconds(pid: int) -> float:
    """How long a process has kept a processor busy."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
