"""The template `cards`: a post with a card from an idea, and the card in every size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from smm_cards.backdrop import BackdropCache
from smm_cards.layout import Field, FromIdea, Shape
from smm_cards.reading import find_layout, layout_names, read_layout
from smm_core import Card, ComposeRequest, Context, Drawn, DrawRequest, Draws, Idea, Picture, PostContent

_LONGEST = 600


class Cards:
    """Makes a post with a card of an idea, and draws cards. Knows no platform.

    It keeps a few prepared backdrops in memory, so that the next card on the same picture costs a tenth.
    """

    name = "cards"
    abilities: frozenset[type] = frozenset({Draws})

    def __init__(self) -> None:
        self._backdrops = BackdropCache()

    def compose(self, request: ComposeRequest, ctx: Context) -> PostContent:
        """The post: the idea's title and text, its link, and a card of the layout. An unknown layout is `NotFound`."""
        layout = read_layout(find_layout(request.layout, request.folder), Shape.SQUARE)
        taken = {field.name: text for field in layout.fields if (text := _from_idea(field, request.idea))}
        card = Card(
            template=self.name, layout=request.layout, fields={**taken, **request.fields}, picture=_stored(request.idea)
        )
        found = request.idea.found
        return PostContent(
            title=found.title,
            parts=(_caption(found.title, found.text),),
            pictures=(Picture(card=card),),
            link=found.url,
            labels=found.labels,
            language=request.language or None,
            idea=request.idea.id,
        )

    def layouts(self, folder: Path) -> Sequence[str]:
        """The names of the layouts there are, the plugin's own and those in the workspace's folder."""
        return layout_names(folder)

    def draw(self, request: DrawRequest, ctx: Context) -> tuple[Drawn, ...]:
        """One picture per size, in the same order; what a layout could not do well is in each one's problems."""
        from smm_cards.drawing import draw_card

        return draw_card(request, self._backdrops)


def _caption(title: str, text: str) -> str:
    opening = _opening(text)
    if not title or opening.startswith(title):
        return opening or title
    return f"{title}\n\n{opening}" if opening else title


def _opening(text: str) -> str:
    """The first paragraph, and no more than a caption can take, ending at a sentence or a word."""
    paragraph = text.strip().split("\n\n")[0].strip()
    if len(paragraph) <= _LONGEST:
        return paragraph
    head = paragraph[:_LONGEST]
    sentence = max(head.rfind(mark) for mark in (". ", "! ", "? "))
    return head[: sentence + 1] if sentence > _LONGEST // 3 else head.rsplit(" ", 1)[0] + " …"


def _from_idea(field: Field, idea: Idea) -> str:
    found = idea.found
    if field.idea is FromIdea.TITLE:
        return found.title
    if field.idea is FromIdea.TEXT:
        return _opening(found.text)
    if field.idea is FromIdea.AUTHOR:
        return found.author or ""
    return found.labels[0] if field.idea is FromIdea.LABEL and found.labels else ""


def _stored(idea: Idea) -> str | None:
    """The idea's first picture that is in the media store; addresses are fetched by core, never by a template."""
    stored = (name for name in idea.found.pictures if len(name) == 64 and set(name) <= set("0123456789abcdef"))
    return next(stored, None)
