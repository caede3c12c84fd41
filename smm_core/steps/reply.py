"""What a person answers: below a delivery that is out, or to what someone else said.

Each function checks the text, looks whether the platform can do it, and puts the reply into the ledger, once; it is sent like
everything else. Where the profile has `approve_replies`, it waits for a verdict first.
"""

from __future__ import annotations

from smm_core.errors import SmmError
from smm_core.model import (
    Action,
    ActionKind,
    Interaction,
    Level,
    Part,
    PostContent,
    Problem,
    Profile,
    Receipt,
    Variant,
    sealed,
)
from smm_core.steps.acts import can
from smm_core.steps.render import check_reply
from smm_core.steps.review_plan import plan_reply
from smm_core.store import Entry, PlannedReply
from smm_core.text import clean
from smm_core.values import replace
from smm_core.workspace import Workspace

Planned = tuple[int, tuple[Problem, ...]]
"""The number of a reply in the ledger, and what the checks remarked; what they block is an `SmmError`."""


def reply(ws: Workspace, action: Action, text: str, *, to: str = "") -> Planned:
    """Plan a reply below an action that is out, or below what `to` (the platform's id) names."""
    profile = _able(ws, action.profile)
    below = to or (action.receipt.remote_id if action.receipt else "")
    target = Receipt(remote_id=to) if to else None
    return _plan(ws, profile, text, below, PlannedReply(variant=_NONE, by=ws.by, below=action.id, target=target))


def answer(ws: Workspace, entry: Entry, text: str, *, again: bool = False) -> Planned:
    """Plan the answer to an interaction, which is read then, and done when the answer is out.

    The same answer a second time within `[publish] repeat_window` is an `SmmError`, unless it is meant (`again`).
    """
    said = entry.interaction
    profile = _able(ws, said.profile)
    since = None if again else ws.clock.now() - ws.config.publish.repeat_window
    wanted = PlannedReply(
        variant=_NONE,
        by=ws.by,
        below=entry.on_action,
        target=receipt_of(said),
        interaction=entry.id,
        once_since=since,
    )
    return _plan(ws, profile, text, said.remote_id, wanted)


def receipt_of(said: Interaction) -> Receipt:
    """An interaction as what a reply is below."""
    return Receipt(remote_id=said.remote_id, url=said.url, at=said.at, extra=said.extra)


_NONE = Variant(profile="", parts=())


def _plan(ws: Workspace, profile: Profile, text: str, below: str, wanted: PlannedReply) -> Planned:
    variant, problems = _checked(ws, profile, text, below)
    plan = plan_reply(ws, profile) if profile.approve_replies else None
    planned = replace(wanted, variant=variant, problems=problems, plan=plan)
    return ws.store.ledger.plan_reply(planned, ws.clock.now()), problems


def _checked(ws: Workspace, profile: Profile, text: str, below: str) -> tuple[Variant, tuple[Problem, ...]]:
    """The reply as it will be sent, its digest bound to what it is below, with what the checks say."""
    text = clean(text).strip()
    if not text:
        raise SmmError("a reply needs a text")
    # The digest covers what is answered: an approved “Thank you!” is not approved below everything.
    variant = sealed(Variant(profile=profile.name, parts=(Part(text=text),), options={"reply_to": below}))
    content = PostContent(parts=(text,), profiles=(profile.name,), language=profile.language)
    problems = check_reply(ws, content, variant, profile)
    blocking = [one.message for one in problems if one.level is Level.BLOCK]
    if blocking:
        raise SmmError(f"the reply on {profile.name} cannot go out so: {'; '.join(blocking)}", hint="change its text")
    return variant, problems


def _able(ws: Workspace, name: str) -> Profile:
    profile = ws.profile(name)
    if why := can(ws.plugins.publisher(profile.platform), ActionKind.REPLY, profile):
        raise SmmError(why, hint="do it on the platform itself")
    return profile
