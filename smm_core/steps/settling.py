"""pending and unknown → published, scheduled, held: what became of what was sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from smm_core.contracts import FindRequest, Finds, Pending, Publisher, ResumeRequest, Resumes
from smm_core.errors import NeedsLogin, PluginError, Rejected, TryLater
from smm_core.model import ActionState, Profile, Receipt
from smm_core.steps.hand import Hand, back_off
from smm_core.store import Outcome

LOOK_AGAIN = timedelta(seconds=30)
GIVE_UP_LOOKING = timedelta(hours=6)


def resume(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    if not isinstance(publisher, Resumes) or Resumes not in publisher.abilities:
        hand.settle(
            Outcome(state=ActionState.UNKNOWN, reason="this platform cannot say what became of it", wake_at=hand.soon())
        )
        return
    resumes: Resumes = publisher
    post = hand.ws.store.posts.get(hand.action.post_id)
    request = ResumeRequest(
        profile=profile,
        action=hand.action.kind,
        part=hand.part(post),
        key=hand.action.key,
        handles=hand.action.handles,
    )
    try:
        answer = hand.call(profile, "resume", lambda ctx: resumes.resume(request, ctx), (Receipt, Pending))
    except Rejected as error:
        hand.settle(Outcome(state=ActionState.REFUSED, reason=str(error)))
        hand.refused(error)
    except NeedsLogin as error:
        hand.log_out(profile, error)
    except (TryLater, PluginError) as error:
        wait = getattr(error, "after", None) or LOOK_AGAIN
        hand.ledger.postpone(hand.action, hand.ws.clock.now() + wait, str(error), failed=True)
    else:
        if isinstance(answer, Receipt):
            hand.settle(Outcome(state=ActionState.PUBLISHED, receipt=hand.dated(answer)))
            hand.published(answer)
        else:
            hand.ledger.postpone(hand.action, hand.ws.clock.now() + answer.check_after, answer.note, failed=False)


def settle_unknown(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    """Found: published. Same key inside its life, or absence proven: scheduled again. Otherwise a person decides."""
    promises = publisher.guarantees
    attempts = hand.ledger.attempts(hand.action.id)
    last = attempts[-1].started_at if attempts else hand.action.due_at
    age = hand.ws.clock.now() - last
    if age < promises.key_settles:
        hand.ledger.postpone(hand.action, last + promises.key_settles, hand.action.reason, failed=False)
        return
    searched = False
    if isinstance(publisher, Finds) and Finds in publisher.abilities:
        found = _find(hand, profile, publisher, last)
        if found is False:
            return
        if isinstance(found, Receipt):
            hand.settle(
                Outcome(state=ActionState.PUBLISHED, receipt=hand.dated(found), reason="found after no clear answer")
            )
            hand.published(found)
            return
        searched = True
    if promises.natural_id or (promises.key_life is not None and age < promises.key_life):
        hand.settle(
            Outcome(state=ActionState.SCHEDULED, wake_at=hand.ws.clock.now(), reason="sent again with the same key")
        )
        return
    if searched and promises.find == "exact" and promises.absent_after is not None:
        if age >= promises.absent_after:
            hand.settle(
                Outcome(
                    state=ActionState.SCHEDULED,
                    wake_at=hand.ws.clock.now(),
                    absent=True,
                    reason="it is surely not there",
                )
            )
        else:
            hand.ledger.postpone(hand.action, last + promises.absent_after, hand.action.reason, failed=False)
        return
    if searched and age < GIVE_UP_LOOKING:
        hand.ledger.postpone(
            hand.action, hand.ws.clock.now() + max(LOOK_AGAIN, age / 2), hand.action.reason, failed=False
        )
        return
    _hold_for_person(hand, "nobody can say whether it went out: look, then `smm deliveries resolve`")


def _find(hand: Hand, profile: Profile, publisher: Publisher, since: datetime) -> Receipt | bool | None:
    """The receipt, None when it is not there now, False when the question could not be put."""
    finds: Finds = publisher  # type: ignore[assignment]
    post = hand.ws.store.posts.get(hand.action.post_id)
    parent, _ = hand.ledger.receipts(hand.action)
    request = FindRequest(
        profile=profile,
        action=hand.action.kind,
        part=hand.part(post),
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
        wait = getattr(error, "after", None) or back_off(hand.ledger.failures(hand.action) + 1)
        hand.ledger.postpone(hand.action, hand.ws.clock.now() + wait, str(error), failed=True)
    return False


def _hold_for_person(hand: Hand, reason: str) -> None:
    hand.settle(Outcome(state=ActionState.HELD, reason=f"unknown: {reason}"))
    hand.tell("delivery.held", f"{hand.name()} is held: {reason}", urgent=True)
