"""`smm reviews`: questions that wait for an answer, and the answers."""

from __future__ import annotations

from typing import Any

import click

from smm_core.cli.output import client_option, json_option, local, show_rows, state_colour
from smm_core.cli.review_links import link, links, revoke
from smm_core.cli.review_log import audit, log
from smm_core.cli.review_show import show_review, waiting_words
from smm_core.cli.session import Session, pass_session
from smm_core.errors import NotFound
from smm_core.model import Decision, PostState, Review, ReviewState


@click.group()
def reviews() -> None:
    """Reviews: questions about exactly what will be sent, and their answers."""


for command in (audit, log, link, links, revoke):
    reviews.add_command(command)


@reviews.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are answered.")
@client_option
@json_option
@pass_session
def list_(session: Session, everything: bool, client: str | None, as_json: bool) -> None:
    """List reviews that wait for an answer."""
    store = session.store
    rows = []
    for review in store.reviews.listed(client=client):
        if not everything and review.state not in (ReviewState.OPEN, ReviewState.EXPIRED):
            continue
        zone = session.ws.config.zone
        post = store.posts.get(review.post_id)
        row: dict[str, Any] = {
            "id": review.id,
            "post": post.slug,
            **({"series": post.series or None} if as_json else {}),
            "state": str(review.state) if as_json else state_colour(waiting_words(review) or review.state),
            "approver": review.approver,
            "profiles": list(review.digests),
            "asked": review.asked_at if as_json else local(review.asked_at, zone),
            "deadline": review.deadline if as_json else local(review.deadline, zone),
            "client": review.client,
        }
        if as_json:
            silence = str(store.reviews.workflow(review.id).silence)
            row |= {
                "workflow": review.workflow or None,
                "stages": review.waiting,
                "waiting_for": review.waits_for,
                "on_silence": silence,
                "due": review.due_at,
            }
        elif review.workflow:
            row["stage"] = ", ".join(review.waiting)
        rows.append(row)
    columns = ["id", "post", "state", "stage", "approver", "profiles", "asked", "deadline", "client"]
    if not any(row.get("stage") for row in rows):
        columns.remove("stage")
    show_rows(rows, as_json=as_json, empty="no review waits for an answer", columns=columns)
    if not as_json:
        say_not_asked(session, client)


def say_not_asked(session: Session, client: str | None = None) -> None:
    """On stderr, the posts about which nobody is asked because a step before that has not run yet."""
    early = session.store.posts.listed(client=client, states=[PostState.WRITTEN, PostState.RENDERED])
    if early:
        names = ", ".join(post.slug for post in early[:5]) + (", …" if len(early) > 5 else "")
        click.echo(f"nobody is asked yet about {names}: `smm render`, then `smm review`", err=True)


@reviews.command()
@click.argument("review")
@json_option
@pass_session
def show(session: Session, review: str, as_json: bool) -> None:
    """Show REVIEW (number, or the name of its post): exactly what will be sent, and the answers so far."""
    show_review(session, _one(session, review), as_json=as_json)


def _one(session: Session, name: str) -> Review:
    """A review by its number, or the open one of a post by the post's name."""
    if name.isdigit():
        return session.store.reviews.get(int(name))
    post = session.store.posts.find(name)
    found = [one for one in session.store.reviews.listed(post=post.id) if one.state is not ReviewState.WITHDRAWN]
    if not found:
        raise NotFound(f"post {post.slug} has no review", hint="`smm render`, then `smm review` asks for one")
    return found[-1]


def _decide(
    session: Session,
    names: tuple[str, ...],
    decision: Decision,
    by: str | None,
    remark: str,
    *,
    stage: str = "",
    for_series: bool = False,
) -> int:
    from smm_core.contracts import Answer
    from smm_core.steps import Report
    from smm_core.steps.review import answered

    report = Report(step="review")
    for name in names:
        review = _one(session, name)
        if for_series and review.state is ReviewState.APPROVED:
            continue  # an approval for the series, given just now, has settled it
        answer = Answer(
            review_id=review.id,
            decision=decision,
            by=by or session.ws.by,
            digests=review.digests,
            remark=remark,
            stage=stage,
            for_series=for_series,
        )
        answered(session.ws, answer, report, via=f"the command line of {session.ws.by}")
    for line in report.lines:
        click.echo(line)
    for line in report.troubles:
        click.echo(click.style(line, fg="yellow"), err=True)
    return 1 if report.troubles else 0


@reviews.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that wait for an answer.")
@click.option("--by", help="Who approves (default: SMM_PERSON, or your login).")
@click.option("--remark", default="", help="A word for the writer.")
@click.option("--stage", default="", help="In this stage (default: the first in which they may).")
@click.option(
    "--series", "for_series", is_flag=True, help="Also later dates of its series, while the content is the same."
)
@client_option
@pass_session
def approve(
    session: Session,
    names: tuple[str, ...],
    everything: bool,
    by: str | None,
    remark: str,
    stage: str,
    for_series: bool,
    client: str | None,
) -> int:
    """Approve reviews by number, or by the name of their post."""
    if everything:
        names = tuple(str(one.id) for one in session.store.reviews.listed(state=ReviewState.OPEN, client=client))
        if not names:
            click.echo("no review waits for an answer", err=True)
            say_not_asked(session, client)
            return 0
    if not names:
        raise click.UsageError("Name the reviews to approve, or --all.")
    return _decide(session, names, Decision.APPROVE, by, remark, stage=stage, for_series=for_series)


@reviews.command()
@click.argument("name")
@click.option("--by", help="Who asks (default: SMM_PERSON, or your login).")
@click.option("--remark", "-m", required=True, help="What should change.")
@click.option("--stage", default="", help="In this stage (default: the first in which they may).")
@pass_session
def rework(session: Session, name: str, by: str | None, remark: str, stage: str) -> int:
    """Ask for rework; an approval that was given before is taken back, unless the post is on its way already."""
    return _decide(session, (name,), Decision.REWORK, by, remark, stage=stage)


@reviews.command()
@click.argument("name")
@click.option("--by", help="Who says it (default: SMM_PERSON, or your login).")
@click.option("--remark", "-m", "text", required=True, help="What to say.")
@click.option("--for-client", is_flag=True, help="The client may read it (default: only our side).")
@click.option("--profile", help="About this profile's variant.")
@click.option("--part", type=click.IntRange(min=0), help="About this part of it (from 1; 0: the first comment).")
@pass_session
def comment(
    session: Session, name: str, by: str | None, text: str, for_client: bool, profile: str | None, part: int | None
) -> None:
    """Comment on NAME (a review's number, or the name of its post) without answering it."""
    from smm_core.contracts import Place, Remark
    from smm_core.workflow import Audience

    if part is not None and profile is None:
        raise click.UsageError("Name the --profile of which you mean the part.")
    review = _one(session, name)
    kept = session.store.comments.add(
        review.id,
        Remark(text=text, place=Place(profile=profile, part=part) if profile else None),
        by=by or session.ws.by,
        now=session.ws.clock.now(),
        audience=Audience.CLIENT if for_client else Audience.INTERNAL,
        via=f"the command line of {session.ws.by}",
    )
    click.echo(f"comment {kept.id} on review {review.id}, for {'the client too' if for_client else 'our side only'}")


commands = {"reviews": reviews}
