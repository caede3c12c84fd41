"""The network's own judgement of what arrives: it trusts no earlier check, and refuses in the platform's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from smm_core import LinkStyle, Rejected, TextLimit, count, find_hashtags, find_links, find_mentions
from smm_sandbox.records import Kind, Submission, Upload
from smm_sandbox.rules import Breach, RuleSet


class Found(Struct, frozen=True, kw_only=True):
    """One way in which a submission breaks the rules: what was found and what is allowed, in `unit`."""

    breach: Breach
    found: str = ""
    allowed: str = ""
    unit: str = ""


def refusal(rules: RuleSet, found: Found) -> Rejected:
    """The refusal as the platform would word it, with its error code in front."""
    words = rules.refusals.get(found.breach) or rules.refusals[Breach.OTHER]
    message = words.message.format(found=found.found, allowed=found.allowed, unit=found.unit)
    return Rejected(f"{words.code} {message}")


def judge_upload(upload: Upload, rules: RuleSet) -> None:
    """Raise `Rejected` for a picture that the rules do not allow; called when it is uploaded."""
    for found in _upload_breaches(upload, rules):
        raise refusal(rules, found)


def judge(submission: Submission, uploads: Sequence[Upload], depth: int, rules: RuleSet) -> None:
    """Raise `Rejected` for the first rule that a submission breaks.

    `uploads` are its pictures as the network measured them, `depth` its place in the thread from 1.
    """
    breaches = _comment_breaches if submission.kind is Kind.COMMENT else _post_breaches
    for found in breaches(submission, uploads, depth, rules):
        raise refusal(rules, found)


def _post_breaches(submission: Submission, uploads: Sequence[Upload], depth: int, rules: RuleSet) -> Iterator[Found]:
    yield from _encoding(submission)
    if not (submission.text.strip() or uploads or submission.link):
        yield Found(breach=Breach.EMPTY)
    yield from _too_long(submission.text, rules.limits.text, Breach.TEXT)
    yield from _words(submission.text, rules)
    yield from _pictures(submission, uploads, rules)
    yield from _link(submission, uploads, rules)
    if depth > rules.limits.parts:
        yield Found(breach=Breach.THREAD, found=str(depth), allowed=str(rules.limits.parts), unit="parts")


def _comment_breaches(submission: Submission, uploads: Sequence[Upload], depth: int, rules: RuleSet) -> Iterator[Found]:
    yield from _encoding(submission)
    if not rules.limits.first_comment or uploads:
        yield Found(breach=Breach.COMMENT, found="a comment", allowed="none")
    if not submission.text.strip():
        yield Found(breach=Breach.EMPTY)
    own = rules.limits.first_comment_text
    yield from _too_long(
        submission.text, (own,) if own else rules.limits.text, Breach.COMMENT_TEXT if own else Breach.TEXT
    )


def _encoding(submission: Submission) -> Iterator[Found]:
    for text in (submission.text, submission.link or "", *(alt for _, alt in submission.pictures)):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            yield Found(breach=Breach.ENCODING)


def _too_long(text: str, limits: Sequence[TextLimit], breach: Breach) -> Iterator[Found]:
    for limit in limits:
        length = count(text, limit)
        if length > limit.maximum:
            yield Found(breach=breach, found=str(length), allowed=str(limit.maximum), unit=limit.unit)


def _words(text: str, rules: RuleSet) -> Iterator[Found]:
    for breach, found, allowed in (
        (Breach.HASHTAGS, find_hashtags(text), rules.limits.hashtags),
        (Breach.MENTIONS, find_mentions(text), rules.limits.mentions),
        (Breach.LINKS, find_links(text), rules.limits.links),
    ):
        if allowed is not None and len(found) > allowed:
            yield Found(breach=breach, found=str(len(found)), allowed=str(allowed), unit=breach)


def _pictures(submission: Submission, uploads: Sequence[Upload], rules: RuleSet) -> Iterator[Found]:
    images = rules.limits.images
    if len(uploads) < images.minimum:
        yield Found(
            breach=Breach.TOO_FEW_PICTURES, found=str(len(uploads)), allowed=str(images.minimum), unit="pictures"
        )
    if len(uploads) > images.maximum:
        yield Found(breach=Breach.PICTURES, found=str(len(uploads)), allowed=str(images.maximum), unit="pictures")
    if rules.limits.alt_text:
        for _, alt in submission.pictures:
            yield from _too_long(alt, (rules.limits.alt_text,), Breach.ALT)
    for upload in uploads:
        yield from _upload_breaches(upload, rules)


def _upload_breaches(upload: Upload, rules: RuleSet) -> Iterator[Found]:
    images = rules.limits.images
    if upload.format not in images.formats:
        yield Found(breach=Breach.FORMAT, found=upload.format, allowed=", ".join(images.formats))
    if images.max_bytes is not None and upload.bytes > images.max_bytes:
        yield Found(breach=Breach.BYTES, found=str(upload.bytes), allowed=str(images.max_bytes), unit="bytes")
    pixels = upload.width * upload.height
    if images.max_pixels is not None and pixels > images.max_pixels:
        yield Found(breach=Breach.PIXELS, found=str(pixels), allowed=str(images.max_pixels), unit="pixels")
    if images.min_width is not None and upload.width < images.min_width:
        yield Found(
            breach=Breach.WIDTH, found=str(upload.width), allowed=f"at least {images.min_width}", unit="pixels of width"
        )
    if images.max_width is not None and upload.width > images.max_width:
        yield Found(
            breach=Breach.WIDTH, found=str(upload.width), allowed=f"at most {images.max_width}", unit="pixels of width"
        )
    yield from _aspect(upload, rules)


def _aspect(upload: Upload, rules: RuleSet) -> Iterator[Found]:
    """Pictures have whole pixels: one pixel of height more or less is given, else no exact 1.91:1 could exist."""
    low, high = rules.limits.images.min_aspect, rules.limits.images.max_aspect
    too_tall = low is not None and upload.width < low * (upload.height - 1)
    too_wide = high is not None and upload.width > high * (upload.height + 1)
    if too_tall or too_wide:
        yield Found(
            breach=Breach.ASPECT,
            found=f"{upload.width / upload.height:.2f}",
            allowed=f"{low or 0:.2f} to {high or 99:.2f}",
        )


def _link(submission: Submission, uploads: Sequence[Upload], rules: RuleSet) -> Iterator[Found]:
    if not submission.link:
        return
    if rules.limits.link_style is LinkStyle.NONE:
        yield Found(breach=Breach.LINK, found="a link", allowed="none")
    if uploads and not rules.card_with_pictures:
        yield Found(breach=Breach.EMBED, found="pictures and a link card", allowed="one of them")
