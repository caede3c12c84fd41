"""HTML of feeds as plain text."""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING

from smm_feeds.entries import Markup, Text

if TYPE_CHECKING:
    import nh3

# A summary is inspiration, not an archive: what is longer is cut before it costs anything.
MOST_HTML = 200_000
_BLOCK_ENDS = re.compile(
    r"<(?:/(?:(p|h[1-6]|blockquote|pre|[uo]l|table|figure)|(div|li|tr|d[td]|section|article|figcaption)|t[dh])\s*"
    r"|(br)\b[^>]{0,200})>",
    re.IGNORECASE,
)
# By the group of _BLOCK_ENDS: characters that no text has pass the cleaner unharmed and become line ends after it.
_MARK_OF = {1: "\ue001", 2: "\ue000", 3: "\ue000", None: " "}
_EMPTY_LINES = re.compile(r"\n{3,}")
# Elements whose content is not text to be read.
_UNREAD = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "textarea"})


def plain_text(text: Text, limit: int) -> str:
    """The text for a person to read: no markup, no scripts, paragraphs kept, at most `limit` characters."""
    value = text.value
    if text.markup is Markup.HTML and ("<" in value or "&" in value):
        value = _without_markup(value[:MOST_HTML])
    else:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    return _cut(_folded(value), limit)


def plain_line(text: Text, limit: int) -> str:
    """The same on one line, for titles."""
    value = text.value
    if "<" in value or "&" in value:
        value = plain_text(text, MOST_HTML)
    return _cut(" ".join(value.split()), limit)


def _without_markup(value: str) -> str:
    """Line ends in HTML mean nothing, those of blocks do; so the latter are carried through the cleaner by marks."""
    if not value.isascii():
        value = value.replace("\ue000", "").replace("\ue001", "")
    value = " ".join(value.split())
    value = _BLOCK_ENDS.sub(lambda end: _MARK_OF[end.lastindex], value)
    if "<" in value:
        value = _cleaner().clean(value)
    if "&" in value:
        value = html.unescape(value)
    return value.replace("\ue001", "\n\n").replace("\ue000", "\n")


def _folded(value: str) -> str:
    """Blanks folded, at most one empty line between paragraphs."""
    if "\n" not in value:
        return " ".join(value.split())
    value = "\n".join([" ".join(line.split()) for line in value.split("\n")]).strip("\n")
    return _EMPTY_LINES.sub("\n\n", value) if "\n\n\n" in value else value


def _cut(value: str, limit: int) -> str:
    if len(value) <= limit:
        return value
    head = value[: limit - 1]
    space = max(head.rfind(" "), head.rfind("\n"))
    return (head[:space] if space > limit // 2 else head).rstrip() + "…"


@functools.cache
def _cleaner() -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(tags=set(), clean_content_tags=_UNREAD)
