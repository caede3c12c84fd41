"""Arbitrary posts, as people really write them: many scripts, sequences that count as one, long links, mentions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from hypothesis import strategies as st

from smm_core.limits import TextLimit
from smm_core.text import clean, count, graphemes

PIECES = (
    "bread", "Vers brood!", "e\u0301te\u0301", "n\u0303andu\u0301", "Z\u0351\u0343a\u0334l\u0321go",
    "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇳🇱", "1️⃣", "❤️", "👨🏿‍🚀", "خبز طازج", "‏שלום‎", "نان\u200cوایی", "パンを焼く。", "新鮮な面包", "한글",
    "สวัสดี", "नमस्ते", "@mirjam", "@acme@example.org", "#bread", "#zuurdesem", "https://example.org/",
    "https://example.org/" + "oven/" * 9 + "?utm_source=a&utm_campaign=b%20c#d", "www.example.org", "a_b*c*`d`", "<b>&amp;",
    '"quoted"', "\\n", "%s {0} ${x}", "50%", "½", "ﬁ", "Ǆ", "\u00a0", "\u2060", "—", "…", "'",
)  # fmt: skip

_GAPS = (" ", " ", " ", "\n", "\n\n", "  ", ". ", "")


def texts(*, pieces: int = 40) -> st.SearchStrategy[str]:
    """Texts as core hands them to a publisher: valid Unicode, LF line ends, no control characters."""
    letters = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"))
    word = st.one_of(st.sampled_from(PIECES), st.text(letters, max_size=8))
    pairs = st.lists(st.tuples(word, st.sampled_from(_GAPS)), min_size=1, max_size=pieces)
    return pairs.map(lambda found: clean("".join(word + gap for word, gap in found)).strip()).filter(bool)


def near(limit: TextLimit) -> Iterator[str]:
    """Texts that just fit a limit, and such that are one unit too long, of signs that the ways of counting disagree on."""
    for sign in ("a", "é", "e\u0301", "ж", "面", "😀", "👩‍👩‍👧‍👦", "🇳🇱"):
        for length in (limit.maximum - 1, limit.maximum, limit.maximum + 1):
            yield "".join(repeat(sign, length))
        each = max(1, count(sign, limit))
        yield sign * (limit.maximum // each)
        yield sign * (limit.maximum // each + 1)


def loses(before: str, after: str) -> str:
    """The first visible character (as people see characters) of `before` that `after` does not have in its place;
    empty when all are there. What `after` has besides does not matter."""
    left = iter(graphemes(after))
    for sign in graphemes(before):
        if sign.strip() and not any(other == sign for other in left):
            return sign
    return ""
