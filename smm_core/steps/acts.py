"""The kinds of action as a table: which ability each needs, which method is called with which request, and its words.

Publishing, deleting, editing, replying and the platform's scheduler all go the same way through the ledger
(`sending`, `settling`); what differs between them stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from smm_core.contracts import (
    DeleteRequest,
    Deletes,
    EditRequest,
    Edits,
    Guarantees,
    HandOverRequest,
    Publisher,
    Replies,
    ReplyRequest,
    SchedulesNatively,
    SendRequest,
    TakeBackRequest,
)
from smm_core.model import Action, ActionKind, Profile, Receipt
from smm_core.promises import guarantees_of, scheduling_of
from smm_core.steps.hand import Hand
from smm_core.values import replace

Given = Mapping[str, Any]
"""What `prepare` and `send` are both told."""


class Way(Struct, frozen=True, kw_only=True):
    """How one kind of action is done: `publisher.METHOD(REQUEST, ctx)`, where the publisher has the `ability`.

    `is_prepared`: `prepare` is asked first. `may_be_asked_twice`: a second request for the same thing does no more than
    one, so what got no clear answer is simply asked again.
    """

    method: str
    request: Callable[[Hand, Given, datetime], Any]
    ability: type | None = None
    is_prepared: bool = True
    may_be_asked_twice: bool = False


def _send(hand: Hand, given: Given, send_by: datetime) -> SendRequest:
    return SendRequest(**given, send_by=send_by, number=hand.action.id)


def _delete(hand: Hand, given: Given, send_by: datetime) -> DeleteRequest:
    return DeleteRequest(
        profile=given["profile"], receipt=_receipt(hand), key=hand.action.key, send_by=send_by, number=hand.action.id
    )


def _edit(hand: Hand, given: Given, send_by: datetime) -> EditRequest:
    fields = ("profile", "part", "key", "digest", "handles", "options", "title")
    return EditRequest(
        **{name: given[name] for name in fields}, receipt=_receipt(hand), send_by=send_by, number=hand.action.id
    )


def _reply(hand: Hand, given: Given, send_by: datetime) -> ReplyRequest:
    fields = ("profile", "part", "key", "digest", "handles")
    return ReplyRequest(
        **{name: given[name] for name in fields}, to=_receipt(hand), send_by=send_by, number=hand.action.id
    )


def _hand_over(hand: Hand, given: Given, send_by: datetime) -> HandOverRequest:
    fields = ("profile", "part", "key", "digest", "handles", "options", "title", "campaign", "link")
    return HandOverRequest(
        **{name: given[name] for name in fields},
        at=delivery_of(hand).due_at,
        send_by=send_by,
        number=hand.action.id,
    )


def _take_back(hand: Hand, given: Given, send_by: datetime) -> TakeBackRequest:
    return TakeBackRequest(
        profile=given["profile"], schedule=_receipt(hand), key=hand.action.key, send_by=send_by, number=hand.action.id
    )


def _receipt(hand: Hand) -> Receipt:
    return hand.ledger.subject(hand.action).receipt


def delivery_of(hand: Hand) -> Action:
    """The delivery that a hand-over is of."""
    return hand.ledger.get(hand.action.on_id or 0)


PUBLISHING = Way(method="send", request=_send)

WAYS: Mapping[ActionKind, Way] = {
    ActionKind.DELETE: Way(ability=Deletes, method="delete", request=_delete, may_be_asked_twice=True),
    ActionKind.EDIT: Way(ability=Edits, method="edit", request=_edit, may_be_asked_twice=True),
    ActionKind.REPLY: Way(ability=Replies, method="reply", request=_reply),
    ActionKind.HAND_OVER: Way(ability=SchedulesNatively, method="hand_over", request=_hand_over),
    ActionKind.TAKE_BACK: Way(
        ability=SchedulesNatively, method="take_back", request=_take_back, is_prepared=False, may_be_asked_twice=True
    ),
}
"""What is not here is published."""


def way_of(action: Action) -> Way:
    """How an action is done."""
    return WAYS.get(action.kind, PUBLISHING)


def promises_of(hand: Hand, profile: Profile, publisher: Publisher) -> Guarantees:
    """What the publisher promises about that kind of action: what may be asked twice cannot be done twice."""
    promises = guarantees_of(hand.ws, profile, publisher)
    if hand.action.kind is ActionKind.HAND_OVER and (takes := scheduling_of(hand.ws, profile, publisher)):
        promises = takes.guarantees or promises
    return replace(promises, natural_id=True) if way_of(hand.action).may_be_asked_twice else promises


def can(publisher: Publisher, kind: ActionKind, profile: Profile) -> str:
    """Why a publisher cannot do that kind of thing on a profile; empty when it can."""
    way = WAYS.get(kind, PUBLISHING)
    if way.ability is None or way.ability in publisher.abilities:
        return ""
    return f"{publisher.name} has no way to {way.method.replace('_', ' ')} (profile {profile.name})"
