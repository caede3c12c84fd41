"""What may stand in `smm.toml` and in a brand book: every table and key with its type, its default and its line of help.

`config.load_config` decodes files by these classes, and the reference of all keys in the documentation is made from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Annotated, Any, cast, get_args, get_origin

from smm_core.clock import say_duration
from smm_core.config.about import about
from smm_core.config.decode import Form, Key, keys_of, words_of
from smm_core.config.forms import (
    Colour,
    Count,
    Country,
    Duration,
    FilePath,
    Hashtag,
    Host,
    Language,
    Name,
    Pattern,
    Reference,
    Role,
    SlotLine,
    Some,
    WebAddress,
    WorkHours,
    Zone,
    check_entries,
)
from smm_core.config.review_schema import ReviewsTable, WorkflowsTable
from smm_core.model import Late, Scheduler

CONFIG_FILE = "smm.toml"
BRAND_FILE = "brand.toml"


# ---------------------------------------------------------------- smm.toml


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkspaceTable:
    """`[workspace]`"""

    name: Some = field(metadata=about("What the workspace is called."))
    zone: Zone = field(default="UTC", metadata=about("The time zone that holds where a client or profile names none."))
    language: Language = field(
        default="en", metadata=about("The language that holds where a client or profile names none.")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientTable:
    """`[clients.KEY]`"""

    title: str = field(default="", metadata=about("What people call the client.", absent="its key"))
    zone: Zone | None = field(default=None, metadata=about("Its time zone.", absent="the workspace's"))
    language: Language | None = field(default=None, metadata=about("Its language.", absent="the workspace's"))
    country: Country = field(
        default="", metadata=about("Its country, as two letters: on its public holidays nobody is expected to answer.")
    )
    subdivision: str = field(
        default="", metadata=about("The part of the country with holidays of its own: `BY` in DE, `CT` in ES.")
    )
    holidays: tuple[date, ...] = field(
        default=(), metadata=about("Further days on which nobody works: `[2026-12-24, 2026-12-31]`.")
    )
    working_hours: tuple[WorkHours, ...] = field(
        default=(),
        metadata=about('When it works: `["mon-thu 08:30-17:00", "fri 08:30-12:30"]`.', absent="mon-fri 09:00-17:00"),
    )
    silence_is_consent: str = field(
        default="",
        metadata=about(
            "Where the client agreed that silence means yes, such as `contract of 2026-03-01`; needed for `on_silence"
            ' = "consent"`.',
            absent="it has not agreed",
        ),
    )
    brand: FilePath | None = field(
        default=None,
        metadata=about("Its brand book, from the workspace's folder.", absent="brand.toml where there is one"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonTable:
    """`[persons.KEY]`"""

    address: Some = field(metadata=about("Where the person is told things: an e-mail address."))
    title: str = field(default="", metadata=about("What people call the person.", absent="its key"))
    language: Language | None = field(default=None, metadata=about("The person's language.", absent="the workspace's"))
    zone: Zone | None = field(default=None, metadata=about("The person's time zone.", absent="the workspace's"))
    roles: Mapping[str, tuple[Role, ...]] = field(
        default_factory=dict,
        metadata=about(
            "For each client the person's roles: writer, approver, manager on our side, client on the client's."
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileTable:
    """`[profiles.KEY]`"""

    platform: Some = field(metadata=about("The platform, by the name of its publisher (see `smm plugins list`)."))
    client: str | None = field(default=None, metadata=about("Whose profile it is.", absent="the only client"))
    title: str = field(default="", metadata=about("What people call the profile.", absent="its key"))
    handle: str = field(default="", metadata=about("The account's name on the platform."))
    imitates: Some | None = field(
        default=None, metadata=about("On a test profile: the platform or rule set whose limits and rendering hold.")
    )
    zone: Zone | None = field(default=None, metadata=about("Its time zone.", absent="the client's"))
    language: Language | None = field(default=None, metadata=about("Its language.", absent="the client's"))
    test_profile: str | None = field(default=None, metadata=about("The profile on which its posts are tried out."))
    slots: tuple[SlotLine, ...] = field(
        default=(), metadata=about('Its posting times: `["mon-fri 09:00", "sat,sun 10:30", "daily 20:15,22:00"]`.')
    )
    distance: timedelta | None = field(
        default=None, metadata=about("Least time between two of its posts.", absent="that of [publish]")
    )
    per_day: Count | None = field(
        default=None, metadata=about("The most of its posts on one day.", absent="that of [publish]")
    )
    schedule: Scheduler = field(
        default=Scheduler.SMM,
        metadata=about("Who keeps the time: `smm`, or `platform` for the platform's own scheduler, where it has one."),
    )
    listen_every: Duration | None = field(
        default=None,
        metadata=about("How often it is asked what others said.", absent="that of [daemon]"),
    )
    approve_replies: bool = field(
        default=False, metadata=about("Whether replies wait for approval, as posts do; otherwise they go out at once.")
    )
    allow_private: bool = field(
        default=False, metadata=about("Whether its platform may live at an address of the local network.")
    )
    settings: Mapping[str, Any] = field(
        default_factory=dict, metadata=about("What the platform's plugin wants to know.")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceTable:
    """`[sources.KEY]`"""

    type: Some = field(metadata=about("The kind of source, by its plugin's name for it (see `smm plugins list`)."))
    client: str | None = field(default=None, metadata=about("For whom it collects.", absent="the only client"))
    every: Duration = field(default=timedelta(minutes=15), metadata=about("How often it is asked."))
    allow_private: tuple[str, ...] = field(
        default=(), metadata=about("Host names that it may fetch although they lie in the local network.")
    )
    settings: Mapping[str, Any] = field(default_factory=dict, metadata=about("What the source's plugin wants to know."))


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleTable:
    """`[rules.KEY]`"""

    source: str = field(metadata=about("The source whose new ideas become posts."))
    template: Some = field(metadata=about("The template that composes them."))
    layout: Some = field(metadata=about("The template's layout."))
    profiles: Annotated[tuple[str, ...], Form(words="a list", check=check_entries)] = field(
        metadata=about("The profiles the posts go to, all of the source's client.")
    )
    per_day: Count = field(default=1, metadata=about("The most posts it makes on one day."))
    labels: tuple[Some, ...] = field(default=(), metadata=about("Labels of the posts."))
    campaign: Some | None = field(default=None, metadata=about("The campaign they belong to."))


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkflowTable:
    """`[workflow]`"""

    approver: Some = field(default="hand", metadata=about("Who is asked to approve posts, by the approver's name."))
    deadline: timedelta = field(
        default=timedelta(hours=2),
        metadata=about("How long before the first delivery is due a review without answer expires."),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ApproverTable:
    """`[approvers.KEY]`"""

    settings: Mapping[str, Any] = field(
        default_factory=dict, metadata=about("What the plugin of the approver of that name wants to know.")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishTable:
    """`[publish]`"""

    window: Duration = field(default=timedelta(hours=2), metadata=about("How late a delivery may still go out."))
    late: Late = field(default=Late.NEXT_SLOT, metadata=about("What happens to one that is later than that."))
    distance: timedelta = field(
        default=timedelta(minutes=10), metadata=about("Least time between two posts of a profile.")
    )
    per_day: Count = field(default=10, metadata=about("The most posts of a profile on one day."))
    prepare_ahead: timedelta = field(default=timedelta(minutes=10), metadata=about("How early uploads may begin."))
    repeat_window: timedelta = field(
        default=timedelta(days=30),
        metadata=about("How long the same text to the same profile counts as a repetition."),
    )
    retry_after: Duration = field(
        default=timedelta(seconds=10),
        metadata=about(
            "How long to wait before what failed is tried again, where the platform does not say; each time twice as long."
        ),
    )
    series_ahead: Duration = field(
        default=timedelta(weeks=4),
        metadata=about("How long before their time the posts of a series are made; the next one always is."),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class EventsTable:
    """`[events]`"""

    terminal: bool = field(default=True, metadata=about("Whether the daemon's terminal tells what waits for a person."))
    webhook: WebAddress | None = field(default=None, metadata=about("An address that is told the same.", absent="none"))
    webhook_secret: Reference | None = field(
        default=None,
        metadata=about("The secret that signs it: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`.", absent="none"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginsTable:
    """`[plugins]`"""

    enabled: tuple[Some, ...] | None = field(
        default=None, metadata=about("The plugins that may be loaded.", absent="all that are installed")
    )
    deadline: Duration = field(default=timedelta(seconds=60), metadata=about("How long one call of a plugin may take."))


@dataclass(frozen=True, kw_only=True, slots=True)
class DaemonTable:
    """`[daemon]`"""

    collect_every: Duration = field(
        default=timedelta(seconds=60), metadata=about("How often it looks for changed content.")
    )
    measure_every: Duration = field(default=timedelta(hours=1), metadata=about("How often it measures."))
    listen_every: Duration = field(
        default=timedelta(minutes=5), metadata=about("How often it asks for new comments and mentions.")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigDocument:
    """A whole `smm.toml`."""

    workspace: WorkspaceTable
    clients: Mapping[Name, ClientTable] = field(default_factory=dict)
    persons: Mapping[Name, PersonTable] = field(default_factory=dict)
    profiles: Mapping[Name, ProfileTable] = field(default_factory=dict)
    sources: Mapping[Name, SourceTable] = field(default_factory=dict)
    rules: Mapping[Name, RuleTable] = field(default_factory=dict)
    workflow: WorkflowTable = field(default_factory=WorkflowTable)
    workflows: Mapping[Name, WorkflowsTable] = field(default_factory=dict)
    approvers: Mapping[Name, ApproverTable] = field(default_factory=dict)
    reviews: ReviewsTable = field(default_factory=ReviewsTable)
    publish: PublishTable = field(default_factory=PublishTable)
    events: EventsTable = field(default_factory=EventsTable)
    plugins: PluginsTable = field(default_factory=PluginsTable)
    daemon: DaemonTable = field(default_factory=DaemonTable)


# ---------------------------------------------------------------- brand.toml


@dataclass(frozen=True, kw_only=True, slots=True)
class LinksTable:
    """`[links]` of a brand book."""

    hosts: tuple[Host, ...] = field(
        default=(),
        metadata=about("The hosts whose links get the parameters, hosts below them included.", absent="every host"),
    )
    parameters: Mapping[str, Pattern] = field(
        default_factory=dict,
        metadata=about(
            'Added to the links: `{ utm_source = "{platform}" }`; also {profile}, {client}, {campaign}, {post}.'
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class BrandDocument:
    """A whole brand book."""

    name: str = field(default="", metadata=about("What the brand is called.", absent="the client's title"))
    tone: str = field(default="", metadata=about("How it speaks, in a sentence for those who write."))
    avoid: tuple[Some, ...] = field(default=(), metadata=about("Words that its posts do not use."))
    logo: FilePath | None = field(
        default=None, metadata=about("Its logo, from the brand book's folder.", absent="none")
    )
    require_call_to_action: bool = field(default=True, metadata=about("Whether every post needs a call to action."))
    require_alt_text: bool = field(default=True, metadata=about("Whether every picture needs an alternative text."))
    require_hashtag_set: bool = field(
        default=False, metadata=about("Whether every post needs one of the hashtag sets.")
    )
    colours: Mapping[str, Colour] = field(
        default_factory=dict, metadata=about('Its colours by role: `accent = "#1a2b3c"`; also background, text.')
    )
    typefaces: Mapping[str, FilePath] = field(
        default_factory=dict, metadata=about('Its font files by role: `heading = "fonts/heading.ttf"`; also body.')
    )
    hashtag_sets: Mapping[str, tuple[Hashtag, ...]] = field(
        default_factory=dict, metadata=about('Hashtags by the name of their set: `launch = ["new", "spring"]`.')
    )
    links: LinksTable = field(default_factory=LinksTable)


# ---------------------------------------------------------------- the reference


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyHelp:
    """One line of the reference. `table` is empty for keys before any table; `default` is empty when the key is `required`."""

    file: str
    table: str
    key: str
    type: str
    default: str
    required: bool
    help: str


def describe() -> tuple[KeyHelp, ...]:
    """Every key that smm reads, in the order of the files."""
    return (*describe_keys(ConfigDocument, file=CONFIG_FILE), *describe_keys(BrandDocument, file=BRAND_FILE))


def describe_keys(kind: type, *, file: str, table: str = "") -> tuple[KeyHelp, ...]:
    """The keys of one dataclass and of the tables in it; also for the settings of plugins, whose metadata has `help`."""
    return tuple(_describe_keys(kind, file, table))


def _describe_keys(kind: type, file: str, table: str) -> Iterator[KeyHelp]:
    inside = f"{table}." if table else ""
    for key in keys_of(kind):
        arguments = get_args(key.kind)
        if is_dataclass(key.kind):
            yield from _describe_keys(cast(type, key.kind), file, inside + key.name)
        elif get_origin(key.kind) is Mapping and is_dataclass(arguments[1]):
            yield from _describe_keys(cast(type, arguments[1]), file, f"{inside}{key.name}.KEY")
        elif get_origin(key.kind) is tuple and is_dataclass(arguments[0]):
            yield from _describe_keys(cast(type, arguments[0]), file, f"{inside}{key.name}[]")
        else:
            yield KeyHelp(
                file=file,
                table=table,
                key=key.name,
                type=_long_words(key.kind),
                default=_default_words(key),
                required=key.is_required,
                help=key.metadata.get("help", ""),
            )


def _long_words(kind: Any) -> str:
    """Like `words_of`, with what a list or table holds."""
    arguments = get_args(kind)
    if get_origin(kind) is Annotated and words_of(kind) == "a list":
        return _long_words(arguments[0])
    if get_origin(kind) is Mapping and arguments[1] is not Any:
        return f"a table, each {_long_words(arguments[1])}"
    if get_origin(kind) is tuple:
        return f"a list, each {_long_words(arguments[0])}"
    members = [member for member in arguments if member is not type(None)]
    return _long_words(members[0]) if type(None) in arguments and len(members) == 1 else words_of(kind)


def _default_words(key: Key) -> str:
    if absent := key.metadata.get("absent", ""):
        return str(absent)
    if key.is_required or key.default is None:
        return ""
    if isinstance(key.default, timedelta):
        return say_duration(key.default)
    if isinstance(key.default, bool):
        return str(key.default).lower()
    if isinstance(key.default, Enum):
        return str(key.default.value)
    return str(key.default) if key.default or key.default == 0 else ""
