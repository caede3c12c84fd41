"""The store: one SQLite file behind a few nouns. It speaks the words of `model`, not rows.

Loaded when first used: a listing on the command line needs only `store.lists`, and starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smm_core.store.journal import ProfileState
    from smm_core.store.ledger import Fenced, NotApproved, Outcome, Planned
    from smm_core.store.posts import Change
    from smm_core.store.store import Store

__all__ = ["Change", "Fenced", "NotApproved", "Outcome", "Planned", "ProfileState", "Store"]

_HOME_OF = {
    "Change": "posts",
    "Fenced": "ledger",
    "NotApproved": "ledger",
    "Outcome": "ledger",
    "Planned": "ledger",
    "ProfileState": "journal",
    "Store": "store",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
