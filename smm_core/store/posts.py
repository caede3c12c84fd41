"""Posts and variants: what was written, and what it looks like on each profile."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from smm_core import lifecycle
from smm_core.clock import from_text, to_text
from smm_core.errors import NotFound, SmmError, StoreError, TooLate, did_you_mean
from smm_core.model import (
    Post,
    PostContent,
    PostFound,
    PostState,
    Problem,
    Series,
    Variant,
    from_json,
    to_json,
)
from smm_core.store.changes import after_edit, call_off, frees, only_moves, requeue, stays
from smm_core.store.database import Database, Row
from smm_core.store.lists import REPLIES


class Change(Struct, frozen=True, kw_only=True):
    """What an update of a post did: whether anything changed, and the profiles for which it came too late."""

    post: Post
    changed: bool
    too_late: tuple[str, ...] = ()


class Posts:
    """Posts and their variants."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(
        self, source: str, client: str, found: PostFound, now: datetime, by: str = "", *, series: Series | None = None
    ) -> Change:
        """Insert or update a post from its source. An edit cancels what has not been attempted and asks again.

        Profiles on which an attempt was made keep what they have; they are named in `too_late`. With `series` the post is
        one date of it: once it is out everywhere, or a person took it back, it stays as it is; a series that has changed
        in the meantime is `TooLate`. A name that a post of its own and a date of a series both want is an `SmmError`.
        """
        content = to_json(found.content)
        target = _target(found)
        at = to_text(now)
        with self._db.write() as tx:
            number_of_series = _current(tx, series) if series else None
            row = tx.execute("SELECT * FROM posts WHERE source = ? AND key = ?", (source, found.key)).fetchone()
            if row is None:
                number = tx.execute(
                    "INSERT INTO posts (client, source, key, slug, state, revision, content, by, created_at, updated_at, series_id)"
                    " VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)",
                    (client, source, found.key, slug_of(found.key), target, content, by, at, at, number_of_series),
                ).lastrowid
                return Change(post=_post(_row(tx, number)), changed=True)
            before = PostState(row["state"])
            _check_same_kind(row, number_of_series)
            if row["series_id"] is not None and stays(tx, row, same=row["content"] == content):
                return Change(post=_post(row), changed=False)
            same_draft = (target is PostState.DRAFT) == (before is PostState.DRAFT)
            same_gone = (target is PostState.WITHDRAWN) == (before is PostState.WITHDRAWN)
            if row["content"] == content and same_draft and same_gone:
                return Change(post=_post(row), changed=False)
            if target is PostState.WRITTEN and only_moves(row, found.content):
                too_late = requeue(tx, row, content, at, by)
                return Change(post=_post(_row(tx, row["id"])), changed=True, too_late=too_late)
            too_late = call_off(tx, row["id"], at, "the post was edited", by)
            state = after_edit(before, target, late=bool(too_late))
            tx.execute(
                "UPDATE posts SET content = ?, state = ?, revision = revision + 1, reason = '', by = ?, updated_at = ?, client = ?,"
                " series_id = ? WHERE id = ?",
                (content, state, by, at, client, number_of_series, row["id"]),
            )
            return Change(post=_post(_row(tx, row["id"])), changed=True, too_late=too_late)

    def requeue(self, post: Post, now: datetime, by: str = "") -> Change:
        """Take back the slots of a scheduled post, so that it is planned again as its `at` says.

        A post that has changed in the meantime is `TooLate`; one that is not scheduled stays as it is.
        """
        with self._db.write() as tx:
            row = _row(tx, post.id)
            if row["revision"] != post.revision:
                raise TooLate(f"post {post.slug} was changed in the meantime", hint="it goes round again by itself")
            if row["state"] != PostState.SCHEDULED:
                return Change(post=_post(row), changed=False)
            too_late = requeue(tx, row, row["content"], to_text(now), by)
            return Change(post=_post(_row(tx, post.id)), changed=True, too_late=too_late)

    def withdraw(
        self, number: int, now: datetime, reason: str, by: str = "", *, series: Series | None = None
    ) -> Change:
        """Take a post back. What was attempted stays; with nothing left to take back it is `TooLate`.

        With `series`, it is the series that takes back one of its dates; one that has changed in the meantime is `TooLate`.
        """
        at = to_text(now)
        with self._db.write() as tx:
            if series:
                _current(tx, series)
            row = _row(tx, number)
            before = PostState(row["state"])
            if before is PostState.WITHDRAWN:
                return Change(post=_post(row), changed=False)
            if before is PostState.DONE:
                raise TooLate(
                    f"post {row['slug']} is already out",
                    hint=f"`smm deliveries list --post {number}` shows where, `smm deliveries delete` takes it off",
                )
            too_late = call_off(tx, number, at, reason, by)
            if too_late and not frees(tx, number):
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

    def several(self, numbers: Collection[int]) -> dict[int, Post]:
        """Posts by number, those that there are."""
        marks = ",".join("?" * len(numbers))
        rows = self._db.rows(f"SELECT * FROM posts WHERE id IN ({marks})", tuple(numbers))
        return {row["id"]: _post(row) for row in rows}

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
        raise NotFound(
            f"there is no post {name!r}", hint=did_you_mean(wanted, self.slugs(), "`smm posts list` shows them")
        )

    def by_key(self, source: str, key: str) -> Post | None:
        """A post by its source's own name for it."""
        row = self._db.row("SELECT * FROM posts WHERE source = ? AND key = ?", (source, key))
        return _post(row) if row else None

    def of_series(self, number: int) -> list[Post]:
        """The posts that are the dates of a series, by date."""
        return [_post(row) for row in self._db.rows("SELECT * FROM posts WHERE series_id = ? ORDER BY key", (number,))]

    def slugs(self) -> list[str]:
        """All slugs."""
        return [row["slug"] for row in self._db.rows(f"SELECT slug FROM posts WHERE source != '{REPLIES}'")]

    def listed(
        self, *, client: str | None = None, states: Sequence[PostState] = (), label: str | None = None, limit: int = 500
    ) -> list[Post]:
        """In the order they were made."""
        sql = f"SELECT * FROM posts WHERE source != '{REPLIES}'"
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
        """Posts that a step has yet to take further: number, revision and state. What is on its way back from a platform's
        scheduler has to wait for that."""
        rows = self._db.rows(
            "SELECT id, revision, state FROM posts WHERE state IN ('written', 'rendered', 'approved') AND NOT (state ="
            " 'approved' AND EXISTS (SELECT 1 FROM actions a WHERE a.post_id = posts.id AND a.kind = 'take-back'"
            " AND a.state NOT IN ('published', 'cancelled'))) ORDER BY id"
        )
        return tuple((row["id"], row["revision"], row["state"]) for row in rows)

    def move(self, post: Post, state: PostState, now: datetime, reason: str = "") -> None:
        """Move a post on. A post that changed in the meantime (another revision or state) is `TooLate`."""
        with self._db.write() as tx:
            _check_unchanged(tx, post)
            _move(tx, post.id, post.state, state, reason, to_text(now))

    def leave_as_it_was(self, post: Post, now: datetime) -> bool:
        """After an edit that came too late everywhere: the post stands where its deliveries do, scheduled or done.

        False, and nothing is changed, when it has no delivery. A post that changed in the meantime is `TooLate`.
        """
        at = to_text(now)
        with self._db.write() as tx:
            _check_unchanged(tx, post)
            if not tx.execute(
                "SELECT 1 FROM actions WHERE post_id = ? AND trial = 0 AND state != 'cancelled' LIMIT 1", (post.id,)
            ).fetchone():
                return False
            _move(tx, post.id, post.state, PostState.SCHEDULED, "", at)
            end_post(tx, post.id, at)
            return True

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
            _check_unchanged(tx, post)
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

    def asked_about(self, number: int, digests: Mapping[str, str]) -> list[tuple[Variant, tuple[Problem, ...]]]:
        """The variants of a post that a review asks about (profile → digest), with what the checks said."""
        rows = [
            self._db.row(
                "SELECT content, problems FROM variants WHERE post_id = ? AND profile = ? AND digest = ?",
                (number, profile, digest),
            )
            for profile, digest in sorted(digests.items())
        ]
        return [
            (from_json(row["content"], Variant), from_json(row["problems"], tuple[Problem, ...])) for row in rows if row
        ]

    def variant(self, number: int, profile: str, digest: str) -> Variant:
        """One variant by its digest."""
        row = self._db.row(
            "SELECT content FROM variants WHERE post_id = ? AND profile = ? AND digest = ?", (number, profile, digest)
        )
        if row is None:
            raise StoreError(f"the variant {digest[:12]} of post {number} for {profile} is missing")
        return from_json(row["content"], Variant)

    def variants_for(self, profile: str, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Variant]:
        """Variants of one profile by post and digest, those that there are."""
        marks = ",".join(["(?, ?)"] * len(wanted))
        rows = self._db.rows(
            f"SELECT post_id, digest, content FROM variants WHERE profile = ? AND (post_id, digest) IN (VALUES {marks})",
            (profile, *(value for pair in wanted for value in pair)),
        )
        return {(row["post_id"], row["digest"]): from_json(row["content"], Variant) for row in rows}

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


def series_of(slug: str) -> str:
    """The slug of the series of which a post is one date: `bread` of `bread@2026-11-30`."""
    return slug.rpartition("@")[0]


def _target(found: PostFound) -> PostState:
    if found.withdrawn:
        return PostState.WITHDRAWN
    return PostState.DRAFT if found.draft else PostState.WRITTEN


def _current(tx: sqlite3.Connection, series: Series) -> int:
    """The number of a series whose definition is still the one that the caller goes by."""
    row = tx.execute("SELECT revision FROM series WHERE id = ?", (series.id,)).fetchone()
    if row is None or row["revision"] != series.revision:
        raise TooLate(f"series {series.slug} was changed in the meantime", hint="it goes round again by itself")
    return series.id


def _check_same_kind(row: Row, series: int | None) -> None:
    if row["series_id"] == series or (row["series_id"] is None and row["state"] == PostState.WITHDRAWN):
        return
    where = f"post {row['slug']}"
    if series is None:
        name = series_of(row["slug"])
        raise SmmError(f"{where} is one date of the series {name}", hint="give the file another name")
    raise SmmError(f"{where} has the name that a date of the series needs", hint="rename its file")


def _row(tx: sqlite3.Connection, number: int | None) -> Row:
    row: Row | None = tx.execute("SELECT * FROM posts WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"there is no post {number}", hint="`smm posts list` shows them")
    return row


def _check_unchanged(tx: sqlite3.Connection, post: Post) -> None:
    row = _row(tx, post.id)
    if row["revision"] != post.revision or row["state"] != post.state:
        raise TooLate(f"post {post.slug} was changed in the meantime", hint="it goes round again by itself")


def _move(tx: sqlite3.Connection, number: int, before: PostState, after: PostState, reason: str, at: str) -> None:
    if not lifecycle.post_may(before, after):
        raise StoreError(f"a post that is {before} cannot become {after}")
    tx.execute("UPDATE posts SET state = ?, reason = ?, updated_at = ? WHERE id = ?", (after, reason, at, number))


def end_post(tx: sqlite3.Connection, number: int, at: str) -> None:
    """A scheduled post is done when every delivery of it is out or given up."""
    tx.execute(
        "UPDATE posts SET state = 'done', reason = '', updated_at = ? WHERE id = ? AND state = 'scheduled' AND NOT EXISTS"
        " (SELECT 1 FROM actions WHERE post_id = posts.id AND trial = 0 AND kind IN ('publish', 'comment')"
        " AND state NOT IN ('published', 'cancelled'))",
        (at, number),
    )


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
        series=series_of(row["slug"]) if row["series_id"] is not None else "",
    )
