"""Writing posts: every post is a Markdown file in its client's content folder, whoever or whatever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from smm_core.content.repeat import edit_repeat
from smm_core.content.write import (
    FileOf,
    create_file,
    edit_front_matter,
    post_text,
    replace_body,
    replace_file,
    slugify,
)
from smm_core.errors import ContentError, NotFound
from smm_core.model import Post, PostContent, PostFound, RepeatChange, Series
from smm_core.workspace import Workspace

CONTENT_SOURCE = "folder"


def content_source(ws: Workspace, client: str) -> tuple[str, Path]:
    """The source that holds a client's post files, and its folder."""
    for name, source in ws.config.sources.items():
        if source.type == CONTENT_SOURCE and source.client == client:
            return name, ws.root / str(source.settings.get("path", "content"))
    raise NotFound(
        f"client {client} has no content folder",
        hint=f'add [sources.{client}-content] with type = "folder", client = "{client}" to smm.toml',
    )


def new_post(ws: Workspace, client: str, content: PostContent, *, slug: str = "", draft: bool = False) -> Path:
    """Write a new post file and return its path; a name that is taken gets a number."""
    _, folder = content_source(ws, client)
    wanted = slugify(slug or content.title or content.parts[0][:60])
    found = PostFound(key=f"posts/{wanted}", content=content, draft=draft)
    text = post_text(found, file_of=picture_files(ws, folder))
    for number in range(1, 1000):
        path = folder / "posts" / (f"{wanted}.md" if number == 1 else f"{wanted}-{number}.md")
        if path.exists():
            continue
        create_file(path, text)
        return path
    raise ContentError("no free file name was found", where=str(folder / "posts" / wanted))


def write_composed(ws: Workspace, client: str, content: PostContent, slug: str) -> Path:
    """Write the file of a post that a rule made. Done twice after a crash, it is the same file; one that a person has
    changed meanwhile is left alone."""
    _, folder = content_source(ws, client)
    path = folder / "posts" / f"{slug}.md"
    if not path.exists():
        found = PostFound(key=f"posts/{slug}", content=content)
        create_file(path, post_text(found, file_of=picture_files(ws, folder)))
    return path


def picture_files(ws: Workspace, folder: Path) -> FileOf:
    """How a new post file below `folder` names a stored picture: by its file in `folder/media`, written if it is not there.

    A picture that a person put there keeps the name they gave it.
    """

    def file_of(sha256: str) -> str:
        import hashlib

        from smm_core.media import inspect_picture

        body = ws.media.read(sha256)
        media = folder / "media"
        for path in sorted(media.iterdir()) if media.is_dir() else ():
            same_size = path.is_file() and path.stat().st_size == len(body)
            if same_size and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
                return f"media/{path.name}"
        kind = inspect_picture(body).format
        name = f"{sha256[:16]}.{'jpg' if kind == 'jpeg' else kind}"
        _write_bytes(body, media / name)
        return f"media/{name}"

    return file_of


def add_picture(ws: Workspace, client: str, picture: Path) -> str:
    """Copy a picture into the client's `media` folder and store it; its sha256. What is no picture is a `MediaError`."""
    from smm_core.media import inspect_picture

    _, folder = content_source(ws, client)
    inspect_picture(picture)
    body = picture.read_bytes()
    stem, ending = slugify(picture.stem), picture.suffix.lower()
    for number in range(1, 1000):
        path = folder / "media" / (f"{stem}{ending}" if number == 1 else f"{stem}-{number}{ending}")
        if path.exists() and path.read_bytes() != body:
            continue
        if not path.exists():
            _write_bytes(body, path)
        return ws.media.keep(body)
    raise ContentError("no free file name was found", where=str(folder / "media" / picture.name))


def _write_bytes(body: bytes, path: Path) -> None:
    """Write a new file in one step, its folder made if need be; what cannot be written is a `ContentError`."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(body)
        temporary.replace(path)
    except OSError as error:
        raise ContentError(f"cannot be written: {error.strerror or error}", where=str(path)) from None


def file_of(ws: Workspace, post: Post) -> Path:
    """The file of a post; one that did not come from a file, or is one date of a series, is `NotFound`."""
    if post.series:
        day = post.slug.rpartition("@")[2]
        raise NotFound(
            f"post {post.slug} has no file of its own: it is one date of the series {post.series}",
            hint=f"`smm series change {post.series} {day} --at … --text …` changes it alone; the file of {post.series} all",
        )
    return _file_of(ws, post.source, post.slug, f"post {post.slug}")


def file_of_series(ws: Workspace, series: Series) -> Path:
    """The file of a series; one that did not come from a file is `NotFound`."""
    return _file_of(ws, series.source, series.slug, f"series {series.slug}")


def _file_of(ws: Workspace, source_name: str, slug: str, what: str) -> Path:
    source = ws.config.sources.get(source_name)
    if source is None or source.type != CONTENT_SOURCE:
        raise NotFound(f"{what} has no file: it came from {source_name}")
    folder = ws.root / str(source.settings.get("path", "content"))
    path = folder / "posts" / f"{slug}.md"
    if not path.is_file():
        raise NotFound(f"the file of {what} is gone: {path}", hint="restore it, or `smm collect` to withdraw it")
    return path


def change_front_matter(path: Path, changes: Mapping[str, object]) -> None:
    """Change keys of a post file's front matter; comments and order stay."""
    text = path.read_text("utf-8")
    replace_file(path, edit_front_matter(text, changes, name=str(path)))


def change_series(path: Path, *, change: RepeatChange | None = None, until: date | None = None) -> None:
    """Change one date of a series in its file, or set its last day; comments and order stay."""
    text = path.read_text("utf-8")
    replace_file(path, edit_repeat(text, change=change, until=until, name=str(path)))


def change_text(path: Path, parts: tuple[str, ...]) -> None:
    """Put another text below a post file's front matter."""
    replace_file(path, replace_body(path.read_text("utf-8"), parts, name=str(path)))


def duplicate(ws: Workspace, post: Post, slug: str = "") -> Path:
    """A copy of a post's file as a draft without a time."""
    path = file_of(ws, post)
    text = edit_front_matter(path.read_text("utf-8"), {"draft": True, "at": None, "withdrawn": None}, name=str(path))
    stem = slugify(slug) if slug else f"{path.stem}-copy"
    for number in range(1, 1000):
        copy = path.with_name(f"{stem}.md" if number == 1 else f"{stem}-{number}.md")
        if not copy.exists():
            create_file(copy, text)
            return copy
    raise ContentError("no free file name was found", where=str(path))
