"""The test profile and the real server agree: what passes the one is taken by the other, what one refuses the other refuses.

Both get the same generated parts, around the limits and full of letters that are counted wrongly easily. `SMM_EXAMPLES=5000` is
the long form.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bluesky_desk import Desk
from bluesky_server import Network
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smm_core import (
    ActionKind,
    Attachment,
    Level,
    Part,
    PostContent,
    PrepareRequest,
    Rejected,
    SendRequest,
    Variant,
    clean,
    replace,
    sealed,
)
from smm_core.builtin.limits_check import check_limits
from smm_core.clock import SystemClock
from smm_core.contracts import CheckRequest
from smm_core.model import Brand
from smm_core.workspace import Workspace

EXAMPLES = int(os.environ.get("SMM_EXAMPLES") or 200)
SMM_TOML = """
[workspace]
name = "Trial"
[clients.acme]
[profiles.trial]
client = "acme"
platform = "sandbox"
imitates = "bluesky"
"""
HARD = (
    "a", "é", "e\u0301", "ß", "漢", "한", "각", "ก็", "क्ष", "க்ஷி", "ম্ম", "ක්‍ෂ", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇳🇱", "🇳", "👍🏽", "1️⃣", "©️",
    "a\u200d", "\u200b", "\u00ad", "\n", " ", "\t", "\u0300\u0301", "\ufe0f", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ﷺ", "𐍈", "\u2028", "ـ", "י\u05b0", "ห้", "\U0001f9d1‍🤝‍\U0001f9d1",
)  # fmt: skip
WORDS = ("https://a.example/x ", "#rye ", "@ann.example ", "(https://bücher.example/é). ", "#한국어, ", "@nobody ")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A text somewhere around the limits: of 300 letters, or of 3,000 bytes."""
    letters = draw(st.lists(st.sampled_from(HARD), min_size=1, max_size=6))
    around = draw(st.sampled_from((1, 20, 150, 280, 299, 300, 301, 320, 600)))
    body = "".join((letters * around)[:around])
    words = "".join(draw(st.lists(st.sampled_from(WORDS), max_size=3)))
    return clean(f"x{words}{body}{draw(st.sampled_from(('', '.', 'z')))}")


class Trial:
    """The test profile, as `smm check` and the test network judge what is for it."""

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self.profile = ws.profile("trial")
        self.publisher = ws.plugins.publisher("sandbox")
        self.number = 0

    def refuses(self, part: Part) -> str:
        """Why it is refused; empty when it passes."""
        variant = sealed(Variant(profile="trial", parts=(part,)))
        request = CheckRequest(
            content=PostContent(parts=(part.text,)),
            variant=variant,
            profile=self.profile,
            limits=self.ws.limits_of(self.profile),
            brand=Brand(name="Acme"),
        )
        stopped = [one.message for one in check_limits(request) if one.level is Level.BLOCK]
        return stopped[0] if stopped else self._refused_there(part)

    def _refused_there(self, part: Part) -> str:
        self.number += 1
        now = self.ws.clock.now()
        given: dict[str, Any] = {
            "profile": self.profile,
            "action": ActionKind.PUBLISH,
            "part": part,
            "key": str(self.number),
            "digest": "d",
            "due_at": now,
        }
        try:
            made = self._call("prepare", PrepareRequest(**given))
            self._call("send", SendRequest(**given, send_by=now.replace(year=now.year + 1), handles=made.handles))
        except Rejected as error:
            return str(error)
        return ""

    def _call(self, method: str, request: Any) -> Any:
        function = getattr(self.publisher, method)
        return self.ws.calls.call(
            "publisher", "sandbox", method, lambda ctx: function(request, ctx), expect=object, subject="x"
        )


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "smm.toml").write_text(SMM_TOML)
    with Workspace(root, SystemClock()) as ws:
        yield Trial(ws)


@pytest.mark.slow
@pytest.mark.timeout(120 + EXAMPLES)
def test_the_test_profile_and_the_server_agree(network: Network, trial: Trial, tmp_path: Path) -> None:
    desk = Desk(tmp_path, network.join("ann"), network.client)
    pictures = tuple(_known_to_both(desk, trial, number) for number in range(5))
    uploaded = desk.prepare(desk.job(Part(text="", media=pictures[:4]))).handles["uploads"]
    seen: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(texts(), st.sampled_from((0, 0, 0, 1, 4, 5)))
    def agree(text: str, number: int) -> None:
        part = Part(text=text, media=pictures[:number])
        here = trial.refuses(part)
        try:
            desk.publish(desk.job(part, handles={"uploads": uploaded}))
            there = ""
        except Rejected as error:
            there = str(error)
        assert bool(here) == bool(there), f"the test profile says {here or 'yes'!r}, the server {there or 'yes'!r}"
        seen["refused" if here else "taken"] += 1

    agree()
    assert min(seen["refused"], seen["taken"]) > EXAMPLES / 10, f"one-sided, and so it proves little: {seen}"


def _known_to_both(desk: Desk, trial: Trial, number: int) -> Attachment:
    picture = desk.picture(60 + number, 40, alt=f"Loaf {number}")
    assert trial.ws.media.keep(desk.media.read(picture.sha256)) == picture.sha256
    return replace(picture, alt=f"Loaf {number}")
