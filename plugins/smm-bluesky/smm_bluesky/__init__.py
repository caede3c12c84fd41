"""Publish, read, measure and answer with smm on Bluesky, and on any other server of the AT Protocol."""

from __future__ import annotations

from collections.abc import Iterable

from smm_core import Metrics, Publisher, hookimpl


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    """The publisher `bluesky`."""
    from smm_bluesky.publisher import Bluesky

    return [Bluesky()]


@hookimpl
def smm_metrics() -> Iterable[Metrics]:
    """The numbers of `bluesky`."""
    from smm_bluesky.metrics import BlueskyMetrics

    return [BlueskyMetrics()]
