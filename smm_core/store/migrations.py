"""The schema, as migrations that are only ever added to. Loaded only when a database is behind."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("smm")

# How many there are; `PRAGMA user_version` of an up-to-date database. A test holds that the two agree.
LATEST = 3


@migrations()
def m001_first(db: Database) -> None:
    """Everything the main job needs."""
    _run(db, _FIRST)


@migrations()
def m002_plan(db: Database) -> None:
    """What the plan needs besides: the wall time behind a due instant, and how a platform fares on a profile."""
    _run(db, _SECOND)


@migrations()
def m003_inbox(db: Database) -> None:
    """What others say, where each profile stopped listening, and which actions answer to what."""
    _run(db, _THIRD)


def _run(db: Database, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)


_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE cursors (
    source TEXT PRIMARY KEY, cursor TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE troubles (
    source TEXT NOT NULL, place TEXT NOT NULL, message TEXT NOT NULL, since TEXT NOT NULL,
    PRIMARY KEY (source, place)
) WITHOUT ROWID;

CREATE TABLE ideas (
    id INTEGER PRIMARY KEY, client TEXT NOT NULL, source TEXT NOT NULL, title TEXT NOT NULL,
    state TEXT NOT NULL, found TEXT NOT NULL, collected_at TEXT NOT NULL
);
CREATE INDEX ideas_by_source ON ideas (source, state, id);

CREATE TABLE idea_keys (
    source TEXT NOT NULL, key TEXT NOT NULL, idea_id INTEGER NOT NULL, PRIMARY KEY (source, key)
) WITHOUT ROWID;

CREATE TABLE composed (
    rule TEXT NOT NULL, idea_id INTEGER NOT NULL, slug TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (rule, idea_id)
) WITHOUT ROWID;

CREATE TABLE posts (
    id INTEGER PRIMARY KEY, client TEXT NOT NULL, source TEXT NOT NULL, key TEXT NOT NULL, slug TEXT NOT NULL,
    state TEXT NOT NULL, revision INTEGER NOT NULL, content TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    by TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    UNIQUE (source, key)
);
CREATE INDEX posts_by_state ON posts (state, id);
CREATE INDEX posts_by_slug ON posts (slug);

CREATE TABLE variants (
    post_id INTEGER NOT NULL REFERENCES posts (id), profile TEXT NOT NULL, digest TEXT NOT NULL,
    revision INTEGER NOT NULL, content TEXT NOT NULL, problems TEXT NOT NULL, created_at TEXT NOT NULL,
    PRIMARY KEY (post_id, profile, digest)
) WITHOUT ROWID;

CREATE TABLE reviews (
    id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id), client TEXT NOT NULL, approver TEXT NOT NULL,
    digests TEXT NOT NULL, state TEXT NOT NULL, asked_at TEXT NOT NULL, deadline TEXT, asked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX reviews_by_state ON reviews (state, id);
CREATE INDEX reviews_by_post ON reviews (post_id);

CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY, review_id INTEGER NOT NULL REFERENCES reviews (id), decision TEXT NOT NULL, by TEXT NOT NULL,
    at TEXT NOT NULL, digests TEXT NOT NULL, remark TEXT NOT NULL DEFAULT ''
);
CREATE INDEX verdicts_by_review ON verdicts (review_id);

CREATE TABLE approvals (
    post_id INTEGER NOT NULL, profile TEXT NOT NULL, digest TEXT NOT NULL, verdict_id INTEGER NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (post_id, profile, digest)
) WITHOUT ROWID;

CREATE TABLE actions (
    id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id), client TEXT NOT NULL, profile TEXT NOT NULL,
    kind TEXT NOT NULL, seq INTEGER NOT NULL, variant_digest TEXT NOT NULL, key TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    due_at TEXT NOT NULL, wake_at TEXT, parent_id INTEGER REFERENCES actions (id), trial INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, handles TEXT NOT NULL DEFAULT '{}',
    handles_expire TEXT, receipt TEXT, published_at TEXT, reason TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL
);
CREATE INDEX actions_wake ON actions (wake_at, id) WHERE wake_at IS NOT NULL;
CREATE INDEX actions_by_post ON actions (post_id, profile, seq);
CREATE INDEX actions_by_profile ON actions (profile, due_at);
CREATE INDEX actions_waiting ON actions (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX actions_attention ON actions (state) WHERE state IN ('held', 'refused', 'unknown', 'pending', 'sending');
CREATE INDEX actions_published ON actions (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, action_id INTEGER NOT NULL REFERENCES actions (id), epoch INTEGER NOT NULL, key TEXT NOT NULL,
    digest TEXT NOT NULL, verdict_id INTEGER, started_at TEXT NOT NULL, ended_at TEXT, outcome TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX attempts_by_action ON attempts (action_id);
CREATE INDEX attempts_open ON attempts (epoch) WHERE ended_at IS NULL;

CREATE TABLE readings (
    id INTEGER PRIMARY KEY, profile TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, metric TEXT NOT NULL,
    native TEXT NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL, window REAL, paid INTEGER NOT NULL,
    provisional INTEGER NOT NULL, at TEXT NOT NULL
);
CREATE INDEX readings_by_subject ON readings (kind, subject, metric, at);
CREATE INDEX readings_by_profile ON readings (profile, at);

CREATE TABLE events (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, client TEXT NOT NULL, subject TEXT NOT NULL,
    message TEXT NOT NULL, urgent INTEGER NOT NULL, data TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX events_untold ON events (id) WHERE told = 0;
CREATE INDEX events_by_subject ON events (subject, id);

CREATE TABLE profiles (
    profile TEXT PRIMARY KEY, logged_out INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
    inspected TEXT, inspected_at TEXT, not_before TEXT
) WITHOUT ROWID;

CREATE TABLE pauses (client TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL) WITHOUT ROWID;
"""

_SECOND = """
ALTER TABLE actions ADD COLUMN wall TEXT;
ALTER TABLE actions ADD COLUMN zone TEXT;
ALTER TABLE actions ADD COLUMN on_id INTEGER REFERENCES actions (id);
ALTER TABLE actions ADD COLUMN target TEXT;
ALTER TABLE actions ADD COLUMN by TEXT NOT NULL DEFAULT '';
ALTER TABLE actions ADD COLUMN removed_at TEXT;
CREATE INDEX actions_on ON actions (on_id) WHERE on_id IS NOT NULL;
ALTER TABLE profiles ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
DROP INDEX attempts_open;
CREATE INDEX actions_turns ON actions (profile, wake_at, due_at, id) WHERE wake_at IS NOT NULL;
CREATE INDEX actions_out ON actions (profile, published_at) WHERE published_at IS NOT NULL;

CREATE TABLE series (
    id INTEGER PRIMARY KEY, client TEXT NOT NULL, source TEXT NOT NULL, key TEXT NOT NULL, slug TEXT NOT NULL,
    state TEXT NOT NULL, revision INTEGER NOT NULL, content TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    by TEXT NOT NULL DEFAULT '', updated_at TEXT NOT NULL, reached TEXT NOT NULL, wake_at TEXT, ahead REAL NOT NULL DEFAULT 0,
    UNIQUE (source, key)
);
CREATE INDEX series_wake ON series (wake_at) WHERE wake_at IS NOT NULL;
CREATE TABLE series_approvals (
    series_id INTEGER NOT NULL REFERENCES series (id), profile TEXT NOT NULL, digest TEXT NOT NULL, verdict_id INTEGER NOT NULL,
    PRIMARY KEY (series_id, profile, digest)
) WITHOUT ROWID;
ALTER TABLE posts ADD COLUMN series_id INTEGER REFERENCES series (id);
CREATE INDEX posts_by_series ON posts (series_id) WHERE series_id IS NOT NULL;
ALTER TABLE verdicts ADD COLUMN for_series INTEGER NOT NULL DEFAULT 0;
ALTER TABLE verdicts ADD COLUMN follows INTEGER REFERENCES verdicts (id);
ALTER TABLE attempts ADD COLUMN started_mark TEXT;
ALTER TABLE attempts ADD COLUMN ended_mark TEXT;
ALTER TABLE profiles ADD COLUMN rest_begun TEXT;
"""

_THIRD = """
CREATE TABLE interactions (
    id INTEGER PRIMARY KEY, client TEXT NOT NULL, profile TEXT NOT NULL, remote_id TEXT NOT NULL, kind TEXT NOT NULL,
    author TEXT NOT NULL, at TEXT NOT NULL, on_remote TEXT, content TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'new',
    changed_by TEXT NOT NULL DEFAULT '', changed_at TEXT NOT NULL, seen_at TEXT NOT NULL, edited_at TEXT,
    UNIQUE (profile, remote_id)
);
CREATE INDEX interactions_by_time ON interactions (at, id);
CREATE INDEX interactions_open ON interactions (at, id) WHERE state != 'done';
CREATE INDEX interactions_on ON interactions (profile, on_remote) WHERE on_remote IS NOT NULL;
CREATE TABLE listened (
    profile TEXT PRIMARY KEY, cursor TEXT NOT NULL, at TEXT NOT NULL, rest REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
ALTER TABLE actions ADD COLUMN interaction_id INTEGER REFERENCES interactions (id);
ALTER TABLE actions ADD COLUMN on_verdict INTEGER NOT NULL DEFAULT 0;
CREATE INDEX actions_answering ON actions (interaction_id) WHERE interaction_id IS NOT NULL;
CREATE INDEX actions_by_remote ON actions
    (profile, CASE WHEN json_valid(receipt) THEN json_extract(receipt, '$.remote_id') END) WHERE receipt IS NOT NULL;
DROP INDEX actions_published;
DROP INDEX readings_by_profile;
"""
