"""The template `text`: a post file of the workspace's `templates/` folder, with places for an idea to be filled in.

The layout `tip` is the file `templates/tip.md`: front matter and text as in a post, rendered with Jinja2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from smm_core import (
    ComposeRequest,
    ConfigError,
    ContentError,
    Context,
    MediaError,
    PostContent,
    Template,
    hookimpl,
)
from smm_core.content import file_name, post_content
from smm_core.content.front_matter import FrontMatter, nearest, parse_front_matter
from smm_core.content.parts import escape_separators
from smm_core.toml_source import KeyPath
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.builtin.text_sandbox import Sandbox

LARGEST_LAYOUT = 100_000
LARGEST_PICTURE = 64_000_000


class IdeaView(Struct, frozen=True, kw_only=True):
    """What a layout sees of an idea. `url` and `author` are empty when unknown."""

    title: str
    text: str
    url: str
    author: str
    published_at: datetime | None
    labels: tuple[str, ...]
    source: str


class BrandView(Struct, frozen=True, kw_only=True):
    """What a layout sees of the brand book."""

    name: str
    tone: str


class TextTemplate:
    """Composes a post from a layout file and an idea."""

    name = "text"
    abilities: frozenset[type] = frozenset()

    def compose(self, request: ComposeRequest, ctx: Context) -> PostContent:
        """The post, with the idea's number. A mistake in the layout is a `ContentError` that names its file and line."""
        path = _layout_file(request)
        root = request.folder
        front = parse_front_matter(_read(path, root), name=file_name(path, root))
        if front.syntax is None:
            hint = 'begin the file with a line +++, for instance title = "{{ idea.title }}", and a line +++'
            raise ContentError("there is no front matter", where=f"{front.name}:1", hint=hint)
        filled = _filled(front, _names(request))
        folders = (path.parent, root, root / "media")
        content = post_content(filled, folders=folders, root=root, keep=lambda found: _keep(found, ctx))
        return replace(content, idea=request.idea.id, language=content.language or request.language)


def _layout_file(request: ComposeRequest) -> Path:
    path = request.folder / f"{request.layout}.md"
    if path.is_file() and path.resolve().is_relative_to(request.folder.resolve()):
        return path
    there = sorted(found.stem for found in request.folder.glob("*.md"))
    hint = nearest(request.layout, there) if there else f"write {request.folder.name}/{request.layout}.md"
    raise ConfigError(f"there is no layout {request.layout!r}", where=f"{request.folder.name}/", hint=hint)


def _read(path: Path, root: Path) -> str:
    try:
        body = path.read_bytes()
        if len(body) > LARGEST_LAYOUT:
            raise ContentError(f"is larger than {LARGEST_LAYOUT // 1000} kB", where=file_name(path, root))
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise ContentError("is not UTF-8", where=file_name(path, root), hint="save the file as UTF-8") from None
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror or error}", where=file_name(path, root)) from None


def _keep(picture: Path, ctx: Context) -> str:
    if picture.stat().st_size > LARGEST_PICTURE:
        raise MediaError(f"larger than {LARGEST_PICTURE // 1_000_000} MB")
    return ctx.media.keep(picture.read_bytes())


def _names(request: ComposeRequest) -> Mapping[str, object]:
    found = request.idea.found
    return {
        "idea": IdeaView(
            title=found.title,
            text=found.text,
            url=found.url or "",
            author=found.author or "",
            published_at=found.published_at,
            labels=found.labels,
            source=request.idea.source,
        ),
        "brand": BrandView(name=request.brand.name, tone=request.brand.tone),
        "fields": dict(request.fields),
        "client": request.client,
        "language": request.language,
    }


# ---------------------------------------------------------------- filling in


def _filled(front: FrontMatter, names: Mapping[str, object]) -> FrontMatter:
    """The front matter and the body with every text rendered. The layout is taken apart first, so an idea's words stay words."""
    from smm_core.builtin.text_sandbox import Sandbox

    filler = _Filler(front=front, names=names, plain=Sandbox(), threads=Sandbox(finalize=_one_part))
    table = {key: filler.value(value, (key,)) for key, value in front.table.items()}
    body = filler.text(front.body, front.body_line, filler.threads)
    return replace(front, table=table, body=body)


def _one_part(value: object) -> object:
    """What is filled in never begins the next part of a thread; only the layout does."""
    return escape_separators(value) if isinstance(value, str) else value


class _Filler(Struct, frozen=True, kw_only=True):
    front: FrontMatter
    names: Mapping[str, object]
    plain: Sandbox
    threads: Sandbox

    def value(self, value: Any, path: KeyPath) -> Any:
        """A value of the front matter with every text in it rendered."""
        match value:
            case str():
                environment = self.threads if path[0] == "text" else self.plain
                return self.text(value, self.front.line_of(path), environment)
            case list():
                return [self.value(item, (*path, index)) for index, item in enumerate(value)]
            case dict():
                return {key: self.value(item, (*path, key)) for key, item in value.items()}
            case _:
                return value

    def text(self, source: str, line: int, environment: Sandbox) -> str:
        """One text rendered; `line` is where it begins in the file."""
        from smm_core.builtin.text_sandbox import TemplateMistake, render

        if "{" not in source:
            return source
        try:
            return render(environment, source, self.names)
        except TemplateMistake as mistake:
            where = f"{self.front.name}:{line + mistake.line - 1}"
            raise ContentError(mistake.message, where=where, hint=mistake.hint) from None


@hookimpl
def smm_templates() -> Iterable[Template]:
    """`text`."""
    return (TextTemplate(),)
