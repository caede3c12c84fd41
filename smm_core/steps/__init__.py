"""The steps: collect, compose, render, review, schedule, publish, measure.

A step is one function over an open workspace: rows in one state, plugin calls, rows in the next state. None calls
another, none keeps anything in memory, and a crash is answered by running the step again.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class Report:
    """What one run of a step did: lines for a person, and what went wrong meanwhile."""

    step: str
    done: int = 0
    lines: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def did(self, line: str) -> None:
        """One thing was done."""
        self.done += 1
        self.lines.append(line)

    def failed(self, line: str) -> None:
        """One thing went wrong; the others went on."""
        self.troubles.append(line)
