"""Cards of links. No server looks at the page behind a link: whoever writes the post says what its card shows.

The page is asked once, ahead of time. A page that does not answer costs its card the picture, not the post.
"""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from smm_bluesky.facets import plain_address
from smm_bluesky.limits import THUMBNAIL
from smm_bluesky.media import Uploads
from smm_bluesky.options import Options
from smm_core import Context, Response, SmmError, clean, fit_picture

_REDIRECTS = 3
_MOST_HTML = 500_000
_MOST_TITLE, _MOST_TEXT = 200, 400


def card_embed(link: str, *, title: str, options: Options, uploads: Uploads, ctx: Context) -> dict[str, Any]:
    """The card of a link: its title and text as written or as its page says, and the page's picture, made small enough."""
    page = _page(link, ctx)
    external: dict[str, Any] = {
        "uri": plain_address(link),
        "title": options.card_title or page.get("title") or title or link,
        "description": options.card_text or page.get("description", ""),
    }
    thumbnail = _thumbnail(page.get("image", ""), ctx)
    if thumbnail is not None:
        external["thumb"] = uploads.blob(*thumbnail)
    return {"$type": "app.bsky.embed.external", "external": external}


def _page(link: str, ctx: Context) -> dict[str, str]:
    """What a page says of itself: `title`, `description` and `image` (its address), each only where it says so."""
    response = _get(link, ctx)
    if response is None or "html" not in response.headers.get("content-type", "html"):
        return {}
    return said_of_itself(response.text[:_MOST_HTML], response.url)


def said_of_itself(html: str, address: str) -> dict[str, str]:
    """What the head of a page says of it (ogp.me, and what was there before)."""
    reader = _Head()
    reader.feed(html)
    meta = reader.meta
    found = {
        "title": meta.get("og:title") or meta.get("twitter:title") or reader.title,
        "description": meta.get("og:description") or meta.get("twitter:description") or meta.get("description", ""),
        "image": meta.get("og:image:secure_url") or meta.get("og:image") or meta.get("twitter:image", ""),
    }
    page = {
        "title": _line(found["title"], _MOST_TITLE),
        "description": _line(found["description"], _MOST_TEXT),
        "image": _joined(address, found["image"].strip()),
    }
    return {name: value for name, value in page.items() if value}


def _thumbnail(address: str, ctx: Context) -> tuple[str, str] | None:
    """The picture of a card, fitted and kept: its sha256 and its media type. None where there is none that can be used."""
    response = _get(address, ctx) if address else None
    if response is None:
        return None
    try:
        fitted = fit_picture(response.body, THUMBNAIL, store=ctx.media)
    except SmmError as error:
        ctx.log.info("the card's picture cannot be used: %s", error)
        return None
    attachment = fitted.attachment
    fits = THUMBNAIL.max_bytes is None or attachment.bytes <= THUMBNAIL.max_bytes
    return (attachment.sha256, f"image/{attachment.format}") if fits else None


def _get(address: str, ctx: Context) -> Response | None:
    """The answer behind an address, over a few redirects; None when there is none. It has none of our tokens."""
    for _ in range(_REDIRECTS + 1):
        try:
            response = ctx.http.request("GET", address, headers={"accept": "text/html, image/*;q=0.9, */*;q=0.5"})
        except SmmError as error:
            ctx.log.info("the card's page could not be asked: %s", error)
            return None
        onward = response.headers.get("location", "") if 300 <= response.status < 400 else ""
        if not onward:
            return response if response.status == 200 else None
        address = _joined(response.url, onward)
        if not address:
            return None
    return None


def _joined(base: str, address: str) -> str:
    if not address:
        return ""
    try:
        whole = urljoin(base, address)
        parts = urlsplit(whole)
    except ValueError:
        return ""
    return whole if parts.scheme in ("http", "https") and parts.hostname and not parts.username else ""


def _line(text: str, longest: int) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


class _Head(HTMLParser):
    """The title and the `meta` of a page's head; the first of each name counts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.meta: dict[str, str] = {}
        self.title = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self.title
        elif tag == "meta":
            given: Mapping[str, str] = {name: value or "" for name, value in attrs}
            name = (given.get("property") or given.get("name") or "").lower()
            if name and given.get("content"):
                self.meta.setdefault(name, given["content"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
