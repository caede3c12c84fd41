"""In what servers differ, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FINE = (
    "read", "read:accounts", "read:notifications", "read:statuses", "write", "write:media", "write:statuses", "follow", "push",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One kind of server. `keys`: what becomes of a repeated Idempotency-Key; `schedules`: of `scheduled_at`."""

    program: str
    version: str
    keys: Literal["repeats", "ignores", "refuses"] = "ignores"
    schedules: Literal["keeps", "ignores", "backdates", "refuses"] = "keeps"
    reads_graphemes: bool = False
    characters: int = 500
    pictures: int = 4
    needs_picture: bool = False
    has_v2: bool = True
    has_metadata: bool = False
    scopes: tuple[str, ...] = FINE


MASTODON = Behaviour(program="mastodon", version="4.3.2", keys="repeats", reads_graphemes=True, has_metadata=True)
GOTOSOCIAL = Behaviour(program="gotosocial", version="0.20.1+git-57cb4fe", characters=5000, pictures=6)
IGNORES_SCHEDULES = Behaviour(
    program="mastodon", version="4.2.0+ours", keys="repeats", schedules="ignores", reads_graphemes=True
)
BACKDATES = Behaviour(program="gotosocial", version="0.20.0", schedules="backdates", characters=5000)
PIXELFED = Behaviour(
    program="pixelfed",
    version="0.12.3",
    keys="refuses",
    schedules="ignores",
    needs_picture=True,
    has_v2=False,
    scopes=("read", "write", "follow", "push"),
)
UNKNOWN = Behaviour(program="mitra", version="3.1.0", schedules="ignores", has_v2=False)

BEHAVIOURS = {
    "mastodon": MASTODON,
    "gotosocial": GOTOSOCIAL,
    "ignores schedules": IGNORES_SCHEDULES,
    "backdates": BACKDATES,
    "pixelfed": PIXELFED,
    "unknown": UNKNOWN,
}
