"""How a server shows a text: paragraphs, links, mentions and hashtags as markup."""

from __future__ import annotations

import re
from html import escape

_ENTITY = re.compile(r"(https?://\S+)|(?<![\w/@])@(\w+)@([\w.-]+\w)|(?<![\w&])#(\w+)")


def html_of(text: str) -> str:
    paragraphs = re.split(r"\n{2,}", text)
    return "".join(f"<p>{_line(one)}</p>" for one in paragraphs)


def _line(text: str) -> str:
    whole, done = "", 0
    for found in _ENTITY.finditer(text):
        whole += escape(text[done : found.start()], quote=False) + _entity(found)
        done = found.end()
    return (whole + escape(text[done:], quote=False)).replace("\n", "<br>")


def _entity(found: re.Match[str]) -> str:
    link, name, server, tag = found.groups()
    if link:
        scheme, _, rest = link.partition("://")
        return (
            f'<a href="{escape(link)}" rel="nofollow"><span class="invisible">{scheme}://</span>'
            f'<span class="ellipsis">{escape(rest[:30], quote=False)}</span>'
            f'<span class="invisible">{escape(rest[30:], quote=False)}</span></a>'
        )
    if name:
        return f'<span class="h-card"><a href="https://{server}/@{name}" class="u-url mention">@<span>{name}</span></a></span>'
    return f'<a href="/tags/{tag}" class="mention hashtag">#<span>{tag}</span></a>'
