"""An account's time line as files: a page with its pictures beside it, and one picture of the newest posts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from smm_core import NotFound, did_you_mean
from smm_sandbox.audience import heard
from smm_sandbox.draw import draw_posts
from smm_sandbox.metrics import Numbers
from smm_sandbox.network import Network
from smm_sandbox.pages import AccountHead, timeline_html
from smm_sandbox.records import Account, Kind, Remark, StoredPost, url_of
from smm_sandbox.rules import rule_set
from smm_sandbox.view import PostView, say_instant, say_number, views_of_account

_NEWEST = 12
_ENDINGS = {"jpeg": "jpg"}


class TimelinePost(Struct, frozen=True, kw_only=True):
    """A visible post of an account with its numbers by canonical name."""

    id: str
    url: str
    kind: str
    at: datetime
    text: str
    link: str | None
    parent: str | None
    pictures: tuple[str, ...]
    numbers: dict[str, int]


class Timeline(Struct, frozen=True, kw_only=True):
    """What an account's followers see at one instant, newest post first."""

    profile: str
    handle: str
    rules: str
    followers: int
    posts: tuple[TimelinePost, ...]


class TimelineFiles(Struct, frozen=True, kw_only=True):
    """Where a time line was written."""

    page: Path
    picture: Path


def timeline_of(network: Network, name: str, now: datetime) -> Timeline:
    """The time line of a profile; one that never reached the network is `NotFound`, with the nearest name."""
    account, posts, _ = _load(network, name, now)
    numbers = Numbers(account, rule_set(account.rules), posts, now)
    return Timeline(
        profile=account.name,
        handle=account.handle,
        rules=account.rules,
        followers=numbers.followers(),
        posts=tuple(_timeline_post(account, post, numbers) for post in reversed(posts)),
    )


def write_timeline(network: Network, name: str, now: datetime, folder: Path) -> TimelineFiles:
    """Write `index.html` and `timeline.png` into the folder, the pictures below it; files of an earlier time are replaced."""
    account, posts, said = _load(network, name, now)
    views = views_of_account(account, rule_set(account.rules), posts, now, said)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = _copy_pictures(network, posts, folder / "pictures")
    page, picture = folder / "index.html", folder / "timeline.png"
    html = timeline_html(_head(account, posts, now), views, lambda sha256: f"pictures/{names[sha256]}")
    _write(page, html.encode("utf-8"))
    _write(picture, _draw(views, network))
    return TimelineFiles(page=page, picture=picture)


def _load(network: Network, name: str, now: datetime) -> tuple[Account, tuple[StoredPost, ...], tuple[Remark, ...]]:
    with network.reading() as session:
        account = session.account(name)
        if account is None:
            raise _unknown(name, tuple(known.name for known in session.accounts()))
        return account, session.visible(name, now), heard(session, account, now)


def _unknown(name: str, known: Sequence[str]) -> NotFound:
    hint = did_you_mean(name, known) if known else "try a post with smm try POST first"
    return NotFound(f"profile {name} has published nothing on the test network yet", hint=hint)


def _timeline_post(account: Account, post: StoredPost, numbers: Numbers) -> TimelinePost:
    given = numbers.of_post(post) if post.kind is Kind.POST else ()
    return TimelinePost(
        id=post.id,
        url=url_of(account.handle, post.id),
        kind=post.kind,
        at=post.visible_at,
        text=post.text,
        link=post.link,
        parent=post.parent,
        pictures=tuple(shown.upload.sha256 for shown in post.pictures),
        numbers={str(metric.metric): value for metric, value in given},
    )


def _head(account: Account, posts: Sequence[StoredPost], now: datetime) -> AccountHead:
    rules = rule_set(account.rules)
    return AccountHead(
        name=account.title,
        handle=account.handle,
        followers=say_number(Numbers(account, rules, posts, now).followers()),
        rules=rules.name,
        language=account.language,
        as_of=say_instant(now, account.zone),
    )


def _copy_pictures(network: Network, posts: Sequence[StoredPost], folder: Path) -> dict[str, str]:
    """Copy what the page shows; the file name that each picture got."""
    uploads = {shown.upload.sha256: shown.upload for post in posts for shown in post.pictures}
    names = {sha256: f"{sha256}.{_ENDINGS.get(upload.format, upload.format)}" for sha256, upload in uploads.items()}
    if names:
        folder.mkdir(mode=0o700, exist_ok=True)
    for sha256, name in names.items():
        if not (folder / name).exists():
            _write(folder / name, network.picture_path(sha256).read_bytes())
    return names


def _draw(views: Sequence[PostView], network: Network) -> bytes:
    return draw_posts(views[:_NEWEST], lambda sha256: network.picture_path(sha256).read_bytes()).body


def _write(path: Path, body: bytes) -> None:
    """Replace a file at once: whoever reads it sees the old one or the new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".timeline-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
