"""The one module that counts text: in the unit of a platform's limit, and around links, hashtags and mentions.

What a reader sees as one character is one grapheme cluster (Unicode Standard Annex #29). Nothing here knows a
platform: whose counter it is, the `TextLimit` says. Every function takes time in proportion to the text, also
for text that was made to be slow.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

from smm_core.limits import TextLimit, TextUnit, Weights

# ---------------------------------------------------------------- making text safe to store

_LINE_ENDS = re.compile(r"\r\n?|\x85")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """The text, safe to store and to send: valid Unicode, LF line ends, no control characters but tab and LF.

    Lone surrogates become U+FFFD. Joiners, direction marks and combining marks stay: they carry meaning.
    """
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))


# ---------------------------------------------------------------- counting


def count(text: str, limit: TextLimit) -> int:
    """How long the text is in the limit's unit, each http(s) link counted as `limit.url` where that is set, and mentions
    without their server where the limit says so.

    A link that not every server would take for one as a whole (a host without a dot, brackets in odd places) counts the
    most that any of them would count. A weighted limit without weights is a ValueError.
    """
    if limit.unit is TextUnit.WEIGHTED:
        text = unicodedata.normalize("NFC", text)
    total, done = 0, 0
    for start, end, counted in _counted_otherwise(text, limit):
        total += _measure(text[done:start], limit) + counted
        done = end
    return total + _measure(text[done:], limit)


def excess(text: str, limits: Sequence[TextLimit]) -> int:
    """By how much the text is too long: the most by which any of the limits is broken, 0 when all hold."""
    return max((0, *(count(text, limit) - limit.maximum for limit in limits)))


def graphemes(text: str) -> list[str]:
    """The grapheme clusters of the text, in order; joined they are the text again."""
    if text.isascii():
        return re.findall(r"\r\n|[\s\S]", text) if "\r\n" in text else list(text)
    found: list[str] = _grapheme_pattern().findall(text)
    return found


def _counted_otherwise(text: str, limit: TextLimit) -> list[tuple[int, int, int]]:
    """What does not count what it has: where it starts and ends, and what it counts."""
    found = []
    if limit.url is not None:
        found += [(start, end, _count_link(text, start, end, limit, limit.url)) for start, end in link_spans(text)]
    if not limit.mention_hosts:
        found += [(host, end, 0) for _, host, end in _remote_mentions(text)]
    return sorted(found)


def _count_link(text: str, start: int, end: int, limit: TextLimit, fixed: int) -> int:
    # Servers agree on plain links. Of others, one may take all, a part or several parts for links: count the most.
    if text[start - 1 : start] not in _BEFORE_NO_LINK and _PLAIN_LINK.fullmatch(text, start, end):
        return fixed
    parts = text.count("://", start, end)
    return max(fixed, _measure(text[start:end], limit) + parts * max(0, fixed - _SHORTEST_LINK))


def _measure(text: str, limit: TextLimit) -> int:
    match limit.unit:
        case TextUnit.GRAPHEMES:
            return len(text) - text.count("\r\n") if text.isascii() else len(graphemes(text))
        case TextUnit.CODE_POINTS:
            return len(text)
        case TextUnit.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case TextUnit.UTF8:
            return len(text.encode("utf-8", "surrogatepass"))
        case TextUnit.WEIGHTED:
            if limit.weights is None:
                raise ValueError("a limit in weighted characters needs weights")
            return _weigh(text, limit.weights)


def _weigh(text: str, weights: Weights) -> int:
    """The sum of the weights; `text` is in NFC."""
    total = 0
    if weights.emoji is not None and not text.isascii():
        text, sequences = _emoji_pattern().subn("", text)
        total = weights.emoji * sequences
    return total + sum(_weight_of(ord(character), weights) * times for character, times in Counter(text).items())


def _weight_of(code_point: int, weights: Weights) -> int:
    for low, high, weight in weights.ranges:
        if low <= code_point <= high:
            return weight
    return weights.default


@cache
def _grapheme_pattern() -> Any:
    import regex  # type: ignore[import-untyped]

    # \X alone looks back over the whole run to pair regional indicators, which is quadratic for a wall of flags.
    return regex.compile(r"\p{RI}{2}(?=\p{RI})|\X")


@cache
def _emoji_pattern() -> Any:
    """Whole emoji sequences: flags, keycaps, skin tones, tags, joined ones; not what is shown as text (©, ☺︎)."""
    import regex

    return regex.compile(
        r"""
        \p{RI}{2}
        | [0-9\#*] \uFE0F? \u20E3
        | (?: \p{Emoji_Presentation}(?!\uFE0E) | \p{Extended_Pictographic}(?=\uFE0F|\p{EMod}) )
          (?: \p{EMod} | \uFE0F \u20E3? )?+ [\U000E0020-\U000E007F]*+
          (?: \u200D \p{Extended_Pictographic} (?: \p{EMod} | \uFE0F )?+ )*+
        """,
        regex.VERBOSE,
    )


# ---------------------------------------------------------------- links, hashtags, mentions

# Typographic quotes, East Asian punctuation and direction marks end a link; letters of any script are part of it.
_NEVER_IN_LINK = r"\s\x00-\x1f\x7f-\x9f<>\"\\^`“”„«»‹›、。，！？；：（）「」『』【】《》〈〉\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069"
_LINK = re.compile(
    rf"(?<![A-Za-z0-9])[hH][tT]{{2}}[pP][sS]?://[^{_NEVER_IN_LINK}/?#.,:;!'‘’…*(){{}}\]][^{_NEVER_IN_LINK}]*"
)
_AFTER_LINK = frozenset(".,:;!?'‘’…*")
# What every server takes for a link as a whole: a host with a dot, brackets in pairs and only in the path, no signs at
# the end that could as well belong to the sentence.
_PLAIN_LINK = re.compile(
    r"""https?://(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)(?::\d{1,5})?
    (?:/(?:[^\s<>()?{}\[\]]|\([^\s<>()?{}\[\]]+\))*(?<![!*"'「」:;=,.$%~&|@]))?
    (?:\?[\w!?*';:&=+$/%\#.,~@-]*[\w&=/\#-])?""",
    re.VERBOSE | re.IGNORECASE,
)
_BEFORE_NO_LINK = frozenset("@＠$#＃")
_SHORTEST_LINK = len("http://a.nl")
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


def _remote_mentions(text: str) -> list[tuple[int, int, int]]:
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
    import regex

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


# ---------------------------------------------------------------- phrases

_SPACELESS = (range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800))  # Thai, Lao, Myanmar, Khmer


def has_phrase(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text as whole words, whatever the capitals, white space and apostrophes.

    In scripts that put no space between words it may stand inside others. An empty phrase stands nowhere.
    """
    inside, wanted = folded(text), folded(phrase)
    at = inside.find(wanted) if wanted else -1
    while at >= 0:
        end = at + len(wanted)
        if not _same_word(inside[at - 1 : at], wanted[0]) and not _same_word(wanted[-1], inside[end : end + 1]):
            return True
        at = inside.find(wanted, at + 1)
    return False


def folded(text: str) -> str:
    """The text for comparing: NFC, without capitals, white space as single spaces, apostrophes straight."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(plain.replace("’", "'").split())


def _same_word(before: str, after: str) -> bool:
    return all(character and _joins_words(character) for character in (before, after))


def _joins_words(character: str) -> bool:
    if character == "_" or unicodedata.category(character)[0] in "MN":
        return True
    if any(ord(character) in block for block in _SPACELESS) or unicodedata.east_asian_width(character) in "WF":
        return False
    return character.isalpha()


# ---------------------------------------------------------------- splitting

_NEVER_BREAKS = frozenset("\u00a0\u2007\u202f")
_NEW_LINES = frozenset(("\n", "\r", "\r\n", "\x85", "\u2028", "\u2029"))
_TERMINATORS = frozenset(".!?…‽؟۔।॥")
_WIDE_TERMINATORS = frozenset("。！？｡")
_CLOSERS = frozenset("\"'’”»›)]}」』）】》")


def split_text(text: str, limits: Sequence[TextLimit], parts: int) -> tuple[str, ...]:
    """At most `parts` parts that each obey all limits, cut at the best place: paragraph, sentence, word, grapheme.

    A paragraph or sentence that would leave a part less than a quarter full is not cut there. Words are cut only
    when one alone is too long, links likewise. Nothing is lost but white space at the cuts and at both ends; text that
    obeys the limits comes back as it is. What does not fit into `parts` parts is all in the last one, so that one is
    too long. `parts` below 1 is a ValueError.
    """
    if parts < 1:
        raise ValueError(f"a text cannot be split into {parts} parts")
    if parts == 1 or not excess(text, limits):
        return (text,)
    splitter = _Splitter(text, limits)
    plan = splitter.plan(parts, splitter.good_breaks)
    if excess(plan[-1], limits):
        plan = splitter.plan(parts, splitter.full_breaks)
    return plan


class _Splitter:
    """One text in pieces that stay whole (graphemes, links), with what they sum up to in each limit."""

    def __init__(self, text: str, limits: Sequence[TextLimit]) -> None:
        self._limits = limits
        self._pieces = _pieces(text, limits)
        self._white = [piece.isspace() and piece not in _NEVER_BREAKS for piece in self._pieces]
        self._sums = [_running_sum(self._pieces, limit) for limit in limits]
        self._end = len(self._pieces)
        while self._end and self._white[self._end - 1]:
            self._end -= 1
        paragraphs, sentences, words = self._find_breaks()
        self.good_breaks = ((paragraphs, 0.25), (sentences, 0.25), (words, 0.0))
        self.full_breaks = ((words, 0.0),)

    def plan(self, parts: int, levels: Sequence[tuple[list[int], float]]) -> tuple[str, ...]:
        """The parts when cutting at these breaks, the first level preferred if it fills that much of a part."""
        done: list[str] = []
        start = self._skip_white(0)
        while start < self._end:
            last = len(done) == parts - 1 or self._fits(start)
            cut = self._end if last else self._cut(start, levels)
            done.append("".join(self._pieces[start:cut]))
            start = self._skip_white(cut)
        return tuple(done) or ("",)

    def _fits(self, start: int) -> bool:
        if any(
            sums[self._end] - sums[start] > limit.maximum for sums, limit in zip(self._sums, self._limits, strict=True)
        ):
            return False
        return not excess("".join(self._pieces[start : self._end]), self._limits)

    def _cut(self, start: int, levels: Sequence[tuple[list[int], float]]) -> int:
        """Where the part that starts here ends. When not even one piece fits, it is the last part, too long."""
        reach = self._reach(start)
        while reach > start:
            cut = _best_break(start, reach, levels)
            if not excess("".join(self._pieces[start:cut]), self._limits):
                return cut
            # The pieces of a link that had to be cut may count otherwise than they sum up: rare, so be coarse.
            reach = start + (cut - start) // 2
        return self._end

    def _reach(self, start: int) -> int:
        """The furthest end of a part that starts here."""
        ends = (
            bisect_right(sums, sums[start] + limit.maximum) - 1
            for sums, limit in zip(self._sums, self._limits, strict=True)
        )
        return min(self._end, *ends)

    def _skip_white(self, at: int) -> int:
        while at < self._end and self._white[at]:
            at += 1
        return at

    def _find_breaks(self) -> tuple[list[int], list[int], list[int]]:
        """Where paragraphs, sentences and words end; every paragraph's end is a sentence's and every sentence's a word's."""
        paragraphs, sentences, words = [], [], []
        for at, following, new_lines in self._gaps():
            words.append(at)
            if new_lines or self._ends_sentence(at, following):
                sentences.append(at)
            if new_lines > 1:
                paragraphs.append(at)
        return paragraphs, sentences, words

    def _gaps(self) -> Iterator[tuple[int, int, int]]:
        """Each gap between words: where it starts, where text goes on, how many line ends are in it.

        East Asian sentences end without white space: their gap is empty.
        """
        at = self._skip_white(0)
        while at < self._end:
            following = self._skip_white(at)
            if following > at:
                yield at, following, sum(piece in _NEW_LINES for piece in self._pieces[at:following])
                at = following
            elif self._pieces[at] not in _CLOSERS and self._terminator_before(at) in _WIDE_TERMINATORS:
                yield at, at, 0
            at += 1

    def _ends_sentence(self, at: int, following: int) -> bool:
        terminator = self._terminator_before(at)
        if terminator in _WIDE_TERMINATORS:
            return True
        # A small letter after a full stop: more likely an abbreviation than a sentence.
        return terminator in _TERMINATORS and not self._pieces[following][0].islower()

    def _terminator_before(self, at: int) -> str:
        at -= 1
        while at > 0 and self._pieces[at] in _CLOSERS:
            at -= 1
        return self._pieces[at] if at >= 0 else ""


def _best_break(start: int, reach: int, levels: Sequence[tuple[list[int], float]]) -> int:
    for breaks, least in levels:
        at = bisect_right(breaks, reach) - 1
        if at >= 0 and breaks[at] > start and breaks[at] - start >= (reach - start) * least:
            return breaks[at]
    return reach


def _pieces(text: str, limits: Sequence[TextLimit]) -> list[str]:
    """Graphemes, whole links and mentions; one that is too long by itself comes apart too."""
    pieces: list[str] = []
    done = 0
    whole = set(link_spans(text))
    if not all(limit.mention_hosts for limit in limits):
        whole |= {(start, end) for start, _, end in _remote_mentions(text)}
    for start, end in sorted(whole):
        pieces += graphemes(text[done:start])
        pieces += graphemes(text[start:end]) if excess(text[start:end], limits) else [text[start:end]]
        done = end
    return pieces + graphemes(text[done:])


def _running_sum(pieces: Sequence[str], limit: TextLimit) -> list[int]:
    length = {piece: count(piece, limit) for piece in set(pieces)}
    return list(accumulate((length[piece] for piece in pieces), initial=0))
