"""Does a variant keep to the client's brand book?

What the brand book requires blocks; what merely makes the numbers less useful, such as a link without its campaign
parameters, is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from smm_core.contracts import CheckRequest
from smm_core.links import LinkValues, missing_parameters
from smm_core.model import Brand, Level, Problem, Variant
from smm_core.spans import find_links, without_links
from smm_core.text import has_phrase


def check_brand(request: CheckRequest) -> Iterator[Problem]:
    """The problems of the variant with the brand book of its client."""
    yield from _check_call_to_action(request)
    yield from _check_alt_texts(request.variant, request.brand)
    yield from _check_words(request.variant, request.brand)
    yield from _check_hashtag_set(request)
    yield from _check_link_parameters(request)


def _check_call_to_action(request: CheckRequest) -> Iterator[Problem]:
    if not request.brand.require_call_to_action:
        return
    action = request.content.call_to_action.strip()
    if not action:
        message = f"the call to action is missing, brand book {request.brand.name} asks for one: add call_to_action"
        yield _block("call-to-action.missing", message)
    elif not has_phrase(" ".join(part.text for part in request.variant.parts), action):
        yield _block("call-to-action.missing", f"the call to action “{action}” is in no part of the text")


def _check_alt_texts(variant: Variant, brand: Brand) -> Iterator[Problem]:
    if not brand.require_alt_text:
        return
    for number, part in enumerate(variant.parts, 1):
        for place, picture in enumerate(part.media, 1):
            if not picture.alt.strip():
                where = f"picture {place}" if len(variant.parts) == 1 else f"picture {place} of part {number}"
                yield _block("alt.missing", f"{where} has no alt text: say what it shows, with alt", part=number)


def _check_words(variant: Variant, brand: Brand) -> Iterator[Problem]:
    for name, text, number in _what_is_said(variant):
        for word in brand.avoid:
            if has_phrase(text, word):
                message = f"{name} says “{word.strip()}”, which brand book {brand.name} avoids"
                yield _block("words.avoided", message, part=number)


def _what_is_said(variant: Variant) -> Iterator[tuple[str, str, int | None]]:
    """Everything that followers read: what it is called, the text without links, the part's number."""
    for number, part in enumerate(variant.parts, 1):
        name = "the text" if len(variant.parts) == 1 else f"part {number}"
        yield name, without_links(part.text), number
        for place, picture in enumerate(part.media, 1):
            yield f"the alt text of picture {place}", picture.alt, number
    yield "the first comment", without_links(variant.first_comment), None


def _check_hashtag_set(request: CheckRequest) -> Iterator[Problem]:
    chosen, known = request.content.hashtag_set, request.brand.hashtag_sets
    if chosen is None:
        if request.brand.require_hashtag_set:
            message = f"no hashtag set is chosen, brand book {request.brand.name} asks for one: add hashtag_set"
            yield _block("hashtag-set.missing", f"{message} ({_names(known)})")
    elif chosen not in known:
        message = f"brand book {request.brand.name} has no hashtag set “{chosen}”"
        yield _block("hashtag-set.unknown", f"{message} ({_names(known)})")


def _names(known: Iterable[str]) -> str:
    names = sorted(known)
    return f"there is {', '.join(names)}" if names else "there is none"


def _check_link_parameters(request: CheckRequest) -> Iterator[Problem]:
    values = LinkValues(
        platform=request.profile.imitates or request.profile.platform,
        profile=request.profile.name,
        client=request.profile.client,
        campaign=request.content.campaign or "",
    )
    for number, link in _links(request.variant):
        missing = ", ".join(missing_parameters(link, request.brand, values))
        if missing:
            message = f"{link} lacks {missing}: its visits will not be counted for this post"
            yield Problem(level=Level.WARN, code="link.untagged", message=message, part=number, by="brand")


def _links(variant: Variant) -> Iterator[tuple[int | None, str]]:
    """Every link that goes out, once per part; the part's number, None for the first comment."""
    for number, part in enumerate(variant.parts, 1):
        for link in dict.fromkeys((*find_links(part.text), *filter(None, (part.link,)))):
            yield number, link
    for link in find_links(variant.first_comment):
        yield None, link


def _block(code: str, message: str, *, part: int | None = None) -> Problem:
    return Problem(level=Level.BLOCK, code=code, message=message, part=part, by="brand")
