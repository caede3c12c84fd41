"""A workspace with one profile on the imitation, and a person who writes and approves."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fediverse import TOKEN, Behaviour, Server

from smm_core.clock import FakeClock
from smm_core.contracts import Inspected, InspectRequest
from smm_core.model import Action, ActionKind, Decision, ReviewState
from smm_core.steps import Report
from smm_core.steps.collect import collect
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.store.audit import audit
from smm_core.workspace import Workspace

MINUTE = timedelta(minutes=1)

SMM_TOML = """
[workspace]
name = "Test"
zone = "UTC"

[clients.acme]
title = "Acme"

[profiles.fedi]
platform = "mastodon"
handle = "@acme@here.example"
allow_private = true
{profile}

[profiles.fedi.settings]
server = "{server}"
{settings}

[sources.content]
type = "folder"

[workflow]
approver = "hand"
"""


class Desk:
    """The workspace, the server behind it, and their common clock."""

    def __init__(self, ws: Workspace, server: Server) -> None:
        self.ws = ws
        self.server = server
        self.clock = server.clock
        self._names = iter("abcdefghij")

    def inspect(self) -> Inspected:
        """As `smm profiles inspect` does it."""
        profile, publisher = self.ws.profile("fedi"), self.ws.plugins.publisher("mastodon")
        inspected = self.ws.calls.call(
            "publisher",
            "mastodon",
            "inspect",
            lambda ctx: publisher.inspect(InspectRequest(profile=profile), ctx),
            expect=Inspected,
            subject="fedi",
            http=self.ws.profile_client(profile),
        )
        self.ws.store.profiles.keep_inspected("fedi", inspected, self.clock.now())
        return inspected

    def write(self, text: str, *, picture: bool = False, front: str = "", at: str = "now") -> None:
        """Write a post, approve it and give it its time."""
        folder = self.ws.root / "content" / "posts"
        lines = f'at = "{at}"\ncall_to_action = "{text.split()[-1]}"\n{front}\n'
        if picture:
            (folder / "loaf.png").write_bytes(_png())
            lines += '[[pictures]]\nfile = "loaf.png"\nalt = "A loaf"\nfocus = [0.25, 0.75]\n'
        (folder / f"{next(self._names)}.md").write_text(f"+++\n{lines}+++\n\n{text}\n")
        collect(self.ws)
        self.approve()

    def approve(self) -> None:
        """Render, ask and approve everything, and give it its time."""
        for step in (render, review):
            assert step(self.ws).troubles == []
        for one in self.ws.store.reviews.listed(state=ReviewState.OPEN):
            self.ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", self.clock.now())
        assert schedule(self.ws).troubles == []

    def publish(self, *, after: timedelta = timedelta(0), rounds: int = 1) -> Report:
        """Rounds of the step, each by a new process."""
        for _ in range(rounds):
            self.clock.advance(after)
            report = publish(self.ws, self.ws.store.begin_epoch(self.clock.now()))
        return report

    def of(self, kind: ActionKind, post: int = 1) -> list[Action]:
        """The actions of a kind, in the order of their numbers."""
        found = [one for one in self.ws.store.ledger.of_post(post) if one.kind is kind]
        return sorted(found, key=lambda one: one.id)

    def states(self, kind: ActionKind = ActionKind.PUBLISH, post: int = 1) -> list[str]:
        """In which states they are."""
        return [str(one.state) for one in self.of(kind, post)]

    def sent(self) -> list[dict[str, object]]:
        """The bodies of all requests for a new status."""
        return [
            one.json()
            for one in self.server.platform.requests
            if (one.method, one.path) == ("POST", "/api/v1/statuses")
        ]

    def is_sound(self) -> bool:
        """Whether every promise of the ledger holds."""
        assert audit(self.ws.store.path) == []
        return True


@contextmanager
def open_desk(
    root: Path, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour, *, profile: str = "", token: bool = True
) -> Iterator[Desk]:
    """A desk before a server of that behaviour, which was asked once who it is."""
    monkeypatch.setenv("MASTODON_TOKEN", TOKEN)
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
    monkeypatch.setenv("SMM_PERSON", "tester")
    (root / "content" / "posts").mkdir(parents=True)
    server = Server(behaviour=behaviour, clock=FakeClock())
    with server.platform as platform:
        settings = 'token = "env:MASTODON_TOKEN"' if token else ""
        (root / "smm.toml").write_text(SMM_TOML.format(server=platform.url, settings=settings, profile=profile))
        with Workspace(root, server.clock) as ws:
            desk = Desk(ws, server)
            if token:
                desk.inspect()
            yield desk


def _png() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (64, 48), (150, 90, 40)).save(file, "png")
    return file.getvalue()
