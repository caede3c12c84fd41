"""A browser for the tests, with a person who says what the environment says: yes, or no."""

from __future__ import annotations

import os
import sys
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import urlopen


def main() -> None:
    """Open the address. A yes follows the server's redirect, a no comes back by itself; before that, somebody tries to
    bring another code."""
    query = dict(parse_qsl(urlsplit(sys.argv[1]).query))
    _come_back(query["redirect_uri"], code="stolen", state="forged")
    if os.environ["FEDIVERSE_PERSON"] == "yes":
        urlopen(sys.argv[1], timeout=10).read()  # noqa: S310
    else:
        _come_back(query["redirect_uri"], error="access_denied", state=query["state"])


def _come_back(to: str, **brings: str) -> None:
    urlopen(f"{to}?{urlencode(brings)}", timeout=10).read()  # noqa: S310


if __name__ == "__main__":
    main()
