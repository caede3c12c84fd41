"""What a person means by a reply: yes, no with a remark, or neither clearly. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

APPROVALS = ("approve", "approved", "ok", "okay", "oké", "akkoord", "goedgekeurd")
"""The words that approve, when the first line has nothing else and nothing else follows."""

_LONGEST = 5_000
_CLOSINGS = frozenset(
    {
        "best", "best regards", "cheers", "kind regards", "regards", "thank you", "thanks", "thanks a lot",
        "bedankt", "dank je", "dank je wel", "dank u", "dank u wel", "dankjewel", "fijne dag", "fijn weekend", "gr",
        "groet", "groeten", "groetjes", "hartelijke groet", "hartelijke groeten", "met vriendelijke groet",
        "met vriendelijke groeten", "mvg", "vriendelijke groet", "vriendelijke groeten",
    }
)  # fmt: skip
_QUOTED = re.compile(
    r"""
      >                                                  # a quoted line
    | -{2,}\s*$                                          # a signature
    | _{8,}\s*$
    | -{2,}\s*(original\ message|oorspronkelijk\ bericht|forwarded\ message|doorgestuurd\ bericht).*
    | (on|op|am)\s.{4,250}(wrote|schreef|schrieb).{0,120}:\s*$
    | (sent\ from|verzonden\ vanaf|verstuurd\ vanaf|get\ outlook|download\ outlook|outlook\ voor)\b.{0,120}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BEHIND_A_YES = frozenset(".!,; 👍👌✅✔🙂😀😃😄😊☺🎉🙏\ufe0f\u200d🏻🏼🏽🏾🏿")
_FROM = re.compile(r"\*?(from|van|von)\s*:\*?\s.*@?", re.IGNORECASE)
_SENT = re.compile(r"\*?(sent|date|verzonden|datum|gesendet|to|aan)\s*:", re.IGNORECASE)


class Meaning(StrEnum):
    """What a reply does: it approves, asks for changes, or leaves it to a person to say what was meant."""

    APPROVE = "approve"
    REWORK = "rework"
    UNCLEAR = "unclear"


class Said(Struct, frozen=True, kw_only=True):
    """What was meant, and what the person wrote above the quote."""

    meaning: Meaning
    text: str


def said(text: str, names: Sequence[str] = ()) -> Said:
    """What a person means who wrote this; `names` are words by which they may sign, in small letters.

    A yes is one of `APPROVALS` alone on the first line, with no more below it than a greeting and a name.
    """
    written = above_quote(text)
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    if not lines:
        return Said(meaning=Meaning.UNCLEAR, text="")
    if _bare(lines[0]) not in APPROVALS:
        return Said(meaning=Meaning.REWORK, text=written)
    is_plain = all(_is_farewell(line, names) for line in lines[1:])
    return Said(meaning=Meaning.APPROVE if is_plain else Meaning.UNCLEAR, text=written)


def above_quote(text: str) -> str:
    """What stands above the quoted mail and the signature."""
    lines = text.splitlines()
    kept: list[str] = []
    for number, line in enumerate(lines):
        after = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if _begins_quote(line.strip(), after):
            break
        kept.append(line.rstrip())
    return "\n".join(kept).strip()[:_LONGEST]


def _begins_quote(line: str, after: str) -> bool:
    if _QUOTED.match(line) or (_QUOTED.match(f"{line} {after}") and re.match(r"(on|op|am)\s", line, re.IGNORECASE)):
        return True
    return bool(_FROM.fullmatch(line) and _SENT.match(after))


def _bare(line: str) -> str:
    """A line in small letters, without what people put behind a yes: a full stop, an exclamation mark, a smile."""
    text = unicodedata.normalize("NFC", line).casefold().strip()
    while text and text[-1] in _BEHIND_A_YES:
        text = text[:-1]
    return text


def _is_farewell(line: str, names: Sequence[str]) -> bool:
    """A greeting, a name, or both: nothing that could be a wish."""
    bare = _bare(line)
    greeting, _, name = bare.partition(",")
    return (greeting.strip() in _CLOSINGS and (not name or _is_name(name, names))) or _is_name(bare, names)


def _is_name(text: str, names: Sequence[str]) -> bool:
    return bool(re.fullmatch(r"[\w .'-]+", text)) and set(re.findall(r"\w+", text)) <= set(names)
