"""The hooks. Registration hooks return objects of `contracts`; the others are broadcast to every plugin.

A plugin is a module (or object) with functions of these names, marked with `smm_core.hookimpl`, and an entry point
in the group `smm`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from smm_core.contracts import Approver, CheckRequest, Context, Metrics, Publisher, Source, Template
    from smm_core.model import Event, Problem

hookspec = pluggy.HookspecMarker("smm")
hookimpl = pluggy.HookimplMarker("smm")


@hookspec
def smm_sources() -> Iterable[Source]:  # type: ignore[empty-body]
    """The sources this plugin offers; core picks one by the `type` of a `[sources.NAME]` table."""


@hookspec
def smm_templates() -> Iterable[Template]:  # type: ignore[empty-body]
    """The templates this plugin offers; core picks one by name."""


@hookspec
def smm_approvers() -> Iterable[Approver]:  # type: ignore[empty-body]
    """The approvers this plugin offers; core picks one by the workflow's `approver`."""


@hookspec
def smm_publishers() -> Iterable[Publisher]:  # type: ignore[empty-body]
    """The publishers this plugin offers; core picks one by a profile's `platform`."""


@hookspec
def smm_metrics() -> Iterable[Metrics]:  # type: ignore[empty-body]
    """The metrics readers this plugin offers; core picks one by a profile's `platform`."""


@hookspec
def smm_check_variant(request: CheckRequest) -> Iterable[Problem]:  # type: ignore[empty-body]
    """The problems this plugin sees in a variant. Pure; asked of every plugin before a review."""


@hookspec
def smm_event(event: Event, ctx: Context) -> None:
    """Something happened that a person may want to be told. Errors are logged and change nothing."""


@hookspec
def smm_commands() -> Iterable[click.Command]:  # type: ignore[empty-body]
    """Further commands for `smm`. A name that exists already is left out and reported."""
