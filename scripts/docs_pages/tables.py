"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from smm_core import NoSettings
from smm_core.config.schema import CONFIG_FILE, KeyHelp, describe_keys


def markdown_table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    """A table; what would break a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in line) + " |" for line in lines)


def keys_of_settings(kind: type, table: str) -> tuple[KeyHelp, ...]:
    """The keys of a settings type, as they stand in that table of smm.toml."""
    return () if kind is NoSettings else describe_keys(kind, file=CONFIG_FILE, table=table)


def key_table(keys: Sequence[KeyHelp]) -> str:
    """Keys with type, default and meaning."""
    rows = [(f"`{key.key}`", key.type, "required" if key.required else key.default, key.help) for key in keys]
    return markdown_table(("key", "what it is", "default", "meaning"), rows)


_IN_CELL = MappingProxyType({"|": "\\|", "<": "&lt;", "\n": " "})


def _cell(text: str) -> str:
    return "".join(_IN_CELL.get(letter, letter) for letter in str(text))
