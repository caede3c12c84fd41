"""Which mails went to whom about what: so that none goes out twice, and a reply is for exactly what its mail asked about.

One line of JSON a mail in a file that only this user can read: it holds the tokens by which replies prove that they are
one. A mail is written down before it leaves and once more when the server has it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from smm_core import from_json, to_json

FILE = "mails.jsonl"
_LARGE = 4_000_000
_KEPT = timedelta(days=120)


class About(Struct, frozen=True, kw_only=True):
    """One question in a mail: its key, and the review with the digests that it asked about."""

    key: str
    review_id: int
    digests: Mapping[str, str]
    stage: str = ""


class Letter(Struct, frozen=True, kw_only=True):
    """One mail to one person. `root` is the mail whose thread it belongs to; its own id, where it begins one.

    `token` stands in the mail's reply address or subject. With `is_sent` the server has taken it (at `at`, UTC).
    """

    message_id: str
    root: str
    person: str
    address: str
    subject: str
    token: str
    at: datetime
    about: tuple[About, ...]
    is_sent: bool = False


class Journal:
    """The mails of one workspace."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def letters(self) -> dict[str, Letter]:
        """Message-ID → mail, in the order in which they were written. A line that was cut off by a crash is left out."""
        import msgspec

        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        found: dict[str, Letter] = {}
        for line in lines:
            try:
                letter = from_json(line, Letter)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            found[letter.message_id] = letter
        return found

    def write(self, letter: Letter) -> None:
        """Keep a mail, durably, before this returns."""
        self._shorten(letter.at)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(b"\n" + to_json(letter).encode() + b"\n")  # a line that was cut off ends here
            file.flush()
            os.fsync(file.fileno())

    def _shorten(self, now: datetime) -> None:
        """Forget what is months old, when the file has grown large."""
        if not self._path.is_file() or self._path.stat().st_size < _LARGE:
            return
        kept = [to_json(letter) for letter in self.letters().values() if now - letter.at < _KEPT]
        shorter = self._path.with_suffix(".new")
        handle = os.open(shorter, os.O_WRONLY | os.O_TRUNC | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(kept) + "\n")
            file.flush()
            os.fsync(file.fileno())
        shorter.replace(self._path)
