"""What a person does with a delivery that is out: take it off the platform, carry an edit over.

Each function looks whether the platform can do it, and puts the acts into the ledger; they are sent like everything else.
"""

from __future__ import annotations

from smm_core.errors import SmmError, TooLate
from smm_core.model import Action, ActionKind, Level, PostState, Profile, When, WhenKind
from smm_core.steps.acts import can
from smm_core.steps.render import render_variant
from smm_core.steps.review_plan import plan_edit
from smm_core.values import replace
from smm_core.workspace import Workspace


def delete(ws: Workspace, action: Action) -> list[int]:
    """Plan to take the delivery of an action off its platform, all parts; the acts' numbers, the last part's first."""
    _need(ws, action, ActionKind.DELETE)
    return ws.store.ledger.plan_deletion(action.id, ws.by, ws.clock.now())


def update(ws: Workspace, action: Action) -> list[int]:
    """Plan to make a delivery that is out look as its post stands now; the acts' numbers, none where nothing differs.

    They wait for approval, but for test profiles. What a check blocks is an `SmmError` with its words.
    """
    profile = _need(ws, action, ActionKind.EDIT)
    post = ws.store.posts.get(action.post_id)
    if post.state in (PostState.DRAFT, PostState.WITHDRAWN):
        raise TooLate(f"post {post.slug} is {post.state}", hint="an edit carries over what is to be seen")
    at_once = replace(post.content, when=When(kind=WhenKind.NOW))
    name = profile.name
    variant, problems = render_variant(ws, at_once, post.client, name, slug=post.series or post.slug, on=profile)
    blocking = next((one for one in problems if one.level is Level.BLOCK), None)
    if blocking is not None:
        raise SmmError(
            f"post {post.slug} → {name}: {blocking.message}", hint=f"mend it, then `smm deliveries update {action.id}`"
        )
    return ws.store.ledger.plan_edits(action.id, variant, problems, plan_edit(ws, post), ws.by, ws.clock.now())


def _need(ws: Workspace, action: Action, kind: ActionKind) -> Profile:
    profile = ws.profile(action.profile)
    if why := can(ws.plugins.publisher(profile.platform), kind, profile):
        raise SmmError(why, hint="do it on the platform itself")
    return profile
