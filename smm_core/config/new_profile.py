"""A new profile in `smm.toml`: its values by key, made of what a person typed, and the table that is written.

The table is put at the end of the file as text, so that everything that stands there already stays byte for byte as it is.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from smm_core.config.decode import Key, decode_settings, keys_of
from smm_core.config.mistakes import is_secret_key
from smm_core.config.schema import CONFIG_FILE, ProfileTable
from smm_core.content.write import replace_file, toml_value
from smm_core.errors import ConfigError, SmmError, did_you_mean
from smm_core.secrets import Secret

PROFILE_KEYS = frozenset(field.name for field in fields(ProfileTable)) - {"platform", "settings"}
_TEXTS = (str, Path, timedelta, Secret)
_YES_NO = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class NewProfile:
    """A profile that is to be written. `own` are keys of `[profiles.NAME]`, `settings` those of its settings; references, no secrets."""

    name: str
    platform: str
    own: Mapping[str, Any]
    settings: Mapping[str, Any]

    def toml(self) -> str:
        """The tables."""
        lines = [f"[profiles.{self.name}]", f"platform = {toml_value(self.platform)}"]
        lines += [f"{key} = {toml_value(value)}" for key, value in self.own.items()]
        if self.settings:
            lines += ["", f"[profiles.{self.name}.settings]"]
            lines += [f"{key} = {toml_value(value)}" for key, value in self.settings.items()]
        return "\n".join(lines) + "\n"


def append_profile(root: Path, profile: NewProfile) -> str:
    """Write the profile to the end of `smm.toml`, and return the file's text as it was before, for `restore`."""
    path = root / CONFIG_FILE
    before = path.read_text("utf-8")
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    replace_file(path, before + gap + profile.toml())
    return before


def restore(root: Path, profile: NewProfile, before: str) -> bool:
    """Take the profile out again, and say whether that was done: not when somebody has changed the file meanwhile."""
    path = root / CONFIG_FILE
    now = path.read_text("utf-8")
    if not (now.startswith(before) and now[len(before) :].strip() == profile.toml().strip()):
        return False
    replace_file(path, before)
    return True


def is_secret(key: Key) -> bool:
    """Whether a setting is a reference to a secret: by its type, or a text that is named like one."""
    return Secret in _kinds(key.kind) or (str in _kinds(key.kind) and is_secret_key((key.name,)))


def value_of(key: Key, typed: str, *, where: str) -> Any:
    """What a person typed for a key, as TOML would hold it: checked by the key's type. A mistake is a `ConfigError`."""
    raw = _raw(key.kind, typed, where)
    _check(key, raw, where)
    return raw


def _raw(kind: Any, typed: str, where: str) -> Any:
    kinds = _kinds(kind)
    if any(one in _TEXTS or get_origin(one) is Literal or _is_enum(one) for one in kinds):
        return typed
    if bool in kinds:
        return _YES_NO.get(typed.strip().lower(), typed)
    import tomllib

    is_list = any((get_origin(one) or one) in (tuple, list, frozenset, set) for one in kinds)
    if is_list and not typed.lstrip().startswith("["):
        return [word.strip() for word in typed.split(",") if word.strip()]
    try:
        return tomllib.loads(f"value = {typed}")["value"]
    except ValueError:
        if any(one in (int, float) for one in kinds):
            return typed
        raise ConfigError(
            "cannot be read", where=where, hint='write it as in smm.toml: ["a", "b"] or { key = "value" }'
        ) from None


def _check(key: Key, raw: Any, where: str) -> None:
    import dataclasses

    alone = dataclasses.make_dataclass("alone", [(key.name, key.kind)], frozen=True, kw_only=True)
    decode_settings(alone, {key.name: raw}, where=where)


def _kinds(kind: Any) -> tuple[Any, ...]:
    """The types that a value may have, without None and without what only narrows them."""
    from typing import Annotated

    if get_origin(kind) is Annotated:
        return _kinds(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(one for member in get_args(kind) for one in _kinds(member) if one is not types.NoneType)
    return (kind,)


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def key_named(settings: type, name: str, platform: str) -> tuple[Key, bool]:
    """The key of that name, and whether it is one of the platform's settings (else one of the profile itself)."""
    of_settings = {key.name: key for key in keys_of(settings)}
    of_profile = {key.name: key for key in keys_of(ProfileTable) if key.name in PROFILE_KEYS}
    if name in of_settings:
        return of_settings[name], True
    if name in of_profile:
        return of_profile[name], False

    known = [*of_settings, *of_profile]
    raise SmmError(
        f"a profile on {platform} has no setting {name!r}",
        hint=did_you_mean(name, known, "") or f"there are: {', '.join(known)}",
    )
