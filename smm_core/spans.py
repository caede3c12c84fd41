"""Links, hashtags and mentions: where they stand in a text, as the servers of most platforms find them.

Every function takes time in proportion to the text, also for text that was made to be slow.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import Any

# Typographic quotes, East Asian punctuation and direction marks end a link; letters of any script are part of it.
_NEVER_IN_LINK = r"\s\x00-\x1f\x7f-\x9f<>\"\\^`“”„«»‹›、。，！？；：（）「」『』【】《》〈〉\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069"
_LINK = re.compile(
    rf"(?<![A-Za-z0-9])[hH][tT]{{2}}[pP][sS]?://[^{_NEVER_IN_LINK}/?#.,:;!'‘’…*(){{}}\]][^{_NEVER_IN_LINK}]*"
)
_AFTER_LINK = frozenset(".,:;!?'‘’…*")
# What every server takes for a link as a whole: a host with a dot, brackets in pairs and only in the path, no signs at
# the end that could as well belong to the sentence.
PLAIN_LINK = re.compile(
    r"""https?://(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)(?::\d{1,5})?
    (?:/(?:[^\s<>()?{}\[\]]|\([^\s<>()?{}\[\]]+\))*(?<![!*"'「」:;=,.$%~&|@]))?
    (?:\?[\w!?*';:&=+$/%\#.,~@-]*[\w&=/\#-])?""",
    re.VERBOSE | re.IGNORECASE,
)
BEFORE_NO_LINK = frozenset("@＠$#＃")
SHORTEST_LINK = len("http://a.nl")
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def find_links(text: str) -> tuple[str, ...]:
    """The http(s) links as they stand in the text, in order, without the punctuation and brackets around them."""
    return tuple(text[start:end] for start, end in link_spans(text))


def find_hashtags(text: str) -> tuple[str, ...]:
    """The hashtags as they stand in the text, with their sign, in order. One has a letter of any script in it."""
    return tuple(text[start:end] for start, end in hashtag_spans(text))


def find_mentions(text: str) -> tuple[str, ...]:
    """The mentions as they stand in the text, with their sign, in order: `@name`, `@name@server.example`."""
    return tuple(text[start:end] for start, end in mention_spans(text))


def link_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where the links of `find_links` start and end, as indexes into the text."""
    if "://" not in text:
        return ()
    return tuple((found.start(), found.start() + _length_of_link(found[0])) for found in _LINK.finditer(text))


def hashtag_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where the hashtags of `find_hashtags` start and end, as indexes into the text; their sign is the first character."""
    return _spans(_hashtag_pattern, "#＃", text)


def mention_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where the mentions of `find_mentions` start and end, as indexes into the text; their sign is the first character."""
    return _spans(_mention_pattern, "@＠", text)


def _length_of_link(link: str) -> int:
    """Without the punctuation of the sentence that the link stands in, and brackets that opened before it."""
    unopened = {closing: link.count(closing) - link.count(opening) for closing, opening in _BRACKETS.items()}
    end = len(link)
    while link[end - 1] in _AFTER_LINK or unopened.get(link[end - 1], 0) > 0:
        end -= 1
        if link[end] in unopened:
            unopened[link[end]] -= 1
    return end


def remote_mentions(text: str) -> list[tuple[int, int, int]]:
    """Where the mentions of `@name@server` begin, where their servers do (with the second sign), and where they end."""
    if text.count("@") < 2:
        return []
    links = link_spans(text)
    starts = [start for start, _ in links]
    mentions = []
    for found in _remote_mention_pattern().finditer(text):
        before = bisect_right(starts, found.start()) - 1
        if before < 0 or found.start() >= links[before][1]:
            mentions.append((found.start(), found.start("host"), found.end()))
    return mentions


def without_links(text: str) -> str:
    """The text with a space in the place of each link, to look for words in it."""
    return " ".join(_between_links(text))


def _between_links(text: str) -> list[str]:
    """What stands before, between and after the links: always one piece more than there are links."""
    spans = link_spans(text)
    starts = (0, *(end for _, end in spans))
    ends = (*(start for start, _ in spans), len(text))
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _spans(pattern: Any, signs: str, text: str) -> tuple[tuple[int, int], ...]:
    """What the pattern finds outside of links."""
    if not any(sign in text for sign in signs):
        return ()
    links = link_spans(text)
    pieces, done = [], 0
    for start, end in links:
        pieces += [text[done:start], " " * (end - start)]
        done = end
    outside = "".join((*pieces, text[done:])) if links else text
    return tuple(found.span() for found in pattern().finditer(outside))


@cache
def _hashtag_pattern() -> Any:
    import regex  # type: ignore[import-untyped]

    inside = r"[\p{L}\p{M}\p{Nd}\p{Pc}\u200C\u200D·・]"
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{Nd}}\p{{Pc}}&/#＃@])[#＃](?=[\p{{Pc}}\p{{Nd}}]*+\p{{L}}){inside}++")


@cache
def _mention_pattern() -> Any:
    import regex

    name = r"[\p{L}\p{M}\p{Nd}_](?:[\p{L}\p{M}\p{Nd}_.\-]*[\p{L}\p{M}\p{Nd}_])?"
    server = r"@[\p{L}\p{M}\p{Nd}\-]++(?:\.[\p{L}\p{M}\p{Nd}\-]++)++(?::\d++)?"
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{Nd}}\p{{Pc}}@＠/.+\-])[@＠]{name}(?:{server})?")


@cache
def _remote_mention_pattern() -> Any:
    """As the servers that leave the host out of the count find it: a name in ASCII, a host of any letters."""
    import regex

    word = r"[\p{L}\p{M}\p{Nd}\p{Pc}]"
    name = r"[A-Za-z0-9_]++(?:[.\-]++[A-Za-z0-9_]++)*+"
    return regex.compile(rf"(?<![=/]|{word})@{name}(?<host>@{word}++(?:[.\-]++{word}++)*+)(?![@＠]|://)")
