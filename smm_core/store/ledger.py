"""The ledger of actions and attempts: the only way anything is sent.

`wake_at` is the one column that says when an action next needs a hand: its due time, its next try, the next look at a
pending or unknown one. One partial index on it serves the timer, however many actions there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from smm_core.clock import Clock, from_text, to_text
from smm_core.errors import NotFound
from smm_core.lifecycle import PARTS
from smm_core.model import (
    Action,
    Attempt,
    Delivery,
    Event,
    Post,
    Problem,
    Receipt,
    Variant,
    to_json,
)
from smm_core.store import acts, claims, lists, planning, replies
from smm_core.store.acts import Subject
from smm_core.store.claims import Outcome
from smm_core.store.database import Database
from smm_core.store.handed import STARTED
from smm_core.store.planning import Choose, Held, Move, Plan, Planned
from smm_core.store.replies import PlannedReply
from smm_core.store.rows import action_of
from smm_core.store.timekeeping import keep_up, skipped
from smm_core.workflow_plan import ReviewPlan


class Ledger:
    """Actions, their attempts, and the epoch that fences out a process that was overtaken."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    # ------------------------------------------------------------ the epoch

    def epoch(self) -> int:
        """The present epoch."""
        with self._db.read() as tx:
            return claims.epoch_of(tx)

    def require(self, epoch: int) -> None:
        """`Fenced` when an epoch is over: whoever was frozen between its claim and its request must not send any more."""
        claims.require_epoch(self._db, epoch)

    def raise_epoch(self, now: datetime) -> int:
        """Start a new epoch. Open attempts of earlier ones become `unknown`: nobody is left who will hear their answer.

        Where the machine's clock was set since the last one, what is waited for is moved along.
        """
        return claims.raise_epoch(self._db, now, self._clock)

    def keep_up(self) -> timedelta:
        """See whether the machine's clock was set since this was last asked, or an epoch began, and move what is waited
        for along; by how much it was set, negative when it was set back."""
        with self._db.write() as tx:
            return keep_up(tx, self._clock)

    def jumped_over(self, instant: datetime) -> bool:
        """Whether an instant never took place, because the machine's clock was set forward over it, now or the last time."""
        with self._db.write() as tx:
            keep_up(tx, self._clock)
            return skipped(tx, instant)

    # ------------------------------------------------------------ planning

    def plan(
        self,
        post: Post,
        plans: Mapping[str, tuple[str, Sequence[Planned] | Choose]],
        now: datetime,
        *,
        ahead: timedelta = timedelta(0),
        at_once: Collection[str] = (),
        trial: bool = False,
    ) -> list[int]:
        """Put the actions of a post into the ledger (profile → variant digest and actions), the post moving to `scheduled`.

        Instead of actions there may be a function that chooses them, and who makes room, inside the transaction. They are
        woken `ahead` of their due time, to be prepared; on the profiles `at_once` now, to be handed over. All in one
        transaction; run again after a crash it adds nothing twice, because a key is unique. They take the place of what an
        older variant left behind; a profile on which that is out or may be out keeps it, and gets nothing new.
        """
        return planning.plan(self._db, post, plans, now, ahead=ahead, at_once=at_once, trial=trial)

    def taken(self, profile: str, since: datetime) -> list[datetime]:
        """When posts of a profile are due or went out since an instant, in order, for slots and distances."""
        return planning.taken(self._db, profile, since)

    def held(self, profile: str, since: datetime, now: datetime) -> list[Held]:
        """The deliveries behind those instants, in order."""
        return planning.held(self._db, profile, since, now)

    def zones(self) -> dict[str, str]:
        """From which data of the time zones the due instants follow: zone → fingerprint; the version's name under ''."""
        return planning.zones(self._db)

    def replan(
        self,
        changed: Collection[str],
        move: Callable[[Held], Move | None],
        now: datetime,
        *,
        ahead: timedelta,
        at_once: Collection[str] = (),
    ) -> list[Move]:
        """Ask `move` about every delivery that has not begun and whose wall time is in one of these zones, and move those it
        says, in one transaction that also remembers the zones' data as it is now."""
        return planning.replan(self._db, changed, move, now, ahead=ahead, at_once=at_once)

    # ------------------------------------------------------------ what is due

    def due(self, now: datetime, *, profile: str | None = None, limit: int = 1000) -> list[Action]:
        """What needs a hand by now, most urgent first; leaves out paused clients and logged-out profiles."""
        # Named, because by another index it might read all that ever went out, or all that is to come.
        index, whose = ("actions_turns", "profile = ? AND") if profile else ("actions_wake", "")
        rows = self._db.rows(
            f"SELECT * FROM actions INDEXED BY {index} WHERE {whose} wake_at <= ? {claims.NOT_PAUSED}"
            " ORDER BY wake_at, due_at, id LIMIT ?",
            (*([profile] if profile else []), to_text(now), limit),
        )
        return [action_of(row) for row in rows]

    def profiles_due(self, now: datetime, *, without: Collection[str] = ()) -> list[str]:
        """The profiles with something that needs a hand by now, the most urgent first."""
        rows = self._db.rows(
            f"SELECT profile FROM actions INDEXED BY actions_wake WHERE wake_at <= ? {claims.NOT_PAUSED}"
            f" {_but_for(without)} GROUP BY profile ORDER BY min(wake_at)",
            (to_text(now), *without),
        )
        return [row["profile"] for row in rows]

    def next_wake(self, *, without: Collection[str] = (), until: datetime | None = None) -> datetime | None:
        """When the next action needs a hand, those of some profiles left out.

        With `until` it looks no further than that: where all profiles are left out, it would read everything to come.
        """
        at = self._db.value(
            f"SELECT wake_at FROM actions WHERE wake_at IS NOT NULL {'AND wake_at <= ?' if until else ''}"
            f" {claims.NOT_PAUSED} {_but_for(without)} ORDER BY wake_at LIMIT 1",
            (*((to_text(until),) if until else ()), *without),
        )
        return from_text(at) if at else None

    # ------------------------------------------------------------ one action

    def get(self, number: int) -> Action:
        """One action; none of that number is `NotFound`."""
        row = self._db.row("SELECT * FROM actions WHERE id = ?", (number,))
        if row is None:
            raise NotFound(f"there is no delivery {number}", hint="`smm deliveries list` shows them")
        return action_of(row)

    def of_post(self, number: int) -> list[Action]:
        """All actions of a post, in order."""
        return [
            action_of(row)
            for row in self._db.rows(
                "SELECT * FROM actions WHERE post_id = ? ORDER BY trial, profile, seq, id", (number,)
            )
        ]

    def attempts(self, number: int) -> list[Attempt]:
        """The attempts of an action, oldest first."""
        return [
            Attempt(
                id=row["id"],
                action_id=row["action_id"],
                epoch=row["epoch"],
                started_at=from_text(row["started_at"]),
                started_mark=row["started_mark"],
                ended_at=from_text(row["ended_at"]) if row["ended_at"] else None,
                ended_mark=row["ended_mark"],
                outcome=row["outcome"],
                detail=row["detail"],
            )
            for row in self._db.rows("SELECT * FROM attempts WHERE action_id = ? ORDER BY id", (number,))
        ]

    def doubts(self, number: int) -> list[Attempt]:
        """Those attempts of an action that may have published it, oldest first: without an answer, or without a final one."""
        return [one for one in self.attempts(number) if one.outcome in ("", "unknown", "pending")]

    def started(self, number: int) -> set[str]:
        """The profiles on which a post is out, on its way, or may be out: they keep what they have."""
        rows = self._db.rows(
            f"SELECT DISTINCT profile FROM actions WHERE post_id = ? AND trial = 0 AND ({STARTED})", (number,)
        )
        return {row["profile"] for row in rows}

    def receipts(self, action: Action) -> tuple[Receipt | None, Receipt | None]:
        """The receipts of an action's parent and of the first part of its thread."""
        if action.parent_id is None or action.kind not in PARTS:
            return None, None
        parent = self.get(action.parent_id)
        first = parent
        while first.parent_id is not None:
            first = self.get(first.parent_id)
        return parent.receipt, first.receipt

    def keep_handles(self, action: Action, handles: Mapping[str, Any], expires_at: datetime | None) -> None:
        """Store what `prepare` made, at once."""
        with self._db.write() as tx:
            tx.execute(
                "UPDATE actions SET handles = ?, handles_expire = ? WHERE id = ?",
                (to_json(dict(handles)), to_text(expires_at) if expires_at else None, action.id),
            )

    # ------------------------------------------------------------ claiming and settling

    def claim(self, action: Action, epoch: int, now: datetime) -> Attempt:
        """Write the attempt, before anything leaves. On disk when this returns.

        Checked in the same transaction: the epoch is ours, the action is still scheduled for that time, nothing pauses it,
        its parent is out, and its digest is approved (a trial on a test profile needs no approval; a reply, a deletion and
        a taking back need a person's word), and what an act acts on is still there. Anything else is `TooLate`.
        """
        return claims.claim(self._db, action, epoch, now, self._clock)

    def finish(self, attempt: Attempt, outcome: Outcome, now: datetime, event: Event | None = None) -> None:
        """What became of an attempt and its action, and the event that tells of it, in one transaction, fenced by its epoch."""
        claims.finish(self._db, attempt, outcome, now, self._clock, event)

    def settle(
        self, action: Action, outcome: Outcome, epoch: int | None, now: datetime, event: Event | None = None
    ) -> None:
        """Move an action on without an attempt: after `prepare`, `resume`, `find`, a late policy, or a person's word (no epoch)."""
        claims.settle(self._db, action, outcome, epoch, now, self._clock, event)

    def postpone(self, action: Action, wake_at: datetime, reason: str, *, failed: bool) -> None:
        """Look at an action again later, in the state it is in."""
        with self._db.write() as tx:
            tx.execute(
                "UPDATE actions SET wake_at = ?, reason = ?, failures = failures + ? WHERE id = ? AND state = ?",
                (to_text(wake_at), reason, int(failed), action.id, action.state),
            )

    def move_due(self, action: Action, due_at: datetime | Callable[[Plan], Planned], reason: str) -> datetime:
        """Give a scheduled delivery another time, its thread along with it; a function chooses it inside the transaction.

        Returns when it is due now.
        """
        return planning.move_due(self._db, action, due_at, reason)

    def failures(self, action: Action) -> int:
        """How often in a row an action could not be prepared or was surely not accepted."""
        return int(self._db.value("SELECT failures FROM actions WHERE id = ?", (action.id,)) or 0)

    def release_held(self, profile: str, now: datetime) -> int:
        """After a login: what was held for it goes on, by its late policy."""
        at = to_text(now)
        with self._db.write() as tx:
            return tx.execute(
                "UPDATE actions SET state = 'scheduled', wake_at = max(due_at, ?), reason = '' WHERE profile = ? AND state = 'held'"
                " AND reason LIKE 'login:%'",
                (at, profile),
            ).rowcount

    # ------------------------------------------------------------ acts on what is out

    def plan_deletion(self, number: int, by: str, now: datetime) -> list[int]:
        """Plan to take a delivery off its platform: the acts for all its parts, in the order in which they will be done,
        from the last part to the first. What of it was not sent yet never is. On the word of the person `by`.

        `TooLate` when nothing of it is out, a part is on its way, or another act on it is under way.
        """
        return acts.plan_deletion(self._db, number, by, now)

    def plan_edits(
        self, number: int, variant: Variant, problems: Sequence[Problem], plan: ReviewPlan, by: str, now: datetime
    ) -> list[int]:
        """Plan to make a delivery that is out look like another variant: an act for each part that differs.

        They wait for approval of the variant, for which a review is opened by its plan; where it is approved already, and on a test
        profile, they are due at once. `TooLate` when it is not out as a whole or has another number of parts, or another
        act on it is under way.
        """
        return acts.plan_edits(self._db, number, variant, problems, plan, by, now)

    def plan_reply(self, reply: PlannedReply, now: datetime) -> int:
        """Plan a reply below an action that is out, or below someone else's; the act's number.

        With an approver it waits for a verdict, for which a review is opened; otherwise it is due at once. `TooLate` when what
        it is below is not out (any more); an `SmmError` when the same reply was given already and is wanted but once.
        """
        return replies.plan_reply(self._db, reply, now)

    def subject(self, action: Action) -> Subject:
        """What an act acts on, with the receipt by which the platform knows it after its last edit."""
        return acts.subject(self._db, action)

    def stale(self, action: Action) -> str:
        """Why an act must not be done any more; empty when it may."""
        return acts.is_stale(self._db, action)

    # ------------------------------------------------------------ the platform's own scheduler

    def hand_over(self, action: Action, now: datetime) -> int:
        """Let a scheduled delivery wait and plan its hand-over to the platform's scheduler; the number of that act."""
        return acts.hand_over(self._db, action, now)

    def keep(self, action: Action, reason: str, wake_at: datetime, now: datetime) -> None:
        """Give up on a hand-over that was not accepted: the delivery is sent by smm after all."""
        acts.keep(self._db, action, reason, wake_at, now)

    def give_up(self, action: Action, reason: str, by: str, now: datetime) -> bool:
        """Give up on a delivery that waits for the platform's scheduler; whether it must be taken back there first."""
        return acts.give_up(self._db, action, reason, by, now)

    def handed_over(self, action: Action) -> int | None:
        """The number of the hand-over by which the platform's scheduler has or may have a delivery; None without one."""
        return acts.handed_over(self._db, action)

    def undo_early(self, action: Action, reason: str, now: datetime) -> None:
        """Plan to take back a waiting delivery that the platform published at once; it is scheduled again after that."""
        acts.undo_early(self._db, action, reason, now)

    def is_settling_a_hand_over(self, profile: str) -> bool:
        """Whether a hand-over of a profile got no clear answer, and it is not known yet what became of it."""
        found = self._db.value(
            "SELECT 1 FROM actions WHERE state = 'unknown' AND profile = ? AND kind = 'hand-over' LIMIT 1", (profile,)
        )
        return found is not None

    def publishes_early(self, profile: str) -> bool:
        """Whether a platform was ever seen to publish at once what it was to schedule on this profile."""
        return acts.publishes_early(self._db, profile)

    def is_asked_back(self, action: Action) -> bool:
        """Whether a delivery is being taken back from the platform's scheduler, with the outcome still open."""
        return acts.is_asked_back(self._db, action)

    def handed_and_due(self, profile: str, now: datetime) -> list[Action]:
        """The deliveries of a profile that the platform's scheduler should have sent by now, as far as we do not know it."""
        rows = self._db.rows(
            "SELECT * FROM actions WHERE wake_at <= ? AND state = 'waiting' AND +profile = ? ORDER BY wake_at",
            (to_text(now), profile),
        )
        return [action_of(row) for row in rows]

    # ------------------------------------------------------------ what people see

    def deliveries(
        self,
        *,
        post: int | None = None,
        profile: str | None = None,
        client: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 500,
    ) -> list[Delivery]:
        """Deliveries by due time, the latest last."""
        found = lists.deliveries(
            self._db,
            post=post,
            profile=profile,
            client=client,
            since=to_text(since) if since else None,
            until=to_text(until) if until else None,
            limit=limit,
        )
        return [
            Delivery(
                post_id=one["post_id"],
                slug=one["post"],
                profile=one["profile"],
                state=one["state"],
                due_at=from_text(one["due"]),
                sent=one["sent"],
                total=one["total"],
                url=one["url"],
                reason=one["reason"],
                trial=one["trial"],
                action_ids=tuple(one["id"]),
            )
            for one in found
        ]

    def wanting(self) -> list[Action]:
        """Everything that waits for a person or for certainty: held, refused, unknown, pending."""
        rows = self._db.rows(
            "SELECT * FROM actions WHERE state IN ('held', 'refused', 'unknown', 'pending') ORDER BY due_at"
        )
        return [action_of(row) for row in rows]

    def unfinished(self, number: int) -> int:
        """How many actions of a post have not ended (trials do not count)."""
        return int(
            self._db.value(
                "SELECT count(*) FROM actions WHERE post_id = ? AND trial = 0 AND state NOT IN ('published', 'cancelled')"
                " AND kind IN ('publish', 'comment')",
                (number,),
            )
        )


def _but_for(profiles: Collection[str]) -> str:
    return f"AND profile NOT IN ({','.join('?' * len(profiles))})" if profiles else ""
