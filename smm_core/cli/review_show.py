"""How `smm reviews show` lays a review out: what will be sent, what is new in it, who is asked, and what they said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from smm_core.cli.output import local, show_json, state_colour
from smm_core.cli.problems import say_problem
from smm_core.cli.session import Session
from smm_core.model import Problem, Review, ReviewState, Variant
from smm_core.store.lists import REPLIES

if TYPE_CHECKING:
    from smm_core.contracts import Change, Comment
    from smm_core.workflow import Workflow

SILENCES = {
    "hold": "it is held",
    "next-slot": "it waits for the next slot",
    "fallback": "another post takes its place",
    "drop": "it is dropped",
    "consent": "silence is a yes",
}


def waiting_words(review: Review) -> str:
    """`waiting for client`, for a review with stages that waits; empty for any other."""
    if review.state is not ReviewState.OPEN or not review.workflow or not review.waits_for:
        return ""
    return f"waiting for {' and '.join(review.waits_for)}"


def silence_words(workflow: Workflow) -> str:
    """What happens when nobody answers, in words."""
    words = SILENCES[workflow.silence]
    return f"{words} ({', '.join(workflow.fallback)})" if workflow.silence == "fallback" else words


def show_review(session: Session, review: Review, *, as_json: bool) -> None:
    """Print everything that is known of a review."""
    from smm_core.changes import changes_between
    from smm_core.workflow import Audience

    store = session.store
    post = store.posts.get(review.post_id)
    workflow = store.reviews.workflow(review.id)
    variants = [store.posts.variant(post.id, profile, digest) for profile, digest in review.digests.items()]
    doubts = {
        variant.profile: problems
        for variant, problems in store.posts.variants(post)
        if review.digests.get(variant.profile) == variant.digest
    }
    verdicts = store.reviews.verdicts(review.id)
    stages = store.reviews.stages(review.id)
    comments = store.comments.of(post.id)
    before = store.comments.asked_before(stages[0].audience if stages else Audience.INTERNAL, review)
    known = [variant for variant, _ in store.posts.asked_about(post.id, before)] if before else []
    changes = changes_between(known, variants, post.content.profiles) if known else ()
    answered = store.inbox.asked_about(review)
    if as_json:
        shown = {"review": review, "post": post.slug, "series": post.series or None, "in_reply_to": answered}
        answers = {"verdicts": verdicts, "comments": comments}
        how = {"workflow": workflow, "stages": stages, "changes": changes}
        show_json({**shown, "variants": variants, "problems": doubts, **answers, **how})
        return
    zone = session.ws.client(review.client).zone
    state = waiting_words(review) or str(review.state)
    click.echo(click.style(f"review {review.id} of {post.slug}: {state}", bold=True))
    if review.workflow:
        _show_workflow(session, review, workflow, zone)
    if post.series:
        click.echo(f"one date of the series {post.series}: --series approves later dates with the same content, too")
    for variant in variants:
        _show_variant(variant, doubts.get(variant.profile, ()))
    _show_changes(changes)
    if answered is not None:
        said = answered.interaction
        click.echo(f"\nin reply to the {said.kind} by @{said.author} (smm inbox show {answered.id}):\n{said.text}")
    for verdict in verdicts:
        what = f"{verdict.decision} for the series" if verdict.for_series else verdict.decision
        where = f" ({verdict.stage})" if len(stages) > 1 else ""
        click.echo(f"\n{verdict.by}{where}: {what}{f' – {verdict.remark}' if verdict.remark else ''}")
    _show_comments(comments, zone)
    if post.source != REPLIES:
        click.echo(f"\nsee it drawn: smm preview {post.slug}")


def _show_workflow(session: Session, review: Review, workflow: Workflow, zone: str) -> None:
    click.echo(f"workflow {workflow.name}: {workflow.why}")
    for row in session.store.reviews.stages(review.id):
        stage = workflow.stage(row.stage)
        who = ", ".join(stage.persons) if stage else ""
        need = "all of " if stage and stage.need == "all" and len(stage.persons) > 1 else ""
        by = f", by {local(row.deadline, zone)} {zone}" if row.deadline else ""
        click.echo(f"  {row.stage} ({row.audience}): {state_colour(row.state)}; {need}{who or 'anybody'}{by}")
    if review.deadline:
        click.echo(f"  when nobody answers by then: {silence_words(workflow)}")


def _show_variant(variant: Variant, problems: Sequence[Problem]) -> None:
    for number, part in enumerate(variant.parts, start=1):
        place = f", part {number} of {len(variant.parts)}" if len(variant.parts) > 1 else ""
        click.echo(f"\n── {variant.profile}{place}")
        click.echo(part.text)
        for media in part.media:
            click.echo(f"[picture {media.width}×{media.height}: {media.alt or 'no alt text'}]")
    if variant.first_comment:
        click.echo(f"first comment: {variant.first_comment}")
    for problem in problems:
        click.echo("  " + say_problem(problem))


def _show_changes(changes: Iterable[Change]) -> None:
    """What is new since the version that was asked about before: words that went in [-…-], words that came in {+…+}."""
    for change in changes:
        place = {None: "", 0: ", first comment"}.get(change.part, f", part {change.part}")
        click.echo(click.style(f"\nchanged: {change.profile}{place}", bold=True))
        if change.words:
            click.echo("".join(_PIECES[piece.touch].format(piece.text) for piece in change.words))
        elif change.pictures:
            for one in change.pictures:
                more = f": {one.before or 'none'} → {one.after or 'none'}" if one.before or one.after else ""
                click.echo(f"picture {one.number} {_PICTURES[one.touch]}{more}")
        elif change.before or change.after:
            click.echo(f"{change.kind}: {change.before or 'none'} → {change.after or 'none'}")
        else:
            click.echo(str(change.kind))


_PIECES = {"same": "{}", "added": "{{+{}+}}", "removed": "[-{}-]"}
_PICTURES = {"added": "is new", "removed": "is gone", "moved": "was moved", "alt": "has another description"}


def _show_comments(comments: Sequence[Comment], zone: str) -> None:
    for one in comments:
        place = f" on {one.place.profile}" if one.place else ""
        place += f", part {one.place.part}" if one.place and one.place.part else ""
        quote = f" “{one.quote}”" if one.quote else ""
        side = "" if one.audience == "client" else " (our side only)"
        click.echo(f"\n{one.by}, {local(one.at, zone)}{place}{quote}{side}: {one.text}")
