"""Verdicts on edits of what is out, and on replies: the post stays as it is, whatever is answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from smm_core.errors import TooLate
from smm_core.store.handed import MAY_BE_OUT

_WAITS_FOR_ONE = "(kind = 'edit' OR (kind = 'reply' AND on_verdict))"


def asks_about_an_edit(tx: sqlite3.Connection, post: int, digests: Mapping[str, str]) -> bool:
    """Whether a review asks about an edit of what is out, or about a reply, and not about the post."""
    return any(
        tx.execute(
            f"SELECT 1 FROM actions WHERE post_id = ? AND {_WAITS_FOR_ONE} AND profile = ? AND variant_digest = ? LIMIT 1",
            (post, profile, digest),
        ).fetchone()
        for profile, digest in digests.items()
    )


def approve(tx: sqlite3.Connection, post: int, digests: Mapping[str, str], at: str) -> None:
    """Edits and replies that waited for a verdict are due; with none left that waits it is `TooLate`."""
    rows = 0
    for profile, digest in digests.items():
        rows += tx.execute(
            f"UPDATE actions SET state = 'scheduled', wake_at = ? WHERE post_id = ? AND {_WAITS_FOR_ONE} AND profile = ?"
            " AND variant_digest = ? AND state = 'waiting'",
            (at, post, profile, digest),
        ).rowcount
    if not rows:
        raise TooLate("the edit or reply was given up in the meantime", hint="plan it anew")


def refuse(tx: sqlite3.Connection, post: int, digests: Mapping[str, str], reason: str) -> None:
    """Edits and replies of which nothing was attempted are cancelled, and their approval is gone; with none of them it is `TooLate`."""
    rows = 0
    for profile, digest in digests.items():
        rows += tx.execute(
            f"UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE post_id = ? AND {_WAITS_FOR_ONE}"
            f" AND profile = ? AND variant_digest = ? AND state NOT IN ('published', 'cancelled') AND NOT ({MAY_BE_OUT})",
            (reason, post, profile, digest),
        ).rowcount
        tx.execute("DELETE FROM approvals WHERE post_id = ? AND profile = ? AND digest = ?", (post, profile, digest))
    if not rows:
        raise TooLate("the edit or reply is done or under way", hint="`smm deliveries list` shows it")
