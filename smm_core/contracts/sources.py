"""Sources: where ideas come from."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from smm_core.contracts.given import Context
from smm_core.model import (
    IdeaFound,
    PostFound,
    Trouble,
)


class CollectRequest(Struct, frozen=True, kw_only=True):
    """One turn of a source: which configured source it is (`instance`), whose, its settings, where it stopped last time."""

    instance: str
    client: str
    settings: Any
    cursor: str = ""


class CollectPage(Struct, frozen=True, kw_only=True):
    """What one turn found. `more` asks for another turn at once, from `cursor`.

    `gone` names posts (by key) that a person deleted at the source: they are withdrawn if nothing of them is out.
    """

    ideas: tuple[IdeaFound, ...] = ()
    posts: tuple[PostFound, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    cursor: str = ""
    more: bool = False
    gone: tuple[str, ...] = ()


@runtime_checkable
class Source(Protocol):
    """Finds ideas (or, for content folders, posts)."""

    name: str
    settings: type

    def collect(self, request: CollectRequest, ctx: Context) -> CollectPage:
        """One page. Called again with the page's cursor; the cursor is stored with what the page found."""
        ...
