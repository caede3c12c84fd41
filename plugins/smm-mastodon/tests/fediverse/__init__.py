"""An imitation of servers with Mastodon's API: stateful, strict about what it is asked, and of several behaviours."""

from fediverse.behaviours import (
    BACKDATES,
    BEHAVIOURS,
    GOTOSOCIAL,
    IGNORES_SCHEDULES,
    MASTODON,
    PIXELFED,
    UNKNOWN,
    Behaviour,
)
from fediverse.counting import length_of
from fediverse.server import TOKEN, Server

__all__ = [
    "BACKDATES",
    "BEHAVIOURS",
    "GOTOSOCIAL",
    "IGNORES_SCHEDULES",
    "MASTODON",
    "PIXELFED",
    "TOKEN",
    "UNKNOWN",
    "Behaviour",
    "Server",
    "length_of",
]
