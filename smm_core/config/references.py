"""What one table of `smm.toml` says of another: names must lead somewhere, and what belongs together must be one client's.

These checks read the raw tables, so that a table with a mistake of another kind still gets its references checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from smm_core.config.mistakes import Mistakes, Where
from smm_core.errors import did_you_mean

Tables = Mapping[str, Any]

_REFERENCES = (
    ("profiles", "client", "clients"),
    ("profiles", "test_profile", "profiles"),
    ("sources", "client", "clients"),
    ("rules", "source", "sources"),
    ("rules", "profiles", "profiles"),
    ("workflows", "clients", "clients"),
    ("workflows", "profiles", "profiles"),
)
_PERSONS = (("stages", "persons"), ("escalate", "to"))
_OWNED = ("profiles", "sources")


def check_references(raw: Tables, *, where: Where, mistakes: Mistakes) -> None:
    """Note every name in the raw `smm.toml` that leads nowhere or to another client's things."""
    clients = tables_of(raw, "clients")
    if not raw.get("clients"):
        mistakes.add(where.at("clients"), "there is no client", hint='write [clients.NAME] and title = "…"')
    for group, key, target in _REFERENCES:
        for name, table in tables_of(raw, group).items():
            for place, word in _words(table.get(key), where.at(group, name, key)):
                _check_name(word, target, raw, place, mistakes)
    for name, table in tables_of(raw, "persons").items():
        for client in table["roles"] if isinstance(table.get("roles"), Mapping) else ():
            _check_name(client, "clients", raw, where.at("persons", name, "roles", client), mistakes)
    for name, table in tables_of(raw, "workflows").items():
        _check_workflow(table, raw, where.at("workflows", name), mistakes)
    if len(clients) > 1:
        _check_owners(raw, where, mistakes)
        _check_rules(raw, where, mistakes)
    for name, table in tables_of(raw, "profiles").items():
        if table.get("test_profile") == name:
            mistakes.add(where.at("profiles", name, "test_profile"), "is the profile itself", hint="name another one")


def tables_of(raw: Tables, group: str) -> Mapping[str, Tables]:
    """The tables of a group, such as `profiles`; what is no table is left out."""
    group_table = raw.get(group)
    if not isinstance(group_table, Mapping):
        return {}
    return {name: table for name, table in group_table.items() if isinstance(table, Mapping)}


def _check_workflow(table: Tables, raw: Tables, where: Where, mistakes: Mistakes) -> None:
    """Persons that are named must be there; a stage's name says which it is; silence needs what it wants to do."""
    for key, inner in _PERSONS:
        entries = table.get(key)
        for at, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, Mapping):
                for place, word in _words(entry.get(inner), where.at(key, at, inner)):
                    _check_name(word, "persons", raw, place, mistakes)
    stages = [one for one in table.get("stages", ()) if isinstance(one, Mapping)] if _is_list(table, "stages") else []
    names = [one.get("name") for one in stages]
    for at, name in enumerate(names):
        if name in names[:at]:
            mistakes.add(
                where.at("stages", at, "name"), f'is "{name}", as another stage before it', hint="name it otherwise"
            )
    if table.get("on_silence") == "fallback" and not table.get("fallback"):
        mistakes.add(where.at("fallback"), "is missing", hint="name the posts that may take the place")
    if table.get("on_silence") == "consent":
        _check_consent(table, stages, raw, where, mistakes)


def _check_consent(table: Tables, stages: list[Tables], raw: Tables, where: Where, mistakes: Mistakes) -> None:
    """Silence is a yes only of clients who agreed to that, were asked, and were reminded."""
    if not any(stage.get("audience") == "client" for stage in stages):
        hint = 'give it a stage with audience = "client"; nobody else agrees by saying nothing'
        mistakes.add(where.at("on_silence"), "is consent, but no stage asks the client", hint=hint)
    if not table.get("remind"):
        hint = 'write for instance remind = ["1 working day before"]'
        mistakes.add(where.at("remind"), "is missing, and silence is no yes of who was not reminded", hint=hint)
    clients = tables_of(raw, "clients")
    named = table.get("clients") if _is_list(table, "clients") else list(clients)
    for name in named or ():
        if name in clients and not clients[name].get("silence_is_consent"):
            hint = f'write silence_is_consent = "…" in [clients.{name}], with where that was agreed'
            mistakes.add(where.at("on_silence"), f"is consent, but client {name} has not agreed to that", hint=hint)


def _is_list(table: Tables, key: str) -> bool:
    return isinstance(table.get(key), list)


def _words(value: object, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, list):
        for at, entry in enumerate(value):
            if isinstance(entry, str):
                yield where.at(at), entry


def _check_name(word: str, target: str, raw: Tables, where: Where, mistakes: Mistakes) -> None:
    group = raw.get(target, {})
    if isinstance(group, Mapping) and word not in group:
        hint = (
            did_you_mean(word, group, "")
            or f"write a table [{target}.{word}], or name one of: {', '.join(group) or 'none yet'}"
        )
        mistakes.add(where, f'there is no {target.removesuffix("s")} "{word}"', hint=hint)


def _check_owners(raw: Tables, where: Where, mistakes: Mistakes) -> None:
    for group in _OWNED:
        for name, table in tables_of(raw, group).items():
            if "client" not in table:
                hint = f"name one of: {', '.join(raw['clients'])}"
                mistakes.add(where.at(group, name, "client"), "is missing, there is more than one client", hint=hint)


def _check_rules(raw: Tables, where: Where, mistakes: Mistakes) -> None:
    """One client's ideas must not go out on another's profiles."""
    sources, profiles = tables_of(raw, "sources"), tables_of(raw, "profiles")
    for name, rule in tables_of(raw, "rules").items():
        source = rule.get("source")
        owner = sources[source].get("client") if isinstance(source, str) and source in sources else None
        for place, profile in _words(rule.get("profiles"), where.at("rules", name, "profiles")):
            other = profiles[profile].get("client") if profile in profiles else None
            if owner and other and owner != other:
                message = f'profile "{profile}" is of client "{other}", source "{source}" of "{owner}"'
                mistakes.add(place, message, hint="a rule stays with one client")
