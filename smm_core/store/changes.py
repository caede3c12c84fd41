"""What an edit or a withdrawal does to what was planned already, inside the transaction that writes it."""

from __future__ import annotations

import sqlite3

from smm_core import lifecycle
from smm_core.errors import StoreError
from smm_core.model import PostContent, PostState, from_json, to_json
from smm_core.store.database import Row
from smm_core.store.handed import STARTED, take_back
from smm_core.store.review_course import withdraw
from smm_core.values import replace

BY_SERIES = "series: "
"""How the reason of a date begins that its series took back; what a person took back has another one, and stays so."""

_READY = (PostState.RENDERED, PostState.REVIEWING, PostState.APPROVED, PostState.SCHEDULED)


def only_moves(row: Row, content: PostContent) -> bool:
    """Whether a post that waits in the queue only changes its place there: what was approved is what will be sent."""
    if row["state"] not in _READY:
        return False
    before = from_json(row["content"], PostContent)
    both = before.when.kind.is_in_queue and content.when.kind.is_in_queue
    return both and to_json(replace(before, when=content.when)) == to_json(content)


def requeue(tx: sqlite3.Connection, row: Row, content: str, at: str, by: str) -> tuple[str, ...]:
    """Keep a post's variants, reviews and approvals; what has its time loses it. The profiles where it has begun."""
    planned = row["state"] == PostState.SCHEDULED
    too_late = call_off(tx, row["id"], at, "its place in the queue was changed", by) if planned else ()
    tx.execute(
        "UPDATE variants SET revision = revision + 1 WHERE post_id = ? AND revision = ?", (row["id"], row["revision"])
    )
    tx.execute(
        "UPDATE posts SET content = ?, state = ?, revision = revision + 1, reason = '', by = ?, updated_at = ? WHERE id = ?",
        (content, PostState.APPROVED if planned else row["state"], by, at, row["id"]),
    )
    return too_late


def after_edit(before: PostState, target: PostState, *, late: bool) -> PostState:
    """Where an edited post goes. Once something is out it can no longer be a draft or withdrawn as a whole."""
    wanted = PostState.WRITTEN if late else target
    if wanted is before or lifecycle.post_may(before, wanted):
        return wanted
    raise StoreError(f"a post that is {before} cannot become {wanted}")


def stays(tx: sqlite3.Connection, row: Row, *, same: bool) -> bool:
    """Whether one date of a series is beyond change: it is out or on its way everywhere, or a person took it back."""
    state = PostState(row["state"])
    if state is PostState.WITHDRAWN:
        return same and not row["reason"].startswith(BY_SERIES)
    wanted = set(from_json(row["content"], PostContent).profiles)
    return state is PostState.DONE or (bool(wanted) and wanted <= set(_attempted(tx, row["id"])))


def call_off(tx: sqlite3.Connection, number: int, at: str, reason: str, by: str) -> tuple[str, ...]:
    """Cancel every delivery of which nothing was attempted and close open reviews; the profiles that stay.

    What the platform's own scheduler has is asked back; it is cancelled when the platform has let go of it.
    """
    handed = take_back(tx, number, at, reason, by)
    attempted = _attempted(tx, number)
    marks = ",".join("?" * (len(attempted) + len(handed)))
    tx.execute(
        "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE post_id = ? AND trial = 0"
        f" AND state IN ('waiting', 'scheduled', 'held', 'refused') AND profile NOT IN ({marks})",
        (reason, number, *attempted, *handed),
    )
    withdraw(tx, number, reason, at, by)
    tx.execute(
        "UPDATE actions SET state = 'cancelled', reason = ? WHERE post_id = ? AND kind = 'edit' AND state = 'waiting'",
        (reason, number),
    )
    return tuple(sorted(attempted))


def frees(tx: sqlite3.Connection, number: int) -> bool:
    """Whether anything of a post was cancelled or is asked back, so that taking it back did something."""
    return bool(
        tx.execute(
            "SELECT 1 FROM actions WHERE post_id = ? AND trial = 0 AND (state = 'cancelled' OR kind = 'take-back') LIMIT 1",
            (number,),
        ).fetchone()
    )


def _attempted(tx: sqlite3.Connection, number: int) -> list[str]:
    """The profiles on which a post is out, on its way, or may be out."""
    rows = tx.execute(
        f"SELECT DISTINCT profile FROM actions WHERE post_id = ? AND trial = 0 AND ({STARTED})", (number,)
    )
    return [row[0] for row in rows]
