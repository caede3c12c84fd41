"""Typefaces: which file draws which text, how wide a text gets, and what no typeface can draw.

A role (`heading`, `body`) leads to a chain: the brand's typeface for the role, the Source Sans that comes with this plugin, so
that accents and the euro sign are always there, and the brand's other ones. No typeface of the machine is used: the same
brand book draws the same card everywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from smm_core import Brand, Level, Problem

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_REFERENCE = 200
_PROBE = 20
# A noncharacter: no typeface has it, so it shows how this one draws what it does not have.
_NOBODYS = "\uffff"


class Typeface:
    """One font file. Widths are measured once, at a reference size, and scaled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fonts: dict[int, FreeTypeFont] = {}
        self._widths: dict[str, float] = {}
        self._covered: dict[str, bool] = {}
        self._probe: FreeTypeFont | None = None
        self._missing = b""
        self.at(_REFERENCE)

    def at(self, size: int) -> FreeTypeFont:
        """The font at a size in pixels."""
        if size not in self._fonts:
            from PIL import ImageFont

            self._fonts[size] = ImageFont.truetype(str(self.path), size)
        return self._fonts[size]

    def width(self, text: str) -> float:
        """The width of a text at type size 1."""
        if text not in self._widths:
            self._widths[text] = self.at(_REFERENCE).getlength(text) / _REFERENCE
        return self._widths[text]

    def ink(self, text: str, size: int) -> tuple[float, float, float, float]:
        """The box of what is really inked: left, top, right, bottom in pixels from the start of the baseline."""
        mask, (left, top) = self.at(size).getmask2(text, anchor="ls")
        box = mask.getbbox() or (0, 0, 0, 0)
        return left + box[0], top + box[1], left + box[2], top + box[3]

    def covers(self, grapheme: str) -> bool:
        """Whether it has a glyph for every character of a grapheme that is meant to be seen."""
        if grapheme not in self._covered:
            self._covered[grapheme] = all(self._has(character) for character in grapheme if _is_seen(character))
        return self._covered[grapheme]

    def _has(self, character: str) -> bool:
        if self._probe is None:
            from PIL import ImageFont

            self._probe = ImageFont.truetype(str(self.path), _PROBE, layout_engine=ImageFont.Layout.BASIC)
            self._missing = bytes(self._probe.getmask(_NOBODYS))
        return bytes(self._probe.getmask(character)) != self._missing


def _is_seen(character: str) -> bool:
    """False for spaces and for marks that only steer (joiners, direction, variation selectors)."""
    if character.isspace() or "\ufe00" <= character <= "\ufe0f":
        return False
    return unicodedata.category(character) not in ("Cf", "Cc", "Zs")


class Run(Struct, frozen=True, kw_only=True):
    """A stretch of text that one typeface draws."""

    text: str
    typeface: Typeface


class Voice(Struct, frozen=True, kw_only=True):
    """How one text is set: its chain of typefaces, best first, and whether it is read from the right."""

    chain: tuple[Typeface, ...]
    right_to_left: bool = False
    tracking: float = 0.0

    def runs(self, text: str) -> tuple[Run, ...]:
        """The text in stretches of one typeface each. Text read from the right stays in one, or its order would break."""
        if self.right_to_left or all(self.chain[0].covers(grapheme) for grapheme in graphemes(text)):
            return (Run(text=text, typeface=self._best(text)),)
        found: list[Run] = []
        for grapheme in graphemes(text):
            keeps = found and found[-1].typeface.covers(grapheme) and not grapheme.strip()
            typeface = found[-1].typeface if keeps else self._best(grapheme)
            if found and found[-1].typeface is typeface:
                found[-1] = Run(text=found[-1].text + grapheme, typeface=typeface)
            else:
                found.append(Run(text=grapheme, typeface=typeface))
        return tuple(found)

    def width(self, text: str) -> float:
        """The width of a text at type size 1."""
        natural = sum(run.typeface.width(run.text) for run in self.runs(text))
        return natural + self.tracking * max(0, len(graphemes(text)) - 1)

    def _best(self, text: str) -> Typeface:
        wanted = graphemes(text)
        return max(self.chain, key=lambda typeface: sum(typeface.covers(grapheme) for grapheme in wanted))


def graphemes(text: str) -> list[str]:
    """The characters as people count them."""
    if text.isascii():
        return list(text)
    import regex  # type: ignore[import-untyped]

    # \X alone looks back over the whole run to pair regional indicators, which is quadratic for a wall of flags.
    found: list[str] = regex.findall(r"\p{RI}{2}(?=\p{RI})|\X", text)
    return found


def reads_from_right(text: str) -> bool:
    """Whether the first letter that has a direction is one of Hebrew, Arabic and the like."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def needs_shaping(text: str) -> bool:
    """Whether letters must be joined or reordered, which takes the Raqm layout engine."""
    return any(
        unicodedata.bidirectional(character) in ("R", "AL") or unicodedata.category(character) == "Mn"
        for character in text
    )


class Typefaces(Struct, frozen=True, kw_only=True):
    """The typefaces of a brand and what was wrong with them."""

    brand: Mapping[str, Typeface] = field(default_factory=dict)
    own: Mapping[str, Typeface] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def chain(self, role: str) -> tuple[Typeface, ...]:
        """The chain of a role: the brand's own for it (a brand that names one of heading and body is set in that one), then the
        plugin's, then what else the brand brings, for instance for another script."""
        kin = {"heading": ("heading", "body"), "body": ("body", "heading")}.get(role, (role, "body", "heading"))
        preferred = [self.brand[name] for name in kin if name in self.brand]
        others = [typeface for name, typeface in sorted(self.brand.items()) if name not in kin]
        return (*preferred, self.own["heading" if role == "heading" else "body"], *others)


def typefaces_of(brand: Brand) -> Typefaces:
    """Load a brand's typefaces. One that is missing or broken is a problem, and the next in the chain stands in."""
    found, problems = {}, []
    for role, name in sorted(brand.typefaces.items()):
        try:
            found[role] = Typeface(within(brand.root, name))
        except (OSError, ValueError):
            message = f"the typeface {name} (brand {brand.name}, typefaces.{role}) cannot be used; another one is drawn instead"
            problems.append(Problem(level=Level.WARN, code="card.typeface-missing", message=message))
    import font_source_sans_pro

    folder = Path(font_source_sans_pro.font_directory)
    own = {
        "heading": Typeface(folder / "SourceSansPro-Bold.ttf"),
        "body": Typeface(folder / "SourceSansPro-Regular.ttf"),
    }
    return Typefaces(brand=found, own=own, problems=tuple(problems))


def within(root: str, name: str) -> Path:
    """A file of the brand book; a ValueError when it would lie outside of the brand's folder."""
    base = Path(root).resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base):
        raise ValueError(f"{name} lies outside of {base}")
    return path


def drawable(text: str, chain: Sequence[Typeface]) -> tuple[str, tuple[str, ...]]:
    """The text without what no typeface can draw, and what was left out, each once."""
    kept, missing = [], []
    for grapheme in graphemes(text):
        if any(typeface.covers(grapheme) for typeface in chain):
            kept.append(grapheme)
        elif grapheme not in missing:
            missing.append(grapheme)
    return "".join(kept), tuple(missing)
