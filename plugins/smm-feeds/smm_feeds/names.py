"""Element names as feedparser understands them: by the meaning of their namespace, in lower case.

`strict` promises to read a feed exactly as feedparser would, so the names must be matched the same way.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

_DECLARED = re.compile(rb"xmlns(?::([\w.-]+))?\s*=\s*[\"']([^\"']*)[\"']")

_XHTML = "application/xhtml+xml"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_FEED_NAMESPACES = frozenset(
    {
        "",
        "http://blogs.law.harvard.edu/tech/rss",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://example.com/newformat#",
        "http://example.com/necho",
        "http://purl.org/echo/",
        "uri/of/echo/namespace#",
        "http://purl.org/pie/",
        "http://purl.org/atom/ns#",
        "http://www.w3.org/2005/atom",
        "http://purl.org/rss/1.0/modules/rss091#",
    }
)
_MODULES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
}
# feedparser falls back on the prefix where it does not know the namespace, so these prefixes mean something to it.
_MEANINGFUL_PREFIXES = frozenset({"dc", "dcterms", "content", "media", "itunes", "rdf", "xhtml", "feedburner"})

# What decides an entry's title, link and id, or opens another entry.
IDENTITY = frozenset(
    {
        "title",
        "link",
        "id",
        "guid",
        "item",
        "entry",
        "feed",
        "channel",
        "rss",
        "source",
        "image",
        "textinput",
        "dc:title",
    }
)
# Elements whose children are markup of a text, or have a title of their own, or are read as entries later.
_LOOKED_INTO_ELSEWHERE = frozenset(
    [
        "description",
        "summary",
        "content",
        "content:encoded",
        "subtitle",
        "rights",
        "copyright",
        "body",
        "source",
        "image",
        "textinput",
        "channel",
        "item",
        "entry",
        "title",
        "link",
        "id",
        "guid",
    ]
)


class Doubt(Exception):
    """The quick way could read this feed otherwise than feedparser would. The message says where."""


class Names:
    """Names the elements of one document; each distinct tag is worked out once."""

    namespaces: frozenset[str]
    """All that are declared anywhere in the document, as they are written."""

    def __init__(self, body: bytes) -> None:
        declared = _declared(body)
        self.namespaces = frozenset(uri for _, uri in declared)
        self._unprefixed = frozenset(uri.lower() for prefix, uri in declared if not prefix)
        self._of_tag: dict[str, str] = {}

    def of(self, element: Element) -> str:
        """`title`, `dc:creator`, `media:content` …; what stands in an unknown namespace is `?:name`."""
        tag = element.tag
        name = self._of_tag.get(tag)
        if name is None:
            name = self._of_tag[tag] = _name(tag, self._unprefixed)
        return name

    def children(self, element: Element) -> dict[str, list[Element]]:
        """The children by name, in the order of the document. Strays that could change an identity are a `Doubt`."""
        of_tag = self._of_tag
        found: dict[str, list[Element]] = {}
        for child in element:
            name = of_tag.get(child.tag) or self.of(child)
            if len(child):
                self._look_inside(child, name)
            if name in found:
                found[name].append(child)
            else:
                found[name] = [child]
        return found

    def _look_inside(self, element: Element, name: str) -> None:
        if any(kind.lower().endswith("xml") and kind.lower() != _XHTML for kind in element.attrib.values()):
            raise Doubt(f"XML of another kind inside {name}")
        if name in _LOOKED_INTO_ELSEWHERE:
            return
        for inner in element.iter():
            if inner is not element and self.of(inner) in IDENTITY:
                raise Doubt(f"{self.of(inner)} inside {name}")


def attributes(element: Element) -> dict[str, str]:
    """The attributes; a `Doubt` where feedparser would know one by another name."""
    for key in element.attrib:
        if not (key.startswith(_XML) or (key.islower() and key[0] != "{")):
            raise Doubt(f"an unusual attribute {key}")
    return element.attrib


def _declared(body: bytes) -> frozenset[tuple[str, str]]:
    """Every (prefix, namespace) of the document. Where the prefix would lead feedparser astray, it is a `Doubt`."""
    found = {(prefix.decode(), uri.decode("utf-8", "replace")) for prefix, uri in set(_DECLARED.findall(body))}
    for prefix, uri in found:
        if prefix.lower() in _MEANINGFUL_PREFIXES and uri.lower() not in _MODULES:
            raise Doubt(f"the prefix {prefix} stands for an unusual namespace")
    return frozenset(found)


def _name(tag: str, unprefixed: frozenset[str]) -> str:
    namespace, local = tag[1:].split("}", 1) if tag[0] == "{" else ("", tag)
    namespace, local = namespace.lower(), local.lower()
    if namespace in _FEED_NAMESPACES or "backend.userland.com/rss" in namespace:
        return local
    if namespace in _MODULES:
        return f"{_MODULES[namespace]}:{local}"
    # feedparser takes an element of an unknown default namespace for one of the feed's own.
    return local if namespace in unprefixed else f"?:{local}"
