"""Campaign parameters on links: so that a visit can be told apart by profile, campaign and post."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from msgspec import Struct
from msgspec.structs import asdict

from smm_core.model import Brand
from smm_core.spans import link_spans

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class LinkValues(Struct, frozen=True, kw_only=True):
    """What the placeholders in a brand book's `link_parameters` stand for; each field is one `{placeholder}`."""

    platform: str
    profile: str
    client: str
    campaign: str = ""
    post: str = ""


def tag_link(link: str, brand: Brand, values: LinkValues) -> str:
    """The link with the parameters that the brand book asks for and that are missing; the rest of it stays as it is."""
    missing = missing_parameters(link, brand, values)
    if not missing:
        return link
    address, hash_sign, fragment = link.partition("#")
    joint = "?" if "?" not in address else "" if address.endswith(("?", "&")) else "&"
    return f"{address}{joint}{urlencode(missing, quote_via=quote)}{hash_sign}{fragment}"


def tag_links_in(text: str, brand: Brand, values: LinkValues) -> str:
    """The text with `tag_link` done to each of its links."""
    tagged: list[str] = []
    done = 0
    for start, end in link_spans(text):
        tagged += (text[done:start], tag_link(text[start:end], brand, values))
        done = end
    return "".join(tagged) + text[done:]


def missing_parameters(link: str, brand: Brand, values: LinkValues) -> dict[str, str]:
    """The parameters that the link lacks, name → value.

    None for hosts that are not the brand's own, nor where a pattern comes out empty. An address that is not http(s), or
    cannot be read as one, lacks nothing.
    """
    try:
        address = urlsplit(link)
        host = address.hostname or ""
    except ValueError:
        return {}
    if address.scheme not in ("http", "https") or not _is_own(host, brand):
        return {}
    present = {name for name, _ in parse_qsl(address.query, keep_blank_values=True)}
    wanted = {name: _fill_in(pattern, values) for name, pattern in brand.link_parameters.items()}
    return {name: value for name, value in wanted.items() if value and name not in present}


def _fill_in(pattern: str, values: LinkValues) -> str:
    """Only the known placeholders are filled in; `str.format` would let a pattern reach into objects."""
    known = asdict(values)
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), pattern)


def _is_own(host: str, brand: Brand) -> bool:
    if not host or not brand.link_hosts:
        return bool(host)
    name = _ascii_host(host)
    return any(name == own or name.endswith(f".{own}") for own in map(_ascii_host, brand.link_hosts))


def _ascii_host(host: str) -> str:
    """A host name as it stands in the DNS, so that both ways of writing an international name are the same."""
    plain = host.strip().strip(".").lower()
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain
