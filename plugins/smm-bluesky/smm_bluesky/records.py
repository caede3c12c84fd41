"""Records, their names and what points to them (atproto.com/specs/record-key, atproto.com/specs/at-uri-scheme).

The key of a record is made of the key that smm gives to an act, and of nothing else. So every attempt of one post,
by whatever process after whatever restart, would write the same record, and a server keeps each record once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from smm_bluesky.agent import POSTS
from smm_bluesky.identity import is_did, is_handle
from smm_core import Receipt

_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
_FIRST = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp() * 1_000_000)
_TIME_BITS, _CLOCK_BITS = 46, 10
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")
_LINK = re.compile(r"https?://[^/?#]+/profile/([^/?#]+)/post/([^/?#]+)/?(?=[?#]|$)")
_CID = re.compile(r"\bb[a-z2-7]{50,}\b")

Ref = dict[str, str]
"""A strong reference: the address of a record, and the hash of its content."""


class Address(Struct, frozen=True, kw_only=True):
    """Where a record is: `repo` is a DID or a handle."""

    repo: str
    collection: str
    rkey: str

    @property
    def uri(self) -> str:
        """As servers write it."""
        return f"at://{self.repo}/{self.collection}/{self.rkey}"


def rkey_of(key: str) -> str:
    """The record key of an act: a TID that is always the same for the same key.

    Its instant means nothing: it lies somewhere between 2023 and the spring of 2025, with 56 bits of the key's hash, so that two
    acts of one account do not meet.
    """
    bits = int.from_bytes(hashlib.sha256(f"smm-bluesky {key}".encode()).digest()[:7])
    clock, micros = bits & ((1 << _CLOCK_BITS) - 1), bits >> _CLOCK_BITS
    number = (_FIRST + micros) << _CLOCK_BITS | clock
    return "".join(_SORTABLE[number >> shift & 31] for shift in range(60, -1, -5))


def address_in(text: str) -> Address | None:
    """The address that a text is: an `at://` address, or the link of a post in an app."""
    uri = re.fullmatch(r"at://([^/]+)/([A-Za-z0-9.-]+)/([^/?#]+)", text.strip())
    if uri is not None:
        return _valid(*uri.groups())
    link = _LINK.match(text.strip())
    return _valid(link[1], POSTS, link[2]) if link is not None else None


def _valid(repo: str, collection: str, rkey: str) -> Address | None:
    fits = (is_did(repo) or is_handle(repo)) and _RKEY.fullmatch(rkey)
    return Address(repo=repo, collection=collection, rkey=rkey) if fits else None


def link_of(uri: str) -> str | None:
    """The address of a post in the Bluesky app."""
    address = address_in(uri)
    if address is None or address.collection != POSTS:
        return None
    return f"https://bsky.app/profile/{address.repo}/post/{address.rkey}"


def cid_in(words: str) -> str | None:
    """The hash of a record that stands in a server's words."""
    found = _CID.search(words)
    return found.group() if found else None


def as_written(instant: datetime) -> str:
    """An instant as records have it: UTC, to the millisecond."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_of(text: object) -> datetime | None:
    """The instant that a record or a server names, in UTC; None when it is none."""
    try:
        instant = datetime.fromisoformat(str(text))
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


# ---------------------------------------------------------------- receipts


def receipt_for(uri: str, cid: str | None, root: Ref | None, at: datetime) -> Receipt:
    """The receipt of a record; `root` is the first post of its thread. What answers it needs both hashes."""
    extra: dict[str, Any] = {"cid": cid} if cid else {}
    return Receipt(remote_id=uri, url=link_of(uri), at=at, extra={**extra, "root": root} if root else extra)


def ref_to(receipt: Receipt) -> Ref | None:
    """What points to what a receipt names; None when its hash must be looked up first."""
    cid = receipt.extra.get("cid")
    return {"uri": receipt.remote_id, "cid": cid} if isinstance(cid, str) and cid else None


def root_of(receipt: Receipt) -> Ref | None:
    """The first post of the thread that a receipt's post is in, where it is not that post itself."""
    return ref_in(receipt.extra.get("root"))


def ref_in(value: object) -> Ref | None:
    """A strong reference that came from outside."""
    if not isinstance(value, Mapping):
        return None
    uri, cid = value.get("uri"), value.get("cid")
    return {"uri": uri, "cid": cid} if isinstance(uri, str) and isinstance(cid, str) and uri and cid else None
