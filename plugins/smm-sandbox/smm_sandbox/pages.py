"""Posts as HTML: a fragment for a preview, a whole page for a time line. Everything is escaped; there is no script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from smm_sandbox.view import PostView

PictureSource = Callable[[str], str]


class AccountHead(Struct, frozen=True, kw_only=True):
    """What stands above a time line."""

    name: str
    handle: str
    followers: str
    rules: str
    language: str
    as_of: str


def fragment(post: PostView, source: PictureSource) -> str:
    """An `<article>` with its own style. `source` gives the address for a picture's sha256."""
    return str(
        _environment().get_template("fragment.html.j2").render(post=post, source=source, tone=tone_of(post.handle))
    )


def timeline_html(head: AccountHead, posts: Sequence[PostView], source: PictureSource) -> str:
    """A page with an account's posts, complete but for the pictures that `source` points at."""
    template = _environment().get_template("timeline.html.j2")
    return str(template.render(head=head, posts=posts, source=source, tone=tone_of(head.handle)))


def tone_of(handle: str) -> int:
    """Which of the colours in `palette.DISKS` an account has: always the same one for a handle."""
    from smm_sandbox.palette import DISKS

    return sum(handle.encode("utf-8", "replace")) % len(DISKS)


def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from smm_sandbox import palette
    from smm_sandbox.icons import icons, svg_path

    environment = Environment(
        loader=PackageLoader("smm_sandbox"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["light"] = palette.LIGHT
    environment.globals["dark"] = palette.DARK
    environment.globals["disks"] = palette.DISKS
    environment.globals["signs"] = [svg_path(strokes) for strokes in icons().values()]
    return environment
