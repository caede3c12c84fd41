"""Publishers: one platform each, its promises, and the abilities it may have besides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable

from msgspec import Struct, field

from smm_core.contracts.given import Context
from smm_core.limits import Limits
from smm_core.model import (
    ActionKind,
    Part,
    PostContent,
    Profile,
    Receipt,
    Rendering,
    Variant,
)


class Guarantees(Struct, frozen=True, kw_only=True):
    """What a publisher can promise about one send, as data. Everything absent means: no such promise.

    `key_life`: for how long the platform recognises the same key. `key_settles`: how long a key takes to be known.
    `natural_id`: we choose the remote id, so a second send cannot make a second post. `find`: whether `find` is sure
    (`exact`) or compares texts (`resemblance`). `absent_after`: when `find` has found nothing for this long after the
    attempt, it was not published; None: never proves anything. `not_sent`: HTTP answers that prove "not accepted".
    `http_only`: all that `send` makes visible goes through `ctx.http`, so that as long as no byte left, nothing was sent.
    """

    key_life: timedelta | None = None
    key_settles: timedelta = timedelta(0)
    natural_id: bool = False
    find: Literal["exact", "resemblance"] | None = None
    absent_after: timedelta | None = None
    not_sent: frozenset[int] = frozenset({400, 401, 403, 404, 413, 415, 422, 429})
    http_only: bool = True


class InspectRequest(Struct, frozen=True, kw_only=True):
    """Ask the platform who we are on this profile."""

    profile: Profile


class Inspected(Struct, frozen=True, kw_only=True):
    """What the platform says of a profile: who we are, its limits as it states them, granted scopes, end of the token.

    `known` is handed to `limits` and must be plain JSON.
    """

    account: str
    url: str | None = None
    known: Mapping[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    token_ends: datetime | None = None


class PrepareRequest(Struct, frozen=True, kw_only=True):
    """Everything for `prepare`: upload media, make containers or drafts, renew a login.

    `handles` are those of an earlier try, or of a `Pending`. `parent` is what it will hang below; for a reply, what it
    answers. Before something is deleted, `part` is empty: there is nothing to make ready but the login.
    """

    profile: Profile
    action: ActionKind
    part: Part
    key: str
    digest: str
    due_at: datetime
    handles: Mapping[str, Any] = field(default_factory=dict)
    parent: Receipt | None = None
    root: Receipt | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    campaign: str | None = None
    link: str | None = None


class SendRequest(Struct, frozen=True, kw_only=True):
    """Everything for `send`. `key` is the same at every attempt of the same action; `handles` come from `prepare`.

    `parent` is the part before this one in a thread (or the post, for a comment), `root` the thread's first part.
    Nothing may be sent after `send_by`. `number` is what people call the delivery on the command line.
    """

    profile: Profile
    action: ActionKind
    part: Part
    key: str
    digest: str
    due_at: datetime
    send_by: datetime
    number: int = 0
    handles: Mapping[str, Any] = field(default_factory=dict)
    parent: Receipt | None = None
    root: Receipt | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    campaign: str | None = None
    link: str | None = None


class Prepared(Struct, frozen=True, kw_only=True):
    """Ready to be sent. `handles` are plain JSON without secrets; after `expires_at` they must be made anew."""

    handles: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


class Pending(Struct, frozen=True, kw_only=True):
    """The platform, or a person, still works on it. Ask again after `check_after`."""

    check_after: timedelta
    handles: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@runtime_checkable
class Publisher(Protocol):
    """Publishes on one platform. `name` is the platform's name in `smm.toml`.

    `abilities` declares which of the ability protocols below the object also implements; core verifies it.
    """

    name: str
    title: str
    settings: type
    guarantees: Guarantees
    abilities: frozenset[type]

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Ask the platform who we are. Changes nothing there."""
        ...

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """What the profile accepts; `known` is what `inspect` last learned (may be empty). Pure."""
        ...

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """The post as this platform wants it. Pure. `smm_core.render_plain` does for most."""
        ...

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared | Pending:
        """Everything that is invisible and may be repeated. Called ahead of the due time and again after a failure."""
        ...

    def send(self, request: SendRequest, ctx: Context) -> Receipt | Pending:
        """One request that makes something visible. Raise `Rejected`, `TryLater`, `NeedsLogin`; let `OutcomeUnknown` pass."""
        ...


class FindRequest(Struct, frozen=True, kw_only=True):
    """Look for what an earlier attempt may have published: by key or natural id, else by resemblance since `since`."""

    profile: Profile
    action: ActionKind
    part: Part
    key: str
    digest: str
    since: datetime
    handles: Mapping[str, Any] = field(default_factory=dict)
    parent: Receipt | None = None


@runtime_checkable
class Finds(Protocol):
    """Ability: can look whether something was published."""

    def find(self, request: FindRequest, ctx: Context) -> Receipt | None:
        """The receipt of what the attempt published, or None when it is not there now.

        `TryLater` when the platform took it but does not show it yet: that is neither.
        """
        ...


class ResumeRequest(Struct, frozen=True, kw_only=True):
    """Ask what became of a pending answer."""

    profile: Profile
    action: ActionKind
    part: Part
    key: str
    handles: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Resumes(Protocol):
    """Ability: answers what became of a `Pending`."""

    def resume(self, request: ResumeRequest, ctx: Context) -> Receipt | Pending:
        """The receipt, or still pending; `Rejected` when the platform gave up on it."""
        ...


class PreviewRequest(Struct, frozen=True, kw_only=True):
    """A variant to be shown as followers would see it. `now` is the instant the preview pretends to be."""

    profile: Profile
    variant: Variant
    limits: Limits
    now: datetime
    language: str = "en"


class Preview(Struct, frozen=True, kw_only=True):
    """What followers would see: an HTML fragment (escaped, self-contained, pictures as `media:SHA256`) and a PNG."""

    html: str
    png: bytes
    width: int
    height: int


@runtime_checkable
class Previews(Protocol):
    """Ability: draws what followers would see."""

    def preview(self, request: PreviewRequest, ctx: Context) -> Preview:
        """The preview. No network."""
        ...


@runtime_checkable
class Imitates(Protocol):
    """Ability: a test platform. What is published there has no consequences, so `smm try` may use it without approval."""

    def rule_sets(self) -> Mapping[str, str]:
        """The rule sets of its own: name → one line about it."""
        ...


@runtime_checkable
class ByHand(Protocol):
    """Ability: a person does the publishing and then tells the link with `smm deliveries resolve`."""

    def instructions(self, request: SendRequest) -> str:
        """What the person has to do, in a few lines."""
        ...
