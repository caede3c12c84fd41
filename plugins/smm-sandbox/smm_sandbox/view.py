"""What followers see of a post, before it becomes HTML or pixels: the same view feeds both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import Struct

from smm_core import Attachment, LinkStyle, PreviewRequest, Profile, clean, find_hashtags, find_links, find_mentions
from smm_sandbox.metrics import Numbers
from smm_sandbox.records import Account, Kind, Remark, StoredPost
from smm_sandbox.rules import Look, RuleSet

_LONGEST_LINK = 36
_UNANSWERED_SHOWN = 2
_REPLY = "Reply"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SpanKind(StrEnum):
    """What a stretch of text is."""

    PLAIN = "plain"
    LINK = "link"
    HASHTAG = "hashtag"
    MENTION = "mention"


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of text as it is shown; `href` is where a link leads."""

    text: str
    kind: SpanKind = SpanKind.PLAIN
    href: str = ""


class PictureView(Struct, frozen=True, kw_only=True):
    """A picture: its size in pixels, what stands in for it for those who cannot see it, and the point to keep when cropping."""

    sha256: str
    width: int
    height: int
    alt: str
    focus: tuple[float, float] = (0.5, 0.5)


class LinkCard(Struct, frozen=True, kw_only=True):
    """An attached link: its host in large, the rest of the address in small."""

    href: str
    host: str
    rest: str


class Counter(Struct, frozen=True, kw_only=True):
    """A number below a post, with its word."""

    word: str
    value: str


class PartView(Struct, frozen=True, kw_only=True):
    """One part of a thread. `anchor` is its id, empty in a preview; `counters` is empty where nothing was measured yet."""

    spans: tuple[Span, ...]
    pictures: tuple[PictureView, ...] = ()
    card: LinkCard | None = None
    anchor: str = ""
    counters: tuple[Counter, ...] = ()


class CommentView(Struct, frozen=True, kw_only=True):
    """What stands below a post: what it is (`First comment`, `Reply` …), whose, and its words."""

    what: str
    author: str
    spans: tuple[Span, ...]

    @property
    def is_reply(self) -> bool:
        """Whether it answers the comment above it."""
        return self.what == _REPLY


class PostView(Struct, frozen=True, kw_only=True):
    """A post with all its parts. `at` is the instant, `when` how people say it in the profile's zone."""

    look: Look
    name: str
    handle: str
    language: str
    at: datetime
    when: str
    parts: tuple[PartView, ...]
    comments: tuple[CommentView, ...] = ()

    @property
    def initials(self) -> str:
        """One or two letters for the place of a portrait."""
        words = [word for word in self.name.replace("-", " ").split() if word[0].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "·"


def view_of_variant(request: PreviewRequest, rules: RuleSet) -> PostView:
    """A variant as it would look at `request.now`.

    `rules` gives the look; a variant for another platform's limits is shown as a gallery when a picture is compulsory.
    """
    profile, variant, limits = request.profile, request.variant, request.limits
    look = Look.GALLERY if limits.images.minimum else rules.look
    clickable = limits.link_style is not LinkStyle.NONE
    return PostView(
        look=look,
        name=clean(profile.title or profile.name),
        handle=clean(profile.handle.lstrip("@") or profile.name),
        language=request.language,
        at=request.now,
        when=say_instant(request.now, profile.zone),
        parts=tuple(
            PartView(
                spans=spans_of(part.text, links=clickable),
                pictures=tuple(_picture_view(attachment) for attachment in part.media),
                card=card_of(part.link),
            )
            for part in variant.parts
        ),
        comments=(_first_comment(profile, variant.first_comment, clickable),) if variant.first_comment else (),
    )


def _first_comment(profile: Profile, text: str, clickable: bool) -> CommentView:
    handle = clean(profile.handle.lstrip("@") or profile.name)
    return CommentView(what="First comment", author=handle, spans=spans_of(text, links=clickable))


def _picture_view(attachment: Attachment) -> PictureView:
    return PictureView(
        sha256=attachment.sha256,
        width=attachment.width,
        height=attachment.height,
        alt=clean(attachment.alt),
        focus=attachment.focus,
    )


def views_of_account(
    account: Account, rules: RuleSet, posts: Sequence[StoredPost], now: datetime, heard: Sequence[Remark] = ()
) -> tuple[PostView, ...]:
    """An account's time line, newest first: each thread with its comments is one view. `heard` is what others said to it."""
    numbers = Numbers(account, rules, posts, now)
    said = {one.id: one for one in heard}
    threads: dict[str, list[StoredPost]] = {}
    for post in posts:
        threads.setdefault(post.root or post.id, []).append(post)
    return tuple(_view_of_thread(account, rules, thread, numbers, said) for thread in reversed(threads.values()))


def _view_of_thread(
    account: Account, rules: RuleSet, thread: Sequence[StoredPost], numbers: Numbers, said: Mapping[str, Remark]
) -> PostView:
    clickable = rules.limits.link_style is not LinkStyle.NONE
    first = thread[0]
    # What answers a comment stands below it; what answers a mention is a post of its own.
    replies = [post for post in thread[1:] if post.parent in said]
    own = [post for post in thread if post not in replies]
    return PostView(
        look=rules.look,
        name=account.title,
        handle=account.handle,
        language=account.language,
        at=first.visible_at,
        when=say_instant(first.visible_at, account.zone),
        parts=tuple(
            PartView(
                spans=spans_of(post.text, links=clickable),
                pictures=tuple(
                    PictureView(
                        sha256=shown.upload.sha256, width=shown.upload.width, height=shown.upload.height, alt=shown.alt
                    )
                    for shown in post.pictures
                ),
                card=card_of(post.link),
                anchor=post.id,
                counters=tuple(
                    Counter(word=given.metric, value=say_number(value)) for given, value in numbers.of_post(post)
                ),
            )
            for post in own
            if post.kind is Kind.POST or post is first
        ),
        comments=tuple(_comments(account, own, replies, said, clickable=clickable)),
    )


def _comments(
    account: Account,
    own: Sequence[StoredPost],
    replies: Sequence[StoredPost],
    said: Mapping[str, Remark],
    *,
    clickable: bool,
) -> Iterator[CommentView]:
    """The account's own comments, then what others said: all that is answered, with the answers, and the first of the rest."""
    first = own[0]
    for post in own[1:]:
        if post.kind is Kind.COMMENT:
            yield CommentView(what="First comment", author=account.handle, spans=spans_of(post.text, links=clickable))
    unanswered = 0
    for remark in said.values():
        if remark.id == first.parent:
            yield CommentView(what="In reply to a post", author=remark.author, spans=spans_of(remark.text))
        if remark.on != first.id:
            continue
        answers = [post for post in replies if post.parent == remark.id]
        unanswered += not answers
        if answers or unanswered <= _UNANSWERED_SHOWN:
            yield CommentView(what="Comment", author=remark.author, spans=spans_of(remark.text, links=clickable))
        for post in answers:
            yield CommentView(what=_REPLY, author=account.handle, spans=spans_of(post.text, links=clickable))


# ---------------------------------------------------------------- words


def spans_of(text: str, *, links: bool = True) -> tuple[Span, ...]:
    """The text cut where its links, hashtags and mentions begin and end. `links=False`: links are plain text here."""
    text = clean(text)
    found: Mapping[SpanKind, tuple[str, ...]] = {
        SpanKind.LINK: find_links(text),
        SpanKind.HASHTAG: find_hashtags(text),
        SpanKind.MENTION: find_mentions(text),
    }
    places = sorted(_places(text, found))
    spans: list[Span] = []
    end = 0
    for start, stop, kind in places:
        if kind is SpanKind.LINK and not links:
            continue
        if start > end:
            spans.append(Span(text=text[end:start]))
        words = text[start:stop]
        spans.append(
            Span(text=short_link(words), kind=kind, href=words)
            if kind is SpanKind.LINK
            else Span(text=words, kind=kind)
        )
        end = stop
    if end < len(text):
        spans.append(Span(text=text[end:]))
    return tuple(spans)


def _places(text: str, found: Mapping[SpanKind, tuple[str, ...]]) -> Iterator[tuple[int, int, SpanKind]]:
    """Where each find stands. Links come first: a hashtag or mention inside a link is part of the link."""
    taken = bytearray(len(text))
    for kind, words in found.items():
        position = 0
        for word in words:
            start = text.find(word, position)
            while start >= 0 and any(taken[start : start + len(word)]):
                start = text.find(word, start + 1)
            if start < 0:
                continue
            position = start + len(word)
            taken[start:position] = b"\1" * len(word)
            yield start, position, kind


def short_link(url: str, longest: int = _LONGEST_LINK) -> str:
    """A link as networks show it: without its scheme, and cut where it becomes tedious."""
    bare = url.split("://", 1)[-1].removeprefix("www.").removesuffix("/")
    return bare if len(bare) <= longest else bare[: longest - 1] + "…"


def card_of(link: str | None) -> LinkCard | None:
    """The card for a link, or None. An address that is not http(s) is shown but leads nowhere."""
    if not link:
        return None
    link = clean(link)
    try:
        address = urlsplit(link)
        scheme, host = address.scheme.lower(), address.hostname
    except ValueError:
        scheme, host = "", None
    if scheme not in ("http", "https") or not host:
        return LinkCard(href="", host=short_link(link), rest="")
    return LinkCard(href=link, host=host.removeprefix("www."), rest=short_link(link, 3 * _LONGEST_LINK))


def say_instant(instant: datetime, zone: str) -> str:
    """`25 Nov 2026, 10:30` in the zone."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def say_number(value: int) -> str:
    """`950`, `12,400`, `1.2M`."""
    return f"{value / 1_000_000:.1f}M" if value >= 1_000_000 else f"{value:,}"
