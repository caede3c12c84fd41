"""Links: made absolute, and folded so that two ways to write the same address become one."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

MOST_LINK = 2_000
_WEB = re.compile(r"(https?)://([^\s/?#\\\[\]]+)(/[^\s?#]*)?(?:\?([^\s#]+))?(?:#\S+)?")
# What joining with a base leaves as it is, to the letter.
_ABSOLUTE = re.compile(r"https?://[^\s/?#\\\[\];]+(?:/[^\s?#;]*)?(?:\?[^\s#]+)?(?:#\S+)?")
_EXTRA_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/+")
_TRACKING = frozenset(
    [
        "fbclid",
        "gclid",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "twclid",
        "ttclid",
        "igshid",
        "igsh",
        "mc_cid",
        "mc_eid",
        "_hsenc",
        "_hsmi",
        "mkt_tok",
        "oly_anon_id",
        "oly_enc_id",
        "vero_id",
        "wt.mc_id",
        "xtor",
        "cmpid",
        "spm",
        "s_cid",
        "at_medium",
        "at_campaign",
    ]
)
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "hsa_")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def resolve(base: str, link: str) -> str:
    """The link as an absolute address, where `base` is known; empty when it cannot be an address at all."""
    if _ABSOLUTE.fullmatch(link):
        return link
    link = _EXTRA_SLASHES.sub(r"\1", link)
    try:
        return urljoin(base, link)
    except ValueError:
        return ""


def is_web(link: str | None) -> bool:
    """Whether this is an http(s) address with a host, of a length that browsers and servers still take."""
    return link is not None and len(link) <= MOST_LINK and _WEB.fullmatch(link) is not None


def folded(link: str) -> str:
    """The address without what does not tell pages apart: scheme, fragment, tracking parameters, trailing slash.

    Meant for comparing, not for following. What is no web address stays as it is.
    """
    parts = _WEB.fullmatch(link)
    if parts is None:
        return link
    scheme, host, path, query = parts.group(1, 2, 3, 4)
    host = host.rpartition("@")[2].lower().removesuffix(_DEFAULT_PORTS[scheme]).removeprefix("www.")
    path = path.rstrip("/") if path else ""
    kept = _kept(query) if query else ""
    return f"//{host}{path}?{kept}" if kept else f"//{host}{path}"


def shown(address: str) -> str:
    """The address for messages: without user, password and query, which may be secret."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address[:80]
    if not parts.netloc:
        return address
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + ("?…" if parts.query else "")


def _kept(query: str) -> str:
    return "&".join(sorted(pair for pair in query.split("&") if pair and not _tracks(pair.partition("=")[0].lower())))


def _tracks(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
