"""The languages of the pages: English and the catalogues beside this file."""

from __future__ import annotations

import functools
from pathlib import Path

from smm_core import Languages

CATALOGUES = Path(__file__).parent / "locale"


@functools.cache
def languages() -> Languages:
    """The languages there are words in."""
    return Languages(CATALOGUES)
