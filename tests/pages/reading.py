"""Reads a written page the way a browser would, strictly."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

_VOID = {"meta", "img", "br", "hr", "link", "input"}
Attributes = dict[str, str]


@dataclass(kw_only=True)
class Page:
    """The elements of a page in order, each with its attributes; `words` is all its text."""

    elements: list[tuple[str, Attributes]] = field(default_factory=list)
    words: str = ""

    def all(self, tag: str) -> list[Attributes]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self) -> list[str]:
        """Every id."""
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


class _Strict(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.page.words += data + " "

    def close(self) -> None:
        super().close()
        assert self._open == [], "an element is never closed"


def read_page(path: Path) -> Page:
    """The page; what is not well formed, leads elsewhere for what it shows, or leaves readers out fails the test."""
    parser = _Strict()
    parser.feed(path.read_text("utf-8"))
    parser.close()
    page = parser.page
    _check(page, path)
    page.words = " ".join(page.words.split())
    return page


def _check(page: Page, path: Path) -> None:
    assert page.all("html")[0]["lang"] in ("en", "nl")
    assert not page.all("script")
    assert not page.all("link")
    assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
    ids = page.ids()
    assert len(set(ids)) == len(ids)
    for image in page.all("img"):
        assert "alt" in image
        assert (path.parent / image["src"]).is_file(), image["src"]
    for _, attributes in page.elements:
        for reference in attributes.get("aria-labelledby", "").split():
            assert reference in ids
    inside = [link["href"][1:] for link in page.all("a") if link.get("href", "").startswith("#")]
    assert set(inside) <= set(ids)
    assert inside[:1] == ["content"], "the first link skips to the content"
    assert len(page.all("h1")) == 1
    levels = [int(name[1]) for name, _ in page.elements if name in ("h1", "h2", "h3", "h4", "h5", "h6")]
    for before, after in pairwise(levels):
        assert after <= before + 1, "a level of headings is skipped"
    for head in page.all("th"):
        assert head.get("scope") in ("row", "col")
    assert len(page.all("caption")) == len(page.all("table"))
    assert "media:" not in path.read_text("utf-8")
