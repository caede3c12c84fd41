"""Acts on what is out, and on the platform's own scheduler: planning them, and what follows when they are done.

An act is an action of the ledger like a part of a delivery: one guarded request with a key, claimed and settled in the
same way. It has the action that it acts on (`on_id`), and says no more about its post than that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from smm_core.clock import to_text
from smm_core.errors import NotFound, TooLate
from smm_core.lifecycle import ENDED, ON_A_WORD
from smm_core.model import Action, ActionKind, ActionState, PostState, Problem, Receipt, Variant, from_json
from smm_core.store import replies
from smm_core.store.database import Database, Row
from smm_core.store.handed import BY_ITSELF, GIVE_UP, MAY_BE_OUT, insert, is_approved, keep_variant, take_back
from smm_core.store.posts import end_post
from smm_core.store.review_course import open_review
from smm_core.workflow_plan import ReviewPlan

_GOES_THERE = "it is being handed over to the platform's scheduler"
_IS_THERE = "the platform's scheduler has it"
_DELIVERY = "post_id = ? AND profile = ? AND variant_digest = ? AND trial = ? AND kind IN ('publish', 'comment')"


class Subject(Struct, frozen=True, kw_only=True):
    """What an act acts on: our action (None where it is a stranger's), and the receipt by which the platform knows it now."""

    action: int | None
    receipt: Receipt
    digest: str = ""


# ---------------------------------------------------------------- planning


def plan_deletion(db: Database, number: int, by: str, now: datetime) -> list[int]:
    """See `Ledger.plan_deletion`."""
    at = to_text(now)
    with db.write() as tx:
        parts = _parts(tx, number)
        _none_on_its_way(tx, parts)
        out = [row for row in parts if row["state"] == ActionState.PUBLISHED and row["removed_at"] is None]
        if not out:
            raise TooLate(
                f"nothing of delivery {number} is out", hint=f"`smm deliveries show {number}` says how it stands"
            )
        for row in out:
            _none_in_progress(tx, row)
        for row in parts:
            if row["state"] not in ENDED:
                tx.execute(
                    "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE id = ?",
                    (f"{by} deletes what is out of it", row["id"]),
                )
        numbers: list[int] = []
        for row in reversed(out):
            after = numbers[-1] if numbers else None
            numbers.append(
                insert(
                    tx, row, kind=ActionKind.DELETE, at=at, by=by, on=row["id"], parent=after, waits=after is not None
                )
            )
        end_post(tx, parts[0]["post_id"], at)
        return numbers


def plan_edits(
    db: Database, number: int, variant: Variant, problems: Sequence[Problem], plan: ReviewPlan, by: str, now: datetime
) -> list[int]:
    """See `Ledger.plan_edits`."""
    at = to_text(now)
    with db.write() as tx:
        parts = _parts(tx, number)
        keep_variant(tx, parts[0]["post_id"], variant, problems, at)
        waits = not (parts[0]["trial"] or is_approved(tx, parts[0], variant.digest))
        _none_on_its_way(tx, parts)
        texts: list[object] = [*variant.parts, *([variant.first_comment] if variant.first_comment else [])]
        live = [row for row in parts if row["state"] != ActionState.CANCELLED]
        if any(row["state"] != ActionState.PUBLISHED or row["removed_at"] is not None for row in live):
            raise TooLate(f"delivery {number} is not out as a whole", hint=f"`smm deliveries show {number}`")
        if len(texts) != len(live):
            raise TooLate(
                f"it has {len(texts)} parts now and {len(live)} are out; an edit can change parts, not their number",
                hint=f"`smm deliveries delete {number}`, and publish it anew",
            )
        numbers = []
        for row, text in zip(live, texts, strict=True):
            _none_in_progress(tx, row)
            shown = _shown(tx, row)
            if (shown.parts[row["seq"]] if row["kind"] == ActionKind.PUBLISH else shown.first_comment) != text:
                numbers.append(
                    insert(
                        tx, row, kind=ActionKind.EDIT, at=at, by=by, on=row["id"], digest=variant.digest, waits=waits
                    )
                )
        if numbers and waits:
            open_review(
                tx,
                post=parts[0]["post_id"],
                client=parts[0]["client"],
                writer=tx.execute("SELECT by FROM posts WHERE id = ?", (parts[0]["post_id"],)).fetchone()["by"],
                digests={variant.profile: variant.digest},
                plan=plan,
                now=now,
            )
        return numbers


def subject(db: Database, action: Action) -> Subject:
    """See `Ledger.subject`."""
    if action.target is not None:
        return Subject(action=action.on_id, receipt=action.target)
    with db.read() as tx:
        row = _row(tx, action.on_id or 0)
        edited = _last_edit(tx, row)
    receipt = (edited or row)["receipt"]
    return Subject(
        action=row["id"],
        receipt=from_json(receipt, Receipt) if receipt else Receipt(remote_id=""),
        digest=(edited or row)["variant_digest"],
    )


# ---------------------------------------------------------------- the platform's scheduler


def hand_over(db: Database, action: Action, now: datetime) -> int:
    """See `Ledger.hand_over`."""
    with db.write() as tx:
        row = _row(tx, action.id)
        if row["state"] != ActionState.SCHEDULED or row["due_at"] != to_text(action.due_at) or row["attempts"]:
            raise TooLate(f"delivery {action.id} was changed in the meantime")
        tx.execute(
            "UPDATE actions SET state = 'waiting', wake_at = NULL, reason = ? WHERE id = ?", (_GOES_THERE, action.id)
        )
        return insert(tx, row, kind=ActionKind.HAND_OVER, at=to_text(now), on=action.id)


def keep(db: Database, action: Action, reason: str, wake_at: datetime, now: datetime) -> None:
    """See `Ledger.keep`."""
    with db.write() as tx:
        row = _row(tx, action.id)
        if row["state"] != action.state or row["attempts"] != action.attempts:
            raise TooLate(f"delivery {action.id} is {row['state']} in the meantime")
        tx.execute(
            "UPDATE actions SET state = 'scheduled', wake_at = ?, reason = ? WHERE id = ? AND state = 'waiting'",
            (to_text(wake_at), reason, action.on_id),
        )
        tx.execute(
            "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE id = ?", (reason, action.id)
        )


def give_up(db: Database, action: Action, reason: str, by: str, now: datetime) -> bool:
    """See `Ledger.give_up`."""
    at = to_text(now)
    with db.write() as tx:
        row = _row(tx, action.id)
        if row["state"] != ActionState.WAITING:
            raise TooLate(f"delivery {action.id} is {row['state']} in the meantime")
        if take_back(tx, row["post_id"], at, reason, by, profile=row["profile"], give_up=True):
            return True
        tx.execute(
            "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ?1 WHERE (id = ?2 OR (on_id = ?2"
            " AND kind = 'hand-over')) AND state IN ('waiting', 'scheduled', 'held', 'refused')",
            (reason, action.id),
        )
        end_post(tx, row["post_id"], at)
        return False


def handed_over(db: Database, action: Action) -> int | None:
    """See `Ledger.handed_over`."""
    found = db.value(
        f"SELECT id FROM actions WHERE on_id = ? AND kind = 'hand-over' AND removed_at IS NULL AND ({MAY_BE_OUT})"
        " ORDER BY id DESC LIMIT 1",
        (action.id,),
    )
    return int(found) if found is not None else None


def is_asked_back(db: Database, action: Action) -> bool:
    """See `Ledger.is_asked_back`."""
    found = db.value(
        "SELECT 1 FROM actions t JOIN actions h ON h.id = t.on_id WHERE h.on_id = ? AND h.removed_at IS NULL"
        " AND t.kind = 'take-back' AND t.state IN ('waiting', 'scheduled', 'sending', 'pending', 'unknown') LIMIT 1",
        (action.id,),
    )
    return found is not None


def undo_early(db: Database, action: Action, reason: str, now: datetime) -> None:
    """See `Ledger.undo_early`."""
    at = to_text(now)
    with db.write() as tx:
        row = _row(tx, action.id)
        if row["state"] != ActionState.WAITING:
            raise TooLate(f"delivery {action.id} is {row['state']} in the meantime")
        take_back(tx, row["post_id"], at, reason, BY_ITSELF, profile=row["profile"])
        tx.execute("UPDATE actions SET wake_at = max(due_at, ?), reason = ? WHERE id = ?", (at, reason, action.id))


def publishes_early(db: Database, profile: str) -> bool:
    """See `Ledger.publishes_early`."""
    found = db.value(
        "SELECT 1 FROM actions WHERE profile = ? AND kind = 'take-back' AND by = ? LIMIT 1", (profile, BY_ITSELF)
    )
    return found is not None


# ---------------------------------------------------------------- claiming, and what follows


def stale(tx: sqlite3.Connection, row: Row | Mapping[str, object]) -> str:
    """Why an act must not be done any more; empty when it may."""
    kind = ActionKind(str(row["kind"]))
    if kind in ON_A_WORD and not row["by"]:
        return "nobody gave their word for it"
    on = tx.execute("SELECT * FROM actions WHERE id = ?", (row["on_id"],)).fetchone()
    if on is None:
        return "" if row["target"] else "what it acts on is not there"
    if kind is ActionKind.HAND_OVER:
        if on["state"] != ActionState.WAITING:
            return f"its delivery is {_word(on)}"
        # One that may have been accepted is asked again, so that it can be taken back.
        asked_back = tx.execute(
            "SELECT 1 FROM actions WHERE on_id = ?1 AND kind = 'take-back' AND state != 'cancelled' AND NOT EXISTS"
            " (SELECT 1 FROM attempts WHERE action_id = ?1 AND outcome IN ('unknown', 'pending'))",
            (row["id"],),
        ).fetchone()
        return "it is asked back" if asked_back else ""
    if on["state"] != ActionState.PUBLISHED or on["removed_at"] is not None:
        return f"what it acts on is {_word(on)}"
    if kind is ActionKind.TAKE_BACK:
        delivery = _row(tx, on["on_id"])
        return "" if delivery["state"] == ActionState.WAITING else f"too late: its delivery is {_word(delivery)}"
    return ""


def is_stale(db: Database, action: Action) -> str:
    """See `Ledger.stale`."""
    with db.read() as tx:
        return stale(tx, _row(tx, action.id))


def follow(tx: sqlite3.Connection, row: Row, number: int, state: ActionState, at: str) -> None:
    """What else changes when an act comes to an end, in the same transaction."""
    kind, done = ActionKind(row["kind"]), state is ActionState.PUBLISHED
    if kind is ActionKind.REPLY:
        replies.ended(tx, number, state, at)
    elif kind is ActionKind.DELETE and done:
        tx.execute("UPDATE actions SET removed_at = ? WHERE id = ?", (at, row["on_id"]))
    elif kind is ActionKind.HAND_OVER and done:
        tx.execute(
            # At once, to see that it waits there; the answer says when to look again.
            "UPDATE actions SET wake_at = ?, reason = ? WHERE id = ? AND state = 'waiting'",
            (at, _IS_THERE, row["on_id"]),
        )
    elif kind is ActionKind.HAND_OVER and state is ActionState.CANCELLED:
        given_up = tx.execute(
            "SELECT 1 FROM actions WHERE on_id = ? AND kind = 'take-back' AND instr(handles, ?)", (number, GIVE_UP)
        ).fetchone()
        _release(tx, row["on_id"], at, reason="", give_up=given_up is not None)
    elif kind is ActionKind.TAKE_BACK and done:
        tx.execute("UPDATE actions SET removed_at = ? WHERE id = ?", (at, row["on_id"]))
        taken = _row(tx, number)
        handed = _row(tx, row["on_id"])
        _release(tx, handed["on_id"], at, reason=taken["reason"], give_up=GIVE_UP in taken["handles"])


def came_out(tx: sqlite3.Connection, number: int) -> None:
    """The platform's scheduler has sent a delivery: what would have taken it back is too late."""
    tx.execute(
        "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = 'too late: it is out' WHERE kind = 'take-back'"
        " AND state IN ('waiting', 'scheduled', 'held', 'refused') AND on_id IN"
        " (SELECT id FROM actions WHERE on_id = ? AND kind = 'hand-over')",
        (number,),
    )


def not_there(tx: sqlite3.Connection, number: int, at: str) -> None:
    """A person says that what the platform's scheduler had is not out: it does not have it any more either."""
    tx.execute(
        "UPDATE actions SET removed_at = ? WHERE on_id = ? AND kind = 'hand-over' AND removed_at IS NULL", (at, number)
    )


def _release(tx: sqlite3.Connection, number: int, at: str, *, reason: str, give_up: bool = False) -> None:
    """The platform's scheduler does not have a delivery (any more): it is scheduled where it is wanted, else cancelled."""
    row = _row(tx, number)
    if row["state"] != ActionState.WAITING:
        return
    wanted = (
        not give_up
        and tx.execute(
            "SELECT 1 FROM posts p JOIN approvals a ON a.post_id = p.id AND a.profile = ? AND a.digest = ?"
            " WHERE p.id = ? AND p.state = ?",
            (row["profile"], row["variant_digest"], row["post_id"], PostState.SCHEDULED),
        ).fetchone()
    )
    if wanted:
        tx.execute("UPDATE actions SET state = 'scheduled', wake_at = ?, reason = '' WHERE id = ?", (at, number))
        return
    tx.execute(
        "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE id = ?",
        (reason or "given up", number),
    )
    end_post(tx, row["post_id"], at)


# ---------------------------------------------------------------- rows


def _row(tx: sqlite3.Connection, number: int) -> Row:
    row: Row | None = tx.execute("SELECT * FROM actions WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"there is no delivery {number}", hint="`smm deliveries list` shows them")
    return row


def _parts(tx: sqlite3.Connection, number: int) -> list[Row]:
    """All parts of the delivery that an action is of, in order."""
    row = _row(tx, number)
    if row["kind"] not in (ActionKind.PUBLISH, ActionKind.COMMENT):
        row = _row(tx, row["on_id"])
    run = " AND created_at = ?" if row["trial"] else ""
    key = (row["post_id"], row["profile"], row["variant_digest"], row["trial"], *([row["created_at"]] if run else []))
    return tx.execute(f"SELECT * FROM actions WHERE {_DELIVERY}{run} ORDER BY seq, id", key).fetchall()


def _none_on_its_way(tx: sqlite3.Connection, parts: list[Row]) -> None:
    """A part whose outcome is open would be missed."""
    for row in parts:
        if (
            row["state"] != ActionState.PUBLISHED
            and tx.execute(f"SELECT 1 FROM actions WHERE id = ? AND ({MAY_BE_OUT})", (row["id"],)).fetchone()
        ):
            raise TooLate(f"delivery {row['id']} is {row['state']}", hint="look again when its outcome is known")


def _none_in_progress(tx: sqlite3.Connection, row: Row) -> None:
    """Two acts on the same thing would race each other on the platform."""
    other = tx.execute(
        "SELECT * FROM actions WHERE on_id = ? AND kind IN ('delete', 'edit') AND state NOT IN ('published', 'cancelled')",
        (row["id"],),
    ).fetchone()
    if other is not None:
        raise TooLate(
            f"delivery {row['id']} has a {other['kind']} under way (delivery {other['id']}, {other['state']})",
            hint=f"`smm deliveries show {other['id']}`",
        )


def _last_edit(tx: sqlite3.Connection, row: Row) -> Row | None:
    found: Row | None = tx.execute(
        "SELECT * FROM actions WHERE on_id = ? AND kind = 'edit' AND state = 'published' ORDER BY id DESC LIMIT 1",
        (row["id"],),
    ).fetchone()
    return found


def _shown(tx: sqlite3.Connection, row: Row) -> Variant:
    """The variant of which the platform shows a part now."""
    digest = (_last_edit(tx, row) or row)["variant_digest"]
    (content,) = tx.execute(
        "SELECT content FROM variants WHERE post_id = ? AND profile = ? AND digest = ?",
        (row["post_id"], row["profile"], digest),
    ).fetchone()
    return from_json(content, Variant)


def _word(row: Row) -> str:
    return "removed" if row["removed_at"] is not None else str(row["state"])
