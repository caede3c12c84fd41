"""The quick way: well-formed RSS and Atom without surprises, read with expat.

It gives title, link and id exactly as feedparser would, at a fraction of the time, or else raises `Doubt`, and the
feed is read by feedparser. What is doubtful was found by comparing the two on feedparser's own test feeds
(benchmarks/feeds_agreement.py); when in doubt about a doubt, it is one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element

from smm_feeds.dates import parse_date
from smm_feeds.entries import Entry, Feed, Markup, Text
from smm_feeds.links import resolve
from smm_feeds.media_rss import described_by_media, pictures_of
from smm_feeds.names import Doubt, Names, attributes
from smm_feeds.titles import as_feedparser_reads, unspoiled

_DECLARATION = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?xml\s+version=[\"']1\.0[\"'](?:\s+encoding=[\"']([A-Za-z0-9._-]+)[\"'])?"
    rb"(?:\s+standalone=[\"'](?:yes|no)[\"'])?\s*\?>)?\s*<"
)
_ROOT = re.compile(rb"<\w")
_BASE = re.compile(rb"base\s*=")
_ATOM = "{http://www.w3.org/2005/Atom}feed"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_RSS_1 = "http://purl.org/rss/1.0/"
_NETSCAPE = "http://my.netscape.com/rdf/simple/0.9/"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_WEB_TYPES = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})
_QUERY_VARIABLE = re.compile(r"&([A-Za-z0-9_]+);")
_NAME_IN_ADDRESS = re.compile(r"^\s*\S+@\S+\s+\((.+)\)\s*$")

Children = Mapping[str, Sequence[Element]]


def read(body: bytes, base: str = "") -> Feed:
    """The feed; `base` is the address it came from (after redirects), or empty. Anything unusual is a `Doubt`."""
    try:
        root = _parsed(body)
        if root.tag == _ATOM:
            return _atom(root, Names(body), base)
        if root.tag == "rss":
            return _rss(root, Names(body), base)
        if root.tag == _RDF:
            return _rdf(root, Names(body), base)
    except RecursionError:
        raise Doubt("nested too deep") from None
    raise Doubt("an unusual root element")


def _parsed(body: bytes) -> Element:
    from xml.etree.ElementTree import ParseError, fromstring

    _check_prolog(body)
    try:
        return fromstring(body)  # noqa: S314 (a document type, and with it every entity, is a doubt before this)
    except (ParseError, ValueError, LookupError) as error:
        raise Doubt(f"not well-formed: {error}") from None


def _check_prolog(body: bytes) -> None:
    declaration = _DECLARATION.match(body)
    if declaration is None:
        raise Doubt("an unusual beginning")
    encoding = (declaration[1] or b"utf-8").lower()
    if encoding not in (b"utf-8", b"iso-8859-1") and not (encoding == b"us-ascii" and body.isascii()):
        raise Doubt("an unusual encoding")
    root = _ROOT.search(body)
    if root is None or b"<!D" in body[: root.start()].upper():
        raise Doubt("a document type")
    if any(body[match.start() - 1] in b" \t\r\n:" for match in _BASE.finditer(body)):
        raise Doubt("a base of its own")


# ---------------------------------------------------------------- RSS 0.9x, 2.0 and 1.0


def _rss(root: Element, names: Names, base: str) -> Feed:
    channels = list(root)
    if len(channels) != 1 or names.of(channels[0]) != "channel":
        raise Doubt("not exactly one channel")
    channel = names.children(channels[0])
    if "entry" in channel:
        raise Doubt("an Atom entry in RSS")
    return Feed(title=_title(channel), entries=tuple(_item(item, names, base) for item in channel.get("item", ())))


def _rdf(root: Element, names: Names, base: str) -> Feed:
    if any("atom" in uri.lower() for uri in names.namespaces):
        raise Doubt("RSS 1.0 with the namespace of Atom")
    sections = names.children(root)
    if not sections.keys() <= {"channel", "image", "item", "textinput"} or len(sections.get("channel", ())) != 1:
        raise Doubt("unusual parts of RSS 1.0")
    channel = names.children(sections["channel"][0])
    if "item" in channel or "entry" in channel:
        raise Doubt("an item inside the channel of RSS 1.0")
    return Feed(title=_title(channel), entries=tuple(_item(item, names, base) for item in sections.get("item", ())))


def _item(item: Element, names: Names, base: str) -> Entry:
    fields = names.children(item)
    for doubtful in ("item", "entry", "channel", "feed", "rss", "id", "textinput", "dc:title"):
        if doubtful in fields:
            raise Doubt(f"{doubtful} in an item")
    if any(len(image) for image in fields.get("image", ())):
        raise Doubt("an image with parts in an item")
    title = _title(fields)
    id_, permalink = _guid(item, fields, base)
    link = _rss_link(fields, base)
    return Entry(
        id=id_,
        link=permalink if link is None else link,
        title=title,
        summary=_rss_summary(fields),
        author=_rss_author(fields),
        published_at=_date(fields, ("pubdate", "published", "dc:date", "updated", "dcterms:created")),
        labels=_texts(fields, ("category", "dc:subject", "keywords")),
        pictures=pictures_of(fields, base),
    )


def _guid(item: Element, fields: Children, base: str) -> tuple[str | None, str | None]:
    """The id, and the same once more where it may serve as link."""
    about = None
    for key, value in item.attrib.items():
        if key == _ABOUT:
            about = value
        elif key.rpartition("}")[2].lower() in ("href", "lastmod", "about"):
            raise Doubt("an item with attributes")
    guid = _only(fields, "guid")
    if guid is None:
        return about, None
    id_ = _word(guid)
    if any(key[0] == "{" for key in guid.attrib):
        raise Doubt("a guid with an unusual attribute")
    flags = {key.lower(): value for key, value in guid.attrib.items()}
    if flags.get("ispermalink", "true") != "true":
        return id_, None
    id_ = resolve(base, id_) if id_ else id_
    return id_, id_


def _rss_link(fields: Children, base: str) -> str | None:
    """The text of `link`; `atom:link` beside it counts only where it could replace it, which is a doubt."""
    link = None
    for element in fields.get("link", ()):
        if not element.attrib:
            if link is not None:
                raise Doubt("several links")
            link = element
        elif _relation(element) in ("alternate", "") or not attributes(element).get("href"):
            raise Doubt("a link with attributes")
    if link is None:
        return None
    address = _word(link)
    address = resolve(base, address) if address else address
    return _QUERY_VARIABLE.sub(r"&\1", address.replace("&amp;", "&")) if "&" in address else address


def _rss_summary(fields: Children) -> Text | None:
    for name in ("description", "content:encoded", "summary", "itunes:summary", "content"):
        for element in fields.get(name, ()):
            value = _inner(element)
            if value and not value.isspace():
                plain = name == "itunes:summary" and not len(element)
                return Text(value=value, markup=Markup.PLAIN if plain else Markup.HTML)
    return described_by_media(fields)


def _rss_author(fields: Children) -> str | None:
    for name in ("dc:creator", "author", "itunes:author"):
        for element in fields.get(name, ()):
            value = (element.text or "").strip()
            if value:
                return named[1] if (named := _NAME_IN_ADDRESS.match(value)) else value
    return None


# ---------------------------------------------------------------- Atom


def _atom(root: Element, names: Names, base: str) -> Feed:
    if not names.namespaces.isdisjoint((_RSS_1, _NETSCAPE)):
        raise Doubt("Atom with the namespace of RSS")
    fields = names.children(root)
    if "item" in fields or "channel" in fields:
        raise Doubt("RSS in Atom")
    author = _atom_author(fields, names)
    return Feed(
        title=_atom_title(fields),
        entries=tuple(_entry(entry, names, base, author) for entry in fields.get("entry", ())),
    )


def _entry(entry: Element, names: Names, base: str, feed_author: str | None) -> Entry:
    fields = names.children(entry)
    for doubtful in ("item", "entry", "channel", "feed", "rss", "guid", "textinput", "image", "dc:title"):
        if doubtful in fields:
            raise Doubt(f"{doubtful} in an entry")
    for key in entry.attrib:
        if key.rpartition("}")[2].lower() in ("href", "lastmod", "about"):
            raise Doubt("an entry with attributes")
    title = _atom_title(fields)
    id_element = _only(fields, "id")
    id_ = None
    if id_element is not None:
        if any(key != _LANGUAGE for key in id_element.attrib):
            raise Doubt("an id with attributes")
        id_ = _word(id_element)
        id_ = resolve(base, id_) if id_ else id_
    link = _atom_link(fields, base)
    return Entry(
        id=id_,
        link=id_ if link is None else link,
        title=title,
        summary=_atom_summary(fields),
        author=_atom_author(fields, names) or feed_author,
        published_at=_date(fields, ("published", "updated", "issued", "dc:date")),
        labels=_atom_labels(fields),
        pictures=pictures_of(fields, base),
    )


def _atom_link(fields: Children, base: str) -> str | None:
    """The last link to a page wins, as with feedparser."""
    address = None
    for element in fields.get("link", ()):
        given = attributes(element)
        href = given.get("href")
        if href is None or "url" in given or "uri" in given:
            raise Doubt("a link without href")
        if _relation(element) == "alternate" and given.get("type", "text/html").lower() in _WEB_TYPES:
            address = resolve(base, href)
    return address


def _atom_title(fields: Children) -> Text | None:
    element = _only(fields, "title")
    if element is None:
        _rule_out_other_titles(fields)
        return None
    for key in element.attrib:
        if key not in ("type", _LANGUAGE):
            raise Doubt("a title with attributes")
    markup = element.get("type", "text").lower()
    if markup not in ("text", "html", "text/plain", "text/html"):
        raise Doubt("a title with markup")
    value = _word(element)
    if not value:
        return _empty_title(fields)
    return as_feedparser_reads(value, Markup.HTML if "html" in markup else Markup.PLAIN)


def _atom_summary(fields: Children) -> Text | None:
    for name in ("summary", "content"):
        for element in fields.get(name, ()):
            kind = element.get("type", "text").lower()
            value = _inner(element)
            if value and not value.isspace():
                is_html = "html" in kind or len(element)
                return Text(value=value, markup=Markup.HTML if is_html else Markup.PLAIN)
    return described_by_media(fields)


def _atom_author(fields: Children, names: Names) -> str | None:
    for element in fields.get("author", ()):
        for inner in element:
            if names.of(inner) == "name" and (name := (inner.text or "").strip()):
                return name
    return _rss_author(fields)


def _atom_labels(fields: Children) -> tuple[str, ...]:
    labels = (element.get("label") or element.get("term") or element.text for element in fields.get("category", ()))
    return _distinct(labels)


# ---------------------------------------------------------------- shared


def _only(fields: Children, name: str) -> Element | None:
    elements = fields.get(name)
    if not elements:
        return None
    if len(elements) > 1:
        raise Doubt(f"more than one {name}")
    return elements[0]


def _word(element: Element) -> str:
    """The text of an element that must not have markup. Text that feedparser would repair is a `Doubt`."""
    if len(element):
        raise Doubt("markup where none is meant")
    return unspoiled((element.text or "").strip())


def _title(fields: Children) -> Text | None:
    element = _only(fields, "title")
    if element is None:
        _rule_out_other_titles(fields)
        return None
    if element.attrib:
        raise Doubt("a title with attributes")
    value = _word(element)
    return as_feedparser_reads(value, None) if value else _empty_title(fields)


def _rule_out_other_titles(fields: Children) -> None:
    if any(name.startswith("media:") for name in fields):
        raise Doubt("no title, but perhaps one of its media")
    if "dc:title" in fields:
        raise Doubt("a title of Dublin Core")


def _empty_title(fields: Children) -> Text:
    _rule_out_other_titles(fields)
    return Text(value="")


def _relation(element: Element) -> str:
    relation: str = element.get("rel", "alternate")
    return relation.lower()


def _date(fields: Children, names: Iterable[str]) -> datetime | None:
    for name in names:
        for element in fields.get(name, ()):
            try:
                if (moment := parse_date(element.text)) is not None:
                    return moment
            except ValueError:
                raise Doubt("an unusual date") from None
    return None


def _texts(fields: Children, names: Iterable[str]) -> tuple[str, ...]:
    return _distinct(element.text for name in names for element in fields.get(name, ()))


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(label for value in values if value and (label := " ".join(value.split()))))


def _inner(element: Element) -> str:
    """The text of an element, or its markup where it has children."""
    if not len(element):
        return element.text or ""
    from xml.etree.ElementTree import tostring

    for part in element.iter():
        part.tag = part.tag.rpartition("}")[2]
    return html.escape(element.text or "", quote=False) + "".join(
        tostring(child, encoding="unicode") for child in element
    )
