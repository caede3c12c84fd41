"""What each side of the table may see. What is internal is never shown to the client."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from smm_core.model import Post
from smm_core.values import replace
from smm_core.workflow import Audience

READS: Mapping[Audience, tuple[Audience, ...]] = MappingProxyType(
    {Audience.INTERNAL: (Audience.INTERNAL, Audience.CLIENT), Audience.CLIENT: (Audience.CLIENT,)}
)
"""Whose comments and verdicts each side may read."""


def shown_to(audience: Audience, post: Post) -> Post:
    """The post as one side may see it: for the client without who wrote it, from which source, its labels, and what was said
    of it inside."""
    if audience is Audience.INTERNAL:
        return post
    return replace(post, by="", reason="", source="", content=replace(post.content, labels=(), idea=None))
