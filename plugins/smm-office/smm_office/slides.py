"""Posts as a presentation: one slide for each variant, as its followers will see it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from smm_core import SmmError, Tongue
from smm_office.columns import plain
from smm_office.entries import Entry, alts_of, shrunk, text_of, thumbnails_of

if TYPE_CHECKING:
    from pptx.slide import Slide

_SIDE = 1400
_LONGEST = 700
"""Characters of a text on a slide; all of it stands in the notes."""


def write_slides(entries: Sequence[Entry], tongue: Tongue) -> bytes:
    """The file: 16:9, title, when and where on the left, the picture on the right with its alternative text, the whole text
    in the notes."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    deck.core_properties.title = tongue.words.gettext("Posts to approve")
    deck.core_properties.author = "smm"
    deck.core_properties.language = tongue.tag
    layout = deck.slide_layouts.get_by_name("Title Only") or deck.slide_layouts[5]
    for number, entry in enumerate(entries, 1):
        _fill(deck.slides.add_slide(layout), entry, f"{number}/{len(entries)}", tongue)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _fill(slide: Slide, entry: Entry, number: str, tongue: Tongue) -> None:
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Inches

    title: Any = slide.shapes.title
    title.left, title.top, title.width, title.height = Inches(0.6), Inches(0.4), Inches(6.4), Inches(1.3)
    _write(title.text_frame, [(plain(entry.title), 28, True, "1F2733")])
    title.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
    picture = _picture(entry)
    width = Inches(6.4) if picture else Inches(12.1)
    text = plain(text_of(entry.variant))
    facts = slide.shapes.add_textbox(Inches(0.6), Inches(1.75), width, Inches(1.2))
    _write(facts.text_frame, [(line, 14, False, "5B6675") for line in _facts(entry, tongue)])
    words = slide.shapes.add_textbox(Inches(0.6), Inches(3.05), width, Inches(3.7))
    size = 18 if len(text) < 350 else 14 if len(text) < 550 else 12
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    _write(words.text_frame, [(line, size, False, "1F2733") for line in shown.split("\n")])
    if picture:
        _place(slide, picture, " ".join((plain(text_of(entry.variant)), *map(plain, alts_of(entry.variant)))))
    foot = slide.shapes.add_textbox(Inches(0.6), Inches(6.9), Inches(3), Inches(0.4))
    _write(foot.text_frame, [(number, 11, False, "5B6675")])
    notes: Any = slide.notes_slide.notes_text_frame
    notes.text = "\n\n".join((text, *map(plain, alts_of(entry.variant)), *map(plain, entry.problems)))


def _facts(entry: Entry, tongue: Tongue) -> list[str]:
    _ = tongue.words.gettext
    lines = [plain(entry.variant.profile)]
    if entry.due_at:
        lines.append(f"{_('Goes out')}: {tongue.dated(entry.due_at)}")
    if entry.deadline:
        lines.append(f"{_('Answer by')}: {tongue.dated(entry.deadline)}")
    return lines + [f"{_('Please note')}: {plain(one)}" for one in entry.problems[:2]]


def _picture(entry: Entry) -> bytes:
    """The preview; where none is drawn, the first picture of the post; else nothing."""
    try:
        png = entry.preview()
        if png:
            return shrunk(png, _SIDE)
    except SmmError:
        pass
    return next(thumbnails_of(entry, _SIDE), b"")


def _place(slide: Slide, body: bytes, alt: str) -> None:
    """Put the picture into the right half, as large as fits, in the middle of it."""
    from pptx.util import Inches

    left, top, width, height = Inches(7.3), Inches(0.5), Inches(5.5), Inches(6.5)
    shape: Any = slide.shapes.add_picture(io.BytesIO(body), left, top)
    scale = min(width / shape.width, height / shape.height)
    shape.width, shape.height = int(shape.width * scale), int(shape.height * scale)
    shape.left, shape.top = left + (width - shape.width) // 2, top + (height - shape.height) // 2
    shape._element.nvPicPr.cNvPr.set("descr", alt[:1000])  # the library has no other way to say it


def _write(frame: Any, lines: Sequence[tuple[str, int, bool, str]]) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.TOP
    for number, (text, size, is_bold, colour) in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = text.replace("\n", " ").replace("\t", " ")
        run.font.size, run.font.bold, run.font.color.rgb = Pt(size), is_bold, RGBColor.from_string(colour)  # type: ignore[no-untyped-call]
