"""Posts and ideas as Markdown files: a front matter with what is planned, then the text, word for word.

A post's text is plain text; a line `---` with blank lines around it begins the next part of a thread (`\\---` is
those three dashes themselves). Writing such files is in `content.write`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from smm_core.clock import parse_duration, zone_of
from smm_core.content.front_matter import Fields, FrontMatter, parse_front_matter, say_value, trim
from smm_core.content.parts import SEPARATOR, find_separators, split_parts
from smm_core.content.repeat import read_repeat
from smm_core.errors import ContentError, MediaError, SmmError
from smm_core.model import Card, IdeaFound, Late, Picture, PostContent, PostFound, When, WhenKind
from smm_core.values import replace

KeepPicture = Callable[[Path], str]
"""Stores a picture file and returns the sha256 of its bytes; what cannot be used is a `MediaError`."""

POST_KEYS = (
    *("title", "profiles", "at", "zone", "repeat", "campaign", "labels", "link", "call_to_action", "hashtag_set"),
    *("hashtags", "first_comment", "late", "window", "language", "approval", "repeat_allowed", "draft", "withdrawn"),
    *("idea", "pictures", "text", "options"),
)
PICTURE_KEYS = ("file", "card", "fields", "picture", "alt", "focus", "part")
IDEA_KEYS = ("title", "url", "author", "labels", "date")

_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?")
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_CARD = re.compile(r"([\w-]+):([\w./-]+)")
AT_WORDS = {
    "next": WhenKind.SLOT,
    "end": WhenKind.END,
    "first": WhenKind.FIRST,
    "now": WhenKind.NOW,
    "unplanned": WhenKind.UNPLANNED,
}
"""What `at` may say besides a wall time."""

_AT_HINT = 'write a wall time such as at = "2026-12-01T09:00", or "next", "end", "first", "now" or "unplanned"'


# ---------------------------------------------------------------- files


def file_name(path: Path, root: Path) -> str:
    """A content file as messages name it: with the content folder's own name before it."""
    return path.relative_to(root.parent).as_posix() if path.is_relative_to(root.parent) else path.as_posix()


def key_of(path: Path, root: Path) -> str:
    """The name of a content file for good: its path below the content root, without the ending.

    Accents are composed, because some systems take the names of files apart and others do not.
    """
    return unicodedata.normalize("NFC", path.relative_to(root).with_suffix("").as_posix())


def read_post(text: str, *, path: Path, root: Path, keep: KeepPicture) -> PostFound:
    """The post in a file of the content folder `root`. Every mistake is a `ContentError` with file and line.

    Pictures are looked for beside the file, then in `root`, then in `root/media`, and never outside `root`.
    """
    front = parse_front_matter(text, name=file_name(path, root))
    if front.syntax is None:
        hint = 'begin the file with a line +++, for instance title = "Fresh bread", and a line +++'
        raise ContentError("there is no front matter", where=f"{front.name}:1", hint=hint)
    return PostFound(
        key=key_of(path, root),
        content=post_content(front, folders=(path.parent, root, root / "media"), root=root, keep=keep),
        draft=Fields(front, front.table).flag("draft"),
        withdrawn=Fields(front, front.table).flag("withdrawn"),
    )


def read_idea(text: str, *, path: Path, root: Path) -> IdeaFound:
    """The idea in a file; without a title its first line is the title. A date without an offset is meant in UTC."""
    front = parse_front_matter(text, name=file_name(path, root))
    fields = Fields(front, front.table)
    fields.only(IDEA_KEYS)
    body = trim(front.body)
    title = fields.text("title") or trim(body.split("\n")[0].lstrip("#"))
    if not title:
        raise ContentError("the idea has no title and no text", where=front.where())
    return IdeaFound(
        key=key_of(path, root),
        title=title,
        text=body,
        url=_link(fields, "url"),
        author=fields.text("author") or None,
        published_at=_date(fields, "date"),
        labels=fields.texts("labels"),
    )


# ---------------------------------------------------------------- the post


def post_content(front: FrontMatter, *, folders: tuple[Path, ...], root: Path, keep: KeepPicture) -> PostContent:
    """What a front matter and its body say. Picture files are looked for in `folders`, and kept under `root`."""
    fields = Fields(front, front.table)
    fields.only(POST_KEYS)
    content = PostContent(
        title=fields.text("title"),
        parts=split_parts(front.body),
        variations=_variations(fields),
        pictures=tuple(
            _picture(one, _finder(one, folders, root, keep))
            for one in fields.tables("pictures", '{file = "bread.jpg", alt = "…"}')
        ),
        link=_link(fields, "link"),
        call_to_action=fields.text("call_to_action"),
        hashtag_set=fields.text("hashtag_set") or None,
        hashtags=_hashtags(fields),
        first_comment=fields.text("first_comment"),
        campaign=fields.text("campaign") or None,
        labels=fields.texts("labels"),
        profiles=_profiles(fields),
        when=_when(fields),
        repeat=read_repeat(fields),
        late=_late(fields),
        window=_window(fields),
        language=_language(fields),
        approval=fields.text("approval") or None,
        repeat_allowed=fields.flag("repeat_allowed"),
        idea=fields.count("idea"),
        options=_options(fields),
    )
    _refuse_empty_parts(content, front)
    return content


def _refuse_empty_parts(content: PostContent, front: FrontMatter) -> None:
    with_picture = {picture.part for picture in content.pictures}
    empty = next((n for n, part in enumerate(content.parts, 1) if not part and n not in with_picture), None)
    if empty is None or len(content.parts) == 1:
        return
    separators = find_separators(front.body.split("\n"))
    line = front.body_line + separators[max(empty - 2, 0)]
    hint = f"take one line {SEPARATOR} away, or give it a picture with part = {empty}"
    raise ContentError(f"part {empty} of the thread is empty", where=f"{front.name}:{line}", hint=hint)


def _variations(fields: Fields) -> Mapping[str, tuple[str, ...]]:
    texts = fields.table("text")
    return {name: split_parts(texts.text(name)) for name in texts.names()} if texts else {}


def _profiles(fields: Fields) -> tuple[str, ...]:
    profiles = fields.texts("profiles")
    if not profiles and "profiles" in fields:
        raise fields.mistake("profiles", "is an empty list", "leave it out for all profiles, or write draft = true")
    return profiles


def _hashtags(fields: Fields) -> tuple[str, ...]:
    tags = tuple(tag.lstrip("#") for tag in fields.texts("hashtags"))
    for index, tag in enumerate(tags):
        if not tag or any(character.isspace() for character in tag):
            raise fields.mistake(
                ("hashtags", index), f'"{tag}" is not one word', "write one tag per text, without spaces"
            )
    return tags


def _link(fields: Fields, key: str) -> str | None:
    link = fields.text(key)
    if not link:
        return None
    try:
        parts = urlsplit(link)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in link):
        hint = (
            f"write the whole address: https://{link}"
            if re.fullmatch(r"[\w.-]+\.\w+\S*", link)
            else "begin it with https://"
        )
        raise fields.mistake(key, f"{say_value(link)}, which is not a web address", hint)
    return link


def _late(fields: Fields) -> Late:
    word = fields.text("late")
    if word and word not in list(Late):
        raise fields.mistake("late", say_value(word), "choose " + ", ".join(Late))
    return Late(word) if word else Late.NEXT_SLOT


def _window(fields: Fields) -> timedelta | None:
    text = fields.text("window")
    if not text:
        return None
    try:
        window = parse_duration(text)
    except (ValueError, OverflowError):
        raise fields.mistake(
            "window", f"{say_value(text)}, a duration is expected", "write for instance 30m, 2h or 1d"
        ) from None
    if not window:
        raise fields.mistake("window", "is no time at all", "write for instance 30m, 2h or 1d")
    return window


def _language(fields: Fields) -> str | None:
    language = fields.text("language")
    if language and not LANGUAGE_TAG.fullmatch(language):
        raise fields.mistake(
            "language", f"{say_value(language)}, a language tag is expected", "write for instance nl or en-GB"
        )
    return language or None


# ---------------------------------------------------------------- times


def _when(fields: Fields) -> When:
    zone = fields.text("zone") or None
    if zone:
        try:
            zone_of(zone)
        except SmmError as error:
            raise fields.mistake("zone", f"{say_value(zone)}: {error.message}", error.hint) from None
    value = fields.raw("at")
    if value is None or value == "":
        return When(zone=zone)
    if "repeat" in fields:
        raise fields.mistake("at", "does not go with `repeat`", "the time of a series stands in repeat.at")
    if isinstance(value, str) and (word := trim(value).lower()) in AT_WORDS:
        return When(kind=AT_WORDS[word], zone=zone)
    return When(kind=WhenKind.AT, wall=_wall(fields, value), zone=zone)


def _wall(fields: Fields, value: object) -> datetime:
    if isinstance(value, str) and _DATE_AND_TIME.fullmatch(trim(value)):
        value = _parsed(value) or value
    if not isinstance(value, datetime):
        hint = "add the time of day" if isinstance(value, date) else _AT_HINT
        raise fields.mistake("at", f"{say_value(value)}, a date with a time is expected", hint)
    if value.tzinfo is not None:
        wall = value.replace(tzinfo=None).isoformat(timespec="minutes")
        hint = f'write the wall time at = "{wall}" and the place it is meant for, zone = "Europe/Amsterdam"'
        raise fields.mistake("at", "has an offset from UTC", hint)
    return value


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(trim(text))
    except ValueError:
        return None


def _date(fields: Fields, key: str) -> datetime | None:
    value = fields.raw(key)
    if value is None or value == "":
        return None
    found = _parsed(value) if isinstance(value, str) else value
    # Noon, so that a date without a time is the same day in (nearly) every zone.
    if isinstance(value, str) and found and len(trim(value)) == len("2026-12-01"):
        found = found.replace(hour=12)
    elif isinstance(found, date) and not isinstance(found, datetime):
        found = datetime.combine(found, time(12))
    if not isinstance(found, datetime):
        raise fields.mistake(key, f"{say_value(value)}, a date is expected", 'write for instance "2026-12-01"')
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise fields.mistake(key, f"{say_value(value)}, which is out of reach") from None


# ---------------------------------------------------------------- pictures


def _finder(fields: Fields, folders: tuple[Path, ...], root: Path, keep: KeepPicture) -> Callable[[str], str]:
    """A function that finds the file which a key of a picture table names, and returns its sha256."""

    def find(key: str) -> str:
        name = fields.text(key)
        if "\\" in name or Path(name).is_absolute():
            raise fields.mistake(key, f"{say_value(name)}", "write it relative to this file, with / between folders")
        found = next((folder / name for folder in folders if _is_file(folder / name)), None)
        if found is None:
            raise fields.mistake(key, f"{say_value(name)}, but there is no such file", _similar(name, folders))
        if not found.resolve().is_relative_to(root.resolve()):
            raise fields.mistake(
                key, f"{say_value(name)}, which is outside {root.name}/", f"copy the picture into {root.name}/"
            )
        try:
            return keep(found)
        except (MediaError, OSError) as error:
            raise fields.mistake(key, f"{say_value(name)}: {error}") from None

    return find


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than the file system can have
        return False


def _similar(name: str, folders: tuple[Path, ...]) -> str:
    import difflib

    there = sorted(
        {found.name for folder in folders if folder.is_dir() for found in folder.iterdir() if found.is_file()}
    )
    close = difflib.get_close_matches(Path(name).name, there, n=1)
    return f'did you mean "{close[0]}"?' if close else f"put it beside this file or into {folders[-1].name}/"


def _picture(fields: Fields, find: Callable[[str], str]) -> Picture:
    fields.only(PICTURE_KEYS)
    if ("file" in fields) == ("card" in fields):
        raise fields.mistake((), "must have either file or card", '{file = "bread.jpg"} or {card = "cards:quote"}')
    picture = Picture(
        alt=fields.text("alt"),
        focus=_focus(fields),
        part=fields.count("part") or 1,
    )
    if "card" in fields:
        return replace(picture, card=_card(fields, find))
    for key in ("fields", "picture"):
        if key in fields:
            raise fields.mistake(key, "belongs to a card, and this picture is a file")
    return replace(picture, media=find("file"))


def _card(fields: Fields, find: Callable[[str], str]) -> Card:
    name = _CARD.fullmatch(fields.text("card"))
    if not name:
        raise fields.mistake(
            "card", say_value(fields.text("card")), 'write TEMPLATE:LAYOUT, for instance "cards:quote"'
        )
    texts = fields.table("fields")
    return Card(
        template=name[1],
        layout=name[2],
        fields={key: texts.text(key) for key in texts.names()} if texts else {},
        picture=find("picture") if "picture" in fields else None,
    )


def _focus(fields: Fields) -> tuple[float, float]:
    value = fields.raw("focus")
    if value is None:
        return (0.5, 0.5)
    numbers = (
        [one for one in value if isinstance(one, int | float) and 0 <= one <= 1] if isinstance(value, list) else []
    )
    if len(numbers) != 2 or len(value) != 2:
        hint = "write [0.5, 0.3]: fractions of width and height from the top left, 0 to 1"
        raise fields.mistake("focus", "is not a point of the picture", hint)
    return (float(numbers[0]), float(numbers[1]))


# ---------------------------------------------------------------- options of one platform


def _options(fields: Fields) -> Mapping[str, Mapping[str, Any]]:
    tables = fields.table("options")
    if tables is None:
        return {}
    found = {}
    for platform in tables.names():
        options = tables.table(platform)
        if options is not None:
            found[platform] = {key: _plain(options, key, options.raw(key)) for key in options.names()}
    return found


def _plain(fields: Fields, key: str, value: object) -> Any:
    """A value that goes to JSON and back unchanged; times become texts."""
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case float() if not math.isfinite(value):
            raise fields.mistake(key, "is not an ordinary number")
        case int() if abs(value) >= 2**63:
            raise fields.mistake(key, "is too large a number")
        case str() | int() | float() | None:
            return value
        case list():
            return [_plain(fields, key, item) for item in value]
        case dict():
            return {str(inner): _plain(fields, key, item) for inner, item in value.items()}
        case _:
            raise fields.mistake(key, "is neither text, number, true, false, list nor table")
