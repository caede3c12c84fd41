"""Texts as servers give them back: HTML made plain, and compared with what was sent."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

_HOST = re.compile(r"(?<![\w/])(@[A-Za-z0-9_.\-]+)@[\w.\-]+\w")
_BLOCKS = frozenset({"p", "div", "blockquote", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})


def plain(html: str) -> str:
    """The text of a status as its readers see it, links written out. What quotes another status by its address is left out."""
    reader = _Plain()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Plain(HTMLParser):
    """Gathers the text, with line ends where blocks end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._left_out: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._left_out or "quote-inline" in (dict(attrs).get("class") or "") or tag in ("script", "style"):
            if tag != "br":
                self._left_out.append(tag)
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _BLOCKS:
            self._separate()
        elif tag == "li":
            self.pieces.append("\n- ")

    def handle_endtag(self, tag: str) -> None:
        if self._left_out:
            if tag in self._left_out:
                while self._left_out.pop() != tag:
                    pass
        elif tag in _BLOCKS:
            self._separate()

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.pieces.append(data)

    def _separate(self) -> None:
        if self.pieces:
            self.pieces.append("\n\n")


def same_text(sent: str, html: str) -> bool:
    """Whether a status shows what was sent. Servers turn signs into markup, so only letters and digits are compared, and
    mentions without their servers; a text that has none is compared as it is."""
    shown = plain(html)
    if not _letters(sent):
        return "".join(sent.split()) == "".join(shown.split())
    # A mention of somebody whom the server knows is shown without the host, any other one as it was written.
    bare = _letters(_HOST.sub(r"\1", sent))
    return _letters(sent) == _letters(shown) or bare in (_letters(shown), _letters(_HOST.sub(r"\1", shown)))


def _letters(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())
