"""Listings straight from rows, as plain JSON: they load neither the model nor anything else that takes time to load."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from smm_core.store.database import Database, Row

Plain = dict[str, Any]

REPLIES = "~replies"
"""The source of the posts that are the homes of replies; no configured source can have a tilde in its name."""

OURS = (
    "(SELECT CASE o.kind WHEN 'edit' THEN o.on_id ELSE o.id END FROM actions o WHERE o.profile = i.profile"
    " AND o.receipt IS NOT NULL AND o.kind IN ('publish', 'comment', 'reply', 'edit') AND CASE WHEN json_valid(o.receipt)"
    " THEN json_extract(o.receipt, '$.remote_id') END = +i.on_remote ORDER BY o.id LIMIT 1)"
)
"""SQL for the number of our action to which the interaction `i` belongs. It is as the index `actions_by_remote` wants it."""

# How a listing shows the places in the queue.
_QUEUE = {"slot": "next slot", "end": "end of queue", "first": "front of queue"}

# The most urgent state of a delivery's actions is the delivery's.
_BY_URGENCY = ("unknown", "held", "refused", "sending", "pending", "scheduled", "waiting", "cancelled")


def ideas(db: Database, *, client: str | None, source: str | None, state: str | None, limit: int) -> list[Plain]:
    """Ideas, the newest first."""
    sql, values = _where(("client", client), ("source", source), ("state", state))
    rows = db.rows(f"SELECT * FROM ideas WHERE 1=1{sql} ORDER BY id DESC LIMIT ?", (*values, limit))
    return [_idea(row, json.loads(row["found"])) for row in rows]


def _idea(row: Row, found: Plain) -> Plain:
    return {
        "id": row["id"],
        "title": row["title"],
        "state": row["state"],
        "source": row["source"],
        "client": row["client"],
        "published": found.get("published_at"),
        "url": found.get("url"),
        "labels": found.get("labels", []),
        "collected_at": row["collected_at"],
    }


# Of the open review of a post with stages: which side it waits for, and by when; nothing for any other.
_REVIEW = (
    "(SELECT json_array(json(r.waits_for), r.deadline) FROM reviews r WHERE posts.state = 'reviewing' AND r.post_id = posts.id"
    " AND r.state = 'open' AND r.workflow != '' ORDER BY r.id DESC LIMIT 1) AS review"
)


def posts(
    db: Database, *, client: str | None, states: Sequence[str], label: str | None, limit: int = 500
) -> list[Plain]:
    """Posts in the order they were made, each with the instant its first delivery is or was due."""
    sql, values = _where(("client", client))
    sql += f" AND source != '{REPLIES}'"
    if states:
        sql += f" AND state IN ({','.join('?' * len(states))})"
        values.extend(states)
    rows = db.rows(
        "SELECT *, (SELECT min(due_at) FROM actions a WHERE a.post_id = posts.id AND a.trial = 0 AND a.state != 'cancelled' AND a.kind = 'publish')"
        f" AS due, {_REVIEW} FROM posts WHERE 1=1{sql} ORDER BY id LIMIT ?",
        (*values, limit),
    )
    listed = [_post(row, json.loads(row["content"])) for row in rows]
    return [one for one in listed if not label or label in one["labels"]]


def _post(row: Row, content: Plain) -> Plain:
    waits_for, approve_by = json.loads(row["review"]) if row["review"] else ([], None)
    return {
        "id": row["id"],
        "post": row["slug"],
        "client": row["client"],
        "state": row["state"],
        "waiting_for": waits_for,
        "approve_by": approve_by,
        "title": content["title"],
        "when": _when(content["when"]),
        "due": row["due"] if row["state"] in ("scheduled", "done") else None,
        "profiles": content["profiles"],
        "labels": content["labels"],
        "campaign": content["campaign"],
        "source": row["source"],
        "series": row["slug"].rpartition("@")[0] if row["series_id"] is not None else None,
        "revision": row["revision"],
        "updated_at": row["updated_at"],
        "by": row["by"],
        "reason": row["reason"],
    }


def _when(when: Plain) -> str:
    if when["kind"] == "at" and when["wall"]:
        zone = f" {when['zone']}" if when["zone"] else ""
        return f"{when['wall'].replace('T', ' ')[:16]}{zone}"
    return _QUEUE.get(when["kind"], str(when["kind"]))


def deliveries(
    db: Database,
    *,
    post: int | None = None,
    profile: str | None = None,
    client: str | None = None,
    since: str | None = None,
    until: str | None = None,
    acts: bool = False,
    limit: int = 500,
) -> list[Plain]:
    """Deliveries by due time, the latest last: the actions of one variant on its profile, seen as one.

    With `acts` also what was done to them (deleted, edited, answered, handed over), each in a line of its own.
    `since` and `until` are instants as the store writes them.
    """
    sql, values = _where(("a.post_id", post), ("a.profile", profile), ("a.client", client))
    if not acts:
        sql += " AND a.kind IN ('publish', 'comment')"
    for clause, instant in ((" AND a.due_at >= ?", since), (" AND a.due_at < ?", until)):
        if instant is not None:
            sql += clause
            values.append(instant)
    rows = db.rows(
        "SELECT a.*, p.slug, i.author FROM actions a JOIN posts p ON p.id = a.post_id"
        f" LEFT JOIN interactions i ON i.id = a.interaction_id WHERE 1=1{sql}"
        " ORDER BY a.due_at, a.post_id, a.profile, a.trial, a.variant_digest, a.seq, a.id LIMIT ?",
        (*values, limit),
    )
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        run = row["created_at"] if row["trial"] else ""
        act = () if row["kind"] in ("publish", "comment") else (row["id"],)
        key = (row["post_id"], row["profile"], row["variant_digest"], row["trial"], run, act)
        groups.setdefault(key, []).append(row)
    return [_delivery(group) for group in groups.values()]


def _delivery(rows: Sequence[Row]) -> Plain:
    first, states = rows[0], [row["state"] for row in rows]
    sent = states.count("published")
    worst = min(
        rows, key=lambda row: _BY_URGENCY.index(row["state"]) if row["state"] in _BY_URGENCY else len(_BY_URGENCY)
    )
    removed = sum(row["removed_at"] is not None for row in rows)
    state = "published" if sent == len(rows) else worst["state"]
    is_act = first["kind"] not in ("publish", "comment")
    if removed and removed == sent:
        state, sent = "taken back" if is_act else "removed", len(rows)
    elif is_act and sent:
        state = "done"
    receipts = [json.loads(row["receipt"]) for row in rows if row["receipt"]]
    return {
        "id": [row["id"] for row in rows],
        "kind": first["kind"] if is_act else "delivery",
        "to": first["author"],
        "post_id": first["post_id"],
        "post": first["slug"],
        "profile": first["profile"],
        "state": f"partly: {state}" if 0 < sent < len(rows) else state,
        "due": first["due_at"],
        "sent": states.count("published"),
        "total": len(rows),
        "url": next((receipt["url"] for receipt in receipts if receipt.get("url")), None),
        "reason": worst["reason"],
        "trial": bool(first["trial"]),
    }


def inbox(
    db: Database,
    *,
    client: str | None = None,
    profile: str | None = None,
    states: Sequence[str] = (),
    since: str | None = None,
    limit: int = 200,
) -> list[Plain]:
    """What others said, the newest first, with the post it belongs to and how our last reply stands."""
    sql, values = _where(("i.client", client), ("i.profile", profile))
    if states == ("new", "read"):
        sql += " AND i.state != 'done'"  # as the index of what is open has it
    elif states:
        sql += f" AND i.state IN ({','.join('?' * len(states))})"
        values.extend(states)
    if since is not None:
        sql += " AND i.at >= ?"
        values.append(since)
    rows = db.rows(
        f"SELECT i.*, p.slug, p.source, a.kind AS on_kind, r.id AS reply, r.state AS reply_state, r.on_verdict,"
        f" r.reason AS reply_reason, r.receipt AS reply_receipt FROM (SELECT i.*, {OURS} AS on_action FROM interactions i"
        f" WHERE 1=1{sql} ORDER BY i.at DESC, i.id DESC LIMIT ?) i"
        " LEFT JOIN actions a ON a.id = i.on_action LEFT JOIN posts p ON p.id = a.post_id"
        " LEFT JOIN actions r ON r.id = (SELECT max(id) FROM actions WHERE interaction_id = i.id)"
        " ORDER BY i.at DESC, i.id DESC",
        (*values, limit),
    )
    return [_interaction(row, json.loads(row["content"])) for row in rows]


def _interaction(row: Row, content: Plain) -> Plain:
    reply = None
    if row["reply"] is not None:
        receipt = json.loads(row["reply_receipt"]) if row["reply_receipt"] else {}
        reply = {
            "delivery": row["reply"],
            "state": row["reply_state"],
            "says": reply_words(row["reply_state"], waits=bool(row["on_verdict"])),
            "reason": row["reply_reason"],
            "url": receipt.get("url"),
        }
    return {
        "id": row["id"],
        "kind": row["kind"],
        "client": row["client"],
        "profile": row["profile"],
        "author": row["author"],
        "author_name": content["author_name"],
        "text": content["text"],
        "at": content["at"],
        "url": content["url"],
        "language": content["language"],
        "post": row["slug"] if row["source"] != REPLIES else None,
        "on": row["on_action"],
        "on_kind": row["on_kind"],
        "on_remote": row["on_remote"],
        "state": row["state"],
        "edited_at": row["edited_at"],
        "changed_at": row["changed_at"],
        "by": row["changed_by"],
        "reply": reply,
    }


def reply_words(state: str, *, waits: bool) -> str:
    """How a reply stands, as people say it."""
    if state == "waiting" and waits:
        return "waiting for approval"
    return {"published": "out", "cancelled": "given up", "unknown": "no clear answer"}.get(state, state)


def post_number(db: Database, name: str) -> int | None:
    """The number of the one post of that number or slug; None when there is none, or more than one."""
    if name.isdigit():
        return int(name)
    slug = name.removesuffix(".md").removeprefix("content/").removeprefix("posts/")
    rows = db.rows("SELECT id FROM posts WHERE slug = ?", (slug,))
    return int(rows[0]["id"]) if len(rows) == 1 else None


def _where(*pairs: tuple[str, str | int | None]) -> tuple[str, list[str | int]]:
    given = [(column, value) for column, value in pairs if value is not None and value != ""]
    return "".join(f" AND {column} = ?" for column, _ in given), [value for _, value in given]
