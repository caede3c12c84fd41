"""The test profile: publishes into a local network that behaves like a platform, without consequences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from smm_core import hookimpl

if TYPE_CHECKING:
    import click

    from smm_core import Metrics, Publisher

__all__ = ["smm_commands", "smm_metrics", "smm_publishers"]


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    """The publisher `sandbox`."""
    from smm_sandbox.publisher import SandboxPublisher

    return (SandboxPublisher(),)


@hookimpl
def smm_metrics() -> Iterable[Metrics]:
    """The metrics reader `sandbox`."""
    from smm_sandbox.metrics import SandboxMetrics

    return (SandboxMetrics(),)


@hookimpl
def smm_commands() -> Iterable[click.Command]:
    """The command group `smm sandbox`."""
    from smm_sandbox.commands import sandbox_group

    return (sandbox_group(),)
