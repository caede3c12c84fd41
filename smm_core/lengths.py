"""How much of each of a platform's limits a text uses, in words."""

from __future__ import annotations

from smm_core.limits import Limits
from smm_core.model import Variant


def say_lengths(variant: Variant, limits: Limits) -> tuple[str, ...]:
    """Each part by each of the platform's counts: `212 of 500 graphemes`; in a thread with `part 1: ` before it."""
    from smm_core.text import count

    many = len(variant.parts) > 1
    return tuple(
        f"{f'part {number}: ' if many else ''}{count(part.text, limit):,} of {limit.maximum:,} {limit.unit.value}"
        for number, part in enumerate(variant.parts, start=1)
        for limit in limits.text
    )
