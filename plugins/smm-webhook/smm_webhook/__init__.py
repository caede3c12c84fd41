"""Publish with smm to any address that takes signed JSON: an automation service, a site of your own, a test."""

from __future__ import annotations

from collections.abc import Iterable

from smm_core import Publisher, hookimpl


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    """The publisher `webhook`."""
    from smm_webhook.publisher import Webhook

    return [Webhook()]
