"""A disk that loses its power: what is on it when it stops in the middle of what `recorder.c` wrote down.

What was synced is there. Of what was not, each sector has with probability 1/2 its newest content, else an older one; a
file that was made, renamed or removed is so with probability 1/2, until its folder was synced.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One thing a process did to a file. `data` is what was written, or the new path of a renaming."""

    kind: str
    inode: int
    offset: int
    path: str
    data: bytes = b""


def read_records(log: Path) -> Iterator[Record]:
    """What the recorder wrote down, in order."""
    with log.open("rb") as file:
        for line in file:
            kind, inode, offset, length, path = line.decode().rstrip("\n").split(" ", 4)
            data = file.read(int(length)) if int(length) else b""
            yield Record(kind=kind, inode=int(inode), offset=int(offset), path=path, data=data)


@dataclass(kw_only=True, slots=True)
class File:
    """What is surely on the disk, and what was done since: (offset, bytes), or (length, None) for a change of size."""

    synced: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        """All of it reaches the disk."""
        self.synced = self.content()
        self.since = []

    def content(self) -> bytearray:
        """What a process reads that goes on."""
        now = bytearray(self.synced)
        for offset, data in self.since:
            _apply(now, offset, data)
        return now

    def after_cut(self, chance: random.Random) -> bytearray:
        """What is read after a power cut."""
        newest: dict[int, int] = {}
        sizes: set[int] = set()
        for number in range(len(self.since) - 1, -1, -1):
            offset, data = self.since[number]
            if data is None:
                if chance.random() < 0.5:
                    sizes.add(number)
                continue
            for sector in range(offset // SECTOR, (offset + len(data) - 1) // SECTOR + 1):
                if sector not in newest and chance.random() < 0.5:
                    newest[sector] = number
        left = bytearray(self.synced)
        for number, (offset, data) in enumerate(self.since):
            if data is None:
                if number in sizes:
                    _apply(left, offset, None)
                continue
            for start, piece in _sectors(offset, data):
                if newest.get(start // SECTOR, -1) >= number:
                    _apply(left, start, piece)
        return left


def _sectors(offset: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(data):
        end = start + SECTOR - (offset + start) % SECTOR
        yield offset + start, data[start:end]
        start = end


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset : offset + len(data)] = data


class Disk:
    """The files below one folder. A change of names is a pair: what is called so from now on, and what no longer is."""

    def __init__(self, root: Path) -> None:
        """As they lie there now, all of it synced."""
        self._files: dict[int, File] = {}
        self._names: dict[str, File] = {}
        self._synced_names: dict[str, File] = {}
        self._since: list[tuple[str, File | None, str]] = []
        for path in root.rglob("*"):
            if path.is_file():
                file = File(synced=bytearray(path.read_bytes()))
                self._files[path.stat().st_ino] = self._names[str(path)] = self._synced_names[str(path)] = file

    def play(self, record: Record) -> None:
        """Do what was recorded."""
        match record.kind:
            case "open":
                if record.path not in self._names or self._files.get(record.inode) is not self._names[record.path]:
                    self._files[record.inode] = File()
                    self._call(record.path, self._files[record.inode], "")
            case "write":
                self._files[record.inode].since.append((record.offset, record.data))
            case "size":
                self._files[record.inode].since.append((record.offset, None))
            case "rename":
                self._call(record.data.decode(), self._names[record.path], record.path)
            case "unlink":
                self._call("", None, record.path)
            case "sync" if record.path in self._names:
                self._files[record.inode].sync()
            case "sync":
                self._sync_names(record.path)

    def _call(self, name: str, file: File | None, no_longer: str) -> None:
        self._since.append((name, file, no_longer))
        _rename(self._names, name, file, no_longer)

    def _sync_names(self, folder: str) -> None:
        left = []
        for name, file, no_longer in self._since:
            if (name or no_longer).rpartition("/")[0] == folder:
                _rename(self._synced_names, name, file, no_longer)
            else:
                left.append((name, file, no_longer))
        self._since = left

    def now(self) -> dict[str, bytes]:
        """Path → content, as long as there is power."""
        return {name: bytes(file.content()) for name, file in self._names.items()}

    def after_cut(self, chance: random.Random) -> dict[str, bytes]:
        """Path → content, when the power comes back."""
        names = dict(self._synced_names)
        for name, file, no_longer in self._since:
            if chance.random() < 0.5:
                _rename(names, name, file, no_longer)
        return {name: bytes(file.after_cut(chance)) for name, file in names.items()}


def _rename(names: dict[str, File], name: str, file: File | None, no_longer: str) -> None:
    if no_longer:
        names.pop(no_longer, None)
    if file is not None:
        names[name] = file
