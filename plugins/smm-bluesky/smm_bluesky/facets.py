"""Facets: which bytes of a text are a link, a mention or a hashtag (app.bsky.richtext.facet).

A text on Bluesky is plain; nothing in it is found by the app. Whoever writes says where things are, in bytes of UTF-8.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from smm_bluesky.identity import is_handle
from smm_bluesky.limits import TAG
from smm_core import count, hashtag_spans, link_spans, mention_spans

_IN_ADDRESS = "!#$%&'()*+,/:;=?@[]~"
_FEATURE = "app.bsky.richtext.facet#"


def facets_of(text: str, did_of: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """The facets of a text, in its order. `did_of` says whose a handle is; a handle of nobody stays text."""
    found = [*_links(text), *_tags(text), *_mentions(text, did_of)]
    offsets = _byte_offsets(text) if found else []
    return [
        {"index": {"byteStart": offsets[start], "byteEnd": offsets[end]}, "features": [feature]}
        for start, end, feature in sorted(found, key=lambda one: one[:2])
    ]


def handles_in(text: str) -> tuple[str, ...]:
    """The handles that a text mentions, each once."""
    handles = (text[start + 1 : end] for start, end in mention_spans(text) if text[start] == "@")
    return tuple(dict.fromkeys(handle.lower() for handle in handles if is_handle(handle)))


def plain_address(link: str) -> str:
    """A link as every app can open it: its host in ASCII, letters of other scripts in its path escaped."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(link)
        host = parts.netloc
        if not host.isascii():
            with contextlib.suppress(UnicodeError):
                host = host.encode("idna").decode("ascii")
        rest = (quote(one, safe=_IN_ADDRESS) for one in (parts.path, parts.query, parts.fragment))
        return urlunsplit((parts.scheme.lower(), host, *rest))
    return link


def _links(text: str) -> list[tuple[int, int, dict[str, Any]]]:
    return [
        (start, end, {"$type": f"{_FEATURE}link", "uri": plain_address(text[start:end])})
        for start, end in link_spans(text)
    ]


def _tags(text: str) -> list[tuple[int, int, dict[str, Any]]]:
    return [
        (start, end, {"$type": f"{_FEATURE}tag", "tag": text[start + 1 : end]})
        for start, end in hashtag_spans(text)
        if all(count(text[start + 1 : end], limit) <= limit.maximum for limit in TAG)
    ]


def _mentions(text: str, did_of: Callable[[str], str | None]) -> list[tuple[int, int, dict[str, Any]]]:
    found = []
    for start, end in mention_spans(text):
        handle = text[start + 1 : end].lower()
        did = did_of(handle) if text[start] == "@" and is_handle(handle) else None
        if did is not None:
            found.append((start, end, {"$type": f"{_FEATURE}mention", "did": did}))
    return found


def _byte_offsets(text: str) -> list[int]:
    """For each index into the text, the index into its UTF-8."""
    offsets = [0]
    for character in text:
        offsets.append(offsets[-1] + len(character.encode("utf-8", "surrogatepass")))
    return offsets
