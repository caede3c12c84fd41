"""What stands in a mail, in the words of the person who reads it. The templates only lay it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from smm_core import (
    AskKind,
    AskRequest,
    Change,
    ChangeKind,
    Context,
    Person,
    PictureTouch,
    Piece,
    Secret,
    Silence,
    SmmError,
    Tongue,
    Variant,
)
from smm_mail.pictures import Shown
from smm_mail.text import one_line, printable


class PictureView(Struct, frozen=True, kw_only=True):
    """A picture of the mail: the Content-ID by which the HTML names it, and its file."""

    cid: str
    shown: Shown


class PartView(Struct, frozen=True, kw_only=True):
    """A part's text, and what its pictures show."""

    text: str
    alts: tuple[str, ...]
    link: str


class VariantView(Struct, frozen=True, kw_only=True):
    """What goes out on one profile."""

    profile: str
    parts: tuple[PartView, ...]
    first_comment: str
    pictures: tuple[PictureView, ...]


class ChangeView(Struct, frozen=True, kw_only=True):
    """One difference since the version that they saw last: a heading, and words (or a sentence) about it."""

    heading: str
    pieces: tuple[Piece, ...]
    lines: tuple[str, ...]


class CommentView(Struct, frozen=True, kw_only=True):
    """What somebody said, and about which words."""

    by: str
    text: str
    quote: str


class QuestionView(Struct, frozen=True, kw_only=True):
    """One post. `url` leads to it; empty where there is no page to answer on."""

    title: str
    goes_out: str
    answer_by: str
    silence: str
    variants: tuple[VariantView, ...]
    problems: tuple[str, ...]
    changes: tuple[ChangeView, ...]
    comments: tuple[CommentView, ...]
    url: str


class LetterView(Struct, frozen=True, kw_only=True):
    """A whole mail. `by_reply` says what a reply to it does; `everything` is the link to all that waits."""

    tag: str
    subject: str
    greeting: str
    opening: str
    questions: tuple[QuestionView, ...]
    by_reply: str
    everything: str
    client: str


PictureMaker = Callable[[AskRequest, Variant], tuple[PictureView, ...]]


def view_of(
    kind: AskKind,
    person: Person,
    questions: Sequence[AskRequest],
    tongue: Tongue,
    ctx: Context,
    *,
    subject: str,
    by_reply: str,
    pictures: PictureMaker,
) -> LetterView:
    """The letter to one person about these questions of one client."""
    _ = tongue.words.gettext
    links = [_link(ctx, person, one.review.id) for one in questions]
    everything = _link(ctx, person, None) if len(questions) > 1 and any(links) else ""
    return LetterView(
        tag=tongue.tag,
        subject=subject,
        greeting=_("Hello %(name)s,") % {"name": one_line(person.title or person.name)},
        opening=_opening(kind, len(questions), tongue),
        questions=tuple(_question(one, url, tongue, pictures, ctx) for one, url in zip(questions, links, strict=True)),
        by_reply=by_reply,
        everything=everything,
        client=questions[0].review.client,
    )


def subject_of(kind: AskKind, questions: Sequence[AskRequest], tongue: Tongue) -> str:
    """The subject of a mail that begins a thread."""
    _, many = tongue.words.gettext, tongue.words.ngettext
    if len(questions) == 1:
        title = title_of(questions[0])
        if kind is AskKind.ESCALATE:
            return one_line(_("Nobody has answered yet: %(title)s") % {"title": title})
        return one_line(_("Please approve: %(title)s") % {"title": title})
    count = len(questions)
    if kind is AskKind.ESCALATE:
        found = many("Nobody has answered yet: %(count)d post", "Nobody has answered yet: %(count)d posts", count)
    else:
        found = many("Please approve %(count)d post", "Please approve %(count)d posts", count)
    return one_line(found % {"count": count})


def title_of(question: AskRequest) -> str:
    """What people call a post: its title, else its first words."""
    content = question.post.content
    words = content.title or " ".join(content.parts[0].split() if content.parts else ())
    return one_line(words, 70) or question.post.slug


def _opening(kind: AskKind, count: int, tongue: Tongue) -> str:
    many = tongue.words.ngettext
    if kind is AskKind.REMIND:
        return many(
            "A reminder: this post still waits for your answer.",
            "A reminder: these %(count)d posts still wait for your answer.",
            count,
        ) % {"count": count}
    if kind is AskKind.ESCALATE:
        return many(
            "Those who were asked about this post have not answered, and time is running out.",
            "Those who were asked about these %(count)d posts have not answered, and time is running out.",
            count,
        ) % {"count": count}
    return many(
        "This post is ready to go out as soon as you have seen it.",
        "These %(count)d posts are ready to go out as soon as you have seen them.",
        count,
    ) % {"count": count}


def _question(request: AskRequest, url: str, tongue: Tongue, pictures: PictureMaker, ctx: Context) -> QuestionView:
    _ = tongue.words.gettext
    return QuestionView(
        title=title_of(request),
        goes_out=_moment(_("Goes out: %(when)s"), request.due_at, tongue),
        answer_by=_moment(_("Please answer by %(when)s."), request.review.deadline, tongue),
        silence=_silence(request, tongue),
        variants=tuple(_variant(one, pictures(request, one)) for one in request.variants),
        problems=tuple(dict.fromkeys(printable(one.message) for one in request.problems)),
        changes=tuple(_change(one, tongue) for one in request.changes),
        comments=tuple(
            CommentView(by=one.by, text=printable(one.text), quote=printable(one.quote)) for one in request.comments
        ),
        url=url,
    )


def _variant(variant: Variant, pictures: tuple[PictureView, ...]) -> VariantView:
    parts = tuple(
        PartView(
            text=printable(part.text),
            alts=tuple(printable(media.alt) or f"{media.width} × {media.height}" for media in part.media),
            link=printable(part.link or ""),
        )
        for part in variant.parts
    )
    first_comment = printable(variant.first_comment)
    return VariantView(profile=variant.profile, parts=parts, first_comment=first_comment, pictures=pictures)


def _moment(phrase: str, at: datetime | None, tongue: Tongue) -> str:
    return phrase % {"when": tongue.dated(at)} if at is not None else ""


def _silence(request: AskRequest, tongue: Tongue) -> str:
    _ = tongue.words.gettext
    if request.review.deadline is None:
        return _("Nothing goes out before it is approved.")
    if request.is_optional:
        return _("Without an answer by then, we go on without you.")
    return {
        Silence.HOLD: _("Without an answer by then, it does not go out until somebody has approved it."),
        Silence.NEXT_SLOT: _("Without an answer by then, it moves to a later time and we ask you again."),
        Silence.FALLBACK: _("Without an answer by then, a post that was approved before goes out in its place."),
        Silence.DROP: _("Without an answer by then, it does not go out at all."),
        Silence.CONSENT: _("Without an answer by then, it goes out, as we have agreed."),
    }[request.silence]


def _change(change: Change, tongue: Tongue) -> ChangeView:
    _ = tongue.words.gettext
    where = change.profile
    if change.part == 0:
        where = _("%(profile)s, first comment") % {"profile": change.profile}
    elif change.part is not None and change.part > 1:
        where = _("%(profile)s, part %(number)d") % {"profile": change.profile, "number": change.part}
    lines = [_touched(one.touch, tongue) % {"number": one.number} for one in change.pictures]
    if change.kind is ChangeKind.NEW and not change.words:
        lines.append(_("This is new."))
    elif change.kind is ChangeKind.GONE and not change.words:
        lines.append(_("This is gone."))
    elif change.kind in (ChangeKind.LINK, ChangeKind.OPTIONS):
        lines.append(
            _("Before: %(before)s – now: %(after)s")
            % {"before": printable(change.before) or "–", "after": printable(change.after) or "–"}
        )
    return ChangeView(heading=where, pieces=change.words, lines=tuple(lines))


def _touched(touch: PictureTouch, tongue: Tongue) -> str:
    _ = tongue.words.gettext
    return {
        PictureTouch.ADDED: _("Picture %(number)d is new."),
        PictureTouch.REMOVED: _("Picture %(number)d is gone."),
        PictureTouch.MOVED: _("A picture has moved to place %(number)d."),
        PictureTouch.ALT: _("The description of picture %(number)d has changed."),
    }[touch]


def _link(ctx: Context, person: Person, review: int | None) -> str:
    """The person's own link. A secret of theirs: it stands in this mail and nowhere else."""
    try:
        url: Secret | None = ctx.reviews.link(person.name, review=review).url
    except SmmError as error:
        ctx.log.warning("no link for %s: %s", person.name, error)
        return ""
    return url.reveal() if url is not None else ""
