"""scheduled → sending → …: prepare (repeatable), claim (the attempt is on disk), send (one request)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from smm_core.clock import never_behind
from smm_core.contracts import ByHand, Finds, Guarantees, Pending, Prepared, PrepareRequest, Publisher, SendRequest
from smm_core.engine import Call
from smm_core.errors import MediaError, NeedsLogin, OutcomeUnknown, Rejected, SecretError, SmmError, TryLater
from smm_core.lifecycle import A_MOMENT, PARTS
from smm_core.model import ActionKind, ActionState, Attempt, Late, Part, Profile, Receipt
from smm_core.steps.acts import promises_of, way_of
from smm_core.steps.hand import SEND_WITHIN, Hand
from smm_core.steps.native import begin_hand_over, look_at_once, may_go_on
from smm_core.steps.placing import next_slot
from smm_core.store import NotApproved, Outcome
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.http import OneShot

TRIES_TO_PREPARE = 8


def send_due(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    """Prepare a scheduled action, ahead of its time where it was woken for that, and send it when it is due."""
    is_part = hand.action.kind in PARTS
    if not is_part and not may_go_on(hand, profile, publisher):
        return
    if is_part and _is_late(hand):
        _late(hand, profile)
        return
    if is_part and begin_hand_over(hand, profile, publisher):
        return
    promises = promises_of(hand, profile, publisher)
    if hand.action.attempts and not hand.key_holds(promises, hand.ledger.doubts(hand.action.id)):
        hand.hold_in_doubt(
            "an earlier attempt may have published it, and the platform would not recognise a second one"
        )
        return
    parent, root = _above(hand)
    if not _prepare(hand, profile, publisher, parent, root):
        return
    at, why = hand.pace(profile).earliest(hand.action) if is_part else (hand.action.due_at, "")
    if at > hand.ws.clock.now():
        hand.postpone(at, why)
        return
    _send(hand, profile, publisher, promises, parent, root)


def _is_late(hand: Hand) -> bool:
    """Only the first part of a delivery can be too late; a thread that has begun is finished."""
    if hand.action.parent_id is not None or hand.action.trial or hand.action.attempts:
        return False
    return hand.ws.clock.now() > _late_from(hand)


def _late_from(hand: Hand) -> datetime:
    return hand.action.due_at + (hand.post.content.window or hand.ws.config.publish.window)


def _late(hand: Hand, profile: Profile) -> None:
    policy = hand.post.content.late
    if policy is Late.DROP and hand.ledger.jumped_over(_late_from(hand)):
        why = "the machine's clock was set forward over the time it had"
        hand.hold(f"{why}; say whether it should still go out", why)
    elif policy is Late.DROP:
        hand.settle(
            Outcome(state=ActionState.CANCELLED, reason="too late, and its policy is to drop it"),
            hand.event("delivery.dropped", f"{hand.name} was dropped: it was too late", urgent=True),
        )
    elif policy is Late.NEXT_SLOT and profile.slots:
        due = hand.ledger.move_due(
            hand.action,
            lambda plan: next_slot(plan, hand.post, profile, hand.ws.clock.now()),
            f"it was too late at {hand.action.due_at:%Y-%m-%d %H:%M} UTC",
        )
        hand.tell("delivery.moved", f"{hand.name} was too late and moved to {due:%Y-%m-%d %H:%M} UTC")
    else:
        hand.hold("it was too late; say whether it should still go out", "it was too late")


# ---------------------------------------------------------------- prepare


def _request(hand: Hand, profile: Profile, parent: Receipt | None, root: Receipt | None) -> dict[str, Any]:
    """What `prepare` and `send` are both told."""
    content, part = hand.post.content, hand.part
    return {
        "profile": profile,
        "action": hand.action.kind,
        "part": part,
        "key": hand.action.key,
        "digest": hand.action.variant_digest,
        "due_at": hand.action.due_at,
        "handles": hand.action.handles,
        "parent": parent,
        "root": root,
        "options": dict(hand.variant.options),
        "title": content.title,
        "campaign": content.campaign,
        "link": part.link,
    }


def _above(hand: Hand) -> tuple[Receipt | None, Receipt | None]:
    """What it hangs below, and the first part of its thread; for a reply, what it answers."""
    if hand.action.kind is ActionKind.REPLY:
        return hand.ledger.subject(hand.action).receipt, None
    return hand.ledger.receipts(hand.action)


def _is_prepared(hand: Hand) -> bool:
    """Whether its handles were made, have not run out, and were not refused.

    After a try that was surely not accepted `prepare` is asked again, with these handles: it may be them that do not hold
    any more, or the login. While a try may have published it, they stay as they are.
    """
    expire = hand.action.handles_expire
    if not hand.action.handles or (expire is not None and expire <= hand.ws.clock.now()):
        return False
    return not hand.action.attempts or bool(hand.ledger.doubts(hand.action.id))


def _prepare(hand: Hand, profile: Profile, publisher: Publisher, parent: Receipt | None, root: Receipt | None) -> bool:
    """Upload and make ready, unless that was done. False when it could not be, which is then on record."""
    if not way_of(hand.action).is_prepared or _is_prepared(hand):
        return True
    request = PrepareRequest(**_request(hand, profile, parent, root))
    if hand.action.kind is ActionKind.DELETE:
        request = replace(request, part=Part(text=""))
    try:
        made = hand.call(
            profile,
            "prepare",
            lambda ctx: publisher.prepare(request, ctx),
            (Prepared, Pending),
            # Media take time, and cores: they are prepared in a thread of their own.
            late=None if hand.part.media else lambda error: _try_again(hand, error),
        )
    except (NeedsLogin, SecretError) as error:
        hand.hold_for_login(profile, error)
    except Rejected as error:
        hand.settle(Outcome(state=ActionState.REFUSED, reason=str(error)), hand.refused(error))
    except MediaError as error:
        hand.hold(f"{error}{f' ({error.hint})' if error.hint else ''}", str(error))
    except SmmError as error:
        _try_again(hand, error)
    else:
        if isinstance(made, Pending):
            now = hand.ws.clock.now()
            hand.ledger.keep_handles(hand.action, made.handles, now)  # not ready: `prepare` goes on from them
            hand.postpone(now + made.check_after, made.note)
            return False
        if made.handles:
            hand.ledger.keep_handles(hand.action, made.handles, made.expires_at)
            hand.action = hand.ledger.get(hand.action.id)
        return hand.action.state is ActionState.SCHEDULED
    return False


def _try_again(hand: Hand, error: SmmError) -> None:
    """Preparing is repeatable: again after a while, and held for a person when it keeps failing."""
    failures = hand.ledger.failures(hand.action) + 1
    if failures >= TRIES_TO_PREPARE and not isinstance(error, TryLater):
        hand.hold(str(error))
        return
    hand.postpone(hand.rest(error, hand.back_off()), str(error), failed=True)
    hand.report.failed(f"{hand.name}: {error}; tried again later")


# ---------------------------------------------------------------- send


def _send(
    hand: Hand,
    profile: Profile,
    publisher: Publisher,
    promises: Guarantees,
    parent: Receipt | None,
    root: Receipt | None,
) -> None:
    # All that can fail is done before the claim: after it, there must be an outcome.
    now = never_behind(hand.ws.clock)
    send_by = now() + SEND_WITHIN
    way = way_of(hand.action)
    request = way.request(hand, _request(hand, profile, parent, root), send_by)
    method = getattr(publisher, way.method)
    once = hand.ws.profile_client(profile).once(
        send_by=send_by,
        now=now,
        fresh=not _can_be_settled(publisher, promises),
        require=lambda: _still_ours(hand, claimed_at),
    )
    claimed_at = hand.ws.clock.steady()
    try:
        attempt = hand.ledger.claim(hand.action, hand.epoch, hand.ws.clock.now())
    except NotApproved as error:
        hand.hold(error.message, "what it would send is not approved")
        return
    try:
        answer = hand.call(
            profile,
            way.method,
            lambda ctx: method(request, ctx),
            (Receipt, Pending),
            http=once,
            late=lambda error: _went_wrong(hand, attempt, profile, promises, once, error),
        )
    except Exception as error:  # also what is not ours, such as no room for one more thread
        _went_wrong(hand, attempt, profile, promises, once, error)
    else:
        _answered(hand, attempt, publisher, request, answer)


def _still_ours(hand: Hand, claimed_at: float) -> None:
    """Before the request leaves: whoever was frozen for more than a moment looks whether another process took over."""
    if hand.ws.clock.steady() - claimed_at > A_MOMENT:
        hand.ledger.require(hand.epoch)


def _went_wrong(
    hand: Hand, attempt: Attempt, profile: Profile, promises: Guarantees, once: OneShot, error: Exception
) -> None:
    """Refused, surely not accepted, or nobody knows."""
    nothing_left = not once.revoke() and promises.http_only
    if isinstance(error, NeedsLogin) or (isinstance(error, SecretError) and nothing_left):
        hand.finish(attempt, Outcome(state=ActionState.HELD, reason=f"login: {error}"))
        hand.log_out(profile, error)
    elif isinstance(error, Rejected):
        hand.finish(attempt, Outcome(state=ActionState.REFUSED, reason=str(error)), hand.refused(error))
    elif isinstance(error, TryLater) or nothing_left:
        _not_accepted(hand, attempt, error)
    else:
        _no_clear_answer(hand, attempt, promises, error)


def _can_be_settled(publisher: Publisher, promises: Guarantees) -> bool:
    """Whether no clear answer is but a delay, and not a question for a person."""
    return promises.natural_id or promises.key_life is not None or Finds in publisher.abilities


def _answered(hand: Hand, attempt: Attempt, publisher: Publisher, request: Any, answer: Receipt | Pending) -> None:
    if isinstance(answer, Receipt):
        hand.finish(attempt, Outcome(state=ActionState.PUBLISHED, receipt=hand.dated(answer)), hand.published(answer))
        if hand.action.kind is ActionKind.HAND_OVER:
            look_at_once(hand, request.profile, publisher)
        return
    by_hand = None
    if isinstance(request, SendRequest) and isinstance(publisher, ByHand) and ByHand in publisher.abilities:
        by_hand = publisher
    wake = None if by_hand else hand.ws.clock.now() + answer.check_after
    handles = {**hand.action.handles, **answer.handles}
    hand.finish(attempt, Outcome(state=ActionState.PENDING, reason=answer.note, wake_at=wake, handles=handles))
    if by_hand:
        steps = hand.ws.engine.run(
            Call(
                plugin=hand.ws.plugins.owner("publisher", publisher.name),
                method="instructions",
                subject=hand.action.profile,
            ),
            lambda: by_hand.instructions(request),
            expect=str,
        )
        hand.tell("delivery.by-hand", f"{hand.name} is yours to publish now: {steps}", urgent=True)


def _not_accepted(hand: Hand, attempt: Attempt, error: Exception) -> None:
    """Surely not accepted: tried again. When it is the platform that is unwell, its profile rests as long."""
    now = hand.ws.clock.now()
    platform_unwell = isinstance(error, (TryLater, OutcomeUnknown))
    rest = now + hand.rest_for(error) if platform_unwell else None
    asked = getattr(error, "after", None)
    wake = now + (asked if asked is not None else hand.back_off())
    reason = str(error) if isinstance(error, TryLater) else f"nothing was sent: {error}"
    hand.finish(
        attempt,
        Outcome(state=ActionState.SCHEDULED, reason=reason, wake_at=wake, failed=True, rest_until=rest),
    )
    hand.report.failed(f"{hand.name}: {reason}; tried again later")


def _no_clear_answer(hand: Hand, attempt: Attempt, promises: Guarantees, error: Exception) -> None:
    """Nobody knows: it is settled later, and other posts of the profile wait for that."""
    now = hand.ws.clock.now()
    settling = _settling(promises)
    hand.finish(
        attempt,
        Outcome(
            state=ActionState.UNKNOWN,
            reason=str(error),
            wake_at=now + settling,
            rest_until=now + hand.rest_for(error, settling),
        ),
    )
    hand.report.failed(f"{hand.name}: no clear answer ({error})")


def _settling(promises: Guarantees) -> timedelta:
    """How long until a first look can tell what became of it."""
    return max(promises.key_settles, timedelta(seconds=1))
