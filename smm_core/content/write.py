"""Writes post files: new ones with a pleasant front matter, and changes to those that people wrote.

What `post_text` writes, `content.read_post` reads as the same post. Changes keep the comments and the order of
the front matter. Files are replaced in one step, so that nobody ever reads half of one.
"""

from __future__ import annotations

import errno
import os
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from smm_core.content import AT_WORDS
from smm_core.content.front_matter import Syntax, split_head
from smm_core.content.parts import join_parts
from smm_core.content.repeat import repeat_table
from smm_core.errors import ContentError
from smm_core.model import Late, Picture, PostFound, When, WhenKind
from smm_core.toml_source import Lines

FileOf = Callable[[str], str]
"""The name of a stored picture (by sha256) as a post file should write it, relative to that file."""

LONGEST_SLUG = 60
_WORDS: dict[WhenKind, str] = {kind: word for word, kind in AT_WORDS.items() if kind is not WhenKind.SLOT}
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


# ---------------------------------------------------------------- a new file


def post_text(post: PostFound, *, file_of: FileOf | None = None) -> str:
    """The text of a new post file. Only what differs from the defaults is written; the post's key is its file's name.

    A post with picture files and no `file_of` is a `ContentError`.
    """
    content = post.content
    lines = [f"{key} = {toml_value(value)}" for key, value in _plain_keys(post) if value]
    if content.pictures:
        pictures = "".join(f"    {toml_value(_picture_table(one, file_of, post.key))},\n" for one in content.pictures)
        lines.append(f"pictures = [\n{pictures}]")
    if content.repeat:
        lines += [
            "",
            "[repeat]",
            *(f"{key} = {toml_value(value)}" for key, value in repeat_table(content.repeat).items()),
        ]
    if content.variations:
        lines += ["", "[text]"]
        lines += [f"{_toml_key(name)} = {_long_text(join_parts(parts))}" for name, parts in content.variations.items()]
    for platform, options in content.options.items():
        lines += ["", f"[options.{_toml_key(platform)}]"]
        lines += [f"{_toml_key(key)} = {toml_value(value)}" for key, value in options.items() if value is not None]
    fence = Syntax.TOML.fence
    return "\n".join([fence, *lines, fence, "", join_parts(content.parts), ""])


def _plain_keys(post: PostFound) -> Iterator[tuple[str, object]]:
    """The simple keys in the order in which people think of them; falsy values are the defaults."""
    content = post.content
    yield "title", content.title
    yield "profiles", content.profiles
    yield "at", say_when(content.when)
    yield "zone", content.when.zone
    yield "campaign", content.campaign
    yield "labels", content.labels
    yield "link", content.link
    yield "call_to_action", content.call_to_action
    yield "hashtag_set", content.hashtag_set
    yield "hashtags", content.hashtags
    yield "first_comment", content.first_comment
    yield "late", "" if content.late is Late.NEXT_SLOT else content.late
    yield "window", content.window
    yield "language", content.language
    yield "approval", content.approval
    yield "repeat_allowed", content.repeat_allowed
    yield "draft", post.draft
    yield "withdrawn", post.withdrawn
    yield "idea", content.idea


def say_when(when: When) -> str:
    """The `at` of a front matter; empty for the next free slot."""
    if when.kind is WhenKind.AT and when.wall is not None:
        seconds = when.wall.second or when.wall.microsecond
        return when.wall.isoformat(timespec="auto" if seconds else "minutes")
    return _WORDS.get(when.kind, "")


def _picture_table(picture: Picture, file_of: FileOf | None, key: str) -> Mapping[str, object]:
    table: dict[str, object] = {}
    if picture.media:
        table["file"] = _file(picture.media, file_of, key)
    if picture.card:
        table["card"] = f"{picture.card.template}:{picture.card.layout}"
        if picture.card.fields:
            table["fields"] = picture.card.fields
        if picture.card.picture:
            table["picture"] = _file(picture.card.picture, file_of, key)
    if picture.alt:
        table["alt"] = picture.alt
    if picture.focus != (0.5, 0.5):
        table["focus"] = list(picture.focus)
    if picture.part != 1:
        table["part"] = picture.part
    return table


def _file(sha256: str, file_of: FileOf | None, key: str) -> str:
    if file_of is None:
        raise ContentError(f"the picture {sha256[:12]} has no file name to write", where=key)
    return file_of(sha256)


# ---------------------------------------------------------------- TOML values


def toml_value(value: object) -> str:
    """A value in one line of TOML. What TOML has no form for is a TypeError."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return toml_text(value)
        case timedelta():
            return toml_text(_exact(value))
        case datetime():
            return toml_text(say_when(When(kind=WhenKind.AT, wall=value)))
        case date():
            return value.isoformat()
        case Mapping():
            pairs = (f"{_toml_key(str(key))} = {toml_value(item)}" for key, item in value.items() if item is not None)
            return "{" + ", ".join(pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(toml_value(item) for item in value if item is not None) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} has no form in TOML")


def _toml_key(key: str) -> str:
    return key if _BARE.fullmatch(key) else toml_text(key)


def toml_text(text: str) -> str:
    """A text as TOML writes it, in quotes and on one line."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _long_text(text: str) -> str:
    """A text of several lines as people like to read it. One that holds a fence stays on one line, else it would end the head."""
    if "\n" not in text or any(line.rstrip() == Syntax.TOML.fence for line in text.split("\n")):
        return toml_text(text)
    return '"""\n' + "".join(character if character == "\n" else _escaped(character) for character in text) + '"""'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04x}" if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character


def _exact(window: timedelta) -> str:
    """A duration without loss (to the second), for `clock.parse_duration`."""
    seconds = int(window.total_seconds())
    words = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        words += [f"{count}{unit}"] if count else []
    return "".join(words)


# ---------------------------------------------------------------- changes to a file


def edit_front_matter(text: str, changes: Mapping[str, object], *, name: str = "the file") -> str:
    """The file's text with some keys changed (None takes one away). Comments, order and line ends stay as they are.

    Values are texts, numbers, truth values, wall times, durations, and lists or tables of these. A front matter in YAML
    is a `ContentError` that asks for a person, `name` being what it calls the file.
    """
    ending, plain = _line_ends(text)
    split = split_head(plain, name=name)
    if split is None or split.syntax is not Syntax.TOML:
        hint = f"change {', '.join(changes)} there by hand, or write the front matter as TOML between lines +++"
        raise ContentError("only a front matter in TOML can be changed for you", where=f"{name}:1", hint=hint)
    lines = plain.split("\n")
    head = _edited(split.head, changes, where=f"{name}:{split.before + 1}")
    return ending.join([*lines[: split.before], *head, *lines[split.body_line - 2 :]])


def _edited(head: str, changes: Mapping[str, object], *, where: str) -> list[str]:
    """The lines of a TOML head with the changes in it. A simple value is replaced in its place, anything else anew."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(head + "\n" if head else "")
    except TOMLKitError as error:
        raise ContentError(f"not valid TOML: {error}", where=where) from None
    added = []
    for key, value in changes.items():
        old = document.get(key)
        if value is not None and _is_simple(value) and old is not None and _is_simple(old):
            document[key] = tomlkit.value(toml_value(value))
            continue
        if key in document:
            document.remove(key)
        if value is not None:
            added.append(f"{_toml_key(key)} = {toml_value(value)}")
    edited = tomlkit.dumps(document).rstrip("\n")
    return _with_keys(edited.split("\n") if edited else [], added)


def _is_simple(value: object) -> bool:
    tables = isinstance(value, Mapping) or (
        isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value)
    )
    return not tables


def _with_keys(lines: list[str], added: list[str]) -> list[str]:
    """The lines with further keys before the first table and the comments above it, where they belong to the post itself."""
    head = "\n".join(lines)
    table = tomllib.loads(head)
    places = [place for key in table if (place := Lines(lambda: head).place((key,)))]
    first = min((place.line - 1 for place in places if place.header), default=len(lines))
    at = first
    while first < len(lines) and at and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    best = [*lines[:at], *added, *lines[at:]]
    if _loads_as("\n".join(best), table | tomllib.loads("\n".join(added))):
        return best
    # A line that looked like a comment was the end of a long text.
    return [*lines[:first], *added, *lines[first:]]


def _loads_as(text: str, expected: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False


def replace_body(text: str, parts: tuple[str, ...], *, name: str = "the file") -> str:
    """The file's text with another text below its front matter, which stays as it is to the last byte."""
    ending, plain = _line_ends(text)
    split = split_head(plain, name=name)
    head = plain.split("\n")[: split.body_line - 1] if split else []
    return ending.join([*head, *([""] if head else []), *join_parts(parts).split("\n"), ""])


def _line_ends(text: str) -> tuple[str, str]:
    """The line end of a file, and its text with LF."""
    return ("\r\n" if "\r\n" in text else "\n"), text.replace("\r\n", "\n")


# ---------------------------------------------------------------- files


def create_file(path: Path, text: str) -> None:
    """Write a new file in one step; one that exists already is left alone and a `ContentError`."""
    with _written_beside(path, text) as temporary:
        try:
            _take_name(temporary, path)
        except FileExistsError:
            hint = "choose another name, or move the old file away"
            raise ContentError("there is a file of this name already", where=str(path), hint=hint) from None


def _take_name(temporary: Path, path: Path) -> None:
    """Give the file its name unless that is taken. Not every file system can link, so the second way looks first."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        if path.exists():
            raise FileExistsError from None
        temporary.replace(path)


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step, whether it exists or not; its permissions are kept."""
    with _written_beside(path, text) as temporary:
        if path.exists():
            temporary.chmod(path.stat().st_mode)
        temporary.replace(path)


@contextmanager
def _written_beside(path: Path, text: str) -> Iterator[Path]:
    """The text in a hidden file beside `path`, on disk; it is gone when the block ends."""
    temporary = path.parent / f".{path.stem[:40]}-{token_hex(4)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    except OSError as error:
        raise ContentError(f"cannot be written: {error.strerror or error}", where=str(path)) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def slugify(title: str, *, longest: int = LONGEST_SLUG) -> str:
    """A title as a file name: small letters and digits of any script, words joined by `-`; `post` when nothing is left."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", title).lower())
    spaced = "".join(c if unicodedata.category(c)[0] in "LNM" else " " if c not in "'’" else "" for c in folded)
    slug = ""
    for word in spaced.split():
        longer = f"{slug}-{word}" if slug else word[:longest]
        if len(longer) > longest:
            break
        slug = longer
    return slug or "post"
