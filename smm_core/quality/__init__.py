"""How good a plugin is: rules in three tiers, each checked by the tool where a tool can.

The way through: `candidate` gathers what is to be judged, `rules` says by what, `judge` does it. What a plugin says of itself
stands in the `quality.toml` of its package (`claim`); a tier that the tool disproves is not shown.
"""

from smm_core.quality.candidate import Candidate, candidate_of
from smm_core.quality.judge import judge
from smm_core.quality.model import Outcome, Quality, Rule, State, Tier
from smm_core.quality.rules import RULES

__all__ = ["RULES", "Candidate", "Outcome", "Quality", "Rule", "State", "Tier", "candidate_of", "judge"]
