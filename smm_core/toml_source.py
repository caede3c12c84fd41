"""TOML files as people write them: read with clear errors, and the line on which each key stands.

The standard library's parser forgets lines. `Lines` finds them again by a scan of the source, and only when a mistake
asks for one, so that a file without mistakes costs nothing extra.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from msgspec import Struct

from smm_core.errors import ConfigError, ConfigErrors

KeyPath = tuple[str | int, ...]
"""The way to a value: keys of tables and, in lists, positions from 0."""

MAX_BYTES = 1_000_000
_MAX_DEPTH = 50
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

_TOKEN = re.compile(
    r'(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\')'
    r"|(?P<comment>\#[^\n]*)|(?P<end>\n)|(?P<mark>[\[\]{}=.,])|(?P<bare>[^\s\[\]{}=.,\"'#]+)",
    re.DOTALL,
)
_POSITION = re.compile(
    r"(?P<message>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_KEY_OF_LINE = re.compile(r"\s*(?P<key>[^=#\[\]{}]+?)\s*=")
_TABLE_TWICE = re.compile(r"Cannot declare \((?P<keys>.*?),?\) twice")

_SYNTAX_HINTS = (
    ("Invalid value", 'texts stand in quotes: key = "text"; true and false are written small'),
    ("Invalid statement", "a line is key = value, [table] or # comment"),
    ("Expected '=' after a key", "a line is key = value"),
    ("Expected newline or end of document", "one key = value a line; texts stand in quotes"),
    ("Unclosed array", "close the list with ]"),
    ("Unclosed inline table", "close the table with }"),
    ("Unterminated string", "close the text with the quotes it began with"),
    ("Illegal character", "a text on one line ends on it, with the quotes it began with"),
    ("Unescaped '\\'", "write \\\\ for a backslash, or use 'single quotes'"),
    ("Cannot mutate immutable namespace", "a table in braces is complete; add the key inside of them"),
)


class Place(Struct, frozen=True, kw_only=True):
    """Where a key stands: its line (from 1) and the `[header]` of the table it is written under (empty: before any)."""

    line: int
    header: KeyPath


class Lines:
    """The places of the keys of one TOML text. `read` gives the text and is called once, when the first place is asked for."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    def place(self, path: KeyPath) -> Place | None:
        """The place of a key, or of the nearest table around it that is written down; None when nothing of it is."""
        for length in range(len(path), 0, -1):
            if place := self._places.get(path[:length]):
                return place
        return None

    @cached_property
    def _places(self) -> Mapping[KeyPath, Place]:
        return _scan(self._read())


class TomlSource(Struct, frozen=True, kw_only=True):
    """A TOML file that was read: its content, and the lines of its keys."""

    raw: dict[str, Any]
    lines: Lines


def read_toml(path: Path, *, shown: str, if_missing: str = "") -> TomlSource:
    """Read a file of at most 1 MB; `shown` is its name in messages, `if_missing` the hint when there is none.

    A byte order mark is passed over. What cannot be read is a `ConfigErrors` with line and column where the parser knows them.
    """
    text = _decode_utf8(_read_bytes(path, shown, if_missing), shown)
    return TomlSource(raw=_parse(text, shown), lines=Lines(lambda: text))


def _read_bytes(path: Path, shown: str, if_missing: str) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            _refuse("is a folder, a file is expected", shown)
        if not stat.S_ISREG(mode):
            _refuse("is not a regular file", shown)
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        _refuse(f"there is no such file in {path.parent}", shown, hint=if_missing)
    except OSError as error:
        _refuse(f"cannot be read: {error.strerror or error}", shown)
    if len(body) > MAX_BYTES:
        _refuse("is larger than 1 MB", shown, hint="keep content in its own files")
    return body


def _decode_utf8(body: bytes, shown: str) -> str:
    if body.startswith(_UTF16):
        _refuse("is written in UTF-16", shown, hint="save it as UTF-8")
    body = body.removeprefix(_BOM)
    try:
        # As the parser sees it: a line ends with \n or \r\n.
        return body.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        _refuse("is not UTF-8", f"{shown}:{line}", hint="save it as UTF-8")


def _parse(text: str, shown: str) -> dict[str, Any]:
    import tomllib

    try:
        raw = tomllib.loads(text)
    except RecursionError:
        _refuse("is nested too deeply", shown)
    except ValueError as error:
        _refuse_syntax(str(error), text, shown)
    if _is_deeper(raw, _MAX_DEPTH):
        _refuse("is nested too deeply", shown)
    return raw


def _is_deeper(raw: object, depth: int) -> bool:
    level = [raw]
    for _ in range(depth):
        tables = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = [entry for table in tables for entry in table]
    return bool(level)


def _refuse_syntax(complaint: str, text: str, shown: str) -> NoReturn:
    found = _POSITION.fullmatch(complaint)
    if not found:
        _refuse("a number has too many digits" if "digits" in complaint else complaint, shown)
    message = found["message"]
    number = int(found["line"] or text.rstrip().count("\n") + 1)
    where = f"{shown}:{number}"
    if table := _TABLE_TWICE.match(message):
        name = ".".join(re.findall(r"'([^']*)'", table["keys"]))
        _refuse(f"the table [{name}] stands here a second time", where, hint="join the two")
    if message.startswith("Cannot overwrite a value"):
        key = _KEY_OF_LINE.match(text.split("\n")[number - 1])
        _refuse(f"{key['key'] if key else 'this name'} stands here a second time", where, hint="keep one of the two")
    column = f", column {found['column']}" if found["column"] else " at the end of the file"
    hint = next((hint for start, hint in _SYNTAX_HINTS if message.startswith(start)), "")
    _refuse(f"not valid TOML{column}: {message}", where, hint=hint)


def _refuse(message: str, where: str, *, hint: str = "") -> NoReturn:
    raise ConfigErrors((ConfigError(message, where=where, hint=hint),)) from None


def _scan(text: str) -> Mapping[KeyPath, Place]:
    """The place of every table and key. The text is known to be valid TOML, so telling keys from values is enough."""
    places: dict[KeyPath, Place] = {}
    lengths: dict[KeyPath, int] = {}
    header: KeyPath = ()
    for line, tokens in _statements(text):
        if tokens[0].group() == "[":
            is_list = tokens[1].group() == "[" and tokens[1].start() == tokens[0].end()
            header = _header_path(_keys(tokens), lengths, is_list=is_list)
            for length in range(1, len(header)):
                places.setdefault(header[:length], Place(line=line, header=header[:length]))
            places[header] = Place(line=line, header=header)
        else:
            path = header + _keys(tokens)
            for length in range(len(header) + 1, len(path) + 1):
                places.setdefault(path[:length], Place(line=line, header=header))
    return places


def _statements(text: str) -> Iterator[tuple[int, list[re.Match[str]]]]:
    """Each header or `key = value` with the number of its first line; one ends where a line does, outside of brackets."""
    line, first, depth = 1, 1, 0
    tokens: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "comment":
            continue
        if token.lastgroup == "end":
            if tokens and depth == 0:
                yield first, tokens
                tokens = []
            line += 1
            continue
        if not tokens:
            first = line
        tokens.append(token)
        if token.lastgroup == "text":
            line += token.group().count("\n")
        elif token.lastgroup == "mark":
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(), 0)
    if tokens:
        yield first, tokens


def _keys(tokens: list[re.Match[str]]) -> tuple[str, ...]:
    keys = []
    for token in tokens:
        if token.group() in ("=", "]"):
            break
        if token.lastgroup in ("bare", "text"):
            keys.append(_unquoted(token.group()))
    return tuple(keys)


def _unquoted(key: str) -> str:
    import tomllib

    return str(tomllib.loads(f"key = {key}")["key"]) if key[0] in "\"'" else key


def _header_path(keys: tuple[str, ...], lengths: dict[KeyPath, int], *, is_list: bool) -> KeyPath:
    """A header's path. Below a `[[list]]` it goes through the list's last entry; another `[[list]]` begins a new one."""
    path: KeyPath = ()
    for key in keys[:-1]:
        path += (key,)
        if path in lengths:
            path += (lengths[path] - 1,)
    path += (keys[-1],)
    if is_list:
        lengths[path] = lengths.get(path, 0) + 1
    return (*path, lengths[path] - 1) if path in lengths else path
