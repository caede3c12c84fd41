"""What will go away, and how a plugin is told: once, with the version since when and the way out.

- A hook: `@hookspec(warn_on_impl=Deprecated("the hook smm_old", since="0.3", use="smm_new"))`; `warn_on_impl_args` for an
  argument of one.
- An ability: an entry of `ABILITIES`.
- A field of a plugin's settings: `field(default=…, metadata={"deprecated": {"since": "0.3", "use": "the field other"}})`;
  whoever has it in a configuration is told as well.
- A field of a request: the same metadata, and `@warns_when_read` above the dataclass; told when a plugin reads it.

All are in the log and in `smm plugins show`; fields of requests from the first time one was read.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from smm_core.isolation import Misdeed, noted

K = TypeVar("K", bound=type)


class Deprecated(DeprecationWarning):
    """`what` goes away (`the hook smm_old`): since which version that is said, and what to `use` from then on."""

    def __init__(self, what: str, *, since: str, use: str) -> None:
        super().__init__(f"{what} is deprecated since {since}: use {use}")
        self.what = what
        self.since = since
        self.use = use


ABILITIES: Mapping[str, Deprecated] = MappingProxyType({})
"""Abilities that go away, by name."""


def mark_of(one: dataclasses.Field[Any], what: str) -> Deprecated | None:
    """What a dataclass field's metadata say about its end, or None."""
    mark = one.metadata.get("deprecated")
    return Deprecated(what, since=str(mark["since"]), use=str(mark["use"])) if mark else None


def of_settings(kind: object, raw: Mapping[str, Any] | None = None) -> list[Deprecated]:
    """The deprecated fields of a settings type; with `raw`, only those that this table of a configuration has."""
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return []
    asked = (one for one in dataclasses.fields(kind) if raw is None or one.name in raw)
    return [mark for one in asked if (mark := mark_of(one, f"the setting {one.name}")) is not None]


def of_object(thing: object, abilities: Mapping[str, Deprecated] = ABILITIES) -> list[Deprecated]:
    """What an object that a plugin offers has of what goes away: declared abilities and settings."""
    declared = sorted(ability.__name__ for ability in getattr(thing, "abilities", ()))
    return [
        *(abilities[name] for name in declared if name in abilities),
        *of_settings(getattr(thing, "settings", None)),
    ]


# ---------------------------------------------------------------- fields of requests


def warns_when_read(kind: K) -> K:
    """Class decorator for a slotted request dataclass: a plugin that reads one of its deprecated fields is told.

    Core itself may read them, and so may what dataclasses generate.
    """
    for one in dataclasses.fields(kind):
        mark = mark_of(one, f"the field {kind.__name__}.{one.name}")
        if mark is not None:
            setattr(kind, one.name, _Told(vars(kind)[one.name], str(mark)))
    return kind


class _Told:
    """Stands before a slot, and tells whoever of a plugin reads it."""

    def __init__(self, slot: Any, said: str) -> None:
        self._slot = slot
        self._said = said

    def __get__(self, thing: object, kind: type) -> Any:
        if thing is None:
            return self
        reader = sys._getframe(1).f_globals.get("__name__", "")
        if reader.split(".")[0] not in ("smm_core", "dataclasses", "copy", "msgspec") and reader != kind.__module__:
            noted(Misdeed.DEPRECATED, self._said)
        return self._slot.__get__(thing, kind)

    def __set__(self, thing: object, value: Any) -> None:
        self._slot.__set__(thing, value)
