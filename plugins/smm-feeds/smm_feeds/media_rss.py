"""Media RSS and enclosures: pictures and descriptions that stand beside an entry's own elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from smm_feeds.entries import Markup, Text
from smm_feeds.links import resolve
from smm_feeds.pictures import distinct_pictures, is_picture

_MEDIA = ("media:content", "media:group", "media:thumbnail")
_WITH_PICTURES = frozenset({*_MEDIA, "enclosure", "itunes:image", "link"})


def described_by_media(fields: Mapping[str, Sequence[Element]]) -> Text | None:
    """The description that Media RSS gives, where the entry has no text of its own."""
    for name in ("media:description", "media:group", "media:content"):
        for element in _with_parts(fields.get(name, ())):
            if element.tag.endswith("}description") and (text := (element.text or "").strip()):
                return Text(value=text, markup=Markup.HTML if element.get("type") == "html" else Markup.PLAIN)
    return None


def pictures_of(fields: Mapping[str, Sequence[Element]], base: str) -> tuple[str, ...]:
    """The pictures of an RSS item or Atom entry: attached ones first, thumbnails last."""
    if fields.keys().isdisjoint(_WITH_PICTURES):
        return ()
    return distinct_pictures(resolve(base, address.strip()) for address in _addresses(fields))


def _addresses(fields: Mapping[str, Sequence[Element]]) -> Iterator[str]:
    for element in fields.get("enclosure", ()):
        yield from _attached(element, "url")
    for element in fields.get("link", ()):
        if element.get("rel") == "enclosure":
            yield from _attached(element, "href")
    thumbnails: list[str] = []
    for name in _MEDIA:
        for element in _with_parts(fields.get(name, ())):
            if element.tag.endswith("}content"):
                yield from _attached(element, "url")
            elif element.tag.endswith("}thumbnail"):
                thumbnails.append(element.get("url", ""))
    for element in fields.get("itunes:image", ()):
        yield element.get("href", "")
    yield from thumbnails


def _with_parts(elements: Sequence[Element]) -> Iterator[Element]:
    """Media RSS: contents and thumbnails stand in the entry itself or in groups, thumbnails also in contents."""
    for element in elements:
        yield element
        if len(element):
            yield from element.iterfind(".//*")


def _attached(element: Element, name: str) -> Iterator[str]:
    address = element.get(name, "")
    if address and is_picture(address, element.get("type", ""), element.get("medium", "")):
        yield address
