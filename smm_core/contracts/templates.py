"""Templates: ideas made into posts, and cards drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct, field

from smm_core.contracts.given import Context
from smm_core.limits import Size
from smm_core.model import (
    Brand,
    Card,
    Idea,
    PostContent,
    Problem,
)


class ComposeRequest(Struct, frozen=True, kw_only=True):
    """An idea to be made into a post. `layout` names one of the template's layouts; `folder` holds the workspace's own."""

    idea: Idea
    brand: Brand
    layout: str
    folder: Path
    client: str
    language: str
    fields: Mapping[str, str] = field(default_factory=dict)


class DrawRequest(Struct, frozen=True, kw_only=True):
    """A card to be drawn at each of `sizes`, as `format` (`jpeg`, `png`), each at most `max_bytes`.

    `picture` is the path of the card's own picture, where it has one.
    """

    card: Card
    brand: Brand
    sizes: tuple[Size, ...]
    format: str
    folder: Path
    max_bytes: int | None = None
    picture: Path | None = None
    focus: tuple[float, float] = (0.5, 0.5)
    language: str = "en"


class Drawn(Struct, frozen=True, kw_only=True):
    """A drawn picture. `problems` are what the layout could not do (text too long to fit, colour contrast too low)."""

    body: bytes
    format: str
    width: int
    height: int
    problems: tuple[Problem, ...] = ()


@runtime_checkable
class Template(Protocol):
    """Makes a post of an idea. Knows no platform."""

    name: str
    abilities: frozenset[type]

    def compose(self, request: ComposeRequest, ctx: Context) -> PostContent:
        """The post. Which profiles it goes to and when is core's to fill in."""
        ...


@runtime_checkable
class Draws(Protocol):
    """Ability of a template: draws cards."""

    def layouts(self, folder: Path) -> Sequence[str]:
        """The names of the layouts there are, the plugin's own and those in the workspace's folder."""
        ...

    def draw(self, request: DrawRequest, ctx: Context) -> tuple[Drawn, ...]:
        """One picture per size, in the same order."""
        ...
