"""states.md: the allowed moves of actions and posts, drawn and listed, and what the ledger promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docs_pages.tables import markdown_table
from smm_core import lifecycle
from smm_core.plugins import Plugins
from smm_core.store.audit_rules import RULES


def states_page(ours: Plugins) -> str:
    """The allowed moves of actions and posts, drawn and listed, and what the ledger promises."""
    return "\n\n".join(
        [
            "# The states",
            "These tables stand in one place in the code, `smm_core/lifecycle.py`. The store refuses every other move.",
            "## An action",
            "An action is one act on a platform that cannot be taken back: publishing a part of a post, or a comment.",
            *_states(lifecycle.ACTION_MOVES, first="waiting"),
            "## A post",
            "A post collects what becomes of all its variants.",
            *_states(lifecycle.POST_MOVES, first="written"),
            "## What `smm doctor --ledger` proves",
            "These rules stand in `smm_core/store/audit_rules.py`, each with the SQL that finds what breaks it.",
            markdown_table(("rule", "what holds"), ((f"`{rule.name}`", rule.says) for rule in RULES)),
        ]
    )


def _states(moves: Mapping[Any, Mapping[Any, str]], *, first: str) -> Iterator[str]:
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {before} --> {after}" for before, onward in moves.items() for after in onward]
    lines += [f"    {state} --> [*]" for state, onward in moves.items() if not onward]
    yield "```mermaid\n" + "\n".join(lines) + "\n```"
    rows = [(f"`{before}`", f"`{after}`", why) for before, onward in moves.items() for after, why in onward.items()]
    rows += [(f"`{state}`", "", "the end") for state, onward in moves.items() if not onward]
    yield markdown_table(("from", "to", "when"), rows)
