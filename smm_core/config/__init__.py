"""`smm.toml` and brand books as typed, frozen objects; a mistake is answered with file, line, key and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from smm_core.config.brand_book import load_brands
from smm_core.config.decode import decode_into, decode_settings
from smm_core.config.mistakes import Mistakes, Where, note_open_secrets
from smm_core.config.references import check_references, tables_of
from smm_core.config.review_schema import ReviewsTable, WorkflowsTable
from smm_core.config.schema import CONFIG_FILE, ClientTable, ConfigDocument, ProfileTable
from smm_core.model import Brand, Late, Profile, Scheduler
from smm_core.slots import parse_slots
from smm_core.toml_source import Lines, read_toml
from smm_core.values import replace
from smm_core.workflow import Person
from smm_core.working_time import WorkCalendar

__all__ = [
    "Client",
    "Config",
    "DaemonConfig",
    "EventsConfig",
    "Person",
    "PluginsConfig",
    "PublishConfig",
    "RuleConfig",
    "SourceConfig",
    "WorkflowConfig",
    "decode_settings",
    "load_config",
    "settings_where",
]


class Client(Struct, frozen=True, kw_only=True):
    """Whom the work is for. `zone` and `language` hold for its profiles unless they say otherwise.

    `silence_is_consent` says where it agreed that silence means yes; it is empty where it has not.
    """

    name: str
    title: str
    zone: str
    language: str
    country: str
    brand: Brand
    subdivision: str = ""
    holidays: tuple[date, ...] = ()
    working_hours: tuple[str, ...] = ()
    silence_is_consent: str = ""

    def calendar(self) -> WorkCalendar:
        """When it works: its hours in its zone, without the holidays of its country."""
        return WorkCalendar(
            self.zone,
            hours=self.working_hours,
            country=self.country,
            subdivision=self.subdivision,
            closed=self.holidays,
        )


class SourceConfig(Struct, frozen=True, kw_only=True):
    """A configured source: `type` names the plugin's source, `settings` is still undecoded."""

    name: str
    type: str
    client: str
    every: timedelta
    allow_private: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


class RuleConfig(Struct, frozen=True, kw_only=True):
    """New ideas of `source` become posts by `template` and `layout`, at most `per_day` a day."""

    name: str
    source: str
    template: str
    layout: str
    profiles: tuple[str, ...]
    per_day: int
    labels: tuple[str, ...] = ()
    campaign: str | None = None


class WorkflowConfig(Struct, frozen=True, kw_only=True):
    """Who approves. `approver` is an approver plugin's name; a review expires `deadline` before the first delivery is due."""

    approver: str
    deadline: timedelta


class PublishConfig(Struct, frozen=True, kw_only=True):
    """`window`: how late a delivery may go out; `late`: what happens after that; `distance`: least time between two posts of a
    profile; `per_day`: most posts of a profile a day; `prepare_ahead`: how early uploads start; `repeat_window`: how long the
    same text to the same profile counts as a repetition; `retry_after`: how long to wait before the first new try, where the
    platform does not say; `series_ahead`: how long before their time the posts of a series are made."""

    window: timedelta
    late: Late
    distance: timedelta
    per_day: int
    prepare_ahead: timedelta
    repeat_window: timedelta
    retry_after: timedelta
    series_ahead: timedelta


class EventsConfig(Struct, frozen=True, kw_only=True):
    """Where events go: the terminal of the daemon, and a webhook (address and a reference to its signing secret)."""

    terminal: bool
    webhook: str | None
    webhook_secret: str | None


class PluginsConfig(Struct, frozen=True, kw_only=True):
    """Which plugins may be loaded (None: all that are installed) and how long one call of theirs may take."""

    enabled: tuple[str, ...] | None
    deadline: timedelta


class DaemonConfig(Struct, frozen=True, kw_only=True):
    """How often the daemon looks for changed content, measures, and asks what others said."""

    collect_every: timedelta
    measure_every: timedelta
    listen_every: timedelta


class Config(Struct, frozen=True, kw_only=True):
    """Everything that `smm.toml` says. `profiles` and `approvers` hold raw settings until their plugin has decoded them."""

    root: Path
    name: str
    zone: str
    language: str
    clients: Mapping[str, Client]
    persons: Mapping[str, Person]
    profiles: Mapping[str, Profile]
    sources: Mapping[str, SourceConfig]
    rules: Mapping[str, RuleConfig]
    workflow: WorkflowConfig
    workflows: Mapping[str, WorkflowsTable]
    reviews: ReviewsTable
    approvers: Mapping[str, Mapping[str, Any]]
    publish: PublishConfig
    events: EventsConfig
    plugins: PluginsConfig
    daemon: DaemonConfig

    @property
    def handing_over(self) -> frozenset[str]:
        """The profiles whose deliveries the platform's own scheduler is to have."""
        return frozenset(name for name, profile in self.profiles.items() if profile.schedule is Scheduler.PLATFORM)


# ---------------------------------------------------------------- reading


def load_config(root: Path) -> Config:
    """The configuration of the workspace in the folder `root`: its `smm.toml` and the brand books this names.

    All mistakes of these files at once are a `ConfigErrors`.
    """
    root = root.absolute()
    source = read_toml(root / CONFIG_FILE, shown=CONFIG_FILE, if_missing=f"smm init {root} makes a workspace there")
    where = Where(file=CONFIG_FILE, lines=source.lines)
    mistakes = Mistakes()
    document = decode_into(ConfigDocument, source.raw, where=where, mistakes=mistakes)
    note_open_secrets(source.raw, where=where, mistakes=mistakes)
    check_references(source.raw, where=where, mistakes=mistakes)
    brands = load_brands(tables_of(source.raw, "clients"), root, where=where.at("clients"), mistakes=mistakes)
    return _config_of(mistakes.settle(document), brands, root)


def settings_where(config: Config, table: str, name: str) -> Where:
    """The place of the settings of a profile, source or approver (`table` is `profiles`, …), for `decode_settings`.

    Lines are looked up in the file when a mistake asks for them.
    """
    path = config.root / CONFIG_FILE
    lines = Lines(lambda: path.read_text("utf-8-sig", "replace") if path.is_file() else "")
    return Where(file=CONFIG_FILE, path=(table, name, "settings"), lines=lines)


def _config_of(document: ConfigDocument, brands: Mapping[str, Brand], root: Path) -> Config:
    workspace = document.workspace
    no_book = Brand(name="", root=str(root))
    clients = {
        name: _client_of(name, table, document, brands.get(name, no_book)) for name, table in document.clients.items()
    }
    only_client = next(iter(clients))
    return Config(
        root=root,
        name=workspace.name,
        zone=workspace.zone,
        language=workspace.language,
        clients=clients,
        persons={
            name: Person(
                name=name,
                address=table.address,
                language=table.language or workspace.language,
                roles=table.roles,
                title=table.title or name,
                zone=table.zone or workspace.zone,
            )
            for name, table in document.persons.items()
        },
        profiles={
            name: _profile_of(name, table, clients[table.client or only_client], document)
            for name, table in document.profiles.items()
        },
        sources={
            name: SourceConfig(
                name=name,
                type=table.type,
                client=table.client or only_client,
                every=table.every,
                allow_private=table.allow_private,
                settings=table.settings,
            )
            for name, table in document.sources.items()
        },
        rules={name: RuleConfig(name=name, **_fields(table)) for name, table in document.rules.items()},
        workflow=WorkflowConfig(**_fields(document.workflow)),
        workflows=document.workflows,
        reviews=document.reviews,
        approvers={name: table.settings for name, table in document.approvers.items()},
        publish=PublishConfig(**_fields(document.publish)),
        events=EventsConfig(**_fields(document.events)),
        plugins=PluginsConfig(**_fields(document.plugins)),
        daemon=DaemonConfig(**_fields(document.daemon)),
    )


def _fields(table: Any) -> dict[str, Any]:
    """A table's keys and values, for the public class that has the same names."""
    return {each.name: getattr(table, each.name) for each in fields(table)}


def _client_of(name: str, table: ClientTable, document: ConfigDocument, brand: Brand) -> Client:
    title = table.title or name
    return Client(
        name=name,
        title=title,
        zone=table.zone or document.workspace.zone,
        language=table.language or document.workspace.language,
        country=table.country,
        subdivision=table.subdivision,
        holidays=table.holidays,
        working_hours=table.working_hours,
        silence_is_consent=table.silence_is_consent,
        brand=brand if brand.name else replace(brand, name=title),
    )


def _profile_of(name: str, table: ProfileTable, client: Client, document: ConfigDocument) -> Profile:
    zone, publish = table.zone or client.zone, document.publish
    return Profile(
        name=name,
        client=client.name,
        platform=table.platform,
        title=table.title or name,
        handle=table.handle,
        zone=zone,
        language=table.language or client.language,
        imitates=table.imitates,
        test_profile=table.test_profile,
        slots=tuple(dict.fromkeys(slot for line in table.slots for slot in parse_slots(line, zone))),
        distance=publish.distance if table.distance is None else table.distance,
        per_day=table.per_day or publish.per_day,
        schedule=table.schedule,
        listen_every=table.listen_every or document.daemon.listen_every,
        approve_replies=table.approve_replies,
        allow_private=table.allow_private,
        settings=table.settings,
    )
