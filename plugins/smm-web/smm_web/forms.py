"""Reading what people send: with a cap on everything, and a place in the post found from the words they quote."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from msgspec import Struct

from smm_core import Audience, Place, Remark, ReviewSheet, Variant

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES = 64 * 1024
MOST_FIELDS = 300
LONGEST_REMARK = 4_000
FORM = "application/x-www-form-urlencoded"

# Where in a picture, for who cannot or does not want to click: a word for each ninth of it.
AREAS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "top-left": (1 / 6, 1 / 6),
        "top": (0.5, 1 / 6),
        "top-right": (5 / 6, 1 / 6),
        "left": (1 / 6, 0.5),
        "middle": (0.5, 0.5),
        "right": (5 / 6, 0.5),
        "bottom-left": (1 / 6, 5 / 6),
        "bottom": (0.5, 5 / 6),
        "bottom-right": (5 / 6, 5 / 6),
    }
)


class BadForm(Exception):
    """What was sent is no form of ours. `status` is the HTTP status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Unfinished(Exception):
    """The form cannot be taken as it is; `why` is a word for the template, and what was typed is shown again."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Form(Struct, frozen=True, kw_only=True):
    """The fields of one form; a name that comes more than once keeps all its values."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """The first value of a field, without blanks around it; empty where it is not there."""
        return next((value.strip() for key, value in self.fields if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return tuple(value for key, value in self.fields if key == name)


async def read_form(request: Request) -> Form:
    """The form in a request's body; one that is too large, or none, is a `BadForm`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadForm(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadForm(413)
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadForm(400) from None
    return Form(fields=tuple((name, value.replace("\r\n", "\n").replace("\x00", "")) for name, value in fields))


def remark_of(form: Form, sheet: ReviewSheet) -> Remark:
    """The remark that a form makes, with the place it points at. What is missing or not there is `Unfinished`."""
    text = form.get("remark")
    if not text:
        raise Unfinished("no-remark")
    if len(text) > LONGEST_REMARK:
        raise Unfinished("long-remark")
    return Remark(text=text, place=_place(form, sheet), audience=_audience(form))


def _audience(form: Form) -> Audience | None:
    return next((one for one in Audience if one.value == form.get("audience")), None)


def _place(form: Form, sheet: ReviewSheet) -> Place | None:
    """The place that a form points at: `where` is PROFILE, PROFILE/PART or PROFILE/PART/PICTURE."""
    where, quote = form.get("where"), form.get("quote")
    profile, _, rest = where.partition("/")
    if not where:
        return _anywhere(sheet, quote) if quote else None
    variant = next((one for one in sheet.variants if one.profile == profile), None)
    if variant is None:
        raise Unfinished("no-place")
    part, _, picture = rest.partition("/")
    if picture:
        return _in_picture(variant, _number(part), _number(picture), form)
    if quote:
        return _in_text(variant, _number(part) if part else None, quote, form.get("start"))
    return Place(profile=profile, part=_part(variant, _number(part))) if part else Place(profile=profile)


def _in_picture(variant: Variant, part: int, picture: int, form: Form) -> Place:
    if _part(variant, part) == 0 or not 1 <= picture <= len(variant.parts[part - 1].media):
        raise Unfinished("no-place")
    x, y = AREAS.get(form.get("area"), (None, None))
    if form.get("x") and form.get("y"):
        x, y = _fraction(form.get("x")), _fraction(form.get("y"))
    return Place(profile=variant.profile, part=part, picture=picture, x=x, y=y)


def _in_text(variant: Variant, part: int | None, quote: str, near: str) -> Place:
    """Where the quoted words stand: in this part, else in the first that has them; the one nearest to where was clicked."""
    numbers = [_part(variant, part)] if part is not None else [*range(1, len(variant.parts) + 1), 0]
    for number in numbers:
        text = text_of(variant, number)
        start = _nearest(text, quote, int(near) if near.isascii() and near.isdecimal() and len(near) < 7 else 0)
        if start is not None:
            return Place(profile=variant.profile, part=number, start=start, end=start + len(quote))
    raise Unfinished("no-quote")


def _anywhere(sheet: ReviewSheet, quote: str) -> Place:
    for variant in sheet.variants:
        try:
            return _in_text(variant, None, quote, "")
        except Unfinished:
            continue
    raise Unfinished("no-quote")


def text_of(variant: Variant, part: int) -> str:
    """The text of a part, from 1; 0 is the first comment."""
    return variant.first_comment if part == 0 else variant.parts[part - 1].text


def _nearest(text: str, quote: str, near: int) -> int | None:
    starts: list[int] = []
    at = text.find(quote)
    while at >= 0 and len(starts) < 1000:
        starts.append(at)
        at = text.find(quote, at + 1)
    return min(starts, key=lambda start: abs(start - near), default=None)


def _part(variant: Variant, number: int) -> int:
    if not 0 <= number <= len(variant.parts):
        raise Unfinished("no-place")
    return number


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise Unfinished("no-place")
    return int(text)


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Unfinished("no-place") from None
    if not 0 <= value <= 1:
        raise Unfinished("no-place")
    return value


def whole_number(text: str) -> int:
    """A number in an address; what is none is a `BadForm` with 404."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):  # more is more than the store can count
        raise BadForm(404)
    return int(text)
