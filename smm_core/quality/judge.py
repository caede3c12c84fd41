"""Judges a plugin by the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from smm_core.quality.candidate import Candidate
from smm_core.quality.claim import FILE, Claim, read_claim
from smm_core.quality.model import Check, Outcome, Quality, Rule, State, Tier
from smm_core.quality.rules import RULES

_BY_NAME: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in RULES})


def judge(candidate: Candidate) -> Quality:
    """The verdict on one plugin: every rule is looked at, and the tier is the highest whose rules, and those below, all hold."""
    claim = _claim_of(candidate)
    if candidate.loaded.error:
        outcomes = tuple(_broken(rule, candidate.loaded.error) for rule in RULES[:1])
    else:
        outcomes = tuple(_outcome(rule, candidate, claim) for rule in RULES)
    return Quality(
        plugin=candidate.found.name,
        version=candidate.found.version,
        claimed=claim.tier,
        tier=None if candidate.loaded.error else highest(outcomes),
        outcomes=outcomes,
        why=claim.why,
        mistakes=claim.mistakes,
        record=candidate.record,
    )


def highest(outcomes: Sequence[Outcome]) -> Tier | None:
    """The highest tier that nothing stands in the way of."""
    reached = None
    for tier in Tier:
        if not all(one.counts for one in outcomes if one.rule.tier is tier):
            return reached
        reached = tier
    return reached


def claimed_tier(candidate: Candidate) -> Tier | None:
    """What a plugin says it is, without a look whether that is so."""
    return _claim_of(candidate).tier


def _claim_of(candidate: Candidate) -> Claim:
    if candidate.package is None or candidate.is_single_file:
        return Claim()
    return read_claim(candidate.package / FILE, _BY_NAME)


def _outcome(rule: Rule, candidate: Candidate, claim: Claim) -> Outcome:
    if rule.check is None:
        remark = claim.remarks.get(rule.name, "")
        state = State.HOLDS if remark else State.NOT_SAID
        said: tuple[str, ...] = (remark or f"a person looks, and writes what was seen to [remarks] of {FILE}",)
    else:
        state, said = _checked(rule.check, candidate)
    if state in (State.BROKEN, State.NOT_SAID) and rule.name in claim.differs:
        return Outcome(rule=rule, state=State.DIFFERS, said=(claim.differs[rule.name],))
    return Outcome(rule=rule, state=state, said=said)


def _checked(check: Check, candidate: Candidate) -> tuple[State, tuple[str, ...]]:
    try:
        complaints = check(candidate)
    except Exception as error:  # what a plugin's own objects do when they are looked at is theirs
        complaints = [f"looking at it raised {type(error).__name__}: {error}"]
    if complaints is None:
        return State.DOES_NOT_APPLY, ()
    return (State.BROKEN if complaints else State.HOLDS), tuple(complaints)


def _broken(rule: Rule, why: str) -> Outcome:
    return Outcome(rule=rule, state=State.BROKEN, said=(why,))
