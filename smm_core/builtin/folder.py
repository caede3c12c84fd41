"""The source `folder`: posts and ideas as Markdown files of the workspace.

Posts are the `.md` files below `posts/`, ideas those below `ideas/`. A file that is as it was at the last turn, and the
pictures it uses too, is not read again; the cursor remembers them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from smm_core import (
    CollectPage,
    CollectRequest,
    ConfigError,
    ContentError,
    Context,
    IdeaFound,
    MediaError,
    MediaReader,
    PostFound,
    Source,
    Trouble,
    from_json,
    hookimpl,
    to_json,
)
from smm_core.clock import SystemClock
from smm_core.content import file_name, key_of, read_idea, read_post

LARGEST_FILE = 1_000_000
LARGEST_PICTURE = 64_000_000
FILES_A_PAGE = 200
_POSTS, _IDEAS = "posts/", "ideas/"
# File systems keep the time of a change in steps; a file changed just before it was read may change again unseen.
_TOO_FRESH = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderSettings:
    """Where the content lies."""

    path: str = field(
        default="content",
        metadata={"help": "the content folder, relative to the workspace, with posts/ and ideas/ in it"},
    )


class Stamp(NamedTuple):
    """What tells that a file is as it was: its time of change and its size."""

    mtime_ns: int
    size: int


class Seen(NamedTuple):
    """What is remembered of one file: its stamp, the digest of all it said, the stamps of its pictures by path."""

    stamp: Stamp
    digest: str
    pictures: dict[str, Stamp]


UNREADABLE = Seen(Stamp(0, -1), "", {})
"""A file that is there but cannot be read as it is: tried again every time, and never taken for deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """Every file that was there, by key. `after` is the last key of a page that was not the last one."""

    files: Mapping[str, Seen] = field(default_factory=dict)
    after: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """The files there are now, by key and in its order; `hidden` are folders (`posts/2026/`) that could not be looked into."""

    files: Mapping[str, Path]
    troubles: tuple[Trouble, ...]
    hidden: tuple[str, ...]


class FolderSource:
    """Posts and ideas from a folder; posts whose file a person deleted are told as `gone`."""

    name = "folder"
    settings: type = FolderSettings

    def collect(self, request: CollectRequest, ctx: Context) -> CollectPage:
        """What changed since the cursor, in pages of `FILES_A_PAGE` files. What is broken is a trouble at every round."""
        root = content_root(request, ctx.workspace)
        before = _load_cursor(request.cursor)
        scan = FolderScan(root).run(before)
        changed = [
            key
            for key, path in scan.files.items()
            if key > before.after and not _is_unchanged(path, root, before.files.get(key, UNREADABLE))
        ]
        page, more = changed[:FILES_A_PAGE], len(changed) > FILES_A_PAGE

        reader = FileReader(root=root, media=ctx.media)
        read = {key: reader.read(scan.files[key]) for key in page}
        kept = {key: seen for key, seen in before.files.items() if key in scan.files or key.startswith(scan.hidden)}
        news = [one.found for key, one in read.items() if one.seen.digest != kept.get(key, UNREADABLE).digest]
        cursor = Cursor(files=kept | {key: one.seen for key, one in read.items()}, after=page[-1] if more else "")
        return CollectPage(
            ideas=tuple(found for found in news if isinstance(found, IdeaFound)),
            posts=tuple(found for found in news if isinstance(found, PostFound)),
            troubles=(() if more else scan.troubles) + tuple(one.trouble for one in read.values() if one.trouble),
            cursor=to_json(cursor),
            more=more,
            gone=tuple(key for key in before.files if key not in kept and key.startswith(_POSTS)),
        )


def content_root(request: CollectRequest, workspace: Path) -> Path:
    """The content folder; one outside the workspace is a `ConfigError`, a missing one a `ContentError`.

    A folder that is missing is never taken for one whose posts were all deleted.
    """
    settings: FolderSettings = request.settings
    path = settings.path
    root = workspace / path
    if not root.resolve().is_relative_to(workspace.resolve()):
        where = f"smm.toml [sources.{request.instance}.settings] path"
        raise ConfigError(f"{path} is outside the workspace", where=where, hint="move the folder into the workspace")
    if not root.is_dir():
        hint = f"make it, with {_POSTS} and {_IDEAS} in it, or set path of [sources.{request.instance}.settings]"
        raise ContentError("there is no such folder", where=f"{path}/", hint=hint)
    return root


def _load_cursor(text: str) -> Cursor:
    """The cursor; one of another version of smm is as good as none, since everything can be read again."""
    import msgspec

    try:
        return from_json(text, Cursor) if text else Cursor()
    except msgspec.DecodeError:
        return Cursor()


# ---------------------------------------------------------------- which files there are


class FolderScan:
    """Every post and idea file below a content folder. Names that begin with a dot are passed over."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, Path] = {}
        self._troubles: list[Trouble] = []
        self._hidden: list[str] = []

    def run(self, before: Cursor) -> Scan:
        """Look everywhere. A folder that cannot be looked into is a trouble, and its posts are not taken for deleted."""
        for name in (_IDEAS, _POSTS):
            if (self._root / name).is_dir():
                self._look_into(self._root / name)
            elif name == _POSTS and any(key.startswith(name) for key in before.files):
                # A disk that is not there is more likely than the wish to withdraw everything.
                self._hide(self._root / name, "the folder is gone", "make it again, empty, to withdraw them")
        return Scan(files=dict(sorted(self._files.items())), troubles=tuple(self._troubles), hidden=tuple(self._hidden))

    def _look_into(self, folder: Path) -> None:
        try:
            with os.scandir(folder) as entries:
                found = sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)
        except OSError as error:
            self._hide(folder, error.strerror or str(error), "make the folder readable again")
            return
        for entry in found:
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                self._look_into(path)
            elif entry.is_symlink() and path.is_dir():
                self._tell(path, "is a link to a folder, which is not followed (put the folder itself here)")
            elif path.suffix == ".md":
                self._take(path)

    def _take(self, path: Path) -> None:
        key = key_of(path, self._root)
        if not _is_unicode(path):
            self._tell(path, "has a name that is not UTF-8 (rename the file)")
        elif key in self._files:
            self._tell(path, f"has a name that looks the same as that of {self._files[key].name} (rename one)")
        else:
            self._files[key] = path

    def _hide(self, folder: Path, why: str, hint: str) -> None:
        self._hidden.append(f"{folder.relative_to(self._root).as_posix()}/")
        self._tell(folder, f"{why}; its posts stay as they are ({hint})")

    def _tell(self, path: Path, message: str) -> None:
        where = file_name(path, self._root).encode(errors="replace").decode()
        self._troubles.append(Trouble(where=where, message=message))


def _is_unicode(path: Path) -> bool:
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size)


def _is_unchanged(path: Path, root: Path, seen: Seen) -> bool:
    return _stamp(path) == seen.stamp and all(_stamp(root / name) == stamp for name, stamp in seen.pictures.items())


# ---------------------------------------------------------------- reading one file


class ReadFile(NamedTuple):
    """What one file gave (a post, an idea, or what is wrong with it), and what to remember of it."""

    found: PostFound | IdeaFound | None
    trouble: Trouble | None
    seen: Seen


@dataclass(frozen=True, kw_only=True, slots=True)
class FileReader:
    """Reads post and idea files below `root` and keeps their pictures in `media`."""

    root: Path
    media: MediaReader

    def read(self, path: Path) -> ReadFile:
        """One file. What is wrong with it is a trouble that names file and line."""
        pictures: dict[str, tuple[Stamp, str]] = {}
        started = SystemClock().now()
        try:
            stamp = self._checked(path)
            body = path.read_bytes()
            found = self._parse(path, self._decoded(path, body), pictures)
        except ContentError as error:
            hint = f" ({error.hint})" if error.hint else ""
            message = error.message.removeprefix(f"{error.where}: ") + hint
            return ReadFile(None, Trouble(where=error.where, message=message), UNREADABLE)
        except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself
            reason = error.strerror if isinstance(error, OSError) else "the link leads to itself"
            trouble = Trouble(where=file_name(path, self.root), message=f"cannot be read: {reason}")
            return ReadFile(None, trouble, UNREADABLE)
        digest = hashlib.sha256(body + "".join(sha for _, sha in pictures.values()).encode()).hexdigest()[:20]
        settled = int((started - _TOO_FRESH).timestamp() * 1e9)
        stamps = {name: _settled(one, settled) for name, (one, _) in pictures.items()}
        return ReadFile(found, None, Seen(_settled(stamp, settled), digest, stamps))

    def _checked(self, path: Path) -> Stamp:
        """The stamp of a file that may be read."""
        where = file_name(path, self.root)
        if not path.resolve().is_relative_to(self.root.resolve()):
            hint = f"copy the file into {self.root.name}/"
            raise ContentError(f"is a link out of {self.root.name}/", where=where, hint=hint)
        found = path.stat()
        if not path.is_file():
            raise ContentError("is not a regular file", where=where)
        if found.st_size > LARGEST_FILE:
            raise ContentError(f"is larger than {LARGEST_FILE // 1_000_000} MB", where=where)
        return Stamp(found.st_mtime_ns, found.st_size)

    def _decoded(self, path: Path, body: bytes) -> str:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"{file_name(path, self.root)}:{body.count(10, 0, error.start) + 1}"
            raise ContentError("is not UTF-8", where=where, hint="save the file as UTF-8") from None

    def _parse(self, path: Path, text: str, pictures: dict[str, tuple[Stamp, str]]) -> PostFound | IdeaFound:
        def keep(picture: Path) -> str:
            found = picture.stat()
            if found.st_size > LARGEST_PICTURE:
                raise MediaError(f"larger than {LARGEST_PICTURE // 1_000_000} MB")
            sha256 = self.media.keep(picture.read_bytes())
            pictures[picture.relative_to(self.root).as_posix()] = (Stamp(found.st_mtime_ns, found.st_size), sha256)
            return sha256

        if path.is_relative_to(self.root / _POSTS):
            return read_post(text, path=path, root=self.root, keep=keep)
        return read_idea(text, path=path, root=self.root)


def _settled(stamp: Stamp, before_ns: int) -> Stamp:
    """The stamp, or one that never matches when the file is so fresh that another change might not show."""
    return stamp if stamp.mtime_ns < before_ns else UNREADABLE.stamp


@hookimpl
def smm_sources() -> Iterable[Source]:
    """`folder`."""
    return (FolderSource(),)
