"""The programs that speak Mastodon's API, and what each of them does in its own way, as data.

A program that is not in the table is taken for one that knows no keys and has no scheduler: then a lost answer is looked
for among the account's posts, and smm keeps the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from smm_core import Guarantees, Scheduling
from smm_mastodon.answers import NOT_SENT


class Keys(StrEnum):
    """What becomes of a second request with the same `Idempotency-Key` within the hour."""

    REPEATED = "answered with the status of the first one"
    REFUSED = "refused with a 400"
    IGNORED = "not looked at: it makes a second status"


class Counting(StrEnum):
    """How the length of a status is counted; the content warning counts along everywhere."""

    READERS = "graphemes; a link has a fixed length, mentions count without their server"
    PLAIN = "code points, all of them"


class Program(Struct, frozen=True, kw_only=True):
    """A server program. `schedules_since`: from which version on it keeps `scheduled_at`; None: it never was seen to.

    `fine_scopes`: whether permissions can be asked for one by one; `needs_picture`: whether every status must have one.
    """

    name: str
    keys: Keys = Keys.IGNORED
    schedules_since: tuple[int, ...] | None = None
    counting: Counting = Counting.PLAIN
    fine_scopes: bool = True
    needs_picture: bool = False
    threads: bool = True


MASTODON = Program(
    name="mastodon", keys=Keys.REPEATED, schedules_since=(2, 7), counting=Counting.READERS
)  # docs.joinmastodon.org/methods/statuses and scheduled_statuses, 2026-07-02
PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "mastodon": MASTODON,
        # Before 0.20 it published at once, or answered 501; docs/api/swagger.yaml of 2025-10-03.
        "gotosocial": Program(name="gotosocial", schedules_since=(0, 20)),
        # app/Http/Controllers/Api/ApiV1Controller.php of 2024-03-10.
        "pixelfed": Program(name="pixelfed", keys=Keys.REFUSED, fine_scopes=False, needs_picture=True, threads=False),
    }
)

_KEY_LIFE = timedelta(hours=1)
# Longer than any request that was given up on may still be at work.
_SETTLES = timedelta(minutes=1)

KEYS_KEPT = Guarantees(key_life=_KEY_LIFE, key_settles=_SETTLES, find="resemblance", not_sent=NOT_SENT)
NO_KEYS = Guarantees(key_settles=_SETTLES, find="resemblance", not_sent=NOT_SENT)
SCHEDULING = Scheduling(at_least=timedelta(minutes=10), at_most=timedelta(days=30))


def program_of(known: Mapping[str, Any]) -> Program:
    """The program behind what `inspect` learned; one without a name where nothing was learned."""
    name = str(_server(known).get("name", ""))
    return PROGRAMS.get(name) or Program(name=name)


def counting_of(known: Mapping[str, Any]) -> Counting:
    """How the server counts; one that nobody has asked yet is taken for Mastodon itself, as most of them are."""
    return program_of(known).counting if _server(known) else MASTODON.counting


def guarantees_of(known: Mapping[str, Any]) -> Guarantees:
    """What the server promises about one send."""
    return NO_KEYS if program_of(known).keys is Keys.IGNORED else KEYS_KEPT


def scheduling_of(known: Mapping[str, Any]) -> Scheduling | None:
    """What the server's scheduler takes; None where it cannot be relied on."""
    since = program_of(known).schedules_since
    return SCHEDULING if since is not None and version_of(known) >= since else None


def version_of(known: Mapping[str, Any]) -> tuple[int, ...]:
    """The numbers that the version begins with: `4.3.1+glitch` is (4, 3, 1)."""
    found = re.match(r"\d+(?:\.\d+)*", str(_server(known).get("version", "")))
    return tuple(int(number) for number in found[0].split(".")) if found else ()


def _server(known: Mapping[str, Any]) -> Mapping[str, Any]:
    server = known.get("server")
    return server if isinstance(server, Mapping) else {}
