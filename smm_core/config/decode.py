"""Plain tables, as TOML gives them, to frozen dataclasses by their annotations.

All mistakes are collected before anything is refused, unknown keys among them, each with its place and with what would
be right. The same decoder reads `smm.toml`, brand books and the settings that plugins declare.

A field's help line stands in its metadata: `field(default=5, metadata={"help": "How many …"})`.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from smm_core.clock import parse_duration
from smm_core.config.mistakes import (
    NO_REFERENCE,
    REFERENCE_HINT,
    Mistakes,
    Where,
    is_secret_key,
    note_open_secrets,
)
from smm_core.errors import SmmError, did_you_mean
from smm_core.secrets import Secret, is_reference, secret_behind

T = TypeVar("T")

_LISTS: Mapping[object, Callable[[Iterable[Any]], Any]] = types.MappingProxyType(
    {tuple: tuple, Sequence: tuple, list: list, frozenset: frozenset, set: set, AbstractSet: frozenset}
)
_TABLES = (dict, Mapping)
_WORDS = types.MappingProxyType(
    {
        str: "a text",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        timedelta: 'a duration such as "30m" or "2h"',
        Path: "a path",
        datetime: "a date with a time",
        date: "a date",
        time: "a time of day",
        Secret: "a reference to a secret",
    }
)


class _Wrong(Enum):
    """Stands for a value that could not be decoded; the mistake is on the list already."""

    WRONG = "wrong"


_WRONG = _Wrong.WRONG

# ---------------------------------------------------------------- decoding


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """Narrows a type: `Annotated[str, Form(words="a time zone", check=zone_of)]`.

    `check` is called with the decoded value; a ValueError or SmmError of it says what is wrong. `words` say what is
    expected, with an article.
    """

    words: str
    check: Callable[[Any], object]


def decode(kind: type[T], raw: object, *, where: Where) -> T:
    """A `kind` made of a plain table; all mistakes at once are a `ConfigErrors`.

    Annotations may be str, bool, int, float, timedelta ("2h"), Path, date, time, datetime, Enum, Literal, tuple, list,
    frozenset, Mapping[str, X], dataclasses, unions with None or of several types, Any, and `Annotated[X, Form]`;
    `Secret` stands for a reference to one, which is looked up when the secret is revealed.
    Anything else is a TypeError: a mistake of the programmer.
    """
    mistakes = Mistakes()
    return mistakes.settle(decode_into(kind, raw, where=where, mistakes=mistakes))


def decode_into(kind: type[T], raw: object, *, where: Where, mistakes: Mistakes, root: Path | None = None) -> T | None:
    """Like `decode`, but the mistakes go to a list; None when there was one. `root`: where `file:` references begin."""
    value = _Decoder(mistakes, root or Path()).value(kind, raw, where)
    return None if value is _WRONG else cast(T, value)


def decode_settings(
    kind: type[Any], raw: Mapping[str, Any] | None, *, where: str | Where, root: Path | None = None
) -> Any:
    """A plugin's settings: its dataclass made of the raw table (None: empty). `where` names the table in messages, `root`
    is the workspace's folder, from which `file:` references lead.

    Mistakes, secrets written out in the table among them, are a `ConfigErrors`.
    """
    place = where if isinstance(where, Where) else Where(file=where)
    mistakes = Mistakes()
    note_open_secrets(raw or {}, where=place, mistakes=mistakes)
    return mistakes.settle(decode_into(kind, raw or {}, where=place, mistakes=mistakes, root=root))


class _Decoder:
    """One method for each kind of annotation; each gives the value, or notes a mistake and gives `_WRONG`."""

    def __init__(self, mistakes: Mistakes, root: Path) -> None:
        self._mistakes = mistakes
        self._root = root

    def value(self, kind: Any, raw: object, where: Where) -> Any:
        """The raw value as what `kind` asks for."""
        origin = get_origin(kind)
        if origin is Annotated:
            return self._formed(kind, raw, where)
        if origin in (Union, types.UnionType):
            return self._one_of(kind, raw, where)
        if origin is Literal:
            return self._choice(kind, get_args(kind), raw, where)
        if (origin or kind) in _LISTS:
            return self._list(kind, raw, where)
        if (origin or kind) in _TABLES:
            return self._table(kind, raw, where)
        if dataclasses.is_dataclass(kind):
            return self._dataclass(cast(type, kind), raw, where)
        if isinstance(kind, type) and issubclass(kind, Enum):
            found = self._choice(kind, tuple(member.value for member in kind), raw, where)
            return found if found is _WRONG else kind(found)
        return raw if kind in (Any, object) else self._plain(kind, raw, where, asked=kind)

    def _plain(self, kind: Any, raw: object, where: Where, *, asked: Any) -> Any:
        if kind is Secret:
            return self._secret(raw, where)
        if kind is timedelta:
            return self._parsed(asked, parse_duration, raw, where)
        if kind is Path:
            return self._parsed(asked, Path, raw, where)
        if kind is float and isinstance(raw, int) and not isinstance(raw, bool):
            return float(raw)
        if kind not in _WORDS:
            raise TypeError(f"{where}: {kind!r} cannot be read from a configuration")
        is_finite = not isinstance(raw, float) or math.isfinite(raw)
        return raw if type(raw) is kind and is_finite else self._unexpected(asked, raw, where)

    def _secret(self, raw: object, where: Where) -> Any:
        # What stands there instead of a reference may be the secret itself, so it is never said.
        if isinstance(raw, str) and is_reference(raw):
            return secret_behind(raw, self._root)
        self._mistakes.add(where, NO_REFERENCE, hint=REFERENCE_HINT)
        return _WRONG

    def _parsed(self, kind: Any, parse: Callable[[str], Any], raw: object, where: Where) -> Any:
        if not isinstance(raw, str):
            return self._unexpected(kind, raw, where)
        try:
            return parse(raw)
        except ValueError as error:
            return self._refused(error, where)

    def _formed(self, kind: Any, raw: object, where: Where) -> Any:
        inner, *extras = get_args(kind)
        forms = [extra for extra in extras if isinstance(extra, Form)]
        # What is expected is told in the form's words, "a time zone" rather than "a text".
        value = self._plain(inner, raw, where, asked=kind) if inner in _WORDS else self.value(inner, raw, where)
        if value is _WRONG:
            return _WRONG
        try:
            for form in forms:
                form.check(value)
        except (ValueError, SmmError) as error:
            return self._refused(error, where)
        return value

    def _one_of(self, kind: Any, raw: object, where: Where) -> Any:
        members = [member for member in get_args(kind) if member is not types.NoneType]
        if raw is None and len(members) < len(get_args(kind)):
            return None
        if len(members) == 1:
            return self.value(members[0], raw, where)
        for member in members:
            attempt = Mistakes()
            value = _Decoder(attempt, self._root).value(member, raw, where)
            if not len(attempt):
                return value
        return self._unexpected(kind, raw, where)

    def _choice(self, kind: Any, allowed: tuple[Any, ...], raw: object, where: Where) -> Any:
        if any(type(raw) is type(value) and raw == value for value in allowed):
            return raw
        return self._unexpected(kind, raw, where, hint=did_you_mean(str(raw), map(str, allowed), ""))

    def _list(self, kind: Any, raw: object, where: Where) -> Any:
        if not isinstance(raw, list | tuple):
            return self._unexpected(kind, raw, where)
        make, arguments = _LISTS[get_origin(kind) or kind], get_args(kind)
        if make is tuple and arguments and arguments[-1] is not Ellipsis and get_origin(kind) is tuple:
            if len(raw) != len(arguments):
                self._mistakes.add(where, f"has {len(raw)} entries, {len(arguments)} are expected")
                return _WRONG
            kinds: Sequence[Any] = arguments
        else:
            kinds = [arguments[0] if arguments else Any] * len(raw)
        entries = [
            self.value(each, entry, where.at(at)) for at, (each, entry) in enumerate(zip(kinds, raw, strict=True))
        ]
        return _WRONG if _WRONG in entries else make(entries)

    def _table(self, kind: Any, raw: object, where: Where) -> Any:
        if not isinstance(raw, Mapping):
            return self._unexpected(kind, raw, where)
        key_kind, value_kind = get_args(kind) or (str, Any)
        keys = [self.value(key_kind, key, where.at(key)) for key in raw]
        values = [self.value(value_kind, value, where.at(key)) for key, value in raw.items()]
        return _WRONG if _WRONG in keys or _WRONG in values else dict(zip(keys, values, strict=True))

    def _dataclass(self, kind: type, raw: object, where: Where) -> Any:
        if not isinstance(raw, Mapping):
            return self._unexpected(kind, raw, where)
        before = len(self._mistakes)
        keys = {key.name: key for key in keys_of(kind)}
        for name in raw:
            if name not in keys:
                self._unknown(name, raw[name], keys, where)
        values = {}
        for name, key in keys.items():
            if name in raw:
                values[name] = self.value(key.kind, raw[name], where.at(name))
            elif key.is_required and dataclasses.is_dataclass(key.kind):
                values[name] = self.value(key.kind, {}, where.at(name))
            elif key.is_required:
                self._mistakes.add(where.at(name), f"is missing, {words_of(key.kind)} is expected")
        if len(self._mistakes) > before:
            return _WRONG
        try:
            return kind(**values)
        except (ValueError, SmmError) as error:
            return self._refused(error, where)

    def _unknown(self, name: str, raw: object, known: Iterable[str], where: Where) -> None:
        noun = "table" if isinstance(raw, Mapping) else "key"
        hint = did_you_mean(name, known, "") or f"known here: {', '.join(sorted(known))}"
        self._mistakes.add(where.at(name), f"unknown {noun}", hint=hint)

    def _unexpected(self, kind: Any, raw: object, where: Where, *, hint: str = "") -> _Wrong:
        found = _noun(raw) if is_secret_key(where.path) else _say(raw)
        self._mistakes.add(where, f"is {found}, {words_of(kind)} is expected", hint=hint)
        return _WRONG

    def _refused(self, error: Exception, where: Where) -> _Wrong:
        message, hint = (error.message, error.hint) if isinstance(error, SmmError) else (str(error), "")
        self._mistakes.add(where, message, hint=hint)
        return _WRONG


# ---------------------------------------------------------------- keys and words


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key of a table: a dataclass field with its annotation resolved. `default` is None when it is required."""

    name: str
    kind: Any
    is_required: bool
    default: Any
    metadata: Mapping[str, Any]


@cache
def keys_of(kind: type) -> tuple[Key, ...]:
    """The keys a dataclass is made of, in its order."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_key(field, hints[field.name]) for field in dataclasses.fields(kind) if field.init)


def _key(field: dataclasses.Field[Any], kind: Any) -> Key:
    default, factory = field.default, field.default_factory
    is_required = default is MISSING and factory is MISSING
    if default is MISSING:
        default = None if factory is MISSING else factory()
    return Key(name=field.name, kind=kind, is_required=is_required, default=default, metadata=field.metadata)


def words_of(kind: Any) -> str:
    """What a person would call a value of that kind, with an article: `a text`, `a list`, `one of next-slot, ask, drop`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return next((extra.words for extra in arguments[1:] if isinstance(extra, Form)), words_of(arguments[0]))
    if origin in (Union, types.UnionType):
        return " or ".join(words_of(member) for member in arguments if member is not types.NoneType)
    if origin is Literal:
        return _one_of_words(arguments)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _one_of_words([member.value for member in kind])
    if (origin or kind) in _LISTS:
        return "a list"
    if (origin or kind) in _TABLES or dataclasses.is_dataclass(kind):
        return "a table"
    return _WORDS.get(kind, "a value")


def _one_of_words(values: Iterable[object]) -> str:
    return "one of " + ", ".join(map(str, values))


def _say(raw: object) -> str:
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, str):
        return f'the text "{raw if len(raw) <= 40 else raw[:39] + "…"}"'
    if isinstance(raw, int | float | date | time):
        return f"{_noun(raw).replace('a ', 'the ', 1)} {raw}"
    return _noun(raw)


def _noun(raw: object) -> str:
    if isinstance(raw, bool):
        return "true or false"
    if isinstance(raw, Mapping):
        return "a table"
    nouns = ((str, "a text"), (int | float, "a number"), (list | tuple, "a list"), (date, "a date"), (time, "a time"))
    return next((noun for kind, noun in nouns if isinstance(raw, kind)), "a value of another kind")
