"""The platform's own scheduler: handing deliveries over, and hearing that they went out.

A delivery on a profile with `schedule = "platform"` is handed over as soon as the platform takes it. From then on it
waits, and nobody here may send it, until the platform says that it is out or has given it back.

There are platforms that take a post for later and publish it at once. So it is looked at right after it was handed over:
what is out too soon is taken back and goes out in its time, and nothing more of that profile is handed over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from smm_core.contracts import Pending, Publisher, SchedulesNatively, WentOutRequest
from smm_core.errors import NeedsLogin, PluginError, TooLate
from smm_core.model import ActionKind, ActionState, Profile, Receipt, Scheduler
from smm_core.promises import scheduling_of
from smm_core.steps.acts import can, delivery_of, way_of
from smm_core.steps.hand import SEND_WITHIN, Hand
from smm_core.store import Outcome

ASK_AGAIN = timedelta(minutes=1)
TOO_SOON = timedelta(minutes=5)


def begin_hand_over(hand: Hand, profile: Profile, publisher: Publisher) -> bool:
    """Whether a scheduled delivery is none of our sending now: it goes, or will go, to the platform's scheduler, or it was
    only looked at too early."""
    if not _is_for_the_platform(hand, profile):
        return False
    now, due = hand.ws.clock.now(), hand.action.due_at
    ours = due - hand.ws.config.publish.prepare_ahead
    takes = scheduling_of(hand.ws, profile, publisher)
    if takes is None:
        return _later(hand, ours, f"{publisher.name} has no scheduler of its own: smm sends it")
    if hand.is_one_of_several:
        return _later(hand, ours, "the platform schedules single posts only: smm sends it")
    if hand.ledger.publishes_early(profile.name):
        return _later(hand, ours, "the platform published at once what it was to schedule: smm sends it")
    if now < due - takes.at_most:
        return _later(hand, due - takes.at_most, "the platform does not take it so early")
    if now + SEND_WITHIN > due - takes.at_least:
        return _later(hand, ours, "too near for the platform's scheduler: smm sends it")
    hand.ledger.hand_over(hand.action, now)
    return True


def _is_for_the_platform(hand: Hand, profile: Profile) -> bool:
    return (
        profile.schedule is Scheduler.PLATFORM
        and hand.action.kind is ActionKind.PUBLISH
        and hand.action.seq == 0
        and not hand.action.trial
        and not hand.action.attempts
    )


def _later(hand: Hand, at: datetime, reason: str) -> bool:
    """Leave it until then; False when that is over."""
    if at <= hand.ws.clock.now():
        return False
    hand.postpone(at, reason)
    return True


# ---------------------------------------------------------------- before an act is done


def may_go_on(hand: Hand, profile: Profile, publisher: Publisher) -> bool:
    """Whether an act is still to be done, and can be; when not, that is on record."""
    stale = hand.ledger.stale(hand.action)
    if stale and not way_of(hand.action).may_be_asked_twice and hand.ledger.doubts(hand.action.id):
        hand.hold_in_doubt(f"an earlier attempt may have done it, and now {stale}")
        return False
    if stale:
        event = hand.event(
            "delivery.too-late", f"{hand.name} is not done: {stale}", urgent=stale.startswith("too late")
        )
        hand.settle(Outcome(state=ActionState.CANCELLED, reason=stale), event)
        return False
    if why := can(publisher, hand.action.kind, profile):
        hand.hold(why)
        return False
    if hand.action.kind is ActionKind.HAND_OVER:
        return _is_in_time(hand, profile, publisher)
    return True


def _is_in_time(hand: Hand, profile: Profile, publisher: Publisher) -> bool:
    """What came too near to its time, or was moved too far away from it, is kept by smm; unless it may be there already."""
    if hand.ledger.doubts(hand.action.id):
        return True
    delivery, now = delivery_of(hand), hand.ws.clock.now()
    takes = scheduling_of(hand.ws, profile, publisher)
    if takes is None or hand.ledger.publishes_early(profile.name):
        hand.ledger.keep(hand.action, "the platform's scheduler cannot be relied on", now, now)
        return False
    if delivery.due_at - takes.at_most <= now and now + SEND_WITHIN <= delivery.due_at - takes.at_least:
        if hand.ledger.is_settling_a_hand_over(profile.name):
            hand.postpone(now + ASK_AGAIN, "another hand-over of this profile has no clear answer yet")
            return False
        return True
    ours = max(delivery.due_at - max(takes.at_most, hand.ws.config.publish.prepare_ahead), now)
    hand.ledger.keep(hand.action, "the platform's scheduler could not have it in time", ours, now)
    return False


# ---------------------------------------------------------------- hearing that it went out


def hear(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    """Ask the platform whether it sent what it was handed; settle the delivery when it did."""
    number = hand.ledger.handed_over(hand.action)
    if number is None or not isinstance(publisher, SchedulesNatively):
        hand.hold("the platform was to send it, and nobody can say whether it did")
        return
    handed = hand.ledger.get(number)
    if handed.receipt is None:
        hand.postpone(hand.ws.clock.now() + ASK_AGAIN, "its hand-over is being settled")
        return
    natively: SchedulesNatively = publisher
    request = WentOutRequest(
        profile=profile, schedule=handed.receipt, part=hand.part, at=hand.action.due_at, key=handed.key
    )
    try:
        answer = hand.call(
            profile, "went_out", lambda ctx: natively.went_out(request, ctx), (Receipt, Pending, type(None))
        )
    except NeedsLogin as error:
        hand.log_out(profile, error)
    except PluginError as error:
        hand.postpone(hand.rest(error, hand.back_off()), str(error), failed=True)
    else:
        _heard(hand, answer)


def _heard(hand: Hand, answer: Receipt | Pending | None) -> None:
    now, due = hand.ws.clock.now(), hand.action.due_at
    if isinstance(answer, Receipt) and now < due - TOO_SOON:
        _went_out_early(hand, answer)
    elif not isinstance(answer, Receipt) and now < due:
        # That it is not there yet, or not shown yet, is as it should be.
        hand.postpone(due, hand.action.reason)
    elif isinstance(answer, Receipt):
        outcome = Outcome(state=ActionState.PUBLISHED, receipt=hand.dated(answer), reason="sent by the platform")
        hand.settle(outcome, hand.published(answer))
    elif isinstance(answer, Pending):
        hand.postpone(hand.ws.clock.now() + max(answer.check_after, ASK_AGAIN), answer.note)
    elif hand.ledger.is_asked_back(hand.action):
        # That it is gone may be our own doing: the taking back will say.
        hand.postpone(hand.ws.clock.now() + ASK_AGAIN, "it is being taken back")
    else:
        hand.hold_in_doubt("the platform knows neither its schedule nor the post: look, then `smm deliveries resolve`")


def _went_out_early(hand: Hand, receipt: Receipt) -> None:
    """The platform published at once what it was to publish later: it is taken back there, and smm sends it in its time."""
    if hand.ledger.is_asked_back(hand.action):
        hand.postpone(hand.action.due_at, "it is being taken back")
        return
    why = f"the platform published it at once, and not at {hand.action.due_at:%Y-%m-%d %H:%M} UTC"
    hand.ledger.undo_early(hand.action, why, hand.ws.clock.now())
    where = f" ({receipt.url})" if receipt.url else ""
    hand.report.failed(f"{hand.name}: {why}{where}; it is taken back and goes out in its time")
    hand.tell(
        "delivery.early",
        f"{hand.name} went out too soon{where}: {why}. It is deleted there and goes out in its time; from now on smm keeps"
        f" the time of {hand.action.profile} itself",
        urgent=True,
    )


def look_at_once(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    """After a hand-over that worked: see that what was handed over waits there."""
    delivery = delivery_of(hand)
    if delivery.state is ActionState.WAITING:
        confirm(Hand(hand.ws, delivery, hand.epoch, hand.report), profile, publisher)


def confirm(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    """`hear`, where somebody else may hear it at the same time: whoever is second changes nothing."""
    try:
        hear(hand, profile, publisher)
    except TooLate:
        return
