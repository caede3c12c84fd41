"""What the ledger promises, as data: a name, the promise in words, and SQL that finds what breaks it.

Each query gives two columns, the number of an action (or NULL) and what is wrong with it. A sound ledger gives no row.
Order is read from the numbers of attempts, which only ever grow, not from the clock, which a person may set; the
rules that cannot do without the clock say so. `docs/states.md` lists them all.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from smm_core.lifecycle import ON_A_WORD
from smm_core.model import ActionKind, ActionState, PostState, ReviewState
from smm_core.store.handed import STARTED, WITH_THE_PLATFORM

REPORT_IT = "this should never happen: keep a copy of the file and report it"
LOOK_THERE = "look at the profile on its platform: there may be a copy too many"


class Rule(Struct, frozen=True, kw_only=True):
    """One promise: `says` in words, `sql` that finds what breaks it, `next_step` for the person who has to read that."""

    name: str
    says: str
    sql: str
    next_step: str = REPORT_IT


def _among(words: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


_OUTCOMES = ("", "published", "pending", "scheduled", "unknown", "refused", "held", "not sent")
_MAY_HAVE_PUBLISHED = "('published', 'unknown', 'pending')"
_EPOCH = "(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch')"
_TOLD = "(CASE WHEN json_valid(a.receipt) THEN json_extract(a.receipt, '$.extra.told_by') END IS NOT NULL)"
_INSTANT = (
    "GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'"
)

RULES = (
    Rule(
        name="file",
        says="SQLite finds the file whole: every page, index and constraint.",
        sql="SELECT NULL, integrity_check FROM pragma_integrity_check WHERE integrity_check != 'ok'",
        next_step="restore a backup, then `smm adopt`",
    ),
    Rule(
        name="references",
        says="What a row refers to is there.",
        sql="""
            SELECT CASE "table" WHEN 'actions' THEN rowid WHEN 'attempts' THEN (SELECT action_id FROM attempts t
                WHERE t.id = f.rowid) END, printf('a row of %s refers to one of %s that is not there', "table", parent)
            FROM pragma_foreign_key_check f
        """,
    ),
    Rule(
        name="known-states",
        says="Every action, attempt, post and review is in one state, and the tables of states know it.",
        sql=f"""
            SELECT id, printf('is in the state "%s", which no table knows', state) FROM actions
            WHERE state NOT IN {_among(ActionState)}
            UNION ALL SELECT id, printf('is of the kind "%s", which nobody knows', kind) FROM actions
            WHERE kind NOT IN {_among(ActionKind)}
            UNION ALL SELECT action_id, printf('its attempt %d came out as "%s", which nobody knows', id, outcome)
            FROM attempts WHERE outcome NOT IN {_among(_OUTCOMES)}
            UNION ALL SELECT NULL, printf('post %d is in the state "%s", which no table knows', id, state) FROM posts
            WHERE state NOT IN {_among(PostState)}
            UNION ALL SELECT NULL, printf('review %d is in the state "%s", which nobody knows', id, state) FROM reviews
            WHERE state NOT IN {_among(ReviewState)}
        """,
    ),
    Rule(
        name="instants",
        says="Every instant is written in the one way that sorts as time, so nothing that is due is passed over.",
        sql=f"""
            SELECT id, printf('its due or waking time is "%s", "%s"', due_at, coalesce(wake_at, '')) FROM actions
            WHERE due_at NOT {_INSTANT} OR wake_at NOT {_INSTANT}
            UNION ALL SELECT action_id, printf('its attempt %d has the times "%s", "%s"', id, started_at,
                coalesce(ended_at, '')) FROM attempts
            WHERE started_at NOT {_INSTANT} OR ended_at NOT {_INSTANT}
        """,
    ),
    Rule(
        name="one-copy",
        says="Of every part of a post, at most one copy is out or may be out on a profile.",
        sql=f"""
            SELECT max(id), printf('post %d part %d on %s is or may be out %d times: deliveries %s', post_id, seq + 1,
                profile, count(*), group_concat(id, ', '))
            FROM actions WHERE trial = 0 AND ({STARTED})
            GROUP BY post_id, profile, seq, kind HAVING count(*) > 1
        """,
        next_step=LOOK_THERE,
    ),
    Rule(
        name="one-sender",
        says="What the platform's own scheduler has or may have is sent by nobody else.",
        sql=f"""
            SELECT p.id, printf('is %s, while delivery %d handed it over to the platform''s scheduler and was not taken back',
                p.state, h.id)
            FROM (SELECT * FROM actions WHERE {WITH_THE_PLATFORM}) h JOIN actions p ON p.id = h.on_id
            WHERE p.state NOT IN ('waiting', 'published', 'held')
                OR EXISTS (SELECT 1 FROM attempts t WHERE t.action_id = p.id
                    AND t.id > (SELECT max(id) FROM attempts WHERE action_id = h.id))
        """,
        next_step=LOOK_THERE,
    ),
    Rule(
        name="acts",
        says="An act is on an earlier action of the same profile or says what else it is on; what is removed was removed by"
        " an act that is done, and nothing is done to what is gone.",
        sql="""
            SELECT a.id, 'acts on nothing, or on what is not there to be acted on' FROM actions a
            LEFT JOIN actions o ON o.id = a.on_id
            WHERE a.kind NOT IN ('publish', 'comment') AND a.target IS NULL
                AND (o.id IS NULL OR o.id >= a.id OR o.profile != a.profile OR o.post_id != a.post_id OR o.trial != a.trial
                    OR o.kind != CASE a.kind WHEN 'hand-over' THEN 'publish' WHEN 'take-back' THEN 'hand-over' ELSE o.kind END)
            UNION ALL SELECT o.id, 'was removed, but by no act that is done' FROM actions o WHERE o.removed_at IS NOT NULL
                AND o.kind != 'hand-over' AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.on_id = o.id AND a.kind = 'delete'
                    AND a.state = 'published')
            UNION ALL SELECT o.id, printf('is %s and yet removed', o.state) FROM actions o
            WHERE o.removed_at IS NOT NULL AND o.state != 'published'
        """,
    ),
    Rule(
        name="remote-ids",
        says="No two deliveries of a profile have the same post on the platform (but for what a person said).",
        sql=f"""
            SELECT max(id), printf('%d deliveries of %s have the same post, %s: %s', count(*), profile, remote,
                group_concat(id, ', '))
            FROM (SELECT a.id, a.profile, CASE WHEN json_valid(a.receipt) THEN json_extract(a.receipt, '$.remote_id') END
                AS remote FROM actions a
                WHERE a.state = 'published' AND a.kind = 'publish' AND a.trial = 0 AND NOT {_TOLD})
            WHERE remote != '' GROUP BY profile, remote HAVING count(*) > 1
        """,
        next_step="look at the profile on its platform: one of them may be missing",
    ),
    Rule(
        name="approved",
        says="No request left without approval: every attempt, but those of trials, has a verdict that says approve, is"
        " about that post, and covers what was sent. For a reply, a deletion or a taking back the word of a person is kept;"
        " a reply that was to be approved has a verdict, too.",
        sql=f"""
            SELECT id, 'was attempted on nobody''s word' FROM actions
            WHERE kind IN {_among(ON_A_WORD)} AND attempts > 0 AND by = ''
            UNION ALL
            SELECT a.id, printf('its attempt %d was made %s', t.id, CASE WHEN t.verdict_id IS NULL THEN 'without a verdict'
                WHEN v.id IS NULL THEN printf('on verdict %d, which is not there', t.verdict_id)
                WHEN v.decision != 'approve' THEN printf('on verdict %d, which says %s', v.id, v.decision)
                WHEN r.post_id IS NOT a.post_id THEN printf('on verdict %d, which is about another post', v.id)
                ELSE printf('on verdict %d, which does not cover what was sent', v.id) END)
            FROM attempts t JOIN actions a ON a.id = t.action_id
            LEFT JOIN verdicts v ON v.id = t.verdict_id LEFT JOIN reviews r ON r.id = v.review_id
            WHERE a.trial = 0 AND (a.on_verdict OR a.kind NOT IN {_among(ON_A_WORD)}) AND (v.id IS NULL OR v.decision != 'approve' OR r.post_id IS NOT a.post_id
                OR NOT CASE WHEN json_valid(v.digests) THEN EXISTS (SELECT 1 FROM json_each(v.digests) d
                    WHERE d.key = a.profile AND d.value = t.digest) ELSE 0 END)
        """,
    ),
    Rule(
        name="approval-stood",
        says="The approval was not taken back before the attempt (by the clock: one that was set back in between breaks"
        " this too).",
        sql="""
            SELECT t.action_id, printf('its attempt %d was made on verdict %d, which verdict %d had taken back', t.id,
                v.id, back.id)
            FROM verdicts back JOIN reviews r ON r.id = back.review_id
            JOIN reviews same ON same.post_id = r.post_id JOIN verdicts v ON v.review_id = same.id AND v.id < back.id
            JOIN actions a ON a.post_id = r.post_id
            JOIN attempts t ON t.action_id = a.id AND t.verdict_id = v.id AND t.started_at > back.at
            WHERE back.decision != 'approve'
        """,
    ),
    Rule(
        name="approvals",
        says="Every approval that stands comes from a verdict that says approve and covers it, in a review of which every stage"
        " is through.",
        sql="""
            SELECT NULL, printf('the approval of post %d for %s does not come from verdict %d', p.post_id, p.profile,
                p.verdict_id)
            FROM approvals p LEFT JOIN verdicts v ON v.id = p.verdict_id LEFT JOIN reviews r ON r.id = v.review_id
            WHERE v.id IS NULL OR v.decision != 'approve' OR r.post_id IS NOT p.post_id OR r.state != 'approved'
                OR EXISTS (SELECT 1 FROM review_stages s WHERE s.review_id = r.id AND s.state NOT IN ('approved', 'lapsed'))
                OR NOT CASE WHEN json_valid(v.digests) THEN EXISTS (SELECT 1 FROM json_each(v.digests) d
                    WHERE d.key = p.profile AND d.value = p.digest) ELSE 0 END
        """,
    ),
    Rule(
        name="same-key",
        says="All attempts of an action send the same under the same key (only uploads that ran out go by new names), so"
        " that a platform that knows keys takes a second one for the first.",
        sql="""
            SELECT a.id, printf('its attempt %d was made with another %s', t.id,
                CASE WHEN t.key != a.key THEN 'key' ELSE 'digest' END)
            FROM attempts t JOIN actions a ON a.id = t.action_id WHERE t.key != a.key OR t.digest != a.variant_digest
        """,
    ),
    Rule(
        name="variants",
        says="What an action sends is kept, and its digest is really the digest of it.",
        sql="""
            SELECT a.id, CASE WHEN v.digest IS NULL THEN 'what it sends is not there'
                ELSE 'what it sends is not what its digest was made of' END
            FROM actions a LEFT JOIN variants v
                ON v.post_id = a.post_id AND v.profile = a.profile AND v.digest = a.variant_digest
            WHERE v.digest IS NULL OR (a.parent_id IS NULL AND digest_of_variant(v.content) IS NOT v.digest)
        """,
    ),
    Rule(
        name="attempts-kept",
        says="An action has as many attempts as were counted: none was removed, none added.",
        sql="""
            SELECT a.id, printf('%d attempts were counted, %d are there', a.attempts,
                (SELECT count(*) FROM attempts t WHERE t.action_id = a.id))
            FROM actions a WHERE a.attempts != (SELECT count(*) FROM attempts t WHERE t.action_id = a.id)
        """,
    ),
    Rule(
        name="attempts-end",
        says="An attempt has ended when its outcome is known, and not before.",
        sql="""
            SELECT action_id, printf('its attempt %d %s', id, CASE WHEN ended_at IS NULL
                THEN printf('has the outcome "%s" but has not ended', outcome) ELSE 'has ended without an outcome' END)
            FROM attempts WHERE (ended_at IS NULL) != (outcome = '')
        """,
    ),
    Rule(
        name="open-attempts",
        says="What is being sent has one open attempt, of the present epoch; nothing else has any.",
        sql=f"""
            SELECT a.id, printf('its attempt %d is open, of epoch %d, while it is %s and the epoch %d', t.id, t.epoch,
                a.state, {_EPOCH})
            FROM attempts t JOIN actions a ON a.id = t.action_id
            WHERE t.ended_at IS NULL AND (a.state != 'sending' OR t.epoch IS NOT {_EPOCH})
            UNION ALL SELECT a.id, printf('is being sent with %d open attempts',
                (SELECT count(*) FROM attempts t WHERE t.action_id = a.id AND t.ended_at IS NULL))
            FROM actions a WHERE a.state = 'sending'
                AND (SELECT count(*) FROM attempts t WHERE t.action_id = a.id AND t.ended_at IS NULL) != 1
        """,
    ),
    Rule(
        name="in-turn",
        says="The attempts of an action are made one after the other (within one epoch by the clock: one that was set"
        " back in between breaks this too).",
        sql="""
            SELECT action_id, printf('its attempt %d began before attempt %d had ended', id, before)
            FROM (SELECT id, action_id, epoch, started_at, lag(id) OVER w AS before, lag(epoch) OVER w AS epoch_before,
                lag(started_at) OVER w AS began, lag(ended_at) OVER w AS ended
                FROM attempts WINDOW w AS (PARTITION BY action_id ORDER BY id))
            WHERE before IS NOT NULL
                AND (ended IS NULL OR (epoch = epoch_before AND started_at >= began AND started_at < ended))
        """,
        next_step=LOOK_THERE,
    ),
    Rule(
        name="epochs",
        says="Epochs only go forward, from 1 to the present one: nobody who was overtaken made an attempt.",
        sql=f"""
            SELECT action_id, printf('its attempt %d is of epoch %d, the one before it of epoch %d, the present is %s', id,
                epoch, before, coalesce({_EPOCH}, 'missing'))
            FROM (SELECT id, action_id, epoch, lag(epoch, 1, 1) OVER (ORDER BY id) AS before FROM attempts)
            WHERE epoch < before OR epoch > coalesce({_EPOCH}, 0)
        """,
        next_step=LOOK_THERE,
    ),
    Rule(
        name="one-publishes",
        says="No attempt follows one that published.",
        sql="""
            SELECT t.action_id, printf('its attempt %d published, and attempt %d followed', t.id, later.id)
            FROM attempts t JOIN attempts later ON later.action_id = t.action_id AND later.id > t.id
            WHERE t.outcome = 'published'
        """,
        next_step=LOOK_THERE,
    ),
    Rule(
        name="published-by",
        says="What is published was published by an attempt or by the platform's own scheduler, or a person said so.",
        sql=f"""
            SELECT a.id, 'is published, but no attempt can have done that' FROM actions a
            WHERE a.state = 'published' AND NOT {_TOLD} AND NOT EXISTS
                (SELECT 1 FROM attempts t WHERE t.action_id = a.id AND t.outcome IN {_MAY_HAVE_PUBLISHED})
                AND NOT EXISTS (SELECT 1 FROM actions h WHERE h.on_id = a.id AND h.kind = 'hand-over'
                    AND h.state = 'published' AND h.removed_at IS NULL)
        """,
    ),
    Rule(
        name="receipts",
        says="What is published has a receipt and the instant it went out; nothing else has.",
        sql="""
            SELECT id, printf('is %s %s', state, CASE
                WHEN receipt IS NOT NULL AND NOT json_valid(receipt) THEN 'with a receipt that cannot be read'
                WHEN state != 'published' THEN 'and has a receipt or an instant all the same'
                WHEN receipt IS NULL THEN 'without a receipt' ELSE 'without the instant it went out' END)
            FROM actions WHERE (state = 'published') != (receipt IS NOT NULL)
                OR (state = 'published') != (published_at IS NOT NULL) OR NOT json_valid(coalesce(receipt, '{}'))
        """,
    ),
    Rule(
        name="answers-count",
        says="What an attempt heard is what the action says: published is for good, and pending or unknown has an"
        " attempt whose outcome is just that open.",
        sql="""
            SELECT a.id, printf('is %s, but its attempt %d published', a.state, t.id)
            FROM attempts t JOIN actions a ON a.id = t.action_id WHERE t.outcome = 'published' AND a.state != 'published'
            UNION ALL SELECT a.id, printf('is %s, but its last attempt does not say so', a.state) FROM actions a
            WHERE a.state IN ('pending', 'unknown') AND coalesce((SELECT t.outcome FROM attempts t WHERE t.action_id = a.id
                ORDER BY t.id DESC LIMIT 1), '') NOT IN ('pending', 'unknown')
        """,
    ),
    Rule(
        name="in-order",
        says="A part is sent when the one before it is out, never earlier.",
        sql=f"""
            SELECT a.id, printf('was sent, but the part before it (delivery %d) is %s', p.id, p.state)
            FROM actions a JOIN actions p ON p.id = a.parent_id WHERE p.state != 'published'
                AND (a.state IN ('sending', 'pending', 'unknown') OR (a.state = 'published' AND NOT {_TOLD})
                    OR EXISTS (SELECT 1 FROM attempts t WHERE t.action_id = a.id))
            UNION ALL SELECT a.id, printf('was sent before the last attempt of the part before it (delivery %d)', p.id)
            FROM actions a JOIN actions p ON p.id = a.parent_id
            WHERE (SELECT min(id) FROM attempts WHERE action_id = a.id) < (SELECT max(id) FROM attempts WHERE action_id = p.id)
        """,
    ),
    Rule(
        name="threads",
        says="What a part follows is an earlier action of the same variant, on the same profile.",
        sql="""
            SELECT a.id, printf('follows delivery %d, which is not of its thread', p.id)
            FROM actions a JOIN actions p ON p.id = a.parent_id
            WHERE p.id >= a.id OR p.post_id != a.post_id OR p.profile != a.profile OR p.trial != a.trial
                OR p.variant_digest != a.variant_digest
        """,
    ),
    Rule(
        name="nothing-waits-in-vain",
        says="What waits, waits for a part that may still come, for the platform's own scheduler, or (an edit, a reply) for a verdict.",
        sql="""
            SELECT a.id, printf('waits, %s', CASE WHEN p.id IS NULL THEN 'but for nothing'
                ELSE printf('but the part before it (delivery %d) is %s', p.id, p.state) END)
            FROM actions a LEFT JOIN actions p ON p.id = a.parent_id
            WHERE a.state = 'waiting' AND a.kind != 'edit' AND NOT (a.kind = 'reply' AND a.on_verdict) AND (p.id IS NULL OR p.state IN ('published', 'cancelled'))
                AND NOT EXISTS (SELECT 1 FROM actions h WHERE h.on_id = a.id AND h.kind = 'hand-over'
                    AND h.state != 'cancelled' AND h.removed_at IS NULL)
        """,
        next_step="`smm deliveries cancel` it, then plan the post anew",
    ),
    Rule(
        name="waking",
        says="What needs a hand has an instant at which it gets one, and what needs none has none: nothing is forgotten.",
        sql="""
            SELECT id, printf('is %s %s', state, CASE WHEN wake_at IS NULL THEN 'and is never looked at again'
                ELSE 'and is looked at all the same' END)
            FROM actions WHERE (state IN ('scheduled', 'unknown') AND wake_at IS NULL)
                OR (state NOT IN ('scheduled', 'unknown', 'pending') AND wake_at IS NOT NULL
                    AND NOT (state = 'waiting' AND kind = 'publish' AND seq = 0))
                OR (state = 'waiting' AND wake_at IS NULL AND EXISTS (SELECT 1 FROM actions h WHERE h.on_id = actions.id
                    AND h.kind = 'hand-over' AND h.state = 'published' AND h.removed_at IS NULL))
        """,
        next_step="`smm deliveries show` it; `smm deliveries retry` or `cancel` it where that is allowed",
    ),
    Rule(
        name="posts-agree",
        says="A post is done when every delivery of it is out or given up, scheduled while one is not, and none is under"
        " way of a draft or of what was withdrawn (but for what is asked back from a platform's scheduler).",
        sql="""
            SELECT CASE WHEN p.state != 'scheduled' THEN (SELECT min(a.id) FROM actions a WHERE a.post_id = p.id
                AND a.trial = 0 AND a.kind IN ('publish', 'comment') AND a.state NOT IN ('published', 'cancelled')) END,
                printf('post %d is %s, %s', p.id, p.state, CASE p.state
                    WHEN 'scheduled' THEN 'but every delivery of it is out or given up'
                    ELSE 'but not every delivery of it is out or given up' END)
            FROM posts p WHERE p.state IN ('done', 'scheduled', 'draft', 'withdrawn') AND (p.state = 'scheduled') !=
                EXISTS (SELECT 1 FROM actions a WHERE a.post_id = p.id AND a.trial = 0 AND a.kind IN ('publish', 'comment')
                    AND a.state NOT IN ('published', 'cancelled') AND (p.state = 'scheduled' OR NOT EXISTS
                        (SELECT 1 FROM actions h JOIN actions b ON b.on_id = h.id AND b.kind = 'take-back'
                        WHERE h.on_id = a.id AND b.state NOT IN ('published', 'cancelled'))))
        """,
    ),
)
