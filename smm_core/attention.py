"""What waits for a person, from every corner: one list, the most urgent first."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from smm_core.config.workflows import is_fallback
from smm_core.hold import holder
from smm_core.model import Action, ActionState, PostState, ReviewState
from smm_core.workspace import Workspace

OVERDUE = timedelta(minutes=2)


class Item(Struct, frozen=True, kw_only=True):
    """One thing that waits: what, since when (UTC), why, and the next step as a command."""

    what: str
    client: str
    since: datetime | None
    why: str
    next_step: str


def attention(ws: Workspace, client: str | None = None) -> list[Item]:
    """Everything that waits for a person; empty when nothing does."""
    items = [
        *_workspace(ws),
        *_deliveries(ws),
        *_profiles(ws),
        *_reviews(ws),
        *_posts(ws),
        *_sources(ws),
        *_plugins(ws),
    ]
    return [item for item in items if not client or item.client in ("", client)]


def _workspace(ws: Workspace) -> list[Item]:
    items = []
    doubt = ws.store.doubt()
    if doubt:
        items.append(Item(what="database", client="", since=None, why=doubt, next_step="smm adopt"))
    for client, since, by in ws.store.profiles.pauses():
        end = f"smm resume --client {client}" if client else "smm resume"
        items.append(Item(what="pause", client=client, since=since, why=f"paused by {by}", next_step=end))
    return items


def overdue_deliveries(ws: Workspace) -> list[Action]:
    """What should have gone out some minutes ago and has not, nor was attempted."""
    latest = ws.clock.now() - OVERDUE
    return [one for one in ws.store.ledger.due(latest) if one.state is ActionState.SCHEDULED and one.due_at < latest]


def _deliveries(ws: Workspace) -> list[Item]:
    wanting = ws.store.ledger.wanting()
    late = overdue_deliveries(ws)
    items = [_delivery(ws, action) for action in wanting if _waits(action)]
    running = holder(ws.root) is not None
    for action in late:
        why = action.reason or ("it is about to be sent" if running else "no daemon is running")
        items.append(_item(ws, action, "overdue", why, f"smm explain {action.post_id}" if running else "smm run"))
    return items


def _waits(action: Action) -> bool:
    """A pending action waits for a person only where no later look is planned."""
    return action.state is not ActionState.PENDING or action.next_try_at is None


def _delivery(ws: Workspace, action: Action) -> Item:
    word = "to publish by hand" if action.state is ActionState.PENDING else str(action.state)
    return _item(ws, action, word, action.reason, next_step_of(action))


def next_step_of(action: Action) -> str:
    """The command that helps a delivery which is held, refused, unknown or pending."""
    said = action.interaction_id
    mend = f"`smm inbox reply {said}` anew" if said else "mend the post"
    look = f"smm inbox show {said}" if said else f"smm explain {action.post_id}"
    steps = {
        ActionState.REFUSED: f"{mend}, or `smm deliveries retry {action.id}`",
        ActionState.UNKNOWN: f"it is being settled; `{look}`",
        ActionState.PENDING: f"publish it, then `smm deliveries resolve {action.id} --published URL`",
    }
    held = f"`smm deliveries retry {action.id}`, or `smm deliveries cancel {action.id}`"
    if action.reason.startswith("unknown:"):
        held = f"look, then `smm deliveries resolve {action.id} --published URL`, or `--not-sent`"
    if action.reason.startswith("login:"):
        held = f"smm profiles login {action.profile}"
    return steps.get(action.state, held)


def _item(ws: Workspace, action: Action, word: str, why: str, step: str) -> Item:
    post = ws.store.posts.get(action.post_id)
    name = post.slug
    if action.interaction_id is not None:
        name = f"reply to {ws.store.inbox.get(action.interaction_id).interaction.author}"
    return Item(
        what=f"delivery {action.id} {word}: {name} → {action.profile}",
        client=post.client,
        since=action.due_at,
        why=why,
        next_step=step,
    )


def _profiles(ws: Workspace) -> list[Item]:
    return [
        Item(
            what=f"profile {state.profile} logged out",
            client=profile.client if (profile := ws.config.profiles.get(state.profile)) else "",
            since=None,
            why=state.reason,
            next_step=f"smm profiles login {state.profile}",
        )
        for state in ws.store.profiles.logged_out()
    ]


def _reviews(ws: Workspace) -> list[Item]:
    items = []
    for state in (ReviewState.OPEN, ReviewState.EXPIRED):
        for review in ws.store.reviews.listed(state=state):
            post = ws.store.posts.get(review.post_id)
            if state is ReviewState.EXPIRED and post.state is not PostState.EXPIRED:
                continue
            why = "nobody answered in time" if state is ReviewState.EXPIRED else "waits for approval"
            if review.workflow and review.state is ReviewState.OPEN:
                why = f"waits for {' and '.join(review.waits_for)} ({' and '.join(review.waiting)})"
            items.append(
                Item(
                    what=f"review {review.id}: {post.slug}",
                    client=review.client,
                    since=review.asked_at,
                    why=why,
                    next_step=f"smm reviews show {review.id}, then `smm reviews approve {review.id}` or `rework`",
                )
            )
    return items


def _posts(ws: Workspace) -> list[Item]:
    items = []
    for post in ws.store.posts.listed(states=[PostState.BLOCKED, PostState.REWORK, PostState.APPROVED]):
        if post.state is PostState.APPROVED:
            why, step = "approved, but it has no time", f"smm posts edit {post.slug} --at …"
            if ws.clock.now() - post.updated_at < OVERDUE or is_fallback(ws.config, post):
                continue
        elif post.state is PostState.BLOCKED:
            why, step = post.reason, f"smm check {post.slug}"
        else:
            why, step = post.reason, f"smm posts edit {post.slug}"
        items.append(
            Item(
                what=f"post {post.slug} {post.state}",
                client=post.client,
                since=post.updated_at,
                why=why,
                next_step=step,
            )
        )
    return items


def _sources(ws: Workspace) -> list[Item]:
    items = []
    for name, trouble, since in ws.store.sources.troubles():
        source = ws.config.sources.get(name)
        if source is not None:
            items.append(
                Item(
                    what=f"source {name}",
                    client=source.client,
                    since=since,
                    why=f"{trouble.where}: {trouble.message}",
                    next_step="mend it",
                )
            )
    return items


def _plugins(ws: Workspace) -> list[Item]:
    return [
        Item(what=f"plugin {one.found.name}", client="", since=None, why=one.error, next_step="smm doctor")
        for one in ws.plugins.loaded
        if one.error
    ]
