"""What a plugin says of its own quality: the file `quality.toml` in its package.

tier = "silver"
why = "…"                       # why it is not gold

[differs]                       # rules of silver and gold that it does not follow, and why that is right here
documented = "…"

[remarks]                       # rules that no tool can check: who looked at what, and when
tried-for-real = "2026-11-23: …"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smm_core.quality.model import Rule, Tier

FILE = "quality.toml"
SHORTEST_REASON = 20
"""A reason of fewer characters is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """The claimed tier and why not more, reasons for differences and remarks by rule, and what is wrong with the file."""

    tier: Tier | None = None
    why: str = ""
    differs: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()


def read_claim(path: Path, rules: Mapping[str, Rule]) -> Claim:
    """The claim in a file; one that is not there claims nothing, and mistakes in it are listed, not raised."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Claim()
    except (OSError, ValueError) as error:
        return Claim(mistakes=(f"{FILE}: {error}",))
    mistakes = [f"{FILE}: unknown key {key}" for key in raw if key not in ("tier", "why", "differs", "remarks")]
    tier = _tier(raw.get("tier"), mistakes)
    differs = _words(raw, "differs", rules, mistakes)
    for name in [name for name in differs if name in rules and rules[name].tier is Tier.BRONZE]:
        mistakes.append(f"{FILE}: [differs] {name}: nobody may differ from a bronze rule")
        del differs[name]
    remarks = _words(raw, "remarks", rules, mistakes)
    return Claim(tier=tier, why=str(raw.get("why", "")), differs=differs, remarks=remarks, mistakes=tuple(mistakes))


def _tier(word: Any, mistakes: list[str]) -> Tier | None:
    if word is None or word in list(Tier):
        return Tier(word) if word else None
    mistakes.append(f"{FILE}: tier is {word!r}; there are {', '.join(Tier)}")
    return None


def _words(raw: Mapping[str, Any], table: str, rules: Mapping[str, Rule], mistakes: list[str]) -> dict[str, str]:
    entries = raw.get(table, {})
    if not isinstance(entries, dict):
        mistakes.append(f"{FILE}: {table} is no table")
        return {}
    kept = {}
    for name, text in entries.items():
        where = f"{FILE}: [{table}] {name}"
        if name not in rules:
            mistakes.append(f"{where}: there is no such rule; docs/quality.md lists them")
        elif not isinstance(text, str) or len(text.strip()) < SHORTEST_REASON:
            mistakes.append(f"{where}: say it in a sentence")
        else:
            kept[name] = text.strip()
    return kept
