"""Loads plugins. A broken one is a line in `smm plugins list`; the rest goes on.

Loading imports each plugin on its own and lets it register; two objects of one name are an error that names both.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import sys
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from types import FunctionType, ModuleType
from typing import Any

import pluggy
from msgspec import Struct

from smm_core import deprecation, hookspecs
from smm_core.contracts import Approver, Metrics, Publisher, Source, Template
from smm_core.discovery import Found
from smm_core.engine import Call, Engine
from smm_core.errors import NotFound, PluginError, SmmError, did_you_mean
from smm_core.secrets import scrub

log = logging.getLogger("smm.plugins")

FAMILIES: Mapping[str, type] = {
    "source": Source,
    "template": Template,
    "approver": Approver,
    "publisher": Publisher,
    "metrics": Metrics,
}


class Loaded(Struct, frozen=True, kw_only=True):
    """A plugin and what became of it: `error` is empty when it works. `left_out`: for now, after it ended a process.

    `deprecated`: what it uses that goes away, a line each.
    """

    found: Found
    enabled: bool = True
    error: str = ""
    left_out: bool = False
    deprecated: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()


class Plugins:
    """The loaded plugins of one workspace and the objects they offer."""

    def __init__(
        self, loaded: Sequence[Loaded], manager: pluggy.PluginManager, objects: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.loaded = tuple(loaded)
        self._manager = manager
        self._objects = objects
        self._owners = {id(thing): owner for owner, things in _owners(objects).items() for thing in things}

    # ------------------------------------------------------------ objects by name

    def source(self, name: str) -> Source:
        """The source of that name."""
        return self._pick("source", name)  # type: ignore[no-any-return]

    def template(self, name: str) -> Template:
        """The template of that name."""
        return self._pick("template", name)  # type: ignore[no-any-return]

    def approver(self, name: str) -> Approver:
        """The approver of that name."""
        return self._pick("approver", name)  # type: ignore[no-any-return]

    def publisher(self, name: str) -> Publisher:
        """The publisher of that name."""
        return self._pick("publisher", name)  # type: ignore[no-any-return]

    def metrics(self, name: str) -> Metrics | None:
        """The metrics reader of that platform, or None where nobody reads its numbers."""
        entry = self._objects["metrics"].get(name)
        return entry[1] if entry else None

    def get(self, family: str, name: str) -> Any:
        """An object of a family by name."""
        return self._pick(family, name)

    def having(self, family: str, ability: type) -> list[Any]:
        """The objects of a family that declare an ability, sorted by name."""
        return [
            thing
            for _, (_, thing) in sorted(self._objects[family].items())
            if ability in getattr(thing, "abilities", ())
        ]

    def owner(self, family: str, name: str) -> str:
        """The plugin that offers an object."""
        entry = self._objects[family].get(name)
        return entry[0] if entry else name

    def names(self, family: str) -> list[str]:
        """The names there are in a family."""
        return sorted(self._objects[family])

    def _pick(self, family: str, name: str) -> Any:
        entry = self._objects[family].get(name)
        if entry is not None:
            return entry[1]
        raise NotFound(f"no plugin offers the {family} {name!r}", hint=self._hint(family, name))

    def _hint(self, family: str, name: str) -> str:
        broken = [one.found.name for one in self.loaded if one.error]
        if broken:
            return f"broken: {', '.join(broken)}; `smm doctor` says why"
        known = self.names(family)
        return did_you_mean(name, known, f"there are: {', '.join(known) or 'none'}; `smm plugins list` shows all")

    # ------------------------------------------------------------ hooks that everybody hears

    def broadcast(
        self,
        engine: Engine,
        hook: str,
        *,
        subject: str = "",
        deadline: timedelta | None = None,
        without: Collection[str] = (),
        **arguments: Any,
    ) -> list[tuple[str, Any]]:
        """What each plugin answers to a hook (plugin name → result), each called on its own; errors as `PluginError`."""
        answers: list[tuple[str, Any]] = []
        for name, implementation in self._implementations(hook):
            if name in without:
                continue
            wanted = {key: arguments[key] for key in implementation.argnames if key in arguments}
            try:
                answers.append(
                    (
                        name,
                        engine.run(
                            Call(plugin=name, method=hook, subject=subject),
                            lambda function=implementation.function, wanted=wanted: function(**wanted),  # type: ignore[misc]
                            expect=object,
                            deadline=deadline,
                        ),
                    )
                )
            except PluginError as error:
                answers.append((name, error))
            except SmmError as error:
                answers.append((name, PluginError(f"plugin {name}: {hook}: {error}", plugin=name, method=hook)))
        return answers

    def with_stand_ins(self, stand_in: Callable[[str, str, Any], Any]) -> Plugins:
        """The same plugins, each object replaced by what `stand_in(family, plugin, object)` gives for it; hooks stay theirs."""
        objects = {
            family: {name: (owner, stand_in(family, owner, thing)) for name, (owner, thing) in things.items()}
            for family, things in self._objects.items()
        }
        return Plugins(self.loaded, self._manager, objects)

    def _implementations(self, hook: str) -> list[tuple[str, Any]]:
        caller = getattr(self._manager.hook, hook)
        return sorted(((one.plugin_name, one) for one in caller.get_hookimpls()), key=lambda pair: pair[0])

    def register(self, plugin: object, name: str) -> None:
        """Add an object with hooks of core's own, such as an observer made from the configuration."""
        self._manager.register(plugin, name)


def _owners(objects: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    owners: dict[str, list[Any]] = {}
    for family in objects.values():
        for owner, thing in family.values():
            owners.setdefault(owner, []).append(thing)
    return owners


class _Manager(pluggy.PluginManager):
    """Looks for hooks among a module's functions only: its other names are most of them, and looking at one is dear."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if isinstance(plugin, ModuleType) and not isinstance(vars(plugin).get(name), FunctionType):
            return None
        return super().parse_hookimpl_opts(plugin, name)


def load(
    found: Sequence[Found],
    *,
    enabled: Sequence[str] | None = None,
    quarantined: Mapping[str, str] | None = None,
    engine: Engine | None = None,
) -> Plugins:
    """Import and register plugins, each on its own. `enabled` limits them by name; built-ins always load.

    `quarantined` maps a plugin to why it is left out for now. `engine` runs what is theirs: the import and the hooks.
    """
    engine = engine or Engine()
    manager = _Manager("smm")
    manager.add_hookspecs(hookspecs)
    objects: dict[str, dict[str, tuple[str, Any]]] = {family: {} for family in FAMILIES}
    loaded: list[Loaded] = []
    for one in found:
        if enabled is not None and one.name not in enabled and one.name != "builtin":
            loaded.append(Loaded(found=one, enabled=False))
            continue
        if quarantined and one.name in quarantined:
            loaded.append(Loaded(found=one, error=quarantined[one.name], left_out=True))
            continue
        loaded.append(_load_one(one, manager, objects, engine))
        if loaded[-1].error:
            log.warning("plugin %s is left out: %s", one.name, loaded[-1].error, extra={"plugin": one.name})
        for line in loaded[-1].deprecated:
            log.warning("plugin %s: %s", one.name, line, extra={"plugin": one.name})
    return Plugins(loaded, manager, objects)


def _load_one(
    one: Found, manager: pluggy.PluginManager, objects: dict[str, dict[str, tuple[str, Any]]], engine: Engine
) -> Loaded:
    try:
        module = engine.run(Call(plugin=one.name, method="import"), lambda: _import(one), expect=object)
        hooks = _registered(manager, module, one.name)
    except Exception as error:
        with contextlib.suppress(Exception):
            manager.unregister(name=one.name)
        return Loaded(found=one, error=f"cannot be loaded: {_said(error)}")
    try:
        manager.check_pending()
        names = _register_objects(one, manager, objects, engine)
    except Exception as error:
        manager.unregister(name=one.name)
        return Loaded(found=one, error=_said(error))
    callers = manager.get_hookcallers(module) or []
    offered = (objects[family][name][1] for family, name in names)
    deprecated = [*hooks, *(mark for thing in offered for mark in deprecation.of_object(thing))]
    return Loaded(
        found=one,
        hooks=tuple(sorted(caller.name for caller in callers)),
        objects=tuple(f"{family} {name}" for family, name in names),
        deprecated=tuple(dict.fromkeys(map(str, deprecated))),
    )


def _registered(manager: pluggy.PluginManager, module: object, name: str) -> list[deprecation.Deprecated]:
    """Register a plugin's hooks; those that go away."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        manager.register(module, name)
    return [one.message for one in caught if isinstance(one.message, deprecation.Deprecated)]


def _import(one: Found) -> Any:
    if one.target.endswith(".py"):
        spec = importlib.util.spec_from_file_location(f"smm_workspace_plugins.{one.name}", one.target)
        if spec is None or spec.loader is None:
            raise ImportError(f"{one.target} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    name, _, attribute = one.target.partition(":")
    thing: Any = importlib.import_module(name)
    for word in filter(None, attribute.split(".")):
        thing = getattr(thing, word)
    return thing


def _register_objects(
    one: Found, manager: pluggy.PluginManager, objects: dict[str, dict[str, tuple[str, Any]]], engine: Engine
) -> list[tuple[str, str]]:
    """Ask one plugin for its objects, check each, and add them all or none. Their families and names."""
    fresh: list[tuple[str, str, Any]] = []
    for family, kind in FAMILIES.items():
        hook = f"smm_{family}s" if family != "metrics" else "smm_metrics"
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            if implementation.plugin_name != one.name:
                continue
            call = Call(plugin=one.name, method=hook)
            for thing in engine.run(call, lambda ask=implementation.function: list(ask() or ()), expect=list):  # type: ignore[misc]
                fresh.append((family, _checked(thing, kind, family, hook), thing))
    for family, name, thing in fresh:
        if name in objects[family]:
            other = objects[family][name][0]
            raise PluginError(f"{one.name} and {other} both offer the {family} {name!r}", plugin=one.name)
        for ability in getattr(thing, "abilities", ()):
            if not isinstance(thing, ability):
                raise PluginError(
                    f"the {family} {name!r} declares {ability.__name__} but lacks its methods", plugin=one.name
                )
    for family, name, thing in fresh:
        objects[family][name] = (one.name, thing)
    return [(family, name) for family, name, _ in fresh]


def _checked(thing: Any, kind: type, family: str, hook: str) -> str:
    if not isinstance(thing, kind):
        missing = sorted(name for name in _members(kind) if not hasattr(thing, name))
        raise PluginError(
            f"{hook} returned {type(thing).__name__}, which is no {family}: it lacks {', '.join(missing)}"
        )
    return str(thing.name)  # type: ignore[attr-defined]


def _members(kind: type) -> set[str]:
    own = {name for name in vars(kind) if not name.startswith("_")}
    return own | set(getattr(kind, "__annotations__", {}))


def _said(error: BaseException) -> str:
    # A stranger's error comes wrapped with the plugin's name, which stands beside this line anyway.
    error = error.__cause__ or error
    lines = [line.strip() for line in scrub(str(error)).strip().splitlines()[:3]]
    first = " ".join(filter(None, lines))[:300]
    return first if isinstance(error, PluginError) else f"{type(error).__name__}: {first}".rstrip(": ")
