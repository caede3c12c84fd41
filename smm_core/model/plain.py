"""The words as JSON and as digests."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Hashable
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")
_ONE_AT_A_TIME = threading.Lock()


def to_json(thing: Any) -> str:
    """Any of these types as JSON, keys in a fixed order, so that equal things give equal text."""
    return msgspec.json.encode(thing, order="deterministic").decode()


def from_json(text: str | bytes, kind: type[T]) -> T:
    """The inverse of `to_json`; what does not fit `kind` is a `msgspec.ValidationError`."""
    decoded: T = _decoder(cast(Hashable, kind)).decode(text)
    return decoded


@functools.cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    # Two threads that learn the same dataclass at the same moment crash msgspec (seen with 0.22), and the whole process with it.
    with _ONE_AT_A_TIME:
        return msgspec.json.Decoder(kind)


def to_plain(thing: Any) -> Any:
    """Any of these types as dicts, lists, strings and numbers, for `--json`."""
    return msgspec.to_builtins(thing, str_keys=True)


def digest_of(thing: Any) -> str:
    """The sha256 of a thing's JSON."""
    return hashlib.sha256(to_json(thing).encode()).hexdigest()
