"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1, read 2026-11-22)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from smm_core import clean
from smm_feeds.dates import parse_date
from smm_feeds.entries import Entry, Feed, Markup, NotReadable, Text
from smm_feeds.links import resolve
from smm_feeds.pictures import distinct_pictures, is_picture

Json = Mapping[str, Any]


def read(body: bytes, base: str = "") -> Feed:
    """The feed. What is not JSON, or JSON but no feed, is `NotReadable`; odd values inside are left out."""
    try:
        document = json.loads(body)
    except RecursionError:
        raise NotReadable("is nested too deep") from None
    except ValueError as error:
        raise NotReadable(f"is not valid JSON: {_one_line(error)}") from None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotReadable("is JSON, but no JSON Feed", hint="a JSON Feed has a list named items")
    feed_authors = _authors(document)
    entries = tuple(_entry(item, base, feed_authors) for item in document["items"] if isinstance(item, dict))
    return Feed(title=_text(document, "title"), entries=entries)


def _entry(item: Json, base: str, feed_authors: str | None) -> Entry:
    link = _word(item, "url") or _word(item, "external_url")
    return Entry(
        id=_id(item),
        link=resolve(base, link) if link else None,
        title=_text(item, "title"),
        summary=_summary(item),
        author=_authors(item) or feed_authors,
        published_at=_date(item),
        labels=tuple(dict.fromkeys(clean(tag).strip() for tag in _strings(item.get("tags")) if tag.strip())),
        pictures=distinct_pictures(resolve(base, address) for address in _pictures(item)),
    )


def _id(item: Json) -> str | None:
    """The id must be a string; a number is taken as one, as the specification asks of readers."""
    value = item.get("id")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _word(item, "id") or None


def _summary(item: Json) -> Text | None:
    for key, markup in (("summary", Markup.PLAIN), ("content_text", Markup.PLAIN), ("content_html", Markup.HTML)):
        value = item.get(key)
        if isinstance(value, str) and value.strip():
            return Text(value=clean(value), markup=markup)
    return None


def _authors(thing: Json) -> str | None:
    people = thing.get("authors") if isinstance(thing.get("authors"), list) else [thing.get("author")]
    names = [name for person in people or () if isinstance(person, dict) and (name := _word(person, "name"))]
    return ", ".join(names) or None


def _date(item: Json) -> datetime | None:
    for key in ("date_published", "date_modified"):
        try:
            if moment := parse_date(_word(item, key)):
                return moment
        except ValueError:
            continue
    return None


def _pictures(item: Json) -> Iterator[str]:
    yield from (address for key in ("image", "banner_image") if (address := _word(item, key)))
    attachments = item.get("attachments")
    for attached in attachments if isinstance(attachments, list) else ():
        if isinstance(attached, dict) and is_picture(_word(attached, "url"), _word(attached, "mime_type")):
            yield _word(attached, "url")


def _text(thing: Json, key: str) -> Text | None:
    value = _word(thing, key)
    return Text(value=value) if value else None


def _word(thing: Json, key: str) -> str:
    value = thing.get(key)
    return clean(value).strip() if isinstance(value, str) else ""


def _strings(value: object) -> Sequence[str]:
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else ()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
