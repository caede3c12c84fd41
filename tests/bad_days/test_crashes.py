"""Plugins that end the whole process, or hold all of it up: it is known which one it was, and the others go on without it."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.bad_days.conftest import Daemon, Program, is_alive

SOURCE = '[sources.odd]\ntype = "trouble"\nevery = "1s"\n'
PROFILE = '[profiles.odd]\nplatform = "trouble"\n'
ENDS = {"exit 255": "exit code 255", "crash": "SIGSEGV"}


@pytest.mark.parametrize("does", ENDS)
def test_the_daemon_comes_back_without_the_plugin(program: Program, does: str) -> None:
    program.trouble(collect=does)
    program.configure(SOURCE)
    program.post("fine")
    daemon = program.start()

    line = daemon.says(f"plugin trouble: collect for odd ended the whole process ({ENDS[does]})")

    assert "the plugin is left out for an hour: mend or remove it" in line
    daemon.waits_for(lambda: program.sent() == ["This is fine."])
    assert program.logged("plugin trouble: collect for odd ended the whole process", level="WARNING")
    item = program.attention("plugin trouble")
    assert "collect for odd ended the whole process; left out until" in item["why"]
    assert daemon.end() == 0
    assert program.calls("collect") == 1
    assert daemon.said.count("ended the whole process") == 1


def test_one_that_ends_it_while_it_is_imported_is_left_out_too(program: Program) -> None:
    program.trouble(**{"import": "exit 3"})
    program.post("fine")
    daemon = program.start()
    daemon.says("plugin trouble: import ended the whole process (exit code 3)")
    daemon.waits_for(lambda: program.sent() == ["This is fine."])
    assert daemon.end() == 0
    assert program.calls("import") == 1


@pytest.mark.parametrize("command", [("run", "--once"), ("collect",)])
def test_a_command_says_which_plugin_ended_it_and_works_the_next_time(
    program: Program, command: tuple[str, ...]
) -> None:
    program.trouble(collect="exit 0")
    program.configure(SOURCE)
    program.post("fine")
    line = program.smm(*command, code=1).line("plugin trouble: collect for odd ended the whole process (exit code 0)")
    assert line.startswith("error: ")
    assert program.logged("plugin trouble: collect for odd ended the whole process", level="WARNING")
    program.smm("run", "--once", code=1).line("source odd: no plugin offers the source 'trouble' (broken: trouble")
    assert program.sent() == ["This is fine."]
    assert program.calls("collect") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 1)])
def test_a_command_that_is_stopped_blames_nobody(program: Program, number: int, code: int) -> None:
    program.trouble(collect="hang")
    program.configure(SOURCE)
    command = program.start(command="collect")
    child = _collecting(command)
    if number == signal.SIGTERM:
        command.process.send_signal(number)
    else:
        os.killpg(command.process.pid, number)  # as Ctrl-C on a terminal does
    assert command.ended(within=5) == code
    assert not is_alive(child)
    assert command.said.strip() in ("", "stopped")
    assert not (program.root / ".smm" / "quarantine.json").exists()


def test_the_doctor_survives_a_plugin_that_crashes_at_import(program: Program) -> None:
    program.trouble(**{"import": "crash"})
    program.smm("doctor", code=1).line("error: plugin trouble: import ended the whole process (SIGSEGV)")
    program.smm("doctor", code=1).line("✗ plugin trouble: import ended the whole process; left out until")


def test_a_post_that_was_being_sent_is_never_sent_again(program: Program) -> None:
    program.trouble(send="exit 3")
    program.configure(PROFILE)
    program.post("odd", profiles='["odd"]')
    daemon = program.start()
    daemon.says("plugin trouble: send for odd ended the whole process (exit code 3)")
    program.post("fine", profiles='["shop"]')
    daemon.waits_for(lambda: program.sent() == ["This is fine."])
    assert program.attention("delivery", "odd → odd", "unknown")

    program.write("plugins/trouble/send", "")
    (program.root / ".smm" / "quarantine.json").unlink()  # the hour is over
    daemon.says("configuration read again")
    assert daemon.end() == 0
    program.smm("run", "--once", code=None)
    assert program.calls("send") == 1
    assert daemon.said.count("ended the whole process") == 1


def test_a_plugin_comes_back_when_its_hour_is_over(program: Program) -> None:
    program.trouble(collect="exit 3")
    program.configure(SOURCE)
    daemon = program.start()
    daemon.says("ended the whole process")
    daemon.waits_for(lambda: program.logged("no plugin offers the source 'trouble'"))
    program.write("plugins/trouble/collect", "")
    left_out = program.root / ".smm" / "quarantine.json"
    entries = json.loads(left_out.read_text())
    entries["trouble"]["until"] = "2026-01-01T00:00:00.000000Z"
    left_out.write_text(json.dumps(entries))
    daemon.says("odd: 1 new idea")
    assert daemon.end() == 0
    assert program.calls("collect") >= 2


def test_a_daemon_that_was_killed_from_outside_comes_back_and_blames_nobody(program: Program) -> None:
    program.trouble(collect="hang")
    program.configure(SOURCE)
    daemon = program.start()
    first = _collecting(daemon)
    os.kill(first, signal.SIGKILL)
    daemon.says("the daemon's process was ended (SIGKILL) and was started again")
    daemon.waits_for(lambda: program.calls("collect") == 2)
    assert daemon.child != first
    assert not (program.root / ".smm" / "quarantine.json").exists()
    assert daemon.end() == 0


def test_the_child_stops_when_its_parent_is_killed(program: Program) -> None:
    program.trouble(collect="hang")
    program.configure(SOURCE)
    daemon = program.start()
    child = _collecting(daemon)
    daemon.process.kill()
    daemon.process.wait()
    daemon.waits_for(lambda: not is_alive(child))
    program.configure()
    program.post("fine")
    program.smm("run", "--once")
    assert program.sent() == ["This is fine."]


@pytest.mark.parametrize(("method", "number"), [("collect", signal.SIGINT), ("send", signal.SIGTERM)])
def test_a_plugin_that_hangs_does_not_hold_up_the_end(program: Program, method: str, number: int) -> None:
    program.trouble(**{method: "hang"})
    program.configure(SOURCE + PROFILE)
    program.post("odd", profiles='["odd"]')
    daemon = program.start()
    child = _collecting(daemon, method)
    assert daemon.end(number) == 0
    assert not is_alive(child)
    program.write(f"plugins/trouble/{method}", "")
    program.smm("run", "--once", code=None)
    assert program.calls("send") == 1


def test_a_plugin_that_holds_the_interpreter_does_not_hold_up_the_end_either(program: Program) -> None:
    program.trouble(collect="hold everything")
    program.configure(SOURCE)
    daemon = program.start()
    child = _collecting(daemon)
    assert daemon.end() == 0
    assert not is_alive(child)


def _collecting(daemon: Daemon, method: str = "collect") -> int:
    """Wait until the plugin was called; the process that called it."""
    daemon.waits_for(lambda: daemon.program.calls(method))
    return daemon.child
