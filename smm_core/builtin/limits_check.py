"""Does a variant keep to what its profile's platform accepts?

Every problem names what is allowed, what was found, in whose unit, and where the limit is known from. A problem that
rests on a guess says so. The provenance of one picture limit may be given as `images.max_bytes`, else `images` holds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from msgspec import Struct

from smm_core.contracts import CheckRequest
from smm_core.limits import ImageLimits, Limits, LinkStyle, Provenance, TextLimit
from smm_core.model import ActionKind, Attachment, Level, Part, Problem
from smm_core.spans import find_hashtags, find_links, find_mentions
from smm_core.text import count

_INVISIBLE = frozenset(("Zs", "Zl", "Zp", "Cc", "Cf"))
_ASPECT_NOISE = 1e-6  # far less than one pixel; what dividing may be off


def check_limits(request: CheckRequest) -> Iterator[Problem]:
    """The problems of the variant with its profile's limits, part by part."""
    parts = request.variant.parts
    limits = request.limits
    yield from _check_thread(parts, limits)
    for number, part in enumerate(parts, 1):
        place = _Place(part=number, name=f"part {number}" if len(parts) > 1 else _called(request))
        yield from _check_empty(part, place)
        yield from _check_text(part, place, limits)
        yield from _check_pictures(part, place, limits)
    yield from _check_links(request)
    yield from _check_first_comment(request)


def _called(request: CheckRequest) -> str:
    return "the reply" if request.action is ActionKind.REPLY else "the post"


class _Place(Struct, frozen=True, kw_only=True):
    """Where in the variant we are: the part's number, and what a person calls it."""

    name: str
    part: int | None = None


# ---------------------------------------------------------------- thread and text


def _check_thread(parts: Sequence[Part], limits: Limits) -> Iterator[Problem]:
    if len(parts) > limits.parts:
        thread = _Place(name="the thread")
        yield _too_many("thread.too-long", thread, len(parts), limits.parts, "parts", limits.provenance_of("parts"))
    if not parts:
        yield _empty(_WHOLE)


def _check_empty(part: Part, place: _Place) -> Iterator[Problem]:
    if not part.media and not part.link and not _has_visible(part.text):
        yield _empty(place)


def _empty(place: _Place) -> Problem:
    message = f"{place.name} is empty: write a text or add a picture"
    return _problem("post.empty", message, place, None, None, "", None)


def _check_text(part: Part, place: _Place, limits: Limits) -> Iterator[Problem]:
    for limit in limits.text:
        yield from _check_length("text.too-long", part.text, limit, place, limits.provenance_of("text"))
    links = set(find_links(part.text)) | ({part.link} if part.link else set())
    for code, unit, found, allowed in (
        ("hashtags.too-many", "hashtags", len(find_hashtags(part.text)), limits.hashtags),
        ("mentions.too-many", "mentions", len(find_mentions(part.text)), limits.mentions),
        ("links.too-many", "links", len(links), limits.links),
    ):
        if allowed is not None and found > allowed:
            yield _too_many(code, place, found, allowed, unit, limits.provenance_of(unit))


def _check_length(code: str, text: str, limit: TextLimit, place: _Place, known: Provenance | None) -> Iterator[Problem]:
    found = count(text, limit)
    if found > limit.maximum:
        yield _too_many(code, place, found, limit.maximum, limit.unit.value, known)


def _has_visible(text: str) -> bool:
    """Whether followers would see anything: white space, joiners and direction marks alone show nothing."""
    return any(unicodedata.category(character) not in _INVISIBLE for character in text)


# ---------------------------------------------------------------- pictures


def _check_pictures(part: Part, place: _Place, limits: Limits) -> Iterator[Problem]:
    images, found = limits.images, len(part.media)
    if found > images.maximum:
        known = _known_of_images(limits, "maximum")
        yield _too_many("pictures.too-many", place, found, images.maximum, "pictures", known)
    if found < images.minimum:
        known = _known_of_images(limits, "minimum")
        message = f"{place.name} has {_amount(found, 'pictures')}, the least allowed is {images.minimum}"
        yield _problem("pictures.too-few", message, place, images.minimum, found, "pictures", known)
    for number, picture in enumerate(part.media, 1):
        where = _Place(name=f"picture {number} of {place.name}", part=place.part)
        yield from _check_picture(picture, where, limits)


def _check_picture(picture: Attachment, place: _Place, limits: Limits) -> Iterator[Problem]:
    accepted = [_format_name(name) for name in limits.images.formats]
    if _format_name(picture.format) not in accepted:
        message = f"{place.name} is a {picture.format} file; allowed: {', '.join(accepted) or 'none'}"
        yield _problem("picture.format", message, place, None, None, "", _known_of_images(limits, "formats"))
    for measure in _measures(picture, limits.images):
        known = _known_of_images(limits, measure.field)
        if measure.least is not None and measure.found < measure.least - _ASPECT_NOISE:
            message = f"{place.name} {measure.says}, the least allowed is {_number(measure.least)}"
            yield _problem(measure.code, message, place, measure.least, measure.found, measure.unit, known)
        if measure.most is not None and measure.found > measure.most + _ASPECT_NOISE:
            message = f"{place.name} {measure.says}, the most allowed is {_number(measure.most)}"
            yield _problem(measure.code, message, place, measure.most, measure.found, measure.unit, known)
    if limits.alt_text:
        where = _Place(name=f"the alt text of {place.name}", part=place.part)
        yield from _check_length("alt.too-long", picture.alt, limits.alt_text, where, limits.provenance_of("alt_text"))


class _Measure(Struct, frozen=True, kw_only=True):
    """One number of a picture beside the limit it must keep to, where there is one."""

    field: str
    code: str
    unit: str
    found: float
    says: str
    least: float | None = None
    most: float | None = None


def _measures(picture: Attachment, images: ImageLimits) -> tuple[_Measure, ...]:
    width, height = picture.width, picture.height
    aspect = width / max(1, height)
    wide = f"is {_number(width)} pixels wide"
    size = f"has {_number(width * height)} pixels"
    shape = f"is {width} × {height} (width / height {_number(aspect)})"
    heavy = f"has {_number(picture.bytes)} bytes"
    return (
        _Measure(
            field="max_bytes",
            code="picture.too-heavy",
            unit="bytes",
            found=picture.bytes,
            says=heavy,
            most=images.max_bytes,
        ),
        _Measure(
            field="min_width", code="picture.too-narrow", unit="pixels", found=width, says=wide, least=images.min_width
        ),
        _Measure(
            field="max_width", code="picture.too-wide", unit="pixels", found=width, says=wide, most=images.max_width
        ),
        _Measure(
            field="max_pixels",
            code="picture.too-large",
            unit="pixels",
            found=width * height,
            says=size,
            most=images.max_pixels,
        ),
        _Measure(
            field="min_aspect",
            code="picture.too-tall",
            unit="width / height",
            found=aspect,
            says=shape,
            least=images.min_aspect,
        ),
        _Measure(
            field="max_aspect",
            code="picture.too-flat",
            unit="width / height",
            found=aspect,
            says=shape,
            most=images.max_aspect,
        ),
    )


def _format_name(name: str) -> str:
    plain = name.lower()
    return "jpeg" if plain == "jpg" else plain


def _known_of_images(limits: Limits, field: str) -> Provenance | None:
    return limits.provenance.get(f"images.{field}") or limits.provenance_of("images")


# ---------------------------------------------------------------- links and the first comment


def _check_links(request: CheckRequest) -> Iterator[Problem]:
    """Links that followers will not be able to follow. The post may go out all the same, so this only warns."""
    if request.limits.link_style is not LinkStyle.NONE:
        return
    known = request.limits.provenance_of("link_style")
    written = {link for part in request.variant.parts for link in find_links(part.text)}
    if request.content.link and request.content.link not in written:
        message = f"the link {request.content.link} is left out: links are not possible on {request.profile.name}"
        yield _problem("link.not-possible", message, _WHOLE, None, None, "links", known, level=Level.WARN)
    for number, part in enumerate(request.variant.parts, 1):
        for link in find_links(part.text):
            message = f"{link} stays plain text: links are not possible on {request.profile.name}"
            place = _Place(name="", part=number)
            yield _problem("link.not-possible", message, place, None, None, "links", known, level=Level.WARN)


def _check_first_comment(request: CheckRequest) -> Iterator[Problem]:
    comment = request.variant.first_comment or request.content.first_comment
    limits = request.limits
    if comment and not limits.first_comment:
        message = f"{request.profile.name} takes no first comment: remove it, or give this profile a text of its own"
        yield _problem("comment.not-possible", message, _WHOLE, None, None, "", limits.provenance_of("first_comment"))
    elif comment and limits.first_comment_text:
        where = _Place(name="the first comment")
        known = limits.provenance_of("first_comment_text")
        yield from _check_length("comment.too-long", comment, limits.first_comment_text, where, known)


# ---------------------------------------------------------------- saying it


_WHOLE = _Place(name="the post")


def _too_many(code: str, place: _Place, found: int, allowed: int, unit: str, known: Provenance | None) -> Problem:
    verb = "is" if allowed == 1 else "are"
    message = f"{place.name} has {_amount(found, unit)}, {_number(allowed)} {verb} allowed"
    return _problem(code, message, place, allowed, found, unit, known)


def _problem(
    code: str,
    message: str,
    place: _Place,
    allowed: float | None,
    found: float | None,
    unit: str,
    known: Provenance | None,
    *,
    level: Level = Level.BLOCK,
) -> Problem:
    if known is not None and not known.verified:
        message += f"; this limit is a guess ({known.source}, {known.as_of})"
    return Problem(
        level=level,
        code=code,
        message=message,
        part=place.part,
        allowed=allowed,
        found=found,
        unit=unit,
        provenance=known,
        by="limits",
    )


def _amount(number: int, unit: str) -> str:
    return f"{_number(number)} {unit.removesuffix('s') if number == 1 else unit}"


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
