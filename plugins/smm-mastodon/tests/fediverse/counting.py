"""How a server counts a status, written down once more from its rules and not from ours.

Graphemes of the content warning and of the text, in which every link with a known top level domain is 23 long, and every
mention is as long as its local part (StatusLengthValidator, with its extraction of entities).
"""

from __future__ import annotations

import regex

_WORD = r"[\p{L}\p{M}\p{Nd}\p{Pc}]"
_MENTION = regex.compile(
    rf"(?<![=/]|{_WORD})@((?:[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@{_WORD}+(?:[.-]+{_WORD}+)*)?)", regex.IGNORECASE
)
_AFTER_NO_MENTION = regex.compile(r"[@＠À-ÖØ-öø-ɏ]|://")

_TLD = "(?:com|org|net|info|social|nl|de|eu|jp|中国|рф|xn--[a-z0-9-]+)"
_DOMAIN = rf"(?:(?:[^\s\p{{P}}\p{{Cc}}](?:[-_]|[^\s\p{{P}}\p{{Cc}}])*)?[^\s\p{{P}}\p{{Cc}}]\.)+{_TLD}(?![a-z0-9@+-])"
_GENERAL = r"[^\s<>()?]"
_BALANCED = rf"\((?:{_GENERAL}+|{_GENERAL}*\({_GENERAL}+\){_GENERAL}*)\)"
_ENDING = rf"(?:[^\s()?!*\"'「」<>;:=,.$%\[\]~&|@]|{_BALANCED})"
_PATH = rf"(?:{_GENERAL}*(?:{_BALANCED}{_GENERAL}*)*{_ENDING}|{_GENERAL}+/)"
_QUERY = r"(?:\?[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^\u00A0-\uD7FF\uF900-\U0010FFFD]*[a-z0-9_&=#/\-\u00A0-\uD7FF\uF900-\U0010FFFD])"
_LINK = regex.compile(rf"(?<![a-z0-9@＠$#＃])(https?://{_DOMAIN}(?::[0-9]+)?(?:/{_PATH}*)?{_QUERY}?)", regex.IGNORECASE)


def length_of(text: str, warning: str = "", *, link: int = 23) -> int:
    """How long a server finds it."""
    return len(regex.findall(r"\X", warning + _shortened(text, link)))


def _shortened(text: str, link: int) -> str:
    found = [(one.start(1), one.end(1), "x" * link) for one in _LINK.finditer(text)]
    for mention in _MENTION.finditer(text):
        if not _AFTER_NO_MENTION.match(text, mention.end()):
            found.append((mention.start(), mention.end(), "@" + mention[1].split("@")[0]))
    whole, done = "", 0
    for start, end, instead in sorted(found):
        if start >= done:
            whole += text[done:start] + instead
            done = end
    return whole + text[done:]
