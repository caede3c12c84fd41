"""A disk that is full, and one that cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_days.conftest import Program, make_program
from tests.bad_days.mounts import Disk, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 3 MB for the workspace; what goes out is written down elsewhere."""
    with small_disk(tmp_path / "bakery") as made:
        yield made


@pytest.fixture
def on_disk(disk: Disk, tmp_path: Path) -> Iterator[Program]:
    """The bakery on it."""
    book = tmp_path / "book.jsonl"
    made = make_program(Program(root=disk.place, book=book, prefix=disk.enter, seen=disk.seen, compiles=False))
    yield made
    made.close()


def test_commands_on_a_full_disk_say_so_and_lose_nothing(on_disk: Program, disk: Disk) -> None:
    on_disk.post("first")
    on_disk.smm("run", "--once")
    on_disk.post("second")
    disk.fill()

    for command in ("collect", "doctor"):
        done = on_disk.smm(command, code=1)
        done.line("the disk is full; nothing was changed")
    disk.free()
    on_disk.smm("run", "--once")
    assert on_disk.sent() == ["This is first.", "This is second."]


def test_a_full_disk_from_the_start_is_one_line(on_disk: Program, disk: Disk) -> None:
    disk.fill()
    done = on_disk.smm("run", "--once", code=None)
    assert done.code in (1, 2)
    assert len(done.err.splitlines()) == 1, done.err
    assert "(the workspace needs room on its disk)" in done.err
    disk.free()
    on_disk.post("fine")
    on_disk.smm("run", "--once")
    assert on_disk.sent() == ["This is fine."]


def test_a_daemon_waits_for_room_and_goes_on_by_itself(on_disk: Program, disk: Disk) -> None:
    daemon = on_disk.start()
    daemon.waits_for(lambda: on_disk.logged("started"))
    on_disk.post("fine")
    disk.fill()
    daemon.says("the disk is full")
    assert on_disk.sent() == []
    disk.free()
    daemon.waits_for(lambda: on_disk.sent() == ["This is fine."])
    assert daemon.end() == 0
    assert daemon.said.count("the disk is full") <= 3, daemon.said
    assert on_disk.logged("the disk is full")


def test_what_went_out_while_the_disk_filled_up_is_written_down_when_there_is_room(
    on_disk: Program, disk: Disk
) -> None:
    on_disk.write("plugins/greedy.py", GREEDY)
    on_disk.configure('[profiles.greedy]\nplatform = "greedy"\n', enabled=("recorder", "greedy"))
    on_disk.post("fine", profiles='["greedy"]')
    daemon = on_disk.start()
    daemon.says("is published, but that cannot be written down yet", "the disk is full")
    disk.free()
    daemon.waits_for(lambda: [one["state"] for one in on_disk.json("deliveries", "list")] == ["published"])
    assert daemon.end() == 0
    on_disk.smm("run", "--once")
    assert (disk.seen / "sends").read_text() == "sent\n"


GREEDY = '''
"""A platform that takes a post, and then all the room there is."""
from pathlib import Path
from smm_core import *

HERE = Path(__file__).parent.parent

class Greedy:
    name = title = "greedy"
    settings = NoSettings
    guarantees = Guarantees(http_only=False)
    abilities = frozenset()
    def inspect(self, request, ctx):
        return Inspected(account="greedy")
    def limits(self, profile, known):
        return Limits(text=(TextLimit(maximum=500, unit=TextUnit.GRAPHEMES),))
    def render(self, post, profile, limits):
        return render_plain(post, profile, limits)
    def prepare(self, request, ctx):
        return Prepared()
    def send(self, request, ctx):
        with (HERE / "sends").open("a") as sends:
            sends.write("sent\\n")
        with (HERE / "filler").open("ab", buffering=0) as filler:
            size = 1 << 16
            while size:
                try:
                    filler.write(bytes(size))
                except OSError:
                    size //= 2
        return Receipt(remote_id="1")

@hookimpl
def smm_publishers():
    return [Greedy()]
'''


def test_a_read_only_workspace_is_one_line(on_disk: Program, disk: Disk) -> None:
    on_disk.post("fine")
    on_disk.smm("run", "--once")
    on_disk.post("second")
    disk.make_read_only()
    for command in (("run", "--once"), ("run",), ("posts", "new", "--title", "third")):
        done = on_disk.smm(*command, code=None)
        assert done.code in (1, 2), command
        line = done.line("error: ")
        assert str(disk.place) in line, command
        assert line.rstrip().endswith(")"), f"{command}: no next step: {line}"
    disk.make_writable()
    on_disk.smm("run", "--once")
    assert on_disk.sent() == ["This is fine.", "This is second."]


def test_a_read_only_workspace_without_a_database_is_one_line(on_disk: Program, disk: Disk) -> None:
    disk.make_read_only()
    for command in (("run",), ("doctor",)):
        done = on_disk.smm(*command, code=None)
        assert done.code in (1, 2), command
        done.line(".smm", "ead-only")
