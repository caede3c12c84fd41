"""The page from which a person copies a post that is published by hand."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from msgspec import Struct

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem }}
.copy {{ white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; font: inherit; margin: .5rem 0;
  padding: 1rem; border: 1px solid color-mix(in srgb, currentcolor 30%, transparent); border-radius: .5rem }}
figure {{ margin: 1.5rem 0 }}
img {{ max-width: 100%; max-height: 24rem; border-radius: .5rem }}
.hint {{ opacity: .7; font-size: .875rem }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{todo}</p>
{links}<h2>Text</h2>
<p class="hint">One click selects all of it.</p>
<div class="copy" dir="auto">{text}</div>
{pictures}<h2>Afterwards</h2>
<p>Tell the link of what you published:</p>
<pre class="copy">smm deliveries resolve NUMBER --published URL</pre>
<p class="hint">The number stands in <code>smm attention</code>.</p>
</body>
</html>
"""

_FIGURE = """<figure>
<img src="{source}" alt="{alt}">
<figcaption class="hint">{file}{heading}</figcaption>
{described}</figure>
"""


class Shown(Struct, frozen=True, kw_only=True):
    """A picture beside the page: its file name and its alternative text."""

    file: str
    alt: str


class Page(Struct, frozen=True, kw_only=True):
    """What the page shows. `destination` is where to post, `answers_to` the post that is replied to or commented on."""

    title: str
    todo: str
    destination: str
    answers_to: str | None
    text: str
    pictures: tuple[Shown, ...]
    language: str = "en"


def page_html(page: Page) -> str:
    """The page as HTML: everything escaped, no script, nothing from elsewhere; pictures are files beside it."""
    figures = "".join(_figure(picture) for picture in page.pictures)
    links = _link("Post here", page.destination) + _link("This belongs below", page.answers_to or "")
    return _PAGE.format(
        language=escape(page.language),
        title=escape(page.title),
        todo=escape(page.todo),
        links=links,
        text=escape(page.text),
        pictures=f"<h2>Pictures</h2>\n{figures}" if figures else "",
    )


def _figure(picture: Shown) -> str:
    described = f'<div class="copy" dir="auto">{escape(picture.alt)}</div>\n' if picture.alt else ""
    return _FIGURE.format(
        source=quote(picture.file),
        alt=escape(picture.alt),
        file=escape(picture.file),
        heading=" and its alternative text:" if picture.alt else "",
        described=described,
    )


def _link(words: str, address: str) -> str:
    if not address.lower().startswith(("http://", "https://")):
        return ""
    shown = escape(address)
    return f'<p>{words}: <a href="{shown}" rel="noreferrer noopener">{shown}</a></p>\n'
