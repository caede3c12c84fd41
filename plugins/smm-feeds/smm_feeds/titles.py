"""Titles, ids and links as feedparser would give them back, or a `Doubt`."""

from __future__ import annotations

import html.entities
import re

from smm_feeds.entries import Markup, Text
from smm_feeds.names import Doubt

_LOOKS_LIKE_MARKUP = re.compile(r"</\w+>|&#?\w+;")
_REFERENCE = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w+);")
# Bytes of another encoding that were taken for characters: feedparser repairs these.
_MISREAD = re.compile("[\x80-\x9f]|[\xc2-\xf4][\x80-\xbf]")
_WINDOWS_NUMBERS = range(128, 160)


def unspoiled(value: str) -> str:
    """The same text; a `Doubt` where feedparser would repair its encoding."""
    if not value.isascii() and _MISREAD.search(value):
        raise Doubt("characters that look misread")
    return value


def as_feedparser_reads(value: str, markup: Markup | None) -> Text:
    """A title, stripped and `unspoiled`. `markup` None: the format leaves it open, as RSS does.

    Then it is guessed from the text, as feedparser does.
    """
    if "&" not in value and "<" not in value:
        return Text(value=value, markup=markup or Markup.PLAIN)
    if markup is None:
        markup = Markup.HTML if _LOOKS_LIKE_MARKUP.search(value) else Markup.PLAIN
    if markup is Markup.PLAIN:
        return Text(value=value)
    if "<" in value:
        raise Doubt("markup in a title")
    if value.count("&") != len(_REFERENCE.findall(value)):
        raise Doubt("a bare ampersand in a title")
    return Text(value=_REFERENCE.sub(_reference, value), markup=Markup.HTML)


def _reference(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        if name not in html.entities.name2codepoint:
            raise Doubt("an unknown entity in a title")
        return match[0]
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    if number in _WINDOWS_NUMBERS or number == 0:
        raise Doubt("a reference to a character of Windows")
    if name == "#39":
        return "'"
    if name == "#34":
        return '"'
    return f"&{name.lower()};"
