"""Problems as rows of a table, and how much of each limit a variant uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import click

from smm_core.model import Level, Problem

COLUMNS = ("profile", "level", "where", "problem", "allowed", "found", "source")
_COLOURS = {Level.BLOCK: "red", Level.WARN: "yellow", Level.INFO: "cyan"}


def problem_rows(profile: str, problems: Iterable[Problem], *, as_json: bool) -> Iterator[dict[str, Any]]:
    """One row a problem, as `smm check` and `smm try` print them: what blocks first."""
    for problem in sorted(problems, key=lambda one: list(Level).index(one.level)):
        known = problem.provenance
        yield {
            "profile": profile,
            "level": str(problem.level) if as_json else click.style(str(problem.level), fg=_COLOURS[problem.level]),
            "where": f"part {problem.part}" if problem.part else "post",
            "problem": problem.message,
            "allowed": problem.allowed if as_json else _amount(problem.allowed, ""),
            "found": problem.found if as_json else _amount(problem.found, problem.unit),
            "unit": problem.unit,
            "code": problem.code,
            "by": problem.by,
            "source": say_source(problem),
            "verified": known.verified if known else None,
        }


def say_problem(problem: Problem) -> str:
    """A problem in one line below the variant that has it."""
    return click.style(str(problem.level), fg=_COLOURS[problem.level]) + f"  {problem.message}"


def say_source(problem: Problem) -> str:
    """Where the limit is known from; a guess says that it is one."""
    known = problem.provenance
    if known is None:
        return problem.by
    return f"{'' if known.verified else 'guess: '}{known.source} ({known.as_of})"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
    return f"{number} {unit}".rstrip()
