"""Verdicts on edits of what is out: the post stays as it is, whatever is answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from smm_core.errors import TooLate
from smm_core.store.handed import MAY_BE_OUT


def asks_about_an_edit(tx: sqlite3.Connection, post: int, digests: Mapping[str, str]) -> bool:
    """Whether a review asks about an edit of what is out, and not about the post."""
    return any(
        tx.execute(
            "SELECT 1 FROM actions WHERE post_id = ? AND kind = 'edit' AND profile = ? AND variant_digest = ? LIMIT 1",
            (post, profile, digest),
        ).fetchone()
        for profile, digest in digests.items()
    )


def approve(tx: sqlite3.Connection, post: int, digests: Mapping[str, str], at: str) -> None:
    """Edits that waited for a verdict are due; with none left that waits it is `TooLate`."""
    rows = 0
    for profile, digest in digests.items():
        rows += tx.execute(
            "UPDATE actions SET state = 'scheduled', wake_at = ? WHERE post_id = ? AND kind = 'edit' AND profile = ?"
            " AND variant_digest = ? AND state = 'waiting'",
            (at, post, profile, digest),
        ).rowcount
    if not rows:
        raise TooLate("the edit was given up in the meantime", hint="`smm deliveries update` plans it anew")


def refuse(tx: sqlite3.Connection, post: int, digests: Mapping[str, str], reason: str) -> None:
    """Edits of which nothing was attempted are cancelled, and their approval is gone; with none of them it is `TooLate`."""
    rows = 0
    for profile, digest in digests.items():
        rows += tx.execute(
            "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE post_id = ? AND kind = 'edit'"
            f" AND profile = ? AND variant_digest = ? AND state NOT IN ('published', 'cancelled') AND NOT ({MAY_BE_OUT})",
            (reason, post, profile, digest),
        ).rowcount
        tx.execute("DELETE FROM approvals WHERE post_id = ? AND profile = ? AND digest = ?", (post, profile, digest))
    if not rows:
        raise TooLate("the edit is done or under way", hint="`smm deliveries list` shows it")
