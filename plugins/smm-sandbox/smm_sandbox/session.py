"""What can be asked of the network's memory, and written into it: the rows of its tables as accounts, posts, uploads and faults."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from smm_sandbox.faults import Fault
from smm_sandbox.ids import make_id
from smm_sandbox.records import Account, Kind, Remark, Shown, StoredPost, Submission, Upload
from smm_sandbox.rules import IdStyle

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Session:
    """What can be asked and written inside one `reading` or `writing` block."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    # ---- accounts

    def account(self, name: str) -> Account | None:
        """The account of that name, or None when nothing of it arrived yet."""
        row = self._db.execute(f"SELECT {_ACCOUNT} FROM accounts WHERE name = ?", (name,)).fetchone()  # noqa: S608 - constant columns
        return _account(row) if row else None

    def accounts(self) -> tuple[Account, ...]:
        """Every account, by name."""
        return tuple(_account(row) for row in self._db.execute(f"SELECT {_ACCOUNT} FROM accounts ORDER BY name"))  # noqa: S608

    def welcome(self, account: Account) -> None:
        """Open the account, or bring it up to date; the instant it joined stays."""
        self._db.execute(
            """INSERT INTO accounts (name, title, handle, language, zone, rules, speed, followers, joined_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (name) DO UPDATE SET title = excluded.title, handle = excluded.handle, language = excluded.language,
                 zone = excluded.zone, rules = excluded.rules, speed = excluded.speed, followers = excluded.followers""",
            (
                account.name,
                account.title,
                account.handle,
                account.language,
                account.zone,
                account.rules,
                account.speed,
                account.followers,
                _micros(account.joined_at),
            ),
        )

    def is_logged_out(self, account: str) -> bool:
        """Whether the account's login was ended by a fault."""
        return self._db.execute("SELECT 1 FROM logged_out WHERE account = ?", (account,)).fetchone() is not None

    def log_out(self, account: str) -> None:
        """End the account's login."""
        self._db.execute("INSERT OR IGNORE INTO logged_out (account) VALUES (?)", (account,))

    def log_in(self, account: str) -> None:
        """Renew the account's login."""
        self._db.execute("DELETE FROM logged_out WHERE account = ?", (account,))

    def forget(self, account: str | None) -> int:
        """Remove an account (None: all of them) with everything of it; the number of posts and comments that went."""
        gone = self._db.execute("SELECT count(*) FROM posts WHERE ?1 IS NULL OR account = ?1", (account,)).fetchone()[0]
        self._db.execute(
            "DELETE FROM post_pictures WHERE post IN (SELECT id FROM posts WHERE ?1 IS NULL OR account = ?1)",
            (account,),
        )
        for table in ("posts", "schedules", "uploads", "faults", "logged_out", "remarks"):
            self._db.execute(f"DELETE FROM {table} WHERE ?1 IS NULL OR account = ?1", (account,))  # noqa: S608 - constant names
        self._db.execute("DELETE FROM accounts WHERE ?1 IS NULL OR name = ?1", (account,))
        return int(gone)

    # ---- faults

    def plan_faults(self, account: str, faults: tuple[Fault, ...]) -> None:
        """Put faults at the end of the account's script."""
        self._db.executemany(
            "INSERT INTO faults (account, word) VALUES (?, ?)", [(account, str(fault)) for fault in faults]
        )

    def faults(self, account: str) -> tuple[Fault, ...]:
        """The account's script, next one first."""
        rows = self._db.execute("SELECT word FROM faults WHERE account = ? ORDER BY id", (account,))
        return tuple(Fault.parse(word) for (word,) in rows)

    def take_fault(self, account: str) -> Fault | None:
        """The next fault of the script, which is gone from it then; None when it is empty."""
        row = self._db.execute(
            "SELECT id, word FROM faults WHERE account = ? ORDER BY id LIMIT 1", (account,)
        ).fetchone()
        if row is None:
            return None
        self._db.execute("DELETE FROM faults WHERE id = ?", (row[0],))
        return Fault.parse(row[1])

    def clear_faults(self, account: str) -> None:
        """Empty the account's script."""
        self._db.execute("DELETE FROM faults WHERE account = ?", (account,))

    # ---- uploads

    def record_upload(self, account: str, upload: Upload) -> None:
        """Remember that the account uploaded a picture."""
        self._db.execute(
            "INSERT OR REPLACE INTO uploads (account, sha256, format, width, height, bytes) VALUES (?, ?, ?, ?, ?, ?)",
            (account, upload.sha256, upload.format, upload.width, upload.height, upload.bytes),
        )

    def upload(self, account: str, sha256: str) -> Upload | None:
        """The account's upload of that name, or None."""
        row = self._db.execute(
            "SELECT sha256, format, width, height, bytes FROM uploads WHERE account = ? AND sha256 = ?",
            (account, sha256),
        ).fetchone()
        return _upload(row) if row else None

    # ---- posts

    def add(
        self, submission: Submission, *, style: IdStyle, root: str | None, now: datetime, visible_at: datetime
    ) -> StoredPost:
        """Keep a submission as a post. The unique key guards against a second one, whoever else is writing."""
        created = _micros(now)
        last = self._db.execute("SELECT coalesce(max(serial), 0) FROM posts").fetchone()[0]
        serial = max(created, last + 1)
        post_id = make_id(style, serial)
        self._db.execute(
            """INSERT INTO posts (serial, id, account, key, kind, text, link, parent, root, created_at, visible_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                serial,
                post_id,
                submission.account.name,
                submission.key,
                submission.kind,
                submission.text,
                submission.link,
                submission.parent,
                root,
                created,
                _micros(visible_at),
            ),
        )
        self._add_pictures(post_id, submission)
        return self._only("WHERE id = ?", post_id)

    def _add_pictures(self, post_id: str, submission: Submission) -> None:
        self._db.executemany(
            "INSERT INTO post_pictures (post, position, sha256, alt) VALUES (?, ?, ?, ?)",
            [(post_id, position, sha256, alt) for position, (sha256, alt) in enumerate(submission.pictures)],
        )

    def by_key(self, account: str, key: str) -> StoredPost | None:
        """The post that the key made, visible or not."""
        found = self._posts("WHERE account = ? AND key = ?", account, key)
        return found[0] if found else None

    def by_id(self, account: str, post_id: str) -> StoredPost | None:
        """The account's post of that id, visible or not."""
        found = self._posts("WHERE account = ? AND id = ?", account, post_id)
        return found[0] if found else None

    def visible(self, account: str, now: datetime) -> tuple[StoredPost, ...]:
        """What followers see of the account: posts and comments, oldest first."""
        return self._posts(
            "WHERE account = ? AND visible_at <= ? AND deleted_at IS NULL ORDER BY visible_at, serial",
            account,
            _micros(now),
        )

    def delete(self, post: StoredPost, now: datetime) -> None:
        """Nobody sees a post any more. Its key and its id are never used again."""
        self._db.execute("UPDATE posts SET deleted_at = ? WHERE id = ?", (_micros(now), post.id))

    def edit(self, post: StoredPost, submission: Submission, now: datetime) -> StoredPost:
        """Replace a post's text, link and pictures."""
        self._db.execute(
            "UPDATE posts SET text = ?, link = ?, edited_at = ? WHERE id = ?",
            (submission.text, submission.link, _micros(now), post.id),
        )
        self._db.execute("DELETE FROM post_pictures WHERE post = ?", (post.id,))
        self._add_pictures(post.id, submission)
        return self._only("WHERE id = ?", post.id)

    # ---- what others say

    def say(self, account: str, *, author: str, text: str, on: str | None, now: datetime) -> Remark:
        """Let somebody comment below a post of the account, or mention it."""
        handle = author.lower().replace(" ", "-") + ".example"
        serial = self._db.execute(
            "INSERT INTO remarks (account, author, author_name, text, on_post, at) VALUES (?, ?, ?, ?, ?, ?)",
            (account, handle, author, text, on, _micros(now)),
        ).lastrowid
        return next(one for one in self.remarks(account, now) if one.id == f"r{serial}")

    def remarks(self, account: str, now: datetime) -> tuple[Remark, ...]:
        """What people were made to say to an account, oldest first."""
        rows = self._db.execute(
            "SELECT serial, author, author_name, text, on_post, at FROM remarks WHERE account = ? AND at <= ? ORDER BY at, serial",
            (account, _micros(now)),
        )
        return tuple(
            Remark(id=f"r{row[0]}", author=row[1], author_name=row[2], text=row[3], on=row[4], at=_instant(row[5]))
            for row in rows
        )

    # ---- schedules

    def keep_schedule(self, post: StoredPost) -> None:
        """Remember that a post was handed over to be shown later."""
        self._db.execute(
            "INSERT INTO schedules (id, account, post) VALUES (?, ?, ?)", (schedule_id(post), post.account, post.id)
        )

    def scheduled(self, account: str, schedule: str) -> StoredPost | None:
        """The post of a schedule, shown already or not; None when there is no such schedule (any more)."""
        row = self._db.execute(
            "SELECT post FROM schedules WHERE id = ? AND account = ? AND NOT taken_back", (schedule, account)
        ).fetchone()
        return self.by_id(account, row[0]) if row else None

    def schedule_of(self, post: StoredPost) -> str | None:
        """The id of the schedule that a post waits for, or waited for."""
        row = self._db.execute("SELECT id FROM schedules WHERE post = ?", (post.id,)).fetchone()
        return str(row[0]) if row else None

    def forget_schedule(self, schedule: str, now: datetime) -> None:
        """What it would have shown is never shown."""
        self._db.execute("UPDATE schedules SET taken_back = 1 WHERE id = ?", (schedule,))
        self._db.execute(
            "UPDATE posts SET deleted_at = ? WHERE id = (SELECT post FROM schedules WHERE id = ?)",
            (_micros(now), schedule),
        )

    def depth(self, post: StoredPost) -> int:
        """How many posts of its thread stand above it, itself included."""
        row = self._db.execute(
            """WITH RECURSIVE above (id, parent) AS (
                 SELECT id, parent FROM posts WHERE id = ? UNION ALL SELECT posts.id, posts.parent FROM posts JOIN above ON posts.id = above.parent)
               SELECT count(*) FROM above""",
            (post.id,),
        ).fetchone()
        return int(row[0])

    def posts_since(self, account: str, since: datetime) -> tuple[datetime, ...]:
        """When the account's posts (comments left out) after `since` were taken, oldest first."""
        rows = self._db.execute(
            "SELECT created_at FROM posts WHERE account = ? AND kind = ? AND created_at > ? ORDER BY created_at",
            (account, Kind.POST, _micros(since)),
        )
        return tuple(_instant(created) for (created,) in rows)

    def _only(self, where: str, *values: str) -> StoredPost:
        return self._posts(where, *values)[0]

    def _posts(self, where: str, *values: str | int) -> tuple[StoredPost, ...]:
        rows = self._db.execute(
            f"SELECT {_POST} FROM posts {where}",  # noqa: S608 - constant clauses
            values,
        ).fetchall()
        return tuple(
            StoredPost(
                id=row[0],
                account=row[1],
                kind=Kind(row[2]),
                text=row[3],
                link=row[4],
                parent=row[5],
                root=row[6],
                created_at=_instant(row[7]),
                visible_at=_instant(row[8]),
                is_deleted=row[9] is not None,
                pictures=self._pictures(row[1], row[0]),
            )
            for row in rows
        )

    def _pictures(self, account: str, post_id: str) -> tuple[Shown, ...]:
        rows = self._db.execute(
            """SELECT uploads.sha256, format, width, height, bytes, alt FROM post_pictures
               JOIN uploads ON uploads.sha256 = post_pictures.sha256 AND uploads.account = ? WHERE post = ? ORDER BY position""",
            (account, post_id),
        )
        return tuple(Shown(upload=_upload(row[:5]), alt=row[5]) for row in rows)


_POST = "id, account, kind, text, link, parent, root, created_at, visible_at, deleted_at"
_ACCOUNT = "name, title, handle, language, zone, rules, speed, followers, joined_at"


def _account(row: tuple[str, str, str, str, str, str, float, int, int]) -> Account:
    return Account(
        name=row[0],
        title=row[1],
        handle=row[2],
        language=row[3],
        zone=row[4],
        rules=row[5],
        speed=row[6],
        followers=row[7],
        joined_at=_instant(row[8]),
    )


def _upload(row: tuple[str, str, int, int, int]) -> Upload:
    return Upload(sha256=row[0], format=row[1], width=row[2], height=row[3], bytes=row[4])


def schedule_id(post: StoredPost) -> str:
    """The id of the schedule of a post that was handed over."""
    return f"s{post.id}"


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
