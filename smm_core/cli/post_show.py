"""How `smm posts show` lays a post out: what was written, what each profile gets, what people said, what went where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from smm_core.cli.output import local, show_json, state_colour, table
from smm_core.cli.problems import say_problem
from smm_core.cli.review_show import silence_words, waiting_words
from smm_core.cli.when import say_when
from smm_core.model import Post, Problem, Review, ReviewState, Variant

if TYPE_CHECKING:
    from smm_core.workspace import Workspace


def show_post(ws: Workspace, post: Post, *, as_json: bool) -> None:
    """Print everything that is known of a post."""
    from smm_core.cli.target import file_or_none

    path = file_or_none(ws, post)
    file = str(path.relative_to(ws.root)) if path and path.is_relative_to(ws.root) else None
    variants = ws.store.posts.variants(post)
    reviews = ws.store.reviews.listed(post=post.id)
    deliveries = ws.store.ledger.deliveries(post=post.id)
    if as_json:
        show_json(
            {
                "post": post,
                "file": file,
                "variants": [{"variant": variant, "problems": problems} for variant, problems in variants],
                "reviews": [{"review": review, "verdicts": ws.store.reviews.verdicts(review.id)} for review in reviews],
                "deliveries": deliveries,
            }
        )
        return
    zone = ws.client(post.client).zone
    _show_head(ws, post, file, zone)
    for variant, problems in variants:
        _show_variant(variant, problems)
    for review in reviews:
        _show_review(ws, review, zone)
    if deliveries:
        _heading("deliveries")
        rows = [
            [
                one.profile + (" (trial)" if one.trial else ""),
                state_colour(one.state),
                local(one.due_at, zone),
                f"{one.sent}/{one.total}",
                one.url or "",
                one.reason,
            ]
            for one in deliveries
        ]
        click.echo(table(rows, ["profile", "state", "due", "sent", "url", "reason"]))


def _heading(text: str) -> None:
    click.echo()
    click.echo(click.style(text, bold=True))


def _show_head(ws: Workspace, post: Post, file: str | None, zone: str) -> None:
    from smm_core.config.workflows import workflow_for

    content = post.content
    reviews = ws.store.reviews.listed(post=post.id, state=ReviewState.OPEN)
    state = next(filter(None, map(waiting_words, reversed(reviews))), str(post.state))
    workflow = workflow_for(ws.config, post.client, content).workflow
    click.echo(click.style(f"{post.id} {post.slug}", bold=True) + f": {state_colour(state)}")
    facts: Iterable[tuple[str, Any]] = (
        ("title", content.title),
        ("reason", post.reason),
        ("client", post.client),
        ("series", post.series),
        ("file", file or f"none: it came from {post.source}"),
        ("when", f"{say_when(content.when, zone)} ({zone})"),
        ("profiles", ", ".join(content.profiles)),
        ("campaign", content.campaign),
        ("labels", ", ".join(content.labels)),
        ("link", content.link),
        ("call to action", content.call_to_action),
        ("hashtags", " ".join(f"#{tag}" for tag in content.hashtags) or content.hashtag_set),
        ("first comment", content.first_comment),
        ("approval", content.approval),
        ("workflow", workflow.name and f"{workflow.name}: {workflow.why}"),
        ("idea", content.idea),
        ("changed", f"{local(post.updated_at, zone)} by {post.by or 'someone'}, revision {post.revision}"),
    )
    for name, value in facts:
        if value:
            click.echo(f"  {name:14}  {value}")
    for number, text in enumerate(content.parts, start=1):
        _heading(f"text, part {number} of {len(content.parts)}" if len(content.parts) > 1 else "text")
        click.echo(text or "(empty)")
    for picture in content.pictures:
        what = f"card {picture.card.template}:{picture.card.layout}" if picture.card else "picture"
        click.echo(f"[{what}: {picture.alt or 'no alt text'}]")


def _show_variant(variant: Variant, problems: Sequence[Problem]) -> None:
    _heading(f"for {variant.profile} ({variant.digest[:12]})")
    for number, part in enumerate(variant.parts, start=1):
        if len(variant.parts) > 1:
            click.echo(f"· part {number} of {len(variant.parts)}")
        click.echo(part.text or "(no text)")
        for media in part.media:
            click.echo(f"[{media.format} {media.width}×{media.height}: {media.alt or 'no alt text'}]")
        if part.link:
            click.echo(f"[link card: {part.link}]")
    if variant.first_comment:
        click.echo(f"first comment: {variant.first_comment}")
    for problem in problems:
        click.echo("  " + say_problem(problem))


def _show_review(ws: Workspace, review: Review, zone: str) -> None:
    _heading(f"review {review.id}: {review.state}")
    until = f", to be answered by {local(review.deadline, zone)}" if review.deadline else ""
    click.echo(f"  asked {local(review.asked_at, zone)} ({review.approver}){until}")
    if review.workflow and review.state is ReviewState.OPEN:
        silence = silence_words(ws.store.reviews.workflow(review.id)) if review.deadline else ""
        click.echo(f"  {waiting_words(review)}{f'; without an answer {silence}' if silence else ''}")
    for verdict in ws.store.reviews.verdicts(review.id):
        remark = f": {verdict.remark}" if verdict.remark else ""
        click.echo(f"  {verdict.decision} by {verdict.by}, {local(verdict.at, zone)}{remark}")
