"""What the suite has to know of a publisher and of the imitation of its platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smm_core.clock import FakeClock
from smm_core.contracts import Publisher
from smm_core.testing.loopback import Loopback


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A post as the imitation shows it to the world. `alts` are the alternative texts of its pictures, in order."""

    id: str
    text: str
    alts: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Differs:
    """An answer that means something else on this platform: which errors are right there (`Receipt`: it is out), and why."""

    to: tuple[type, ...]
    why: str

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise ValueError('a difference needs a reason: Differs(to=…, why="…")')


def _refusal(words: str) -> bytes:
    import json

    return json.dumps({"error": words}).encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class PublisherCase:
    """A publisher, and an imitation of its platform that is open for the length of one test.

    `plugin`: the module that has the hooks. `publisher`: makes the object, mostly its class.
    `posts`: what the imitation shows now, oldest first; what is deleted or not yet due is not there.
    `platform`: the loopback server that the imitation answers through; None for a publisher that speaks no HTTP.

    `settings` is what stands in the profile's settings table of `smm.toml`; `secrets` maps each reference in it (`env:NAME` or
    `file:PATH`) to the value behind it. `profile` has further fields of the profile.
    `account`: what `inspect` should call us. `fits`: whether the platform takes a text as one post, by its own count.
    `refusal`: the body of an error answer with these words, as the platform writes it.
    `flood`: makes so many newer posts in the same account; needed for what promises a key or finds.
    `pending`: makes the platform take its time over the next post; `ready` lets it finish what is pending, and
    publish what is scheduled. `rotate`: makes the platform end the token in use, so that a new one has to be fetched; needed
    for what keeps tokens in `ctx.credentials`. `misbehave`: for a publisher that speaks no HTTP, makes the next send end as a
    row of the table of answers says, or says False where it cannot.

    `agrees`: opens the address of a login as a person would who agrees, and returns the code; needed for what logs in.

    `says`: lets somebody else say a text at the imitation, below the post of ours with an id or (None) mentioning us, and
    returns the id that it has there; needed for what listens.

    `clock`: what the publisher knows of the time, for an imitation that goes by it too. `workspace`: the folder of the test's
    workspace, for one that lies in it; made where none is named.

    `answers` maps names of rows in the table of answers to what is right on this platform, with the reason.
    """

    plugin: str
    publisher: Callable[[], Publisher]
    posts: Callable[[], Sequence[Shown]]
    platform: Loopback | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    account: str = ""
    fits: Callable[[str], bool] | None = None
    refusal: Callable[[str], bytes] = _refusal
    flood: Callable[[int], None] | None = None
    pending: Callable[[], None] | None = None
    ready: Callable[[], None] = lambda: None
    rotate: Callable[[], None] | None = None
    misbehave: Callable[[str], bool] | None = None
    agrees: Callable[[str], str] | None = None
    says: Callable[[str, str | None], str] | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    workspace: Path | None = None
    answers: Mapping[str, Differs] = field(default_factory=dict)
