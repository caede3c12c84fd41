"""What all suites of the kit share: which tests a plugin leaves out and why, and how many texts are tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


class Suite:
    """Base of the suites. A plugin's test class names one of them as its base and adds nothing.

    Where a platform really is different, `differs` names the test and says why. Such a test is not run; one that the
    class has under the same name is run in its place. The reasons stand in the quality report.
    """

    differs: ClassVar[Mapping[str, str]] = {}


def for_each(strategy: SearchStrategy[T], check: Callable[[T], None], *, examples: int = 25) -> None:
    """Call `check` with made-up values, the same ones at every run, and show the smallest for which it fails."""
    from hypothesis import HealthCheck, Phase, given, settings

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(value: T) -> None:
        check(value)

    run()
