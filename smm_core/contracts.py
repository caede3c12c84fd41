"""What a plugin implements: five small interfaces, their abilities, and the frozen requests they receive.

Every method that does I/O is `method(request, ctx)`, synchronous, and runs off core's main thread with a deadline.
Requests may grow fields with defaults; signatures never grow. Methods without `ctx` are pure: same input, same
output, no clock, no network, no disk.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from smm_core.limits import Limits, Size
from smm_core.model import (
    ActionKind,
    Brand,
    Card,
    Decision,
    Idea,
    IdeaFound,
    Part,
    Post,
    PostContent,
    PostFound,
    Problem,
    Profile,
    Reading,
    Receipt,
    Rendering,
    Review,
    Subject,
    Trouble,
    Variant,
)
from smm_core.secrets import Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class NoSettings:
    """The settings type of a plugin that has nothing to set."""


# ---------------------------------------------------------------- what core gives to a plugin


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An HTTP answer, read whole. Header names are lower case. `url` is where it came from after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        """The body as UTF-8, what is not UTF-8 replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; a body that is not JSON is a ValueError."""
        import json

        return json.loads(self.body)


@runtime_checkable
class HttpClient(Protocol):
    """The only way a plugin reaches the network. Time-outs, size caps and guards are core's.

    During `send` it allows exactly one request, follows no redirect, and refuses once the time for sending is over.
    """

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        content: bytes | None = None,
    ) -> Response:
        """One request. `files` maps a field to (file name, bytes, media type).

        Errors: `TryLater` when it surely did not arrive (refused connection, unknown host), `OutcomeUnknown` when bytes
        left and no whole answer came back, `FetchError` when the address is not allowed or the answer too large. During
        `send`, an answer over the size cap is `OutcomeUnknown` too. Any status, also 4xx and 5xx, is a Response.
        """
        ...


@runtime_checkable
class MediaReader(Protocol):
    """Reads and keeps pictures by the sha256 of their bytes."""

    def read(self, sha256: str) -> bytes:
        """The bytes; an unknown name is a `MediaError`."""
        ...

    def path(self, sha256: str) -> Path:
        """Where the file lies. Never write to it."""
        ...

    def keep(self, body: bytes) -> str:
        """Store bytes and return their sha256."""
        ...


@runtime_checkable
class Credentials(Protocol):
    """Tokens that rotate, kept outside the database in a file only the user can read. One set per profile."""

    def get(self, name: str) -> Secret | None:
        """The stored value, or None."""
        ...

    def put(self, name: str, value: Secret) -> None:
        """Store a value durably. Call it before the value is used."""
        ...


@runtime_checkable
class Context(Protocol):
    """What one plugin call may use."""

    @property
    def plugin(self) -> str:
        """The plugin's own name."""
        ...

    @property
    def workspace(self) -> Path:
        """The workspace's folder, against which paths of settings are resolved."""
        ...

    @property
    def deadline(self) -> datetime:
        """When core stops waiting for this call (UTC)."""
        ...

    @property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """The plugin's log; secrets in it are blotted out."""
        ...

    @property
    def http(self) -> HttpClient:
        """The network."""
        ...

    @property
    def media(self) -> MediaReader:
        """The pictures."""
        ...

    @property
    def credentials(self) -> Credentials:
        """Tokens that rotate, of the profile that the call is for."""
        ...

    def now(self) -> datetime:
        """The present instant (UTC); in tests and simulations not the machine's."""
        ...

    def data_dir(self) -> Path:
        """A folder of this plugin's own inside the workspace's `.smm/`; made when first asked for."""
        ...

    def secret(self, reference: str) -> Secret:
        """The secret behind `env:`, `file:` or `keyring:`; a reference that leads nowhere is a `SecretError`."""
        ...

    def public_url(self, sha256: str, until: datetime) -> str:
        """A public address of a picture, for platforms that fetch media themselves. Without a media host: `MediaError`."""
        ...


# ---------------------------------------------------------------- sources


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectRequest:
    """One turn of a source: which configured source it is (`instance`), whose, its settings, where it stopped last time."""

    instance: str
    client: str
    settings: Any
    cursor: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectPage:
    """What one turn found. `more` asks for another turn at once, from `cursor`.

    `gone` names posts (by key) that a person deleted at the source: they are withdrawn if nothing of them is out.
    """

    ideas: tuple[IdeaFound, ...] = ()
    posts: tuple[PostFound, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    cursor: str = ""
    more: bool = False
    gone: tuple[str, ...] = ()


@runtime_checkable
class Source(Protocol):
    """Finds ideas (or, for content folders, posts)."""

    name: str
    settings: type

    def collect(self, request: CollectRequest, ctx: Context) -> CollectPage:
        """One page. Called again with the page's cursor; the cursor is stored with what the page found."""
        ...


# ---------------------------------------------------------------- templates


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposeRequest:
    """An idea to be made into a post. `layout` names one of the template's layouts; `folder` holds the workspace's own."""

    idea: Idea
    brand: Brand
    layout: str
    folder: Path
    client: str
    language: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawRequest:
    """A card to be drawn at each of `sizes`, as `format` (`jpeg`, `png`), each at most `max_bytes`.

    `picture` is the path of the card's own picture, where it has one.
    """

    card: Card
    brand: Brand
    sizes: tuple[Size, ...]
    format: str
    folder: Path
    max_bytes: int | None = None
    picture: Path | None = None
    focus: tuple[float, float] = (0.5, 0.5)
    language: str = "en"


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A drawn picture. `problems` are what the layout could not do (text too long to fit, colour contrast too low)."""

    body: bytes
    format: str
    width: int
    height: int
    problems: tuple[Problem, ...] = ()


@runtime_checkable
class Template(Protocol):
    """Makes a post of an idea. Knows no platform."""

    name: str
    abilities: frozenset[type]

    def compose(self, request: ComposeRequest, ctx: Context) -> PostContent:
        """The post. Which profiles it goes to and when is core's to fill in."""
        ...


@runtime_checkable
class Draws(Protocol):
    """Ability of a template: draws cards."""

    def layouts(self, folder: Path) -> Sequence[str]:
        """The names of the layouts there are, the plugin's own and those in the workspace's folder."""
        ...

    def draw(self, request: DrawRequest, ctx: Context) -> tuple[Drawn, ...]:
        """One picture per size, in the same order."""
        ...


# ---------------------------------------------------------------- approvers


@dataclass(frozen=True, kw_only=True, slots=True)
class AskRequest:
    """A review to be asked: the post, exactly what will be sent, and what the checks said."""

    review: Review
    post: Post
    variants: tuple[Variant, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer, for the digests it was given for (profile name → digest)."""

    review_id: int
    decision: Decision
    by: str
    digests: Mapping[str, str]
    remark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The question is out; the answers known at once, if any (a rule answers at once, a person later)."""

    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PollRequest:
    """Which reviews are open with this approver, and where the last poll stopped."""

    reviews: tuple[Review, ...]
    cursor: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PollPage:
    """Answers that came since."""

    answers: tuple[Answer, ...] = ()
    cursor: str = ""


@runtime_checkable
class Approver(Protocol):
    """Asks persons (or a rule) whether variants may go out."""

    name: str

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """Put the question. Called again with the same review after a crash: asking twice must do no harm."""
        ...

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """Answers since the cursor."""
        ...


# ---------------------------------------------------------------- publishers


@dataclass(frozen=True, kw_only=True, slots=True)
class Guarantees:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectRequest:
    """Ask the platform who we are on this profile."""

    profile: Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspected:
    """What the platform says of a profile: who we are, its limits as it states them, granted scopes, end of the token.

    `known` is handed to `limits` and must be plain JSON.
    """

    account: str
    url: str | None = None
    known: Mapping[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    token_ends: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PrepareRequest:
    """Everything for `prepare`: upload media, make containers or drafts. `handles` are those of an earlier try."""

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


@dataclass(frozen=True, kw_only=True, slots=True)
class SendRequest:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """Ready to be sent. `handles` are plain JSON without secrets; after `expires_at` they must be made anew."""

    handles: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class FindRequest:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class ResumeRequest:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewRequest:
    """A variant to be shown as followers would see it. `now` is the instant the preview pretends to be."""

    profile: Profile
    variant: Variant
    limits: Limits
    now: datetime
    language: str = "en"


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
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


# ---------------------------------------------------------------- metrics


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsRequest:
    """Which subjects of which profile to read."""

    profile: Profile
    subjects: tuple[Subject, ...]


@runtime_checkable
class Metrics(Protocol):
    """Reads numbers of one platform; `name` is the platform's name, like the publisher's, whose settings it is given."""

    name: str

    def read(self, request: MetricsRequest, ctx: Context) -> Sequence[Reading]:
        """The readings there are now. What the platform does not give is left out."""
        ...


# ---------------------------------------------------------------- checks


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRequest:
    """A variant to be checked before anyone is asked to approve it. `content` is the post as it was rendered."""

    content: PostContent
    variant: Variant
    profile: Profile
    limits: Limits
    brand: Brand
