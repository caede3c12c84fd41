"""A workspace that is open: its configuration, store, plugins and clients, each made once and when first needed."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from smm_core.clock import Clock, SystemClock
from smm_core.errors import NotFound, PluginError, SmmError, did_you_mean
from smm_core.root import database_path
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.calls import Calls
    from smm_core.config import Client, Config, SourceConfig
    from smm_core.contracts import Publisher, ReviewDesk
    from smm_core.engine import Breadcrumbs, Engine
    from smm_core.http import Client as WebClient
    from smm_core.limits import Limits
    from smm_core.media import MediaStore
    from smm_core.model import Event, Profile
    from smm_core.plugins import Plugins
    from smm_core.quarantine import Quarantine
    from smm_core.store import Store
    from smm_core.troubles import Troubles

T = TypeVar("T")

_event_log = logging.getLogger("smm.event")
MADE_UP = "~test"
"""The end of the name of a test profile that is in no configuration; no configured name can hold a tilde."""


class Workspace:
    """One open workspace. Close it, or use it as a context manager."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.root = root
        self.clock = clock or SystemClock()
        self._clients: dict[str, WebClient] = {}
        self._profiles: dict[str, Profile] = {}
        self._limits: dict[str, tuple[object, Limits]] = {}
        self._said: set[str] = set()
        self._lock = threading.RLock()
        self._telling = threading.Lock()
        self._by = os.environ.get("SMM_PERSON") or os.environ.get("USER") or "someone"

    @property
    def by(self) -> str:
        """Who is working: `SMM_PERSON`, else the name of the login."""
        return self._by

    # ------------------------------------------------------------ parts, made when first needed

    @cached_property
    def config(self) -> Config:
        """What `smm.toml` says; a mistake in it is a `ConfigError`."""
        from smm_core.config import load_config

        return load_config(self.root)

    @cached_property
    def store(self) -> Store:
        """The database; made when there is none."""
        from smm_core.store import Store

        return Store(database_path(self.root), clock=self.clock)

    @cached_property
    def media(self) -> MediaStore:
        """The pictures."""
        from smm_core.media import MediaStore

        return MediaStore(self.root / ".smm" / "media")

    @cached_property
    def engine(self) -> Engine:
        """What runs plugin calls."""
        from smm_core.engine import Engine

        return Engine(self.config.plugins.deadline, self.breadcrumbs, self.troubles.note)

    @cached_property
    def troubles(self) -> Troubles:
        """What plugins did wrong lately, on disk."""
        from smm_core.troubles import Troubles

        return Troubles(self.root / ".smm" / "plugin-troubles.json", self.clock)

    @cached_property
    def breadcrumbs(self) -> Breadcrumbs:
        """The plugin calls under way, on disk."""
        from smm_core.engine import Breadcrumbs, breadcrumbs_of

        with contextlib.suppress(OSError):
            (self.root / ".smm").mkdir(mode=0o700, exist_ok=True)
        return Breadcrumbs(breadcrumbs_of(self.root, os.getpid()))

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins that this workspace may use, loaded."""
        from zoneinfo import ZoneInfo

        from smm_core import discovery, plugins
        from smm_core.builtin.observers import observers

        found = discovery.discover() + discovery.discover_files(self.root / "plugins")
        loaded = plugins.load(
            found,
            enabled=self.config.plugins.enabled,
            quarantined=self.quarantine.plugins(),
            engine=self.engine,
        )
        for name, observer in observers(self.config.events, self.root, ZoneInfo(self.config.zone)):
            loaded.register(observer, name)
        return loaded

    @cached_property
    def quarantine(self) -> Quarantine:
        """Plugins that ended the whole process lately."""
        from smm_core.quarantine import Quarantine

        return Quarantine(self.root / ".smm" / "quarantine.json", self.clock)

    def reload(self) -> None:
        """Read the configuration and the plugins again; a mistake in the new one leaves the old one in force."""
        from smm_core.config import load_config

        fresh = load_config(self.root)
        with self._lock:
            for name in ("config", "plugins", "engine"):
                self.__dict__.pop(name, None)
            self.__dict__["config"] = fresh
            self._profiles, self._limits = {}, {}
            self._close_clients()

    def close(self) -> None:
        """Close what was opened."""
        self._close_clients()
        engine, troubles = self.__dict__.pop("engine", None), self.__dict__.pop("troubles", None)
        if engine is not None:
            engine.settle()
        if troubles is not None:
            troubles.close()
        store = self.__dict__.pop("store", None)
        if store is not None:
            store.close()
        breadcrumbs = self.__dict__.pop("breadcrumbs", None)
        if breadcrumbs is not None:
            breadcrumbs.close()

    def _close_clients(self) -> None:
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ people and profiles

    def client(self, name: str) -> Client:
        """A client of the configuration."""
        return _named(self.config.clients, name, "client")

    def profile(self, name: str) -> Profile:
        """A profile with its settings decoded into the type its plugin declares.

        `NAME~test` is the test profile that `test_profile_of` makes up for the profile NAME.
        """
        known = self._profiles
        if name not in known:
            known[name] = self._decoded(name)
        return known[name]

    def _decoded(self, name: str) -> Profile:
        if name.endswith(MADE_UP):
            return self._made_up(self.profile(name.removesuffix(MADE_UP)))
        profile = _named(self.config.profiles, name, "profile")
        publisher = self.plugins.publisher(profile.platform)
        return replace(profile, settings=self._settings(publisher.settings, profile.settings, "profiles", name))

    def test_profile_of(self, name: str) -> Profile:
        """Where posts for a profile are tried out: itself on a test platform, else its `test_profile`, else one made up
        on the first test platform there is. Without any it is `NotFound`."""
        profile = self.profile(name)
        if self.is_test(profile):
            return profile
        return self.profile(profile.test_profile) if profile.test_profile else self._made_up(profile)

    def _made_up(self, profile: Profile) -> Profile:
        """A test profile that needs no configuration, so that every process of this workspace finds it by its name."""
        from smm_core.contracts import Imitates

        platforms = self.plugins.having("publisher", Imitates)
        if not platforms:
            raise NotFound(
                f"profile {profile.name} has no test profile, and no installed plugin is a test platform",
                hint=f"name one as test_profile in [profiles.{profile.name}], or install smm-sandbox",
            )
        platform = platforms[0]
        return replace(
            profile,
            name=profile.name + MADE_UP,
            platform=platform.name,
            imitates=profile.imitates or profile.platform,
            test_profile=None,
            slots=(),
            settings=self._settings(platform.settings, {}, "profiles", profile.name),
        )

    def _settings(self, kind: type, raw: Any, table: str, name: str) -> Any:
        from smm_core.config import decode_settings, settings_where
        from smm_core.deprecation import of_settings

        for mark in of_settings(kind, raw or {}):
            said = f"[{table}.{name}.settings] {mark}"
            if said not in self._said:
                self._said.add(said)
                logging.getLogger("smm.plugins").warning("smm.toml %s", said)
        return decode_settings(kind, raw or {}, where=settings_where(self.config, table, name), root=self.root)

    def source_settings(self, name: str) -> Any:
        """The settings of a configured source, decoded into the type its plugin declares."""
        source = _named(self.config.sources, name, "source")
        return self._settings(self.plugins.source(source.type).settings, source.settings, "sources", name)

    def approver_settings(self, name: str) -> Any:
        """The settings of an approver, decoded into the type it declares; one that declares none has nothing to set."""
        from smm_core.contracts import NoSettings

        kind = getattr(self.plugins.approver(name), "settings", NoSettings)
        return self._settings(kind, self.config.approvers.get(name), "approvers", name)

    def rules_of(self, profile: Profile) -> Publisher:
        """Whose `limits` and `render` hold for a profile: those of the platform it imitates, where that is a plugin's."""
        if profile.imitates and profile.imitates in self.plugins.names("publisher"):
            return self.plugins.publisher(profile.imitates)
        return self.plugins.publisher(profile.platform)

    def limits_of(self, profile: Profile) -> Limits:
        """What a profile accepts, by its platform's last word."""
        from smm_core.engine import Call
        from smm_core.limits import Limits

        rules = self.rules_of(profile)
        state = self.store.profiles.state(profile.name)
        before = self._limits.get(profile.name)
        if before is not None and before[0] == (profile, state.inspected_at):
            return before[1]
        call = Call(plugin=self.plugins.owner("publisher", rules.name), method="limits", subject=profile.name)
        limits = self.engine.run(call, lambda: rules.limits(profile, state.known), expect=Limits)
        self._limits[profile.name] = ((profile, state.inspected_at), limits)
        return limits

    def is_test(self, profile: Profile) -> bool:
        """Whether what is published there has no consequences."""
        from smm_core.contracts import Imitates

        return Imitates in self.plugins.publisher(profile.platform).abilities

    # ------------------------------------------------------------ what a call of a plugin needs

    @cached_property
    def calls(self) -> Calls:
        """The way to call a plugin."""
        from smm_core.calls import Calls

        return Calls(self)

    def desk(self, plugin: str) -> ReviewDesk:
        """Where a plugin lets people look at reviews and answer them."""
        from smm_core.desk.desk import Desk

        return Desk(self, plugin)

    def content_client(self) -> WebClient:
        """The client for addresses that came from content: guarded, a few redirects."""
        return self._web_client("", allow_private=False, redirects=3)

    def profile_client(self, profile: Profile) -> WebClient:
        """The client of one profile, kept open."""
        return self._web_client(profile.name, allow_private=profile.allow_private, redirects=0)

    def source_client(self, source: SourceConfig) -> WebClient:
        """The client of one source: guarded, but for the hosts that its configuration allows."""
        return self._web_client(f"source {source.name}", allow_private=frozenset(source.allow_private), redirects=3)

    def _web_client(self, name: str, *, allow_private: bool | frozenset[str], redirects: int) -> WebClient:
        from smm_core.http import Client

        with self._lock:
            client = self._clients.get(name)
            if client is None:
                client = self._clients[name] = Client(allow_private=allow_private, redirects=redirects)
            return client

    # ------------------------------------------------------------ telling people

    def event(
        self, kind: str, message: str, *, client: str = "", subject: str = "", urgent: bool = False, **data: Any
    ) -> Event:
        """Something that happens now, in words without secrets."""
        from smm_core.model import Event
        from smm_core.secrets import scrub

        return Event(
            kind=kind,
            at=self.clock.now(),
            message=scrub(message),
            client=client,
            subject=subject,
            urgent=urgent,
            data=data,
        )

    def log_event(self, event: Event) -> None:
        """Put an event into the log, such as one that the store holds already."""
        _event_log.log(
            logging.WARNING if event.urgent else logging.INFO,
            event.message,
            extra={"kind": event.kind, "subject": event.subject, "client": event.client},
        )

    def note(
        self, kind: str, message: str, *, client: str = "", subject: str = "", urgent: bool = False, **data: Any
    ) -> None:
        """Write down that something happens now, as `keep` does."""
        self.keep(self.event(kind, message, client=client, subject=subject, urgent=urgent, **data))

    def keep(self, event: Event) -> None:
        """Write an event into log and store. Observers are told by `tell`; a store that is full loses only the event."""
        self.log_event(event)
        with contextlib.suppress(SmmError):
            self.store.events.note(event)

    def tell(self) -> int:
        """Tell observers of every event they have not heard of; what they do wrong is logged. How many were told.

        One thread at a time: whoever comes second finds them told.
        """
        with self._telling:
            told = self.store.events.untold()
            hanging: set[str] = set()
            for number, event in told:
                self._tell_of(event, hanging)
                self.store.events.mark_told([number])
        return len(told)

    def _tell_of(self, event: Event, hanging: set[str]) -> None:
        from smm_core.engine import PluginTimeout

        limit = min(self.config.plugins.deadline, timedelta(seconds=15))
        ctx = self.calls.context("observers", "", limit)
        for name, answer in self.plugins.broadcast(
            self.engine, "smm_event", subject=event.kind, deadline=limit, without=hanging, event=event, ctx=ctx
        ):
            if isinstance(answer, PluginError):
                _event_log.warning("observer %s: %s", name, answer)
            if isinstance(answer, PluginTimeout):
                hanging.add(name)  # it would hold up each of the others, too


def _named(things: Mapping[str, T], name: str, what: str) -> T:
    if name in things:
        return things[name]
    raise NotFound(f"there is no {what} {name!r}", hint=did_you_mean(name, things))
