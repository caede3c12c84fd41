"""pending and unknown → published, scheduled, held: what became of what was sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from smm_core.clock import Clock, passed
from smm_core.contracts import FindRequest, Finds, Pending, Publisher, ResumeRequest, Resumes
from smm_core.errors import NeedsLogin, PluginError, Rejected
from smm_core.model import ActionKind, ActionState, Attempt, Profile, Receipt
from smm_core.steps.acts import promises_of, way_of
from smm_core.steps.hand import Hand, back_off
from smm_core.steps.native import look_at_once
from smm_core.store import NotSent, Outcome

LOOK_AGAIN = timedelta(seconds=30)
GIVE_UP_LOOKING = timedelta(hours=6)


def resume(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    if not isinstance(publisher, Resumes) or Resumes not in publisher.abilities:
        hand.settle(
            Outcome(state=ActionState.UNKNOWN, reason="this platform cannot say what became of it", wake_at=hand.soon())
        )
        return
    resumes: Resumes = publisher
    request = ResumeRequest(
        profile=profile,
        action=hand.action.kind,
        part=hand.part,
        key=hand.action.key,
        handles=hand.action.handles,
    )
    try:
        answer = hand.call(profile, "resume", lambda ctx: resumes.resume(request, ctx), (Receipt, Pending))
    except Rejected as error:
        # It says nothing of what an earlier attempt may have published.
        hand.settle(Outcome(state=ActionState.REFUSED, reason=str(error), not_sent=NotSent.LAST), hand.refused(error))
    except NeedsLogin as error:
        hand.log_out(profile, error)
    except PluginError as error:
        hand.postpone(hand.rest(error, LOOK_AGAIN), str(error), failed=True)
    else:
        if isinstance(answer, Receipt):
            hand.settle(Outcome(state=ActionState.PUBLISHED, receipt=hand.dated(answer)), hand.published(answer))
        else:
            hand.postpone(hand.ws.clock.now() + answer.check_after, answer.note)


def settle_unknown(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    """Found: published. Same key inside its life, or absence proven: scheduled again. Otherwise a person decides."""
    promises = promises_of(hand, profile, publisher)
    doubts = hand.ledger.doubts(hand.action.id)
    # A request may leave as late as its attempt ends (a process can be frozen in between), so that is when settling begins.
    # Whoever sets the clock proves nothing by it; after a start of the machine, the epoch lets settling begin anew.
    clock, last = hand.ws.clock, doubts[-1]
    age = passed(clock, last.ended_mark or last.started_mark) or timedelta(0)
    if age < promises.key_settles:
        hand.postpone(clock.now() + promises.key_settles - age, hand.action.reason)
        return
    searched = False
    asks_again = way_of(hand.action).may_be_asked_twice
    if not asks_again and isinstance(publisher, Finds) and Finds in publisher.abilities:
        found = _find(hand, profile, publisher, _since(clock, doubts[0]))
        if found is False:
            return
        if isinstance(found, Receipt):
            hand.settle(
                Outcome(state=ActionState.PUBLISHED, receipt=hand.dated(found), reason="found after no clear answer"),
                hand.published(found),
            )
            if hand.action.kind is ActionKind.HAND_OVER:
                look_at_once(hand, profile, publisher)
            return
        searched = True
    if hand.key_holds(promises, doubts):
        hand.settle(
            Outcome(state=ActionState.SCHEDULED, wake_at=_again_at(hand), reason="sent again with the same key")
        )
        return
    if searched and promises.find == "exact" and promises.absent_after is not None:
        if age >= promises.absent_after:
            hand.settle(
                Outcome(
                    state=ActionState.SCHEDULED,
                    wake_at=_again_at(hand),
                    not_sent=NotSent.ALL,
                    reason="it is surely not there",
                )
            )
        else:
            hand.postpone(clock.now() + promises.absent_after - age, hand.action.reason)
        return
    if searched and age < GIVE_UP_LOOKING:
        hand.postpone(clock.now() + max(LOOK_AGAIN, age / 2), hand.action.reason)
        return
    hand.hold_in_doubt("nobody can say whether it went out: look, then `smm deliveries resolve`")


def _again_at(hand: Hand) -> datetime:
    """At once after the first attempt without a clear answer, after more of them later and later."""
    unclear = sum(one.outcome in ("unknown", "not sent") for one in hand.ledger.attempts(hand.action.id))
    wait = back_off(unclear - 1, hand.ws.config.publish.retry_after) if unclear > 1 else timedelta(0)
    return hand.ws.clock.now() + wait


def _since(clock: Clock, first: Attempt) -> datetime:
    """When an attempt started, by the clock as it is now or as it was then, whichever is earlier."""
    age = passed(clock, first.started_mark)
    return first.started_at if age is None else min(first.started_at, clock.now() - age)


def _find(hand: Hand, profile: Profile, publisher: Publisher, since: datetime) -> Receipt | bool | None:
    """The receipt, None when it is not there now, False when the question could not be put."""
    finds: Finds = publisher  # type: ignore[assignment]
    parent, _ = hand.ledger.receipts(hand.action)
    if hand.action.kind is ActionKind.REPLY:
        parent = hand.ledger.subject(hand.action).receipt
    request = FindRequest(
        profile=profile,
        action=hand.action.kind,
        part=hand.part,
        key=hand.action.key,
        digest=hand.action.variant_digest,
        since=since,
        handles=hand.action.handles,
        parent=parent,
    )
    try:
        return hand.call(profile, "find", lambda ctx: finds.find(request, ctx), (Receipt, type(None)))
    except NeedsLogin as error:
        hand.log_out(profile, error)
    except PluginError as error:
        hand.postpone(hand.rest(error, hand.back_off()), str(error), failed=True)
    return False
