"""Ask with a spreadsheet whether posts may go out, and show them in a presentation."""

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
    """The approver `office`."""
    from smm_office.approver import OfficeApprover

    return [OfficeApprover()]


@hookimpl
def smm_commands() -> Iterable[click.Command]:
    """The group `smm office`."""
    from smm_office.commands import office_group

    return [office_group()]
