"""What `[approvers.office.settings]` may say."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of the approver."""

    folder: str = field(
        default="approvals",
        metadata={
            "help": "The folder, from the workspace's, in which sheets wait to be sent (`out/PERSON`) and those that came"
            " back are put (`in/PERSON`)."
        },
    )
