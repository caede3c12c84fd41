"""scheduled → sending → …: prepare (repeatable), claim (the attempt is on disk), send (one request)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from smm_core.contracts import ByHand, Pending, Prepared, PrepareRequest, Publisher, SendRequest
from smm_core.engine import Call
from smm_core.errors import NeedsLogin, PluginError, Rejected, TryLater
from smm_core.model import ActionState, Attempt, Late, Part, Post, Profile, Receipt, When, WhenKind
from smm_core.steps.hand import SEND_WITHIN, Hand
from smm_core.steps.schedule import due_instant
from smm_core.store import NotApproved, Outcome

TRIES_TO_PREPARE = 8


def send_due(hand: Hand, profile: Profile, publisher: Publisher) -> None:
    """Prepare a scheduled action, ahead of its time where it was woken for that, and send it when it is due."""
    post = hand.ws.store.posts.get(hand.action.post_id)
    if _is_late(hand, post):
        _late(hand, post, profile)
        return
    if hand.action.attempts and not hand.key_holds(publisher.guarantees, hand.ledger.doubts(hand.action.id)):
        hand.hold_in_doubt(
            "an earlier attempt may have published it, and the platform would not recognise a second one"
        )
        return
    part = hand.part(post)
    parent, root = hand.ledger.receipts(hand.action)
    if not _prepare(hand, profile, publisher, post, part, parent, root):
        return
    if hand.action.due_at > hand.ws.clock.now():
        hand.ledger.postpone(hand.action, hand.action.due_at, hand.action.reason, failed=False)
        return
    _send(hand, profile, publisher, post, part, parent, root)


def _is_late(hand: Hand, post: Post) -> bool:
    """Only the first part of a delivery can be too late; a thread that has begun is finished."""
    if hand.action.parent_id is not None or hand.action.trial or hand.action.attempts:
        return False
    window = post.content.window or hand.ws.config.publish.window
    return hand.ws.clock.now() > hand.action.due_at + window


def _late(hand: Hand, post: Post, profile: Profile) -> None:
    policy = post.content.late
    if policy is Late.DROP:
        hand.settle(Outcome(state=ActionState.CANCELLED, reason="too late, and its policy is to drop it"))
        hand.tell("delivery.dropped", f"{hand.name()} was dropped: it was too late", urgent=True)
    elif policy is Late.NEXT_SLOT and profile.slots:
        slotted = replace(post, content=replace(post.content, when=When(kind=WhenKind.SLOT)))
        due = due_instant(hand.ws, slotted, profile)
        hand.ledger.move_due(hand.action, due, f"it was too late at {hand.action.due_at:%Y-%m-%d %H:%M} UTC")
        hand.tell("delivery.moved", f"{hand.name()} was too late and moved to {due:%Y-%m-%d %H:%M} UTC")
    else:
        hand.settle(Outcome(state=ActionState.HELD, reason="it was too late; say whether it should still go out"))
        hand.tell("delivery.held", f"{hand.name()} is held: it was too late", urgent=True)


def _prepare(
    hand: Hand,
    profile: Profile,
    publisher: Publisher,
    post: Post,
    part: Part,
    parent: Receipt | None,
    root: Receipt | None,
) -> bool:
    """Upload and make ready, unless that was done. False when it could not be, which is then on record."""
    if hand.ledger.handles_hold(hand.action, hand.ws.clock.now()):
        return True
    request = PrepareRequest(
        profile=profile,
        action=hand.action.kind,
        part=part,
        key=hand.action.key,
        digest=hand.action.variant_digest,
        due_at=hand.action.due_at,
        handles=hand.action.handles,
        parent=parent,
        root=root,
        options=_options(hand, post),
        title=post.content.title,
        campaign=post.content.campaign,
        link=part.link,
    )
    try:
        made = hand.call(profile, "prepare", lambda ctx: publisher.prepare(request, ctx), (Prepared, Pending))
    except NeedsLogin as error:
        hand.hold_for_login(profile, error)
    except Rejected as error:
        hand.settle(Outcome(state=ActionState.REFUSED, reason=str(error)))
        hand.refused(error)
    except PluginError as error:
        _try_again(hand, error)
    else:
        if isinstance(made, Pending):
            hand.ledger.keep_handles(hand.action, made.handles, None)
            hand.ledger.postpone(hand.action, hand.ws.clock.now() + made.check_after, made.note, failed=False)
            return False
        if made.handles:
            hand.ledger.keep_handles(hand.action, made.handles, made.expires_at)
        hand.action = hand.ledger.get(hand.action.id)
        return hand.action.state is ActionState.SCHEDULED
    return False


def _options(hand: Hand, post: Post) -> dict[str, object]:
    variant = hand.ws.store.posts.variant(post.id, hand.action.profile, hand.action.variant_digest)
    return dict(variant.options)


def _try_again(hand: Hand, error: PluginError) -> None:
    """Preparing is repeatable: again after a while, and held for a person when it keeps failing."""
    failures = hand.ledger.failures(hand.action) + 1
    if failures >= TRIES_TO_PREPARE and not isinstance(error, TryLater):
        hand.settle(Outcome(state=ActionState.HELD, reason=str(error)))
        hand.tell("delivery.held", f"{hand.name()} is held: {error}", urgent=True)
        return
    after = error.after if isinstance(error, TryLater) else None
    hand.ledger.postpone(hand.action, hand.ws.clock.now() + (after or hand.back_off()), str(error), failed=True)
    hand.report.failed(f"{hand.name()}: {error}; tried again later")


def _send(
    hand: Hand,
    profile: Profile,
    publisher: Publisher,
    post: Post,
    part: Part,
    parent: Receipt | None,
    root: Receipt | None,
) -> None:
    # All that can fail is done before the claim: after it, there must be an outcome.
    send_by = hand.ws.clock.now() + SEND_WITHIN
    request = SendRequest(
        profile=profile,
        action=hand.action.kind,
        part=part,
        key=hand.action.key,
        digest=hand.action.variant_digest,
        due_at=hand.action.due_at,
        send_by=send_by,
        number=hand.action.id,
        handles=hand.action.handles,
        parent=parent,
        root=root,
        options=_options(hand, post),
        title=post.content.title,
        campaign=post.content.campaign,
        link=part.link,
    )
    once = hand.ws.profile_client(profile).once(send_by=send_by, now=hand.ws.clock.now)
    try:
        attempt = hand.ledger.claim(hand.action, hand.epoch, hand.ws.clock.now())
    except NotApproved as error:
        hand.settle(Outcome(state=ActionState.HELD, reason=error.message))
        hand.tell("delivery.held", f"{hand.name()} is held: what it would send is not approved", urgent=True)
        return
    try:
        answer = hand.ws.call(
            "publisher",
            profile.platform,
            "send",
            lambda ctx: publisher.send(request, ctx),
            expect=(Receipt, Pending),
            subject=profile.name,
            http=once,
        )
    except NeedsLogin as error:
        hand.finish(attempt, Outcome(state=ActionState.HELD, reason=f"login: {error}"))
        hand.log_out(profile, error)
    except Rejected as error:
        hand.finish(attempt, Outcome(state=ActionState.REFUSED, reason=str(error)))
        hand.refused(error)
    except TryLater as error:
        _not_accepted(hand, attempt, profile, error)
    except Exception as error:  # also what is not ours, such as no room for one more thread
        may_have_left = once.revoke()
        if publisher.guarantees.http_only and not may_have_left:
            _not_accepted(hand, attempt, profile, TryLater(f"nothing was sent: {error}"))
        else:
            _no_clear_answer(hand, attempt, publisher, error)
    else:
        _answered(hand, attempt, publisher, request, answer)


def _answered(
    hand: Hand, attempt: Attempt, publisher: Publisher, request: SendRequest, answer: Receipt | Pending
) -> None:
    if isinstance(answer, Receipt):
        hand.finish(attempt, Outcome(state=ActionState.PUBLISHED, receipt=hand.dated(answer)))
        hand.published(answer)
        return
    by_hand = publisher if isinstance(publisher, ByHand) and ByHand in publisher.abilities else None
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
        hand.tell("delivery.by-hand", f"{hand.name()} is yours to publish now: {steps}", urgent=True)


def _not_accepted(hand: Hand, attempt: Attempt, profile: Profile, error: TryLater) -> None:
    after = error.after or hand.back_off()
    wake = hand.ws.clock.now() + after
    hand.finish(attempt, Outcome(state=ActionState.SCHEDULED, reason=str(error), wake_at=wake, failed=True))
    if error.after is not None:
        hand.ws.store.profiles.wait_until(profile.name, wake)
    hand.report.failed(f"{hand.name()}: {error}; tried again later")


def _no_clear_answer(hand: Hand, attempt: Attempt, publisher: Publisher, error: Exception) -> None:
    settling = max(publisher.guarantees.key_settles, timedelta(seconds=1))
    wake = hand.ws.clock.now() + settling
    hand.finish(attempt, Outcome(state=ActionState.UNKNOWN, reason=str(error), wake_at=wake))
    hand.report.failed(f"{hand.name()}: no clear answer ({error})")
