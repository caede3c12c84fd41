"""Tables for people and JSON for programs, from the same rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
WIDEST_CELL = 60


def json_option(function: F) -> F:
    """The `--json` flag that stands beside every listing; the command gets `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(function)


def client_option(function: F) -> F:
    """The `--client` option that scopes every listing; the command gets `client`."""
    return click.option("--client", help="Only this client.")(function)


def show_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str, columns: Sequence[str] = ()) -> None:
    """Print rows: all keys as JSON, or `columns` (all, when none are named) as a table; `empty` when there are none."""
    if as_json:
        show_json(list(rows))
        return
    if not rows:
        click.echo(empty, err=True)
        return
    wanted = columns or list(rows[0])
    click.echo(table([[say(row.get(column)) for column in wanted] for row in rows], wanted))


def show_json(thing: Any) -> None:
    """Print anything of the model's as JSON."""
    click.echo(json.dumps(thing, default=_to_plain, ensure_ascii=False, indent=2))


def _to_plain(thing: Any) -> Any:
    """What JSON itself does not know; rows that are plain already need nothing of the model."""
    from smm_core.model import to_plain

    return to_plain(thing)


def table(rows: Iterable[Sequence[str]], headers: Sequence[str]) -> str:
    """A plain table, aligned also where characters are wide."""
    heads = [header.replace("_", " ") for header in headers]
    cells = [[_wrapped(cell) for cell in row] for row in rows]
    if cells and all(_is_simple(cell) for row in cells for cell in row):
        return _simple_table(cells, heads)
    from tabulate import tabulate

    return tabulate(cells, headers=heads, tablefmt="simple", disable_numparse=True)


def _is_simple(cell: str) -> bool:
    """One line, each character one cell wide."""
    bare = click.unstyle(cell)
    return bare.isascii() and bare.isprintable() and bare == bare.strip()


def _simple_table(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    """What tabulate would make of simple cells, in less time than it takes to load it."""
    # It leaves two spaces beside a heading; a column is never narrower than that.
    widths = [
        max(len(head) + 2, *(len(click.unstyle(row[column])) for row in rows)) for column, head in enumerate(heads)
    ]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join("  ".join(map(_padded, line, widths)).rstrip() for line in lines)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - len(click.unstyle(cell)))


def _wrapped(cell: str) -> str:
    """A long cell on several lines; addresses stay whole. tabulate's own wrapping takes `2,200` for a number and fails."""
    if len(click.unstyle(cell)) <= WIDEST_CELL:
        return cell
    import textwrap

    return "\n".join(
        piece
        for line in cell.splitlines()
        for piece in textwrap.wrap(line, WIDEST_CELL, break_long_words=False, break_on_hyphens=False)
    )


def say(value: Any) -> str:
    """A value as a person reads it in a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(say(one) for one in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def local(instant: datetime | None, zone: str) -> str:
    """An instant as wall time in a zone, for a cell."""
    from smm_core.clock import wall_of

    return f"{wall_of(instant, zone):%Y-%m-%d %H:%M}" if instant else ""


def is_terminal() -> bool:
    """Whether a person is looking: progress is shown only then."""
    return sys.stderr.isatty()


def state_colour(word: str) -> str:
    """A state in the colour of its urgency, on terminals."""
    colours = {"published": "green", "approved": "green", "done": "green", "scheduled": "cyan"}
    for part in ("held", "refused", "unknown", "blocked", "rework", "expired"):
        if part in word:
            return click.style(word, fg="red")
    return click.style(word, fg=colours[word]) if word in colours else word
