"""Which feeds there are: addresses, files, and subscription lists in OPML."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from smm_core import SmmError, Trouble, clean, replace
from smm_feeds.entries import NotReadable
from smm_feeds.links import is_web, shown
from smm_feeds.settings import FeedSettings

MOST_FEEDS = 5_000


class Place(StrEnum):
    """Where a feed lies."""

    WEB = "web"
    FILE = "file"


class Subscription(Struct, frozen=True, kw_only=True):
    """One feed: its address or its path in the workspace, and the labels (folders of the list) that its ideas get."""

    address: str
    place: Place
    labels: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A short name that stays the same when http becomes https; it does not tell the address."""
        told = self.address.partition("://")[2] if self.place is Place.WEB else f"file:{self.address}"
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def shown(self) -> str:
        """The address for messages, without what may be secret in it."""
        return shown(self.address)


class Subscribed(Struct, frozen=True, kw_only=True):
    """All feeds, each once, and what could not be understood."""

    feeds: tuple[Subscription, ...]
    troubles: tuple[Trouble, ...]


def subscribed(settings: FeedSettings, workspace: Path) -> Subscribed:
    """What the settings subscribe to. Mistakes are troubles; the rest still counts."""
    feeds: dict[str, Subscription] = {}
    troubles: list[Trouble] = []
    for found in _all(settings, workspace):
        if isinstance(found, Trouble):
            troubles.append(found)
        elif found.key in feeds:
            known = feeds[found.key]
            feeds[found.key] = replace(known, labels=tuple(dict.fromkeys([*known.labels, *found.labels])))
        else:
            feeds[found.key] = found
    if not feeds and not troubles:
        troubles.append(Trouble(where="smm.toml", message="this source has no feeds yet: set urls, files or opml"))
    return Subscribed(feeds=tuple(feeds.values())[:MOST_FEEDS], troubles=tuple(troubles))


def read_opml(body: bytes) -> tuple[Subscription, ...]:
    """The feeds of a subscription list, with the folders they lie in as labels. What is no such list is `NotReadable`."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(body)
    except DefusedXmlException:
        raise NotReadable("declares entities; such a list is not read", hint="export it again") from None
    except (ParseError, ValueError, LookupError) as error:
        raise NotReadable(f"is not well-formed XML: {clean(str(error))[:120]}", hint="export it again") from None
    if _local(root.tag) != "opml":
        raise NotReadable("is not an OPML subscription list", hint="feed readers export one as .opml")
    return tuple(_outlines(root))


def kept_inside(workspace: Path, name: str) -> Path:
    """The path of a file in the workspace; one that leads out of it, or is no plain file, is `NotReadable`."""
    root = workspace.resolve()
    try:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise NotReadable("lies outside the workspace", hint="copy it into the workspace")
        if not path.is_file():
            raise NotReadable("is not there" if not path.exists() else "is not a file")
    except (OSError, ValueError, RuntimeError) as error:
        raise NotReadable(f"is no usable path: {error}") from None
    return path


def read_file(workspace: Path, name: str, max_bytes: int) -> bytes:
    """The bytes of a file in the workspace, at most `max_bytes`; otherwise `NotReadable`."""
    path = kept_inside(workspace, name)
    try:
        with path.open("rb") as file:
            body = file.read(max_bytes + 1)
    except OSError as error:
        raise NotReadable(f"cannot be read: {error.strerror or error}") from None
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    return body


def too_large(max_bytes: int) -> NotReadable:
    """The refusal of a feed that is larger than the settings allow."""
    return NotReadable(
        f"is larger than {max_bytes / 1_000_000:g} MB", hint="raise max_bytes of the source if that is right"
    )


def _all(settings: FeedSettings, workspace: Path) -> Iterator[Subscription | Trouble]:
    for address in settings.urls:
        yield _on_the_web(address.strip(), (), "smm.toml urls")
    for name in settings.files:
        yield Subscription(address=name, place=Place.FILE)
    for name in settings.opml:
        try:
            listed = read_opml(read_file(workspace, name, settings.max_bytes))
        except SmmError as error:
            yield Trouble(where=name, message=str(error))
            continue
        if not listed:
            yield Trouble(where=name, message="lists no feeds (no outline has an xmlUrl)")
        for feed in listed:
            yield _on_the_web(feed.address, feed.labels, name)


def _on_the_web(address: str, labels: tuple[str, ...], where: str) -> Subscription | Trouble:
    if not is_web(address):
        return Trouble(where=where, message=f"{shown(address)!r} is not an http(s) address")
    return Subscription(address=address, place=Place.WEB, labels=labels)


def _outlines(root: Iterable[object]) -> Iterator[Subscription]:
    """Depth first with a stack of our own: lists may be nested deeper than Python's."""
    stack: list[tuple[object, tuple[str, ...]]] = [(root, ())]
    while stack:
        element, folders = stack.pop()
        attributes = {name.lower(): value for name, value in element.attrib.items()}  # type: ignore[attr-defined]
        address = attributes.get("xmlurl", "").strip()
        is_outline = _local(element.tag) == "outline"  # type: ignore[attr-defined]
        if is_outline and address:
            yield Subscription(
                address=clean(address), place=Place.WEB, labels=_labels(folders, attributes.get("category"))
            )
        name = _line(attributes.get("text") or attributes.get("title") or "") if is_outline and not address else ""
        inside = (*folders, name) if name and len(folders) < 20 else folders
        stack += [(child, inside) for child in reversed(list(element))]  # type: ignore[call-overload]


def _labels(folders: tuple[str, ...], categories: str | None) -> tuple[str, ...]:
    named = (part.strip("/ ") for part in (categories or "").split(","))
    return tuple(dict.fromkeys([*folders, *(label for part in named if (label := _line(part)))]))


def _line(text: str) -> str:
    return " ".join(clean(text).split())[:100]


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].lower()
