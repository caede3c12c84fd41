"""The pictures inside a mail: previews of posts, small enough to be sent, each with its alternative text."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta

from msgspec import Struct

from smm_core import AskRequest, Context, Person, SmmError, Variant, open_picture

WIDTH = 560
"""How wide a picture is shown, in CSS pixels; it is sent with twice as many, for fine screens."""
MOST_BYTES = 6_000_000
"""Of all pictures of one mail: many mail servers refuse what is over ten million, and encoding adds a third."""
_TIME_FOR_SENDING = timedelta(seconds=25)


class Shown(Struct, frozen=True, kw_only=True):
    """A picture as it is sent: a JPEG, and how large it is shown in CSS pixels."""

    body: bytes
    width: int
    height: int
    alt: str = ""


@dataclass(kw_only=True, slots=True)
class Pictures:
    """Draws each variant once, for however many persons, as long as there is time left in the call."""

    ctx: Context
    drawn: dict[tuple[int, str], tuple[Shown, ...]]

    def of(self, request: AskRequest, person: Person, variant: Variant) -> tuple[Shown, ...]:
        """The preview of a variant as followers will see it; where no plugin draws one, the variant's pictures; else nothing."""
        key = (request.review.id, variant.profile)
        if key not in self.drawn:
            is_late = self.ctx.now() > self.ctx.deadline - _TIME_FOR_SENDING
            self.drawn[key] = () if is_late else (self._preview(request, person, variant) or self._own(variant))
        return self.drawn[key]

    def _preview(self, request: AskRequest, person: Person, variant: Variant) -> tuple[Shown, ...]:
        try:
            reviewer = self.ctx.reviews.reviewer(person.name)
            png = self.ctx.reviews.preview(reviewer, request.review.id, variant.profile).png
            return (_shrunk(png, described(variant)),) if png else ()
        except SmmError as error:
            self.ctx.log.info("no preview of review %s for %s: %s", request.review.id, variant.profile, error)
            return ()

    def _own(self, variant: Variant) -> tuple[Shown, ...]:
        found = []
        for media in (media for part in variant.parts for media in part.media):
            try:
                found.append(_shrunk(self.ctx.media.read(media.sha256), media.alt))
            except SmmError as error:
                self.ctx.log.info("picture %s cannot be shown: %s", media.sha256[:12], error)
        return tuple(found)


def described(variant: Variant) -> str:
    """What a preview shows, in words: the texts, and what its pictures show."""
    texts = [part.text for part in variant.parts]
    alts = [media.alt for part in variant.parts for media in part.media if media.alt]
    words = " ".join(" ".join([*texts, *alts]).split())
    return words if len(words) <= 400 else f"{words[:399]}…"


def _shrunk(body: bytes, alt: str) -> Shown:
    picture = open_picture(body)
    if picture.mode != "RGB":
        flat = picture.convert("RGBA")
        white = flat.copy()
        white.paste((255, 255, 255, 255), (0, 0, *flat.size))
        white.alpha_composite(flat)
        picture = white.convert("RGB")
    if picture.width > 2 * WIDTH:
        picture = picture.resize((2 * WIDTH, max(1, round(picture.height * 2 * WIDTH / picture.width))))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82, optimize=True)
    width = min(WIDTH, picture.width)
    return Shown(
        body=out.getvalue(), width=width, height=max(1, round(picture.height * width / picture.width)), alt=alt
    )
