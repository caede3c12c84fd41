"""The words of a mail that is HTML only."""

from __future__ import annotations

from html.parser import HTMLParser

_UNSEEN = frozenset({"head", "script", "style", "title", "blockquote"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "ul", "ol", "table", "hr"})
_QUOTES = ("gmail_quote", "yahoo_quoted", "divrplyfwdmsg", "appendonsend", "moz-cite-prefix")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen: list[str] = []
        self.is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id")).lower()
        if any(mark in marks for mark in _QUOTES):
            self.is_over = True  # what is quoted stands below what was written
        if tag in _UNSEEN:
            self.unseen.append(tag)
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.unseen:
            del self.unseen[self.unseen.index(tag) :]
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen and not self.is_over:
            self.pieces.append(" ".join(data.split()) + (" " if data[-1:].isspace() else ""))


def words_of(html: str) -> str:
    """What somebody who looks at it reads, line by line, up to what it quotes."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    lines = ("".join(parser.pieces)).split("\n")
    return "\n".join(line.strip() for line in lines)
