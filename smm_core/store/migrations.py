"""The schema, as migrations that are only ever added to. Loaded only when a database is behind."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("smm")

# How many there are; `PRAGMA user_version` of an up-to-date database. A test holds that the two agree.
LATEST = 4


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


@migrations()
def m004_reviews(db: Database) -> None:
    """Workflows: the stages of a review, who is asked and when, comments, links, and a log that cannot be changed unnoticed."""
    _run(db, _FOURTH)
    from smm_core.store.review_log import begin

    begin(db.conn)


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

_FOURTH = """
ALTER TABLE reviews ADD COLUMN workflow TEXT NOT NULL DEFAULT '';
ALTER TABLE reviews ADD COLUMN course TEXT NOT NULL DEFAULT '';
ALTER TABLE reviews ADD COLUMN writer TEXT NOT NULL DEFAULT '';
ALTER TABLE reviews ADD COLUMN waiting TEXT NOT NULL DEFAULT '[]';
ALTER TABLE reviews ADD COLUMN waits_for TEXT NOT NULL DEFAULT '[]';
ALTER TABLE reviews ADD COLUMN due_at TEXT;
UPDATE reviews SET course = json_object('stages', json_array(json_object('name', 'approval', 'approver', approver,
    'anyone', json('true'))), 'why', 'no other workflow fits');
UPDATE reviews SET waiting = '["approval"]', waits_for = '["internal"]' WHERE state = 'open';
CREATE INDEX reviews_by_client ON reviews (client, state, id);

CREATE TABLE review_stages (
    review_id INTEGER NOT NULL REFERENCES reviews (id), seq INTEGER NOT NULL, stage TEXT NOT NULL, audience TEXT NOT NULL,
    approver TEXT NOT NULL, state TEXT NOT NULL, deadline TEXT, latest TEXT, opened_at TEXT, PRIMARY KEY (review_id, seq)
) WITHOUT ROWID;
INSERT INTO review_stages SELECT id, 0, 'approval', 'internal', approver,
    CASE state WHEN 'approved' THEN 'approved' WHEN 'rework' THEN 'rework' ELSE 'waiting' END, deadline, NULL, asked_at FROM reviews;

CREATE TABLE review_persons (
    person TEXT NOT NULL, review_id INTEGER NOT NULL REFERENCES reviews (id), stage TEXT NOT NULL,
    PRIMARY KEY (person, review_id, stage)
) WITHOUT ROWID;

CREATE TABLE asks (
    id INTEGER PRIMARY KEY, review_id INTEGER NOT NULL REFERENCES reviews (id), stage TEXT NOT NULL, kind TEXT NOT NULL,
    number INTEGER NOT NULL, approver TEXT NOT NULL, persons TEXT NOT NULL DEFAULT '[]', due_at TEXT, sent_at TEXT,
    thread TEXT NOT NULL DEFAULT '', UNIQUE (review_id, stage, kind, number)
);
CREATE INDEX asks_due ON asks (due_at, id) WHERE sent_at IS NULL AND due_at IS NOT NULL;
INSERT INTO asks (review_id, stage, kind, number, approver, due_at, sent_at) SELECT id, 'approval', 'ask', 0, approver,
    asked_at, CASE asked WHEN 1 THEN asked_at END FROM reviews WHERE state = 'open' OR asked = 1;

ALTER TABLE verdicts ADD COLUMN stage TEXT NOT NULL DEFAULT '';
ALTER TABLE verdicts ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE verdicts ADD COLUMN once TEXT NOT NULL DEFAULT '';
UPDATE verdicts SET stage = 'approval';
CREATE UNIQUE INDEX verdicts_once ON verdicts (once) WHERE once != '';

CREATE TABLE comments (
    id INTEGER PRIMARY KEY, review_id INTEGER NOT NULL REFERENCES reviews (id), stage TEXT NOT NULL, audience TEXT NOT NULL,
    by TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL, place TEXT NOT NULL, digest TEXT NOT NULL, quote TEXT NOT NULL,
    via TEXT NOT NULL, once TEXT NOT NULL DEFAULT ''
);
CREATE INDEX comments_by_review ON comments (review_id, id);
CREATE UNIQUE INDEX comments_once ON comments (once) WHERE once != '';

CREATE TABLE seen (
    person TEXT NOT NULL, post_id INTEGER NOT NULL, review_id INTEGER NOT NULL REFERENCES reviews (id), at TEXT NOT NULL,
    PRIMARY KEY (person, post_id, review_id)
) WITHOUT ROWID;

CREATE TABLE review_links (
    id TEXT PRIMARY KEY, person TEXT NOT NULL, review_id INTEGER, made_at TEXT NOT NULL, until TEXT NOT NULL, revoked_at TEXT
) WITHOUT ROWID;
CREATE INDEX review_links_until ON review_links (until);

CREATE TABLE placements (
    post_id INTEGER PRIMARY KEY REFERENCES posts (id), revision INTEGER NOT NULL, content TEXT NOT NULL, why TEXT NOT NULL,
    at TEXT NOT NULL
);

ALTER TABLE series_approvals RENAME TO series_approvals_before;
CREATE TABLE series_approvals (
    series_id INTEGER NOT NULL REFERENCES series (id), stage TEXT NOT NULL, profile TEXT NOT NULL, digest TEXT NOT NULL,
    verdict_id INTEGER NOT NULL, PRIMARY KEY (series_id, stage, profile, digest)
) WITHOUT ROWID;
INSERT INTO series_approvals SELECT series_id, 'approval', profile, digest, verdict_id FROM series_approvals_before;
DROP TABLE series_approvals_before;

CREATE TABLE review_log (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, review_id INTEGER NOT NULL, post_id INTEGER NOT NULL,
    client TEXT NOT NULL, by TEXT NOT NULL, data TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX review_log_by_review ON review_log (review_id, seq);
CREATE TRIGGER review_log_stays BEFORE UPDATE ON review_log BEGIN SELECT RAISE(ABORT, 'the log of verdicts is only added to'); END;
CREATE TRIGGER review_log_is_kept BEFORE DELETE ON review_log BEGIN SELECT RAISE(ABORT, 'the log of verdicts is only added to'); END;
"""
