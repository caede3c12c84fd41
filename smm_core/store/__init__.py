"""The store: one SQLite file behind a few nouns. It speaks the words of `model`, not rows.

Loaded when first used: a listing on the command line needs only `store.lists`, and starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smm_core.store.claims import Fenced, NotApproved, NotSent, Outcome
    from smm_core.store.inbox import Entry, Kept
    from smm_core.store.journal import ProfileState
    from smm_core.store.planning import Choice, Held, Move, Plan, Planned
    from smm_core.store.posts import Change
    from smm_core.store.replies import PlannedReply
    from smm_core.store.store import Store

__all__ = [
    "Change",
    "Choice",
    "Entry",
    "Fenced",
    "Held",
    "Kept",
    "Move",
    "NotApproved",
    "NotSent",
    "Outcome",
    "Plan",
    "Planned",
    "PlannedReply",
    "ProfileState",
    "Store",
]

_HOME_OF = {
    "Change": "posts",
    "Choice": "planning",
    "Held": "planning",
    "Move": "planning",
    "Plan": "planning",
    "Entry": "inbox",
    "Kept": "inbox",
    "PlannedReply": "replies",
    "Fenced": "claims",
    "NotApproved": "claims",
    "NotSent": "claims",
    "Outcome": "claims",
    "Planned": "planning",
    "ProfileState": "journal",
    "Store": "store",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
