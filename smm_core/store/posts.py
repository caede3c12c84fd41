"""Posts and variants: what was written, and what it looks like on each profile."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smm_core import lifecycle
from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound, StoreError, TooLate
from smm_core.model import (
    Post,
    PostContent,
    PostFound,
    PostState,
    Problem,
    Variant,
    from_json,
    to_json,
)
from smm_core.store.database import Database, Row

STARTED = (
    "state IN ('sending', 'pending', 'unknown', 'published') OR (state IN ('scheduled', 'held', 'refused') AND EXISTS"
    " (SELECT 1 FROM attempts WHERE attempts.action_id = actions.id AND attempts.outcome IN ('unknown', 'pending')))"
)
"""SQL for an action that is out, on its way, or may be out: what it sends can no longer be changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an update of a post did: whether anything changed, and the profiles for which it came too late."""

    post: Post
    changed: bool
    too_late: tuple[str, ...] = ()


class Posts:
    """Posts and their variants."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, source: str, client: str, found: PostFound, now: datetime, by: str = "") -> Change:
        """Insert or update a post from its source. An edit cancels what has not been attempted and asks again.

        Profiles on which an attempt was made keep what they have; they are named in `too_late`.
        """
        content = to_json(found.content)
        target = _target(found)
        at = to_text(now)
        with self._db.write() as tx:
            row = tx.execute("SELECT * FROM posts WHERE source = ? AND key = ?", (source, found.key)).fetchone()
            if row is None:
                number = tx.execute(
                    "INSERT INTO posts (client, source, key, slug, state, revision, content, by, created_at, updated_at)"
                    " VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?)",
                    (client, source, found.key, slug_of(found.key), target, content, by, at, at),
                ).lastrowid
                return Change(post=_post(_row(tx, number)), changed=True)
            before = PostState(row["state"])
            same_draft = (target is PostState.DRAFT) == (before is PostState.DRAFT)
            same_gone = (target is PostState.WITHDRAWN) == (before is PostState.WITHDRAWN)
            if row["content"] == content and same_draft and same_gone:
                return Change(post=_post(row), changed=False)
            too_late = _take_back(tx, row["id"], at, "the post was edited")
            state = _after_edit(before, target, late=bool(too_late))
            tx.execute(
                "UPDATE posts SET content = ?, state = ?, revision = revision + 1, reason = '', by = ?, updated_at = ?, client = ?"
                " WHERE id = ?",
                (content, state, by, at, client, row["id"]),
            )
            return Change(post=_post(_row(tx, row["id"])), changed=True, too_late=too_late)

    def withdraw(self, number: int, now: datetime, reason: str, by: str = "") -> Change:
        """Take a post back. What was attempted stays; with nothing left to take back it is `TooLate`."""
        at = to_text(now)
        with self._db.write() as tx:
            row = _row(tx, number)
            before = PostState(row["state"])
            if before is PostState.WITHDRAWN:
                return Change(post=_post(row), changed=False)
            if before is PostState.DONE:
                raise TooLate(
                    f"post {row['slug']} is already out", hint=f"`smm deliveries list --post {number}` shows where"
                )
            too_late = _take_back(tx, number, at, reason)
            if too_late and not _frees(tx, number):
                raise TooLate(
                    f"post {row['slug']} is being sent to {', '.join(too_late)}",
                    hint="look again when the outcome is known",
                )
            if too_late:
                end_post(tx, number, at)
            else:
                _move(tx, number, before, PostState.WITHDRAWN, reason, at)
            tx.execute("UPDATE posts SET by = ? WHERE id = ?", (by, number))
            return Change(post=_post(_row(tx, number)), changed=True, too_late=too_late)

    def get(self, number: int) -> Post:
        """One post by number; none is `NotFound`."""
        with self._db.read() as tx:
            return _post(_row(tx, number))

    def find(self, name: str) -> Post:
        """One post by number, slug, or the end of its path; none or several is `NotFound` with what is near."""
        if name.isdigit():
            return self.get(int(name))
        wanted = slug_of(name.removesuffix(".md"))
        rows = self._db.rows("SELECT * FROM posts WHERE slug = ? OR slug LIKE ? ORDER BY id", (wanted, f"%/{wanted}"))
        exact = [row for row in rows if row["slug"] == wanted] or rows
        if len(exact) == 1:
            return _post(exact[0])
        if exact:
            raise NotFound(
                f"{len(exact)} posts are called {name!r}",
                hint="use the number: " + ", ".join(str(row["id"]) for row in exact),
            )
        raise NotFound(f"there is no post {name!r}", hint=_nearest(wanted, self.slugs()))

    def by_key(self, source: str, key: str) -> Post | None:
        """A post by its source's own name for it."""
        row = self._db.row("SELECT * FROM posts WHERE source = ? AND key = ?", (source, key))
        return _post(row) if row else None

    def slugs(self) -> list[str]:
        """All slugs."""
        return [row["slug"] for row in self._db.rows("SELECT slug FROM posts")]

    def listed(
        self, *, client: str | None = None, states: Sequence[PostState] = (), label: str | None = None, limit: int = 500
    ) -> list[Post]:
        """In the order they were made."""
        sql = "SELECT * FROM posts WHERE 1=1"
        values: list[str | int] = []
        if client:
            sql += " AND client = ?"
            values.append(client)
        if states:
            sql += f" AND state IN ({','.join('?' * len(states))})"
            values.extend(states)
        posts = [_post(row) for row in self._db.rows(f"{sql} ORDER BY id LIMIT ?", (*values, limit))]
        return [post for post in posts if not label or label in post.content.labels]

    def moving(self) -> tuple[tuple[int, int, str], ...]:
        """Posts that a step has yet to take further: number, revision and state."""
        rows = self._db.rows(
            "SELECT id, revision, state FROM posts WHERE state IN ('written', 'rendered', 'approved') ORDER BY id"
        )
        return tuple((row["id"], row["revision"], row["state"]) for row in rows)

    def move(self, post: Post, state: PostState, now: datetime, reason: str = "") -> None:
        """Move a post on. A post that changed in the meantime (another revision or state) is `TooLate`."""
        with self._db.write() as tx:
            row = _row(tx, post.id)
            if row["revision"] != post.revision or row["state"] != post.state:
                raise TooLate(f"post {post.slug} was changed in the meantime", hint="it goes round again by itself")
            _move(tx, post.id, post.state, state, reason, to_text(now))

    # ------------------------------------------------------------ variants

    def keep_variants(
        self,
        post: Post,
        variants: Sequence[tuple[Variant, Sequence[Problem]]],
        state: PostState,
        reason: str,
        now: datetime,
    ) -> None:
        """Store the variants of this revision and move the post on, in one transaction."""
        at = to_text(now)
        with self._db.write() as tx:
            row = _row(tx, post.id)
            if row["revision"] != post.revision or row["state"] != post.state:
                raise TooLate(f"post {post.slug} was changed in the meantime", hint="it goes round again by itself")
            for variant, problems in variants:
                # One from an earlier try (its plugin was away, its picture broken) must not be asked about or sent.
                tx.execute(
                    "UPDATE variants SET revision = 0 WHERE post_id = ? AND profile = ? AND revision = ?",
                    (post.id, variant.profile, post.revision),
                )
                tx.execute(
                    "INSERT OR REPLACE INTO variants (post_id, profile, digest, revision, content, problems, created_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        post.id,
                        variant.profile,
                        variant.digest,
                        post.revision,
                        to_json(variant),
                        to_json(list(problems)),
                        at,
                    ),
                )
            _move(tx, post.id, post.state, state, reason, at)

    def variants(self, post: Post) -> list[tuple[Variant, tuple[Problem, ...]]]:
        """The variants of a post's present revision, with what the checks said."""
        rows = self._db.rows(
            "SELECT content, problems FROM variants WHERE post_id = ? AND revision = ? ORDER BY profile",
            (post.id, post.revision),
        )
        return [(from_json(row["content"], Variant), from_json(row["problems"], tuple[Problem, ...])) for row in rows]

    def variant(self, number: int, profile: str, digest: str) -> Variant:
        """One variant by its digest."""
        row = self._db.row(
            "SELECT content FROM variants WHERE post_id = ? AND profile = ? AND digest = ?", (number, profile, digest)
        )
        if row is None:
            raise StoreError(f"the variant {digest[:12]} of post {number} for {profile} is missing")
        return from_json(row["content"], Variant)

    def published_texts(self, profile: str, since: datetime, *, without: int) -> list[tuple[str, datetime, str]]:
        """First parts that went out on a profile since an instant: post's slug, when, text. One post can be left out."""
        rows = self._db.rows(
            "SELECT p.slug, a.published_at, v.content FROM actions a JOIN posts p ON p.id = a.post_id"
            " JOIN variants v ON v.post_id = a.post_id AND v.profile = a.profile AND v.digest = a.variant_digest"
            " WHERE a.profile = ? AND a.published_at >= ? AND a.seq = 0 AND a.trial = 0 AND a.post_id != ?",
            (profile, to_text(since), without),
        )
        return [
            (row["slug"], from_text(row["published_at"]), from_json(row["content"], Variant).parts[0].text)
            for row in rows
        ]

    def keep_trial(self, post: Post, variant: Variant, problems: Sequence[Problem], now: datetime) -> None:
        """Store a variant that only a test profile will see."""
        with self._db.write() as tx:
            tx.execute(
                "INSERT OR IGNORE INTO variants (post_id, profile, digest, revision, content, problems, created_at)"
                " VALUES (?, ?, ?, -1, ?, ?, ?)",
                (post.id, variant.profile, variant.digest, to_json(variant), to_json(list(problems)), to_text(now)),
            )


def slug_of(key: str) -> str:
    """What people call a post: its key without the folder that all posts lie in."""
    return key.removeprefix("content/").removeprefix("posts/")


def _target(found: PostFound) -> PostState:
    if found.withdrawn:
        return PostState.WITHDRAWN
    return PostState.DRAFT if found.draft else PostState.WRITTEN


def _after_edit(before: PostState, target: PostState, *, late: bool) -> PostState:
    """Where an edited post goes. Once something is out it can no longer be a draft or withdrawn as a whole."""
    wanted = PostState.WRITTEN if late else target
    if wanted is before or lifecycle.post_may(before, wanted):
        return wanted
    raise StoreError(f"a post that is {before} cannot become {wanted}")


def _row(tx: sqlite3.Connection, number: int | None) -> Row:
    row: Row | None = tx.execute("SELECT * FROM posts WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"there is no post {number}", hint="`smm posts list` shows them")
    return row


def _move(tx: sqlite3.Connection, number: int, before: PostState, after: PostState, reason: str, at: str) -> None:
    if not lifecycle.post_may(before, after):
        raise StoreError(f"a post that is {before} cannot become {after}")
    tx.execute("UPDATE posts SET state = ?, reason = ?, updated_at = ? WHERE id = ?", (after, reason, at, number))


def _take_back(tx: sqlite3.Connection, number: int, at: str, reason: str) -> tuple[str, ...]:
    """Cancel every delivery of which nothing was attempted and close open reviews; the profiles that stay."""
    attempted = [
        row[0]
        for row in tx.execute(
            f"SELECT DISTINCT profile FROM actions WHERE post_id = ? AND trial = 0 AND ({STARTED})", (number,)
        )
    ]
    marks = ",".join("?" * len(attempted))
    tx.execute(
        "UPDATE actions SET state = 'cancelled', wake_at = NULL, reason = ? WHERE post_id = ? AND trial = 0"
        f" AND state IN ('waiting', 'scheduled', 'held', 'refused') AND profile NOT IN ({marks})",
        (reason, number, *attempted),
    )
    tx.execute("UPDATE reviews SET state = 'withdrawn' WHERE post_id = ? AND state = 'open'", (number,))
    return tuple(sorted(attempted))


def end_post(tx: sqlite3.Connection, number: int, at: str) -> None:
    """A scheduled post is done when every delivery of it is out or given up."""
    left = tx.execute(
        "SELECT 1 FROM actions WHERE post_id = ? AND trial = 0 AND state NOT IN ('published', 'cancelled') LIMIT 1",
        (number,),
    ).fetchone()
    if left is None:
        tx.execute(
            "UPDATE posts SET state = 'done', reason = '', updated_at = ? WHERE id = ? AND state = 'scheduled'",
            (at, number),
        )


def _frees(tx: sqlite3.Connection, number: int) -> bool:
    """Whether anything of a post was cancelled, so that taking it back did something."""
    return bool(
        tx.execute(
            "SELECT 1 FROM actions WHERE post_id = ? AND trial = 0 AND state = 'cancelled' LIMIT 1", (number,)
        ).fetchone()
    )


def _nearest(name: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=3)
    return f"did you mean {', '.join(near)}?" if near else "`smm posts list` shows them"


def _post(row: Row) -> Post:
    return Post(
        id=row["id"],
        client=row["client"],
        slug=row["slug"],
        source=row["source"],
        content=from_json(row["content"], PostContent),
        state=PostState(row["state"]),
        revision=row["revision"],
        created_at=from_text(row["created_at"]),
        updated_at=from_text(row["updated_at"]),
        by=row["by"],
        reason=row["reason"],
    )
