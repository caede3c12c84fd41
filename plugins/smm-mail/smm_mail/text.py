"""Text from outside, made fit for a mail."""

from __future__ import annotations

import re
import unicodedata

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_TURNS = re.compile(r"[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text with line ends as `\\n`, and a visible sign where something stands that cannot be shown."""
    return _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, most: int = 120) -> str:
    """The text fit for a header: one line of so many characters at most, without what turns the direction of writing.

    An encoded word (RFC 2047) is taken apart: the standard library would decode it, line ends and all, into the header.
    """
    line = " ".join(_TURNS.sub("", printable(text)).split()).replace("=?", "= ?")
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    while cut and unicodedata.combining(cut[-1]):
        cut = cut[:-1]
    return f"{cut.rstrip()}…"
