"""Collect ideas for smm from the change log of your software."""

from __future__ import annotations

from collections.abc import Iterable

from smm_core import Source, hookimpl


@hookimpl
def smm_sources() -> Iterable[Source]:
    """The source `changes`."""
    from smm_changes.source import Changes

    return [Changes()]
