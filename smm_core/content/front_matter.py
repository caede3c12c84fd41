"""The head of a content file: TOML between `+++` lines or YAML between `---` lines, and where each key stands.

`parse_front_matter` takes a file apart; `Fields` reads one of its tables key by key. Whatever is wrong is a
`ContentError` that names the file, the line, the key and what would be right.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct

from smm_core.errors import ContentError
from smm_core.text import clean
from smm_core.toml_source import KeyPath, Lines

if TYPE_CHECKING:
    import yaml

FindLine = Callable[[KeyPath], int | None]
"""The line of a key in its file, from 1; None where it cannot be told."""

LONGEST_HEAD = 128 * 1024
_TOML_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")
_MINUTES_ONLY = re.compile(r"=\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d\s*(?:#.*)?$")
_TIME_HINT = 'put the time in quotes: at = "2026-12-01T09:00"'


class Syntax(StrEnum):
    """How a front matter is written."""

    TOML = "toml"
    YAML = "yaml"

    @property
    def fence(self) -> str:
        """The line that opens and closes it."""
        return "+++" if self is Syntax.TOML else "---"


class FrontMatter(Struct, frozen=True, kw_only=True):
    """A content file taken apart. Lines count from 1 in the whole file; `name` is what messages call the file.

    `syntax` is None when the file has no front matter; then `table` is empty and everything is `body`.
    """

    name: str
    syntax: Syntax | None
    table: Mapping[str, Any]
    body: str
    body_line: int
    find_line: FindLine

    def line_of(self, path: KeyPath) -> int:
        """The line of a key, or of the nearest thing around it."""
        for end in range(len(path), 0, -1):
            if line := self.find_line(path[:end]):
                return line
        return 1

    def where(self, path: KeyPath = ()) -> str:
        """File and line of a key, as an error names it."""
        return f"{self.name}:{self.line_of(path)}"


class Split(Struct, frozen=True, kw_only=True):
    """Where the fences of a text are. `before` counts the lines up to the opening fence, `body_line` counts from 1."""

    syntax: Syntax
    head: str
    body: str
    before: int
    body_line: int


def split_head(text: str, *, name: str) -> Split | None:
    """The head and the body of a text with LF line ends, None without a front matter; one that never ends is a mistake."""
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    syntax = next((syntax for syntax in Syntax if lines[start].rstrip() == syntax.fence), None)
    if syntax is None:
        return None
    for end in range(start + 1, len(lines)):
        if lines[end].rstrip() == syntax.fence:
            head, body = "\n".join(lines[start + 1 : end]), "\n".join(lines[end + 1 :])
            return Split(syntax=syntax, head=head, body=body, before=start + 1, body_line=end + 2)
    hint = f"close it with a line {syntax.fence}"
    raise ContentError("the front matter has no end", where=f"{name}:{start + 1}", hint=hint)


def parse_front_matter(text: str, *, name: str) -> FrontMatter:
    """Take a file's text apart; `name` is the file as messages should call it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    split = split_head(text, name=name)
    if split is None:
        return FrontMatter(name=name, syntax=None, table={}, body=clean(text), body_line=1, find_line=lambda _: None)
    if len(split.head) > LONGEST_HEAD:
        raise ContentError(f"the front matter is longer than {LONGEST_HEAD // 1024} kB", where=f"{name}:1")
    load = _load_toml if split.syntax is Syntax.TOML else _load_yaml
    try:
        table, find_line = load(split.head, name, split.before)
    except RecursionError:
        raise ContentError("the front matter is nested too deeply", where=f"{name}:1") from None
    return FrontMatter(
        name=name,
        syntax=split.syntax,
        table=table,
        body=clean(split.body),
        body_line=split.body_line,
        find_line=find_line,
    )


# ---------------------------------------------------------------- TOML


def _load_toml(head: str, name: str, before: int) -> tuple[Mapping[str, Any], FindLine]:
    import tomllib

    try:
        table = tomllib.loads(head)
    except tomllib.TOMLDecodeError as error:
        raise _toml_mistake(str(error), head, name, before) from None
    lines = Lines(lambda: head)

    def line_of(path: KeyPath) -> int | None:
        place = lines.place(path)
        return before + place.line if place else None

    return table, line_of


def _toml_mistake(complaint: str, head: str, name: str, before: int) -> ContentError:
    found = _TOML_POSITION.search(complaint)
    line = int(found[1]) if found else head.rstrip().count("\n") + 1
    source = head.split("\n")[line - 1]
    message = complaint[: complaint.rindex(" (at ")] if " (at " in complaint else complaint
    column = f", column {found[2]}" if found else ""
    hint = _TIME_HINT if _MINUTES_ONLY.search(source) else 'texts stand in quotes: title = "Fresh bread"'
    return ContentError(f"not valid TOML{column}: {message}", where=f"{name}:{before + line}", hint=hint)


# ---------------------------------------------------------------- YAML


def _load_yaml(head: str, name: str, before: int) -> tuple[Mapping[str, Any], FindLine]:
    import yaml

    try:
        loader = yaml.SafeLoader(head)
        node = loader.get_single_node()
        lines = _yaml_lines(node, name, before) if node else {}
        table = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        line = before + 1 + (error.problem_mark.line if error.problem_mark else 0)
        raise ContentError(f"this is not YAML: {error.problem}", where=f"{name}:{line}") from None
    except (yaml.YAMLError, ValueError) as error:
        message = str(error).split("\n")[0]
        raise ContentError(f"this is not YAML: {message}", where=f"{name}:{before + 1}") from None
    if not isinstance(table, dict):
        hint = "write for instance title: Fresh bread"
        raise ContentError("the front matter is not a table of keys", where=f"{name}:{before + 1}", hint=hint)
    return table, lines.get


def _yaml_lines(root: yaml.Node, name: str, before: int) -> dict[KeyPath, int]:
    """The line of every key; what YAML would let pass in silence (a key given twice, a reference) is refused here."""
    import yaml

    lines: dict[KeyPath, int] = {}
    seen: set[int] = set()
    waiting: list[tuple[KeyPath, yaml.Node]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        line = before + 1 + node.start_mark.line
        # References let a small file stand for a huge or endless thing, and nobody needs them here.
        if id(node) in seen:
            message = f"{say_path(path)} refers to another place with *"
            raise ContentError(message, where=f"{name}:{lines[path]}", hint="write the value out")
        seen.add(id(node))
        lines.setdefault(path, line)
        inside: list[tuple[KeyPath, yaml.Node]] = []
        if isinstance(node, yaml.SequenceNode):
            inside = [((*path, index), item) for index, item in enumerate(node.value)]
            lines |= {inner: before + 1 + item.start_mark.line for inner, item in inside}
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.tag == "tag:yaml.org,2002:bool":
                    key.tag = "tag:yaml.org,2002:str"  # YAML takes the key `on` for the truth value true
                inner = (*path, str(key.value))
                if inner in lines:
                    where = f"{name}:{before + 1 + key.start_mark.line}"
                    raise ContentError(f"{say_path(inner)} is given twice", where=where)
                lines[inner] = before + 1 + key.start_mark.line
                inside.append((inner, value))
        waiting += reversed(inside)
    return lines


# ---------------------------------------------------------------- reading a table


def trim(text: str) -> str:
    """Without line ends, tabs and plain spaces around it. Other spaces are kept: some scripts begin lines with them."""
    return text.strip(" \t\n")


def say_path(path: KeyPath) -> str:
    """A key as people read it: `pictures[2].alt`."""
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if words else step
    return words


def say_value(value: object) -> str:
    """What was found, for a message."""
    match value:
        case None:
            return "is empty"
        case bool():
            return f"is the truth value {str(value).lower()}"
        case str():
            return f'is the text "{value if len(value) <= 40 else value[:40] + "…"}"'
        case int() | float():
            return f"is the number {value}"
        case list():
            return "is a list"
        case datetime() | date() | time():
            return f"is the time {value.isoformat()}"
        case _:
            return "is a table"


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean "title"?`, or which words there are."""
    names = sorted(known)
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else "there are " + ", ".join(names)


class Fields:
    """One table of a front matter, read key by key. An absent key, a YAML null and an empty text are the same."""

    __slots__ = ("_front", "_path", "_table")

    def __init__(self, front: FrontMatter, table: Mapping[str, Any], path: KeyPath = ()) -> None:
        self._front = front
        self._table = table
        self._path = path

    def __contains__(self, key: str) -> bool:
        return self._table.get(key) is not None

    def mistake(self, key: str | KeyPath, message: str, hint: str = "") -> ContentError:
        """The error about a key of this table (`()`: the table itself), with file and line."""
        path = self._path + ((key,) if isinstance(key, str) else key)
        words = say_path(path)
        return ContentError(f"{words} {message}" if words else message, where=self._front.where(path), hint=hint)

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that are not known."""
        known = tuple(known)
        for key in self._table:
            if key not in known:
                raise self.mistake(str(key), "is not a key that is known here", nearest(str(key), known))

    def raw(self, key: str) -> Any:
        """The value as it was written, None when absent."""
        return self._table.get(key)

    def text(self, key: str) -> str:
        """A text, cleaned and trimmed; empty when absent."""
        value = self._table.get(key)
        return "" if value is None else self._as_text((key,), value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each cleaned and trimmed; empty when absent."""
        value = self._table.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self._wrong((key,), value, "a list of texts", f'write {key} = ["…", "…"]')
        texts = tuple(self._as_text((key, index), item) for index, item in enumerate(value))
        if "" in texts:
            raise self.mistake((key, texts.index("")), "is empty")
        return texts

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        value = self._table.get(key)
        if value is not None and not isinstance(value, bool):
            self._wrong((key,), value, "true or false", f"write {key} = true")
        return bool(value)

    def count(self, key: str) -> int | None:
        """A whole number from 1, None when absent."""
        value = self._table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**53:
            self._wrong((key,), value, "a whole number from 1")
        return value

    def table(self, key: str) -> Fields | None:
        """A table within this one, None when absent."""
        value = self._table.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._wrong((key,), value, "a table")
        return Fields(self._front, value, (*self._path, key))

    def tables(self, key: str, example: str) -> tuple[Fields, ...]:
        """A list of tables within this one; `example` shows one of them in a message."""
        value = self._table.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong((key,), value, "a list of tables", f"write {key} = [{example}]")
        return tuple(Fields(self._front, item, (*self._path, key, index)) for index, item in enumerate(value))

    def names(self) -> tuple[str, ...]:
        """The keys of this table; one that is not a text is a mistake."""
        for key in self._table:
            if not isinstance(key, str):
                raise self.mistake((), f"has the key {key}, which is not a text", "put it in quotes")
        return tuple(self._table)

    def _as_text(self, path: KeyPath, value: object) -> str:
        if not isinstance(value, str):
            self._wrong(path, value, "a text", "put it in quotes")
        return trim(clean(value))

    def _wrong(self, path: KeyPath, value: object, expected: str, hint: str = "") -> NoReturn:
        raise self.mistake(path, f"{say_value(value)}, {expected} is expected", hint)
