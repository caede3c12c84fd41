"""A page on which people approve posts: a link for each of them, no account, no script needed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from smm_core import hookimpl

if TYPE_CHECKING:
    import click

    from smm_core import Approver

__all__ = ["smm_approvers", "smm_commands"]


@hookimpl
def smm_approvers() -> Iterable[Approver]:
    """The approver `web`."""
    from smm_web.approver import WebApprover

    return [WebApprover()]


@hookimpl
def smm_commands() -> Iterable[click.Command]:
    """The command `smm web`."""
    from smm_web.commands import web_command

    return [web_command()]
