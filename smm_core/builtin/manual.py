"""The publisher `manual`: for what no API allows. A person publishes, from a folder with everything ready to paste.

`prepare` writes the folder, `send` asks the person, who answers with `smm deliveries resolve NUMBER --published URL`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from smm_core import (
    ActionKind,
    Attachment,
    ByHand,
    Context,
    Guarantees,
    ImageLimits,
    Inspected,
    InspectRequest,
    Limits,
    LinkStyle,
    Part,
    Pending,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Provenance,
    Publisher,
    Rendering,
    SendRequest,
    TextLimit,
    TextUnit,
    hookimpl,
    render_plain,
)
from smm_core.builtin.manual_page import Page, Shown, page_html

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_ENDINGS: Mapping[str, str] = {"jpeg": "jpg"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The `settings` of a profile that is published by hand. What is not set is not limited."""

    page: str = field(default="", metadata={"help": "The address where the person posts; shown as a link."})
    max_characters: int | None = field(
        default=None, metadata={"help": "Longest text, in characters as people count them (graphemes)."}
    )
    max_pictures: int = field(default=10, metadata={"help": "Most pictures of a part."})
    max_parts: int = field(default=25, metadata={"help": "Longest thread; 1 for a platform without threads."})
    max_hashtags: int | None = field(default=None, metadata={"help": "Most hashtags of a part."})
    link: LinkStyle = field(default=LinkStyle.INLINE, metadata={"help": "Whether a link may stand in the text."})


class Manual:
    """Hands every part to a person.

    The same part always gives the same folder, so asking again after a crash cannot make a second post: the key is
    good for ever.
    """

    name = "manual"
    title = "By hand"
    settings: type = Settings
    guarantees = Guarantees(key_life=timedelta(days=3650), not_sent=frozenset(), http_only=False)
    abilities: frozenset[type] = frozenset({ByHand})

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Nobody can be asked: what the configuration says."""
        profile = request.profile
        return Inspected(account=profile.handle or profile.title or profile.name, url=_settings(profile).page or None)

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """What the settings say."""
        wanted = _settings(profile)
        text = (TextLimit(maximum=wanted.max_characters, unit=TextUnit.GRAPHEMES),) if wanted.max_characters else ()
        return Limits(
            text=text,
            images=ImageLimits(maximum=wanted.max_pictures),
            parts=wanted.max_parts,
            hashtags=wanted.max_hashtags,
            link_style=wanted.link,
            first_comment=True,
            provenance={"*": Provenance(source="the profile's settings in smm.toml", as_of="2026-11-23")},
        )

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """Plain text, as most platforms take it."""
        return render_plain(post, profile, limits)

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        """Write the folder: the text, the pictures, their alternative texts, and a page to copy all of it from."""
        folder = _folder(request.key, ctx)
        pictures = tuple(
            Shown(file=_file_name(number, attachment), alt=attachment.alt)
            for number, attachment in enumerate(request.part.media, 1)
        )
        for picture, attachment in zip(pictures, request.part.media, strict=True):
            (folder / picture.file).write_bytes(ctx.media.read(attachment.sha256))
        (folder / "text.txt").write_text(_whole_text(request.part), "utf-8", newline="\n")
        if pictures:
            described = "".join(f"{picture.file}: {picture.alt}\n" for picture in pictures)
            (folder / "alt-texts.txt").write_text(described, "utf-8", newline="\n")
        page = Page(
            title=request.title or f"For {request.profile.name}",
            todo=_todo(request),
            destination=_settings(request.profile).page,
            answers_to=request.parent.url if request.parent else None,
            text=_whole_text(request.part),
            pictures=pictures,
            language=request.profile.language,
        )
        # Last, so that a page that is there is a folder that is complete.
        (folder / "post.html").write_text(page_html(page), "utf-8", newline="\n")
        return Prepared(handles={"folder": folder.relative_to(ctx.workspace).as_posix()})

    def send(self, request: SendRequest, ctx: Context) -> Pending:
        """Ask the person. Nothing leaves this machine."""
        handles = dict(request.handles)
        return Pending(
            check_after=timedelta(days=1),
            handles=handles,
            note=f"to be published by hand from {handles.get('folder', 'its folder')}",
        )

    def instructions(self, request: SendRequest) -> str:
        """What to do, where everything is, and how to tell the link afterwards."""
        folder = request.handles.get("folder")
        lines = [_todo(request)]
        if page := _settings(request.profile).page:
            lines.append(f"Go to {page}.")
        if folder:
            lines.append(f"Open {folder}/post.html and copy from there.")
        lines.append(f"Then tell the link: smm deliveries resolve {request.number} --published URL")
        return "\n".join(lines)


def _settings(profile: Profile) -> Settings:
    return profile.settings if isinstance(profile.settings, Settings) else Settings()


def _folder(key: str, ctx: Context) -> Path:
    """The folder of one part, made when it is not there, readable by its owner only."""
    if not _SAFE_NAME.fullmatch(key):
        raise ValueError(f"{key!r} cannot be the name of a folder")
    folder = ctx.data_dir() / "manual" / key
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _todo(request: PrepareRequest | SendRequest) -> str:
    """One sentence: what kind of post, on which account, with how many pictures."""
    profile, count = request.profile, len(request.part.media)
    account = profile.handle or profile.title or profile.name
    pictures = {0: "", 1: " with its picture"}.get(count, f" with its {count} pictures")
    where = f": {request.parent.url}" if request.parent and request.parent.url else ""
    if request.action is ActionKind.COMMENT:
        return f"Comment as {account} below the post{where}."
    if request.parent:
        return f"Post this as {account}{pictures}, as a reply to the part before it{where}."
    return f"Post this as {account}{pictures}."


def _whole_text(part: Part) -> str:
    """The text with the link below it, where the link stands beside the text."""
    if part.link and part.link not in part.text:
        return f"{part.text}\n\n{part.link}".strip()
    return part.text


def _file_name(number: int, attachment: Attachment) -> str:
    """A name that sorts, and says what is on the picture: `01-a-loaf-of-bread.jpg`."""
    words = re.sub(r"[\W_]+", "-", attachment.alt.lower()).strip("-")[:40].rstrip("-")
    ending = _ENDINGS.get(attachment.format, attachment.format)
    return f"{number:02}-{words or 'picture'}.{ending}"


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    """The publisher `manual`."""
    return [Manual()]
