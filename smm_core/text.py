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
from smm_core.spans import BEFORE_NO_LINK, PLAIN_LINK, SHORTEST_LINK, link_spans, remote_mentions

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
        found += [(host, end, 0) for _, host, end in remote_mentions(text)]
    return sorted(found)


def _count_link(text: str, start: int, end: int, limit: TextLimit, fixed: int) -> int:
    # Servers agree on plain links. Of others, one may take all, a part or several parts for links: count the most.
    if text[start - 1 : start] not in BEFORE_NO_LINK and PLAIN_LINK.fullmatch(text, start, end):
        return fixed
    parts = text.count("://", start, end)
    return max(fixed, _measure(text[start:end], limit) + parts * max(0, fixed - SHORTEST_LINK))


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
        whole |= {(start, end) for start, _, end in remote_mentions(text)}
    for start, end in sorted(whole):
        pieces += graphemes(text[done:start])
        pieces += graphemes(text[start:end]) if excess(text[start:end], limits) else [text[start:end]]
        done = end
    return pieces + graphemes(text[done:])


def _running_sum(pieces: Sequence[str], limit: TextLimit) -> list[int]:
    length = {piece: count(piece, limit) for piece in set(pieces)}
    return list(accumulate((length[piece] for piece in pieces), initial=0))
