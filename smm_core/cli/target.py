"""What a person names on the command line: a stored post, or a post file that may not have been collected yet.

Where a post has a file, the file as it stands now is what counts: a person who edits and then checks means the edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from smm_core.errors import ContentError, NotFound, SmmError, did_you_mean
from smm_core.lifecycle import PARTS
from smm_core.model import ActionState, Post, PostContent
from smm_core.values import replace

if TYPE_CHECKING:
    from smm_core.workspace import Workspace

LARGEST_FILE = 1_000_000
_GONE = frozenset({ActionState.SENDING, ActionState.PENDING, ActionState.UNKNOWN, ActionState.PUBLISHED})


class Target(Struct, frozen=True, kw_only=True):
    """A post to look at. `post` is None where the store does not have it, `path` where it has no file.

    `content` names its profiles: all of the client's where the file names none.
    """

    name: str
    client: str
    content: PostContent
    path: Path | None = None
    post: Post | None = None

    @property
    def number(self) -> int:
        """The post's number, 0 where the store does not have it."""
        return self.post.id if self.post else 0

    @property
    def slug(self) -> str:
        """What `{post}` in the parameters of its links stands for: the series, where it is a date of one."""
        return (self.post.series or self.post.slug) if self.post else self.name


class Place(Struct, frozen=True, kw_only=True):
    """Where a post file lies: its content source, whose it is, and that source's folder."""

    source: str
    client: str
    folder: Path


# ---------------------------------------------------------------- finding


def find_target(ws: Workspace, name: str, *, client: str | None = None) -> Target:
    """The post that a number, a slug or the path of a file names; `client` is for a file outside every content folder.

    Nothing of that name is `NotFound`; a file that cannot be read as a post is a `ContentError`.
    """
    found = _find(ws, name)
    if isinstance(found, Path):
        return _from_file(ws, found, client)
    post = found
    path = file_or_none(ws, post)
    if path is None:
        return Target(name=post.slug, client=post.client, content=post.content, post=post)
    content = _read(ws, path, _folder_of(ws, path) or path.parent)
    return Target(
        name=post.slug,
        client=post.client,
        content=_with_profiles(ws, content, post.client, path),
        path=path,
        post=post,
    )


def find_stored(ws: Workspace, name: str) -> Post:
    """The stored post that a number, a slug or a file names; a file in a content folder is collected first."""
    path = _find(ws, name)
    if isinstance(path, Post):
        return path
    place = place_of(ws, path)
    if place is None:
        folders = ", ".join(str(one.folder.relative_to(ws.root)) for one in places(ws)) or "none yet"
        raise NotFound(
            f"{name} is not in a content folder", hint=f"move it to posts/ in one of: {folders}; or `smm check {name}`"
        )
    from smm_core.cli.written import collected

    return collected(ws, place, path.absolute())


def _find(ws: Workspace, name: str) -> Path | Post:
    """A file that is there, else a stored post, else the file of that name in a content folder."""
    path = Path(name)
    if ("/" in name or path.suffix) and path.is_file():
        return path
    try:
        return ws.store.posts.find(name)
    except NotFound:
        for place in places(ws):
            path = place.folder / "posts" / f"{name.removesuffix('.md')}.md"
            if path.is_file() and path.resolve().is_relative_to(place.folder.resolve()):
                return path
        raise


def file_or_none(ws: Workspace, post: Post) -> Path | None:
    """The file of a post, where it has one that is still there."""
    from smm_core import authoring

    try:
        return authoring.file_of(ws, post)
    except NotFound:
        return None


def _from_file(ws: Workspace, path: Path, client: str | None) -> Target:
    from smm_core.content import key_of
    from smm_core.store.posts import slug_of

    path = path.absolute()
    place = place_of(ws, path)
    folder = place.folder if place else path.parent
    content = _read(ws, path, folder)
    owner = place.client if place else client_for(ws, client, content.profiles)
    key = key_of(path, folder)
    return Target(
        name=slug_of(key),
        client=owner,
        content=_with_profiles(ws, content, owner, path),
        path=path,
        post=ws.store.posts.by_key(place.source, key) if place else None,
    )


def _read(ws: Workspace, path: Path, folder: Path) -> PostContent:
    from smm_core.content import file_name, read_post

    shown = file_name(path, folder)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ContentError(f"is larger than {LARGEST_FILE // 1_000_000} MB", where=shown)
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ContentError("is not UTF-8", where=shown, hint="save the file as UTF-8") from None
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror or error}", where=shown) from None
    return read_post(text, path=path, root=folder, keep=ws.media.keep_file).content


def _with_profiles(ws: Workspace, content: PostContent, client: str, path: Path) -> PostContent:
    own = profiles_of(ws, client)
    if not content.profiles:
        return replace(content, profiles=own)
    unknown = next((name for name in content.profiles if name not in own), None)
    if unknown is None:
        return content
    raise ContentError(
        f"profiles: there is no profile {unknown!r} of client {client}",
        where=path.name,
        hint=did_you_mean(unknown, own),
    )


# ---------------------------------------------------------------- content folders


def places(ws: Workspace) -> list[Place]:
    """Every content folder of the workspace."""
    from smm_core.authoring import CONTENT_SOURCE

    return [
        Place(source=name, client=source.client, folder=ws.root / str(source.settings.get("path", "content")))
        for name, source in ws.config.sources.items()
        if source.type == CONTENT_SOURCE
    ]


def place_of(ws: Workspace, path: Path) -> Place | None:
    """The content folder whose `posts/` a file lies in, or None."""
    resolved = path.resolve()
    return next((one for one in places(ws) if resolved.is_relative_to((one.folder / "posts").resolve())), None)


def posts_for_all(ws: Workspace, client: str) -> list[str]:
    """The posts of a client that name no profiles and were not collected yet: they will go to all there are by then.

    Drafts, withdrawn posts and files that cannot be read are left out; `smm collect` says what is wrong with those.
    """
    return [slug for place in places(ws) if place.client == client for slug in _open_to_all(ws, place)]


def _open_to_all(ws: Workspace, place: Place) -> Iterator[str]:
    from smm_core.content import key_of
    from smm_core.content.front_matter import parse_front_matter
    from smm_core.store.posts import slug_of

    for path in sorted((place.folder / "posts").rglob("*.md")):
        key = key_of(path, place.folder)
        try:
            front = parse_front_matter(path.read_text("utf-8"), name=path.name).table
        except (OSError, UnicodeDecodeError, ContentError):
            continue
        stays = front.get("profiles") or front.get("draft") or front.get("withdrawn")
        if not stays and ws.store.posts.by_key(place.source, key) is None:
            yield slug_of(key)


def _folder_of(ws: Workspace, path: Path) -> Path | None:
    place = place_of(ws, path)
    return place.folder if place else None


# ---------------------------------------------------------------- clients and profiles


def profiles_of(ws: Workspace, client: str) -> tuple[str, ...]:
    """The names of a client's profiles, in the order of the configuration."""
    return tuple(name for name, profile in ws.config.profiles.items() if profile.client == client)


def client_for(ws: Workspace, client: str | None, profiles: tuple[str, ...]) -> str:
    """Whose post it is: the client that was named, the only one there is, or the one that owns the profiles."""
    if client:
        return ws.client(client).name
    owners = {ws.config.profiles[name].client for name in profiles if name in ws.config.profiles}
    candidates = owners or set(ws.config.clients)
    if len(candidates) == 1:
        return candidates.pop()
    raise SmmError("whose post is it?", hint=f"say --client with one of: {', '.join(ws.config.clients)}")


def chosen(names: tuple[str, ...], only: tuple[str, ...]) -> tuple[str, ...]:
    """The profiles to work on: all, or `only` these, which must be among them."""
    for name in only:
        if name not in names:
            raise NotFound(f"the post does not go to profile {name!r}", hint=did_you_mean(name, names))
    return tuple(name for name in names if not only or name in only)


def on_their_way(ws: Workspace, post: Post) -> tuple[str, ...]:
    """The profiles on which a post is out or being sent: an edit comes too late for these."""
    actions = ws.store.ledger.of_post(post.id)
    return tuple(sorted({one.profile for one in actions if not one.trial and one.kind in PARTS and one.state in _GONE}))
