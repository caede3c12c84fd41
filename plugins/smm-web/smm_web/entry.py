"""Who comes by: the link that becomes a cookie, the proof that a form is ours, and a limit on guessing."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from smm_core import Reviewer

if TYPE_CHECKING:
    from starlette.responses import Response

    from smm_web.site import Site

COOKIE = "smm-review"
_LONGEST_LIFE = timedelta(days=90)


def form_proof(token: str) -> str:
    """What a form carries to show that it came from a page of ours: only who knows the cookie's value can work it out.

    It needs no key and no memory, so that a form that was open during a restart can still be sent.
    """
    return hmac.new(token.encode(), b"smm-web form, version 1", hashlib.sha256).hexdigest()


def is_ours(token: str, proof: str) -> bool:
    """Whether a form carries the proof that belongs to its cookie."""
    return hmac.compare_digest(form_proof(token).encode(), proof.encode("utf-8", "replace"))


def remember(response: Response, token: str, reviewer: Reviewer, site: Site, now: datetime) -> None:
    """Keep the link in a cookie that no script, no other site and no other path gets to see, as long as it holds."""
    life = min((reviewer.until or now + _LONGEST_LIFE) - now, _LONGEST_LIFE)
    response.set_cookie(
        COOKIE,
        token,
        max_age=max(1, int(life.total_seconds())),
        path=site.path or "/",
        secure=site.is_secure,
        httponly=True,
        samesite="strict",
    )


def forget(response: Response, site: Site) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, path=site.path or "/", secure=site.is_secure, httponly=True, samesite="strict")


@dataclass(slots=True)
class _Tries:
    left: float
    at: float


class WrongLinks:
    """How many wrong links one address may try: ten at once, then one every six seconds. Right ones cost nothing.

    Who is over the limit is not even looked at. It remembers the latest thousands of addresses and no more.
    """

    MOST = 10
    EVERY = 6.0
    _ADDRESSES = 5_000

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._lock = threading.Lock()

    def is_over(self, address: str) -> bool:
        """Whether this address has to wait."""
        with self._lock:
            return address in self._tries and self._now(address).left < 1

    def count(self, address: str) -> None:
        """One more wrong link from there."""
        with self._lock:
            self._now(address).left -= 1
            while len(self._tries) > self._ADDRESSES:
                self._tries.popitem(last=False)

    def _now(self, address: str) -> _Tries:
        at = self._clock()
        tries = self._tries.setdefault(address, _Tries(left=self.MOST, at=at))
        tries.left, tries.at = min(self.MOST, tries.left + (at - tries.at) / self.EVERY), at
        self._tries.move_to_end(address)
        return tries
