"""Publish, measure and answer on Mastodon and the servers that speak its API."""

from __future__ import annotations

from collections.abc import Iterable

from smm_core import CheckRequest, Metrics, Problem, Publisher, hookimpl


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    """The publisher `mastodon`."""
    from smm_mastodon.publisher import Mastodon

    return [Mastodon()]


@hookimpl
def smm_metrics() -> Iterable[Metrics]:
    """The numbers of `mastodon`."""
    from smm_mastodon.metrics import MastodonMetrics

    return [MastodonMetrics()]


@hookimpl
def smm_check_variant(request: CheckRequest) -> Iterable[Problem]:
    """What a post's options for Mastodon get wrong."""
    from smm_mastodon.check import problems_of

    return problems_of(request)
