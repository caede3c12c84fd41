"""The mistakes of a configuration: where each stands, what is wrong with it, and what would be right.

They are collected while everything is read, then told all at once, by file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from msgspec import Struct

from smm_core.errors import ConfigError, ConfigErrors
from smm_core.secrets import is_reference
from smm_core.toml_source import KeyPath, Lines

T = TypeVar("T")

NO_REFERENCE = "holds a text that is not a reference to a secret"
REFERENCE_HINT = "write env:NAME, file:PATH or keyring:SERVICE/USER, never the secret itself"
_SECRET_WORD = re.compile(r"secret|token|password|passwd|passphrase|api_?key", re.IGNORECASE)
_SECRET_KEY = re.compile(rf".*(?:{_SECRET_WORD.pattern})s?", re.IGNORECASE | re.DOTALL)
_TOKEN_LIKE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.~+/=-]{16,}")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Where(Struct, frozen=True, kw_only=True):
    """A place in a configuration. As text: `smm.toml:12 [profiles.acme] slots`, the line where `lines` knows it.

    Without `lines` the text is `file` and the keys, so `file` may be any words: `example [settings]`.
    """

    file: str
    path: KeyPath = ()
    lines: Lines | None = None

    def at(self, *keys: str | int) -> Where:
        """The place of something inside of this one."""
        return Where(file=self.file, path=self.path + keys, lines=self.lines)

    @property
    def line(self) -> int | None:
        """The line, from 1, or None when it is not known."""
        place = self.lines.place(self.path) if self.lines else None
        return place.line if place else None

    def __str__(self) -> str:
        if self.lines is None:
            return f"{self.file} {_dotted(self.path)}".rstrip()
        place = self.lines.place(self.path)
        header = place.header if place else self.path[:-1] or self.path
        words = [f"{self.file}:{place.line}" if place else self.file]
        if header:
            words.append(f"[{_dotted(header)}]")
        if rest := _dotted(self.path[len(header) :]):
            words.append(rest)
        return " ".join(words)


class Mistakes:
    """The mistakes found so far; `settle` ends the search."""

    def __init__(self) -> None:
        self._found: list[tuple[str, int, ConfigError]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, where: Where, message: str, *, hint: str = "") -> None:
        """Note one mistake, once. It stays on one line and tells no control characters, whatever the file holds."""
        mistake = ConfigError(_one_line(message), where=_one_line(str(where)), hint=_one_line(hint))
        if all(str(mistake) != str(noted) for _, _, noted in self._found):
            self._found.append((where.file, where.line or 0, mistake))

    def take(self, file: str, errors: ConfigErrors) -> None:
        """Note the mistakes of a reading that ended early."""
        self._found += [(file, 0, mistake) for mistake in errors.mistakes]

    def settle(self, thing: T | None) -> T:
        """The thing that was decoded; when there were mistakes, all of them as `ConfigErrors`, by file and line."""
        if self._found:
            files = list(dict.fromkeys(file for file, _, _ in self._found))
            found = sorted(self._found, key=lambda mistake: (files.index(mistake[0]), mistake[1]))
            raise ConfigErrors([mistake for _, _, mistake in found])
        if thing is None:
            raise TypeError("nothing was decoded, and yet there was no mistake")
        return thing


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _dotted(path: KeyPath) -> str:
    """`profiles.acme`, `"a key".b`, `slots, entry 2`."""
    text, gap = "", ""
    for key in path:
        if isinstance(key, int):
            text, gap = f"{text}, entry {key + 1}", ", "
        else:
            text, gap = f"{text}{gap}" + (key if _BARE_KEY.fullmatch(key) else f'"{key}"'), "."
    return text


def is_secret_key(path: KeyPath) -> bool:
    """Whether a key is named like one that holds a secret (`webhook_secret`, `token`, `api_key`)."""
    return bool(_SECRET_KEY.fullmatch(_last_name(path)))


def _last_name(path: KeyPath) -> str:
    return next((key.replace("-", "_") for key in reversed(path) if isinstance(key, str)), "")


def note_open_secrets(raw: object, *, where: Where, mistakes: Mistakes) -> None:
    """Note every secret that is written out where a reference belongs. The messages never hold the value.

    In a key that is named for a secret any other text is one; where the name only contains the word (`token_url`), a text that
    looks like a token is.
    """
    for path in _open_secrets(raw, where.path):
        mistakes.add(where.at(*path[len(where.path) :]), NO_REFERENCE, hint=REFERENCE_HINT)


def _open_secrets(raw: object, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(raw, Mapping):
        for key, value in raw.items():
            yield from _open_secrets(value, (*path, str(key)))
    elif isinstance(raw, list | tuple):
        for at, value in enumerate(raw):
            yield from _open_secrets(value, (*path, at))
    elif isinstance(raw, str) and _holds_secret(_last_name(path), raw):
        yield path


def _holds_secret(name: str, text: str) -> bool:
    if not _SECRET_WORD.search(name) or is_reference(text):
        return False
    return bool(_SECRET_KEY.fullmatch(name) or _TOKEN_LIKE.fullmatch(text))
