"""What a post's options get wrong, and a content warning that makes a text too long: found before anybody approves it."""

from __future__ import annotations

from collections.abc import Iterator

from smm_core import CheckRequest, Level, Limits, Problem, TextLimit, count, replace
from smm_mastodon.options import mistakes_in, options_of

NAME = "mastodon"


def problems_of(request: CheckRequest) -> Iterator[Problem]:
    """The problems of a variant for a profile on this platform, or for one that imitates it."""
    if NAME not in (request.profile.platform, request.profile.imitates):
        return
    options = request.variant.options
    for words in mistakes_in(options):
        yield _problem("options", f"[options.{NAME}] {words}")
    yield from _too_long_with_warning(request)
    if options_of(options).poll and request.variant.parts and request.variant.parts[0].media:
        yield _problem(
            "poll", "a poll and pictures exclude each other: move the pictures to a later part of the thread"
        )


def _too_long_with_warning(request: CheckRequest) -> Iterator[Problem]:
    warning = options_of(request.variant.options).content_warning
    texts = [part.text for part in request.variant.parts]
    for number, text in enumerate([*texts, *filter(None, [request.variant.first_comment])], 1):
        for limit in request.limits.text:
            found = count(text, limit)
            if found <= limit.maximum < found + _count_warning(warning, limit):
                has = f"{found + _count_warning(warning, limit):,} of {limit.maximum:,} {limit.unit}"
                where = f"part {number}" if len(texts) > 1 else "the post"
                yield _problem("warning", f"{where} has {has} with its content warning, which counts, too")


def below_warning(limits: Limits, warning: str) -> Limits:
    """The limits of a text that stands below a content warning."""
    if not warning:
        return limits
    left = tuple(replace(one, maximum=max(1, one.maximum - _count_warning(warning, one))) for one in limits.text)
    return replace(limits, text=left)


def _count_warning(warning: str, limit: TextLimit) -> int:
    """How much of a limit a content warning takes; nothing in it is shortened."""
    return count(warning, replace(limit, url=None, mention_hosts=True))


def _problem(code: str, message: str) -> Problem:
    return Problem(level=Level.BLOCK, code=f"{NAME}.{code}", message=message, by=NAME)
