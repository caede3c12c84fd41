"""`smm reviews`: questions that wait for an answer."""

from __future__ import annotations

import click

from smm_core.cli.output import client_option, json_option, local, show_json, show_rows, state_colour
from smm_core.cli.problems import say_problem
from smm_core.cli.session import Session, pass_session
from smm_core.errors import NotFound
from smm_core.model import Decision, PostState, Review, ReviewState
from smm_core.store.lists import REPLIES


@click.group()
def reviews() -> None:
    """Reviews: questions about exactly what will be sent, and their answers."""


@reviews.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are answered.")
@client_option
@json_option
@pass_session
def list_(session: Session, everything: bool, client: str | None, as_json: bool) -> None:
    """List reviews that wait for an answer."""
    store = session.store
    found = store.reviews.listed(client=client)
    rows = []
    for review in found:
        if not everything and review.state not in (ReviewState.OPEN, ReviewState.EXPIRED):
            continue
        zone = session.ws.config.zone
        post = store.posts.get(review.post_id)
        rows.append(
            {
                "id": review.id,
                "post": post.slug,
                **({"series": post.series or None} if as_json else {}),
                "state": str(review.state) if as_json else state_colour(review.state),
                "approver": review.approver,
                "profiles": list(review.digests),
                "asked": review.asked_at if as_json else local(review.asked_at, zone),
                "deadline": review.deadline if as_json else local(review.deadline, zone),
                "client": review.client,
            }
        )
    show_rows(rows, as_json=as_json, empty="no review waits for an answer")
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
    _show(session, _one(session, review), as_json=as_json)


def _show(session: Session, review: Review, *, as_json: bool) -> None:
    store = session.store
    post = store.posts.get(review.post_id)
    variants = [store.posts.variant(post.id, profile, digest) for profile, digest in review.digests.items()]
    doubts = {
        variant.profile: problems
        for variant, problems in store.posts.variants(post)
        if review.digests.get(variant.profile) == variant.digest
    }
    verdicts = store.reviews.verdicts(review.id)
    answers = store.inbox.asked_about(review)
    if as_json:
        shown = {"review": review, "post": post.slug, "series": post.series or None, "answers": answers}
        show_json({**shown, "variants": variants, "problems": doubts, "verdicts": verdicts})
        return
    click.echo(click.style(f"review {review.id} of {post.slug}: {review.state}", bold=True))
    if post.series:
        click.echo(f"one date of the series {post.series}: --series approves later dates with the same content, too")
    for variant in variants:
        for part_number, part in enumerate(variant.parts, start=1):
            place = (
                f"{variant.profile}, part {part_number} of {len(variant.parts)}"
                if len(variant.parts) > 1
                else variant.profile
            )
            click.echo(f"\n── {place}")
            click.echo(part.text)
            for media in part.media:
                click.echo(f"[picture {media.width}×{media.height}: {media.alt or 'no alt text'}]")
        if variant.first_comment:
            click.echo(f"first comment: {variant.first_comment}")
        for problem in doubts.get(variant.profile, ()):
            click.echo("  " + say_problem(problem))
    if answers is not None:
        said = answers.interaction
        click.echo(f"\nin reply to the {said.kind} by @{said.author} (smm inbox show {answers.id}):\n{said.text}")
    for verdict in verdicts:
        what = f"{verdict.decision} for the series" if verdict.for_series else verdict.decision
        click.echo(f"\n{verdict.by}: {what}{f' – {verdict.remark}' if verdict.remark else ''}")
    if post.source != REPLIES:
        click.echo(f"\nsee it drawn: smm preview {post.slug}")


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
            for_series=for_series,
        )
        answered(session.ws, answer, report)
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
    return _decide(session, names, Decision.APPROVE, by, remark, for_series=for_series)


@reviews.command()
@click.argument("name")
@click.option("--by", help="Who asks (default: SMM_PERSON, or your login).")
@click.option("--remark", "-m", required=True, help="What should change.")
@pass_session
def rework(session: Session, name: str, by: str | None, remark: str) -> int:
    """Ask for rework; an approval that was given before is taken back, unless the post is on its way already."""
    return _decide(session, (name,), Decision.REWORK, by, remark)


commands = {"reviews": reviews}
