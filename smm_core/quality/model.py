"""The words of quality: tiers, rules, and what came of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smm_core.quality.candidate import Candidate
    from smm_core.quality.record import Record


class Tier(StrEnum):
    """Bronze: it works and does no harm. Silver: one can rely on it. Gold: one can recommend it."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"

    @property
    def rank(self) -> int:
        """1 for bronze to 3 for gold."""
        return list(Tier).index(self) + 1


Check = Callable[["Candidate"], Sequence[str] | None]
"""What is wrong, a line each; nothing: the rule holds; None: it does not concern this plugin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule. `asks` is a sentence that holds or not, `reason` what goes wrong otherwise.

    `check` is None where a person has to look; the plugin then says in its remarks who looked at what, and when.
    """

    name: str
    tier: Tier
    asks: str
    reason: str
    check: Check | None = None


class State(StrEnum):
    """What came of a rule."""

    HOLDS = "holds"
    BROKEN = "broken"
    DIFFERS = "differs"
    NOT_SAID = "not said"
    DOES_NOT_APPLY = "does not apply"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of one rule, and what there is to say about it: complaints, the plugin's reason, or its remark."""

    rule: Rule
    state: State
    said: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the rule stands in nobody's way: it holds, does not apply, or is differed from with a reason."""
        return self.state not in (State.BROKEN, State.NOT_SAID)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """The verdict on one plugin. `tier` is the highest that holds, whatever the plugin claims; None: not even bronze.

    `why` is what it says about why it is not more. `mistakes` are those of its `quality.toml`. `record` is what the
    conformance kit found, if that was recorded.
    """

    plugin: str
    version: str
    claimed: Tier | None
    tier: Tier | None
    outcomes: tuple[Outcome, ...]
    why: str = ""
    mistakes: tuple[str, ...] = ()
    record: Record | None = None

    @property
    def missing(self) -> list[Outcome]:
        """What stands in the way of the next tier."""
        ahead = self.tier.rank + 1 if self.tier else 1
        return [one for one in self.outcomes if not one.counts and one.rule.tier.rank <= ahead]

    @property
    def overclaimed(self) -> bool:
        """Whether the plugin claims more than holds."""
        return self.claimed is not None and self.claimed.rank > (self.tier.rank if self.tier else 0)
