"""Pictures that cannot be used: their post waits with one clear line, the post beside it goes out."""

from __future__ import annotations

import subprocess
import sys

from tests.bad_days.conftest import SMM, Program
from tests.bad_days.pictures import jpeg, png

BOMB = 20_000

UNUSABLE = {
    "unreadable": (b"these are not pixels, whatever the name says", "not a picture of a known format"),
    "empty": (b"", "the file is empty"),
    "bomb": (png(BOMB, BOMB), f"the picture is {BOMB}×{BOMB} pixels, more than the 50 megapixels"),
    "torn-jpeg": (jpeg()[:-900], "the picture breaks off in the middle"),
    "torn-png": (png()[:-20], "the picture breaks off in the middle"),
    "damaged": (png(body=b"\x78\x9c" + bytes(40)), "the picture is damaged and cannot be decoded"),
    "web-page": (b"<!DOCTYPE html><title>404 not found</title>", "not a picture of a known format"),
    "document": (b"%PDF-1.7 a menu", "PDF files are not accepted as pictures"),
    "drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG files are not accepted as pictures"),
}


def test_each_blocks_its_own_post_and_no_other(program: Program) -> None:
    for name, (body, _) in UNUSABLE.items():
        program.write(f"content/media/{name}.jpg", body)
        program.post(name, pictures=f'[{{file = "{name}.jpg", alt = "Bread"}}]')
    program.write("content/media/fine.jpg", jpeg())
    program.post("fine", pictures='[{file = "fine.jpg", alt = "Bread"}]')

    done = program.smm("run", "--once", code=1)

    assert program.sent() == ["This is fine."]
    for name, (_, words) in UNUSABLE.items():
        line = done.line(f"post {name} is blocked: picture 1: {words}")
        assert line.endswith(")"), f"no next step: {line}"
        assert ".smm" not in line
        assert program.logged(f"post {name} is blocked", words)
    waiting = {one["what"]: one for one in program.json("attention")}
    assert set(waiting) == {f"post {name} blocked" for name in UNUSABLE}
    assert waiting["post bomb blocked"]["next_step"] == "smm check bomb"


def test_one_with_the_wrong_name_counts_by_what_it_is(program: Program) -> None:
    names = [f"mislabelled.{ending}" for ending in ("jpg", "gif", "txt")]
    for number, name in enumerate(names):
        program.write(f"content/media/{name}", png(width=40 + number))
    program.post("fine", pictures="[" + ", ".join(f'{{file = "{name}", alt = "Bread"}}' for name in names) + "]")
    program.smm("run", "--once")
    assert [one["media"] for one in program.entries()] == [3]
    assert program.json("attention") == []


def test_a_bomb_costs_no_memory(program: Program) -> None:
    program.write("content/media/bomb.png", png(BOMB, BOMB))
    program.post("bomb", pictures='[{file = "bomb.png", alt = "Bread"}]')
    # Measured by a small process in between: what a child begins with counts for it, and a test process is large.
    measure = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", measure, *SMM, "-w", str(program.root), "check", "bomb"]
    used = int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    decoded = BOMB * BOMB
    assert used * 1024 < decoded / 2


def test_a_picture_that_is_gone_is_told_by_file_and_line(program: Program) -> None:
    program.post("lost", pictures='[{file = "gone.jpg", alt = "Bread"}]')
    program.post("fine")
    line = program.smm("run", "--once", code=1).line("content/posts/lost.md:3", "gone.jpg")
    assert "pictures[1].file" in line
    assert program.sent() == ["This is fine."]
    assert program.attention("gone.jpg")["what"] == "source content"
