"""Rules about the objects that a plugin offers."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterator
from datetime import date
from types import MappingProxyType
from typing import Any

from smm_core import contracts
from smm_core.config.decode import decode_settings
from smm_core.config.mistakes import is_secret_key
from smm_core.contracts import Finds, Guarantees
from smm_core.engine import Call
from smm_core.errors import ConfigError
from smm_core.limits import Limits
from smm_core.model import Profile
from smm_core.plugins import FAMILIES
from smm_core.quality.candidate import Candidate, Offered
from smm_core.secrets import Secret

_ABILITIES = MappingProxyType(
    {
        "publisher": (
            contracts.Finds,
            contracts.Resumes,
            contracts.Deletes,
            contracts.Edits,
            contracts.Replies,
            contracts.Listens,
            contracts.SchedulesNatively,
            contracts.LogsIn,
            contracts.VariesByServer,
            contracts.Previews,
            contracts.Imitates,
            contracts.ByHand,
        ),
        "template": (contracts.Draws,),
        "approver": (contracts.AsksTogether,),
    }
)
_SURE = range(400, 500)


def settings(candidate: Candidate) -> list[str] | None:
    """What cannot be decoded, is not frozen, or has no help."""
    kinds = _settings_of(candidate)
    said = [line for name, kind in kinds for line in _about_settings(name, kind)]
    return said if kinds else None


def _about_settings(name: str, kind: Any) -> Iterator[str]:
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        yield f"{name} is no dataclass"
        return
    if not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        yield f"{name} is not frozen: @dataclass(frozen=True, kw_only=True, slots=True)"
    hints = typing.get_type_hints(kind, include_extras=True)
    for one in dataclasses.fields(kind):
        if hints[one.name] in (Any, object, dict, list):
            yield f"{name}.{one.name} has no type that says what it is"
        if not str(one.metadata.get("help", "")).strip():
            yield f'{name}.{one.name} has no help line: field(…, metadata={{"help": "…"}})'
    try:
        decode_settings(kind, {}, where="settings")
    except TypeError as error:
        yield f"{name} cannot be read from a configuration: {error}"
    except ConfigError:
        pass  # a field without a default is missing in an empty table, as it should be


def secrets(candidate: Candidate) -> list[str] | None:
    """Fields that are named like secrets and are something else."""
    kinds = [(name, kind) for name, kind in _settings_of(candidate) if dataclasses.is_dataclass(kind)]
    said = []
    for name, kind in kinds:
        hints = typing.get_type_hints(kind)
        for one in dataclasses.fields(kind):
            if is_secret_key((one.name,)) and Secret not in _parts_of(hints[one.name]):
                said.append(f"{name}.{one.name} is named like a secret and not typed Secret")
    return said if kinds else None


def limits(candidate: Candidate) -> list[str] | None:
    """Limits whose source or date is missing."""
    publishers = candidate.of("publisher")
    return [line for one in publishers for line in _about_limits(candidate, one)] if publishers else None


def _about_limits(candidate: Candidate, one: Offered) -> Iterator[str]:
    profile = Profile(name="any", client="any", platform=one.name)
    call = Call(plugin=candidate.found.name, method="limits", subject=one.name)
    stated: Limits = candidate.engine.run(call, lambda: one.thing.limits(profile, {}), expect=Limits)
    plain = Limits()
    for name in Limits.__struct_fields__:
        if name != "provenance" and getattr(stated, name) != getattr(plain, name):
            known = stated.provenance_of(name)
            if known is None:
                yield f"{one}: nothing says where the limit {name!r} is known from"
    for name, known in stated.provenance.items():
        if not known.source.strip():
            yield f"{one}: the provenance of {name!r} names no source"
        if not _is_date(known.as_of):
            yield f"{one}: the provenance of {name!r} is of {known.as_of!r}, which is no date like 2026-11-23, 2026-11 or 2026"


def guarantees(candidate: Candidate) -> list[str] | None:
    """Promises that contradict each other or what the object can do."""
    publishers = candidate.of("publisher")
    return [line for one in publishers for line in _about_guarantees(one)] if publishers else None


def _about_guarantees(one: Offered) -> Iterator[str]:
    given = one.thing.guarantees
    if not isinstance(given, Guarantees):
        yield f"{one}: its guarantees are {type(given).__name__}, not Guarantees"
        return
    finds = Finds in one.thing.abilities
    if given.find and not finds:
        yield f"{one} promises to find ({given.find}) and does not declare Finds"
    if finds and not given.find:
        yield f'{one} declares Finds and does not say how sure it is: Guarantees(find="exact") or "resemblance"'
    if given.absent_after is not None and not finds:
        yield f"{one} says when absence proves something and cannot look: it does not declare Finds"
    if given.key_life is not None and given.key_settles >= given.key_life:
        yield f"{one}: its key ends before it is known (key_settles ≥ key_life)"
    unsure = sorted(status for status in given.not_sent if status not in _SURE)
    if unsure:
        yield f"{one} takes {', '.join(map(str, unsure))} for a proof that nothing was sent; a proxy may say that, too"
    if 408 in given.not_sent:
        yield f"{one} takes 408 for a proof that nothing was sent; it means that the platform stopped waiting"


def abilities(candidate: Candidate) -> list[str] | None:
    """Methods whose signature is another, and abilities that are there and not declared."""
    said = []
    for one in candidate.objects:
        declared: frozenset[type] = getattr(one.thing, "abilities", frozenset())
        for kind in (FAMILIES[one.family], *sorted(declared, key=lambda ability: ability.__name__)):
            said += [f"{one}: {line}" for line in _signatures(one.thing, kind)]
        undeclared = [
            kind.__name__
            for kind in _ABILITIES.get(one.family, ())
            if kind not in declared and isinstance(one.thing, kind)
        ]
        said += [f"{one} has the methods of {name} and does not declare it" for name in undeclared]
    return said if candidate.objects else None


def _signatures(thing: Any, kind: type) -> Iterator[str]:
    for name, method in vars(kind).items():
        if name.startswith("_") or not inspect.isfunction(method):
            continue
        wanted = list(inspect.signature(method).parameters)[1:]
        has = inspect.signature(getattr(thing, name)).parameters
        needed = [one for one, given in has.items() if one in wanted or given.default is given.empty]
        if needed != wanted:
            yield f"{name}({', '.join(has)}) must be {name}({', '.join(wanted)})"
        if inspect.iscoroutinefunction(getattr(thing, name)):
            yield f"{name} is async; methods of plugins are plain functions"


# ---------------------------------------------------------------- small things


def _settings_of(candidate: Candidate) -> list[tuple[str, Any]]:
    """The settings types, each once, under the name of the class."""
    kinds = [getattr(one.thing, "settings", None) for one in candidate.objects]
    unique = dict.fromkeys(kind for kind in kinds if kind is not None and kind is not contracts.NoSettings)
    return [(getattr(kind, "__name__", "settings"), kind) for kind in unique]


def _parts_of(hint: Any) -> tuple[Any, ...]:
    """A type and everything that it is made of."""
    return (hint, *(part for one in typing.get_args(hint) for part in _parts_of(one)))


def _is_date(text: str) -> bool:
    """Whether it is a date, as exact as it is known: of a day, a month or a year."""
    whole = text + "-01-01"[len(text) - 4 :] if len(text) in (4, 7) else text
    try:
        date.fromisoformat(whole)
    except ValueError:
        return False
    return True
