"""Disks that are full or cannot be written: small file systems in a mount namespace of their own.

They are seen by commands that are run in the namespace, and from here below `/proc`; they vanish with their keeper,
however the test ends.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_KEEPER = 'mount -t tmpfs -o "size=$2" tmpfs "$1" && echo mounted && cat'


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """A small disk at `place`; `enter` is the command to run others under, so that they see it."""

    place: Path
    enter: tuple[str, ...]
    keeper: int

    @property
    def seen(self) -> Path:
        """The disk as this process sees it."""
        return Path(f"/proc/{self.keeper}/root{self.place}")

    def run(self, *command: str) -> None:
        """Run a command in the namespace."""
        subprocess.run([*self.enter, *command], check=True, capture_output=True)

    def fill(self) -> None:
        """Leave no room."""
        with (self.seen / "filler").open("ab", buffering=0) as filler:
            size = 1 << 16
            while size:
                try:
                    filler.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        """Make room again."""
        (self.seen / "filler").unlink()

    def make_read_only(self) -> None:
        """Nothing can be written any more, not even by root."""
        self.run("mount", "-o", "remount,ro", str(self.place))

    def make_writable(self) -> None:
        """It can be written again."""
        self.run("mount", "-o", "remount,rw", str(self.place))


@contextmanager
def small_disk(place: Path, *, size: str = "3m") -> Iterator[Disk]:
    """A disk at `place`, as long as the block lasts. Where mounting is not allowed, the test is skipped."""
    place.mkdir()
    users = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    try:
        keeper = subprocess.Popen(
            ["unshare", *users, "--mount", "sh", "-c", _KEEPER, "keeper", str(place), size],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare here, so no small disk can be mounted")
    with keeper:
        assert keeper.stdout is not None
        if keeper.stdout.readline() != "mounted\n":
            assert keeper.stderr is not None
            pytest.skip(f"no small disk can be mounted here: {keeper.stderr.read().strip()}")
        own = ("--user", "--preserve-credentials") if users else ()
        try:
            yield Disk(
                place=place, enter=("nsenter", "--target", str(keeper.pid), *own, "--mount", "--"), keeper=keeper.pid
            )
        finally:
            keeper.kill()
