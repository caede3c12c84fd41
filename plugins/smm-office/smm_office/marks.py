"""The mark of a row: which review, profile and digest it is about, and a proof that we wrote it and its text.

Whoever fills in a sheet can change any cell. With its mark a row that was made up, copied from another workspace, or whose
text is another than the one that was asked about is told from one that is as it was sent.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_MARK = re.compile(r"smm1:(\d{1,12}):([a-z0-9_~-]{1,100}):([0-9a-f]{64}):([0-9a-f]{12}):([0-9a-f]{20})")
_KEY = "sheet-key"


class Mark(Struct, frozen=True, kw_only=True):
    """What a row is about; `text` stands for the text that the sheet showed."""

    review: int
    profile: str
    digest: str
    text: str

    def shows(self, text: str) -> bool:
        """Whether this is the text that was shown; how it is broken into lines does not count."""
        return hmac.compare_digest(self.text, text_mark(text))


class Marks:
    """Makes and reads marks with the key of one workspace, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._key = _key(folder)

    def make(self, review: int, profile: str, digest: str, text: str) -> str:
        """The mark of a row."""
        said = f"smm1:{review}:{profile}:{digest}:{text_mark(text)}"
        return f"{said}:{self._proof(said)}"

    def read(self, cell: str) -> Mark | None:
        """What a mark says; None for anything that is not ours."""
        found = _MARK.fullmatch(cell.strip())
        if found is None:
            return None
        said, _, proof = cell.strip().rpartition(":")
        if not hmac.compare_digest(proof, self._proof(said)):
            return None
        return Mark(review=int(found[1]), profile=found[2], digest=found[3], text=found[4])

    def _proof(self, said: str) -> str:
        return hmac.new(self._key, said.encode(), hashlib.sha256).hexdigest()[:20]


def text_mark(text: str) -> str:
    """What stands for a text, whatever programs do to its white space, and without the quote that guards a cell."""
    words = " ".join(unicodedata.normalize("NFC", text).removeprefix("'").split())
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:12]


def _key(folder: Path) -> bytes:
    path = folder / _KEY
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    return bytes.fromhex(path.read_text("ascii"))
