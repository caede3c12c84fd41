"""A row as the word it stands for, where several modules read the same table."""

from __future__ import annotations

from typing import Any

from smm_core.clock import from_text
from smm_core.model import Action, ActionKind, ActionState, Receipt, from_json
from smm_core.store.database import Row


def action_of(row: Row) -> Action:
    """An action, of all columns of `actions`."""
    return Action(
        id=row["id"],
        post_id=row["post_id"],
        profile=row["profile"],
        kind=ActionKind(row["kind"]),
        seq=row["seq"],
        variant_digest=row["variant_digest"],
        key=row["key"],
        state=ActionState(row["state"]),
        due_at=from_text(row["due_at"]),
        parent_id=row["parent_id"],
        trial=bool(row["trial"]),
        attempts=row["attempts"],
        next_try_at=from_text(row["wake_at"]) if row["wake_at"] else None,
        handles={} if row["handles"] == "{}" else from_json(row["handles"], dict[str, Any]),
        handles_expire=from_text(row["handles_expire"]) if row["handles_expire"] else None,
        receipt=from_json(row["receipt"], Receipt) if row["receipt"] else None,
        reason=row["reason"],
        on_id=row["on_id"],
        target=from_json(row["target"], Receipt) if row["target"] else None,
        by=row["by"],
        removed_at=from_text(row["removed_at"]) if row["removed_at"] else None,
        interaction_id=row["interaction_id"],
        on_verdict=bool(row["on_verdict"]),
    )
