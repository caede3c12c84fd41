"""Ask by mail whether posts may go out, and hear the replies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from smm_core import hookimpl

if TYPE_CHECKING:
    from smm_core import Approver

__all__ = ["smm_approvers"]


@hookimpl
def smm_approvers() -> Iterable[Approver]:
    """The approver `mail`."""
    from smm_mail.approver import MailApprover

    return [MailApprover()]
